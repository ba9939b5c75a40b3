/** A request inside of the engine: a group of completions, each a sequence of ids that grows. */
import { History, seedOfCompletion, type Sampled } from "../model/sampling.ts";
import type { CachedSequence } from "../model/pages.ts";
import type { Tokenizer, TokenStream } from "../model/tokenizer.ts";
import { Buffer } from "./buffer.ts";
import { extendMarks } from "./ledger.ts";
import type { CheckedRequest } from "./request.ts";
import { StopMatcher } from "./stop.ts";
import type { EngineToken, FinishReason } from "./submission.ts";

/** The completions of one request. */
export class Group {
  readonly completions: readonly Completion[];
  readonly buffer: Buffer<EngineToken>;
  /** Milliseconds since the epoch. */
  readonly submitted = Date.now();
  firstToken: number | undefined;
  /** Whether some completion has the whole prompt in the cache, so that the others find it there. */
  prefilled = false;
  cancelled = false;
  failed = false;
  /** Called when it has to leave the engine. */
  onCancel: () => void = () => undefined;
  /** Called when it has left the engine. */
  onLeave: () => void = () => undefined;

  constructor(
    readonly id: number,
    readonly request: CheckedRequest,
    tokenizer: Tokenizer | undefined,
    maxBuffered: number,
  ) {
    this.buffer = new Buffer(maxBuffered);
    this.completions = Array.from(
      { length: request.n },
      (_, index) => new Completion(this, index, tokenizer?.stream()),
    );
  }

  get done(): boolean {
    return this.cancelled || this.failed || this.completions.every(({ finish }) => finish !== undefined);
  }

  cancel(error?: { readonly error: unknown }): void {
    if (this.done) return;
    this.cancelled = true;
    this.buffer.end(error);
    this.onCancel();
  }

  fail(error: unknown): void {
    if (this.done) return;
    this.failed = true;
    this.buffer.end({ error });
  }
}

/** One completion: the prompt, what was generated so far, and where its keys and values lie. */
export class Completion {
  /** The prompt and what was generated. */
  readonly ids: number[];
  /** What stands for each beginning of `ids` (ledger.ts). */
  readonly marks: number[] = [];
  readonly logprobs: number[] = [];
  readonly seed: bigint;
  readonly #history: History;
  readonly #stream: TokenStream | undefined;
  readonly #stops: StopMatcher;
  finish: FinishReason | undefined;
  /** Keys and values; absent while it waits. */
  cached: CachedSequence | undefined;
  cachedTokens = 0;
  preemptions = 0;
  /** Full pages that the prefix cache has been told of. */
  rememberedPages = 0;
  /** Step of the engine at which it began to wait. */
  waitingSince = 0;
  /** Its priority, and what it gained by waiting when it was let in. */
  rank: number;
  wasAdmitted = false;

  constructor(
    readonly group: Group,
    readonly index: number,
    stream: TokenStream | undefined,
  ) {
    const { prompt, sampling, stop } = group.request;
    this.ids = [...prompt];
    this.seed = seedOfCompletion(sampling.seed, index);
    this.rank = group.request.priority;
    this.#history = new History(prompt);
    this.#stream = stream;
    this.#stops = new StopMatcher(stop);
    extendMarks(this.marks, this.ids);
  }

  get generated(): readonly number[] {
    return this.ids.slice(this.group.request.prompt.length);
  }

  /** Ids whose keys and values are still to be computed. */
  get pending(): number {
    return this.ids.length - (this.cached?.length ?? 0);
  }

  /** Whether its consumer has left too much unread. */
  get paused(): boolean {
    return this.group.buffer.full;
  }

  /** What the id after the last one is chosen with. */
  get row(): { sampling: CheckedRequest["sampling"]; seed: bigint; position: number; history: History } {
    return {
      sampling: this.group.request.sampling,
      seed: this.seed,
      position: this.ids.length,
      history: this.#history,
    };
  }

  /** Takes the id that was chosen, and hands it to the consumer. */
  take({ id, logprob, top }: Sampled, endsHere: (length: number) => boolean): void {
    const {
      request: { stopIds, maxTokens },
      buffer,
    } = this.group;
    const position = this.ids.length;
    this.ids.push(id);
    extendMarks(this.marks, this.ids);
    this.logprobs.push(logprob);
    this.#history.add(id);
    const { text, stopped } = this.#stops.push(this.#stream?.push(id) ?? "");
    const ended = stopped || stopIds.has(id);
    const full = this.logprobs.length >= maxTokens || endsHere(this.ids.length);
    if (ended) this.finish = "end";
    else if (full) this.finish = "length";
    // What the last ids left unfinished may still be a stop string.
    const rest = this.finish === undefined || stopped ? "" : this.#rest();
    buffer.push({
      completion: this.index,
      position,
      id,
      text: text + rest,
      logprob,
      top,
      ...(this.finish !== undefined && { finish: this.finish }),
    });
    this.group.firstToken ??= Date.now();
    if (this.group.done) buffer.end();
  }

  #rest(): string {
    const { text, stopped } = this.#stops.push(this.#stream?.end() ?? "");
    if (stopped) this.finish = "end";
    return stopped ? text : text + this.#stops.end();
  }
}
