/** Whole requests, made of steps: the logits of given ids, and greedy completions. */
import { BatchError, checkIds, checkList, type StepEntry } from "./batch.ts";
import type { KvCache } from "./cache.ts";
import type { Model } from "./model.ts";
import { pageSize, type CachedSequence } from "./pages.ts";
import type { Tokenizer, TokenStream } from "./tokenizer.ts";

export interface ForwardOptions {
  /** Ids of each sequence that a step takes; absent is as many as fit. Never shows in the logits. */
  readonly chunk?: number;
  readonly signal?: AbortSignal;
}

export interface CompletionOptions {
  /** Ids to generate, at most; 64 where absent. The model's last position ends a completion, too. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
}

/** An id of a completion, and the text that became whole with it. */
export interface Piece {
  readonly id: number;
  readonly text: string;
}

export interface GenerateAllOptions extends CompletionOptions {
  /** Called with every piece as it is known; `last` where the completion of this prompt ends with it. */
  readonly onPiece?: (prompt: number, piece: Piece, last: boolean) => void;
}

export interface Completion {
  /** The ids generated, the one that ended it included. */
  readonly ids: readonly number[];
  /** Empty where the model has no tokenizer. */
  readonly text: string;
}

const defaultMaxTokens = 64;

/** Ids of a sequence that its cache does not hold yet. */
interface Pending {
  readonly sequence: CachedSequence;
  readonly ids: readonly number[];
}

/** What a step takes of the sequences in turn: at most `chunk` ids of each, and `most` of all. */
function* entriesOf<Request extends Pending>(
  requests: readonly Request[],
  chunk: number,
  most: number,
): Generator<{ request: Request; entry: StepEntry }> {
  let room = most;
  for (const request of requests) {
    const count = Math.min(chunk, room, request.ids.length);
    if (count === 0) return;
    yield { request, entry: { sequence: request.sequence, ids: request.ids.slice(0, count) } };
    room -= count;
  }
}

/**
 * The sequences by their places in the list, in groups that fit a cache: what does not fit waits. Never shows in a
 * result.
 */
function wavesOf(lengths: readonly number[], cachePages: number): number[][] {
  const waves: number[][] = [];
  let room = 0;
  lengths.forEach((length, index) => {
    const pages = Math.ceil(length / pageSize);
    if (waves.length === 0 || pages > room) {
      waves.push([]);
      room = cachePages;
    }
    waves.at(-1)!.push(index);
    room -= pages;
  });
  return waves;
}

/** The bits of every position's logits, f32 [ids.length, vocabulary] for each sequence, all sequences in one batch. */
export async function forwardAll(
  model: Model,
  sequences: readonly (readonly number[])[],
  options: ForwardOptions,
): Promise<Float32Array<ArrayBuffer>[]> {
  const { vocabulary } = model.config;
  return inWaves(
    model,
    "forward",
    sequences,
    options,
    (ids) => new Float32Array(ids.length * vocabulary),
    async (cache, batch) => {
      const logits = await model.stepLogits(
        cache,
        batch.map(({ entry }) => entry),
        "all",
      );
      batch.forEach(({ result, start }, index) =>
        copyBits(
          result,
          new Uint32Array(logits[index]!.buffer, logits[index]!.byteOffset, logits[index]!.length),
          start * vocabulary,
        ),
      );
    },
  );
}

/**
 * The bits of the logprob of every id but the first, f32 [ids.length - 1] for each sequence, all sequences in one
 * batch.
 */
export async function scoreAll(
  model: Model,
  sequences: readonly (readonly number[])[],
  options: ForwardOptions,
): Promise<Float32Array<ArrayBuffer>[]> {
  return inWaves(
    model,
    "score",
    sequences,
    options,
    (ids) => new Float32Array(ids.length - 1),
    async (cache, batch) => {
      const scores = await model.stepScores(
        cache,
        batch.map(({ entry, start, ids }) => ({ ...entry, next: ids.slice(start + 1, start + 1 + entry.ids.length) })),
      );
      batch.forEach(({ result, start }, index) => copyBits(result, scores[index]!, start));
    },
  );
}

/** A part of a sequence that a step takes. */
interface Part {
  readonly entry: StepEntry;
  /** Position of the entry's first id. */
  readonly start: number;
  /** The whole sequence. */
  readonly ids: readonly number[];
  readonly result: Float32Array<ArrayBuffer>;
}

/** Feeds all sequences, in any chunks and as many at a time as fit; `step` writes what it finds into the results. */
async function inWaves(
  model: Model,
  what: string,
  sequences: readonly (readonly number[])[],
  { chunk = Infinity, signal }: ForwardOptions,
  resultOf: (ids: readonly number[]) => Float32Array<ArrayBuffer>,
  step: (cache: KvCache, batch: readonly Part[]) => Promise<void>,
): Promise<Float32Array<ArrayBuffer>[]> {
  signal?.throwIfAborted();
  checkList(sequences, `what ${what} is given`);
  if (sequences.length === 0) throw new BatchError("there are no sequences", "give at least one");
  if (!(chunk >= 1 && (Number.isInteger(chunk) || chunk === Infinity)))
    throw new BatchError(`the chunk is ${String(chunk)}`, "take a whole number of ids at a time, at least 1");
  sequences.forEach((ids, index) => checkIds(ids, `sequence ${index}`, model.config));
  const results = sequences.map(resultOf);
  for (const wave of wavesOf(
    sequences.map((ids) => ids.length),
    model.cachePages,
  )) {
    const cache = model.createCache(wave.map((index) => sequences[index]!.length));
    try {
      let active = wave.map((index) => ({
        whole: sequences[index]!,
        ids: sequences[index]!,
        result: results[index]!,
        sequence: cache.open(),
      }));
      while (active.length > 0) {
        signal?.throwIfAborted();
        const batch = [...entriesOf(active, chunk, model.stepTokens)];
        await step(
          cache,
          batch.map(({ request: { sequence, whole, result }, entry }) => ({
            entry,
            start: sequence.length,
            ids: whole,
            result,
          })),
        );
        const taken = new Map(batch.map(({ request, entry }) => [request, entry.ids.length]));
        active = active
          .map((request) => ({ ...request, ids: request.ids.slice(taken.get(request) ?? 0) }))
          .filter(({ ids }) => ids.length > 0);
      }
    } finally {
      cache.dispose();
    }
  }
  return results;
}

/** As bits: copying floats may quieten a NaN. */
function copyBits(to: Float32Array<ArrayBuffer>, from: Uint32Array, at: number): void {
  new Uint32Array(to.buffer).set(from, at);
}

interface Event {
  readonly prompt: number;
  readonly piece: Piece;
  readonly last: boolean;
}

/** Greedy completions of all prompts in one batch, id by id as they are known. */
async function* complete(
  model: Model,
  prompts: readonly (readonly number[])[],
  tokenizer: Tokenizer | undefined,
  { maxTokens = defaultMaxTokens, signal }: CompletionOptions,
): AsyncGenerator<Event, void, undefined> {
  signal?.throwIfAborted();
  if (prompts.length === 0) throw new BatchError("there are no prompts", "give at least one");
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1))
    throw new BatchError(`maxTokens is ${String(maxTokens)}`, "give a whole number of at least 1");
  const { maxPositions } = model.config;
  prompts.forEach((ids, index) => checkIds(ids, `prompt ${index}`, model.config));
  const lengths = prompts.map((ids) => Math.min(maxPositions, ids.length + maxTokens));
  for (const wave of wavesOf(lengths, model.cachePages)) {
    yield* completeWave(
      model,
      wave.map((prompt) => ({ prompt, ids: prompts[prompt]!, length: lengths[prompt]!, stream: tokenizer?.stream() })),
      maxTokens,
      signal,
    );
  }
}

interface Prompt {
  readonly prompt: number;
  readonly ids: readonly number[];
  /** Positions that prompt and completion may take. */
  readonly length: number;
  readonly stream: TokenStream | undefined;
}

async function* completeWave(
  model: Model,
  prompts: readonly Prompt[],
  maxTokens: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Event, void, undefined> {
  const { maxPositions, endIds } = model.config;
  const cache = model.createCache(prompts.map(({ length }) => length));
  try {
    let active = prompts.map((request) => ({ ...request, sequence: cache.open(), generated: 0 }));
    while (active.length > 0) {
      signal?.throwIfAborted();
      const batch = [...entriesOf(active, Infinity, model.stepTokens)];
      const next = await model.stepGreedy(
        cache,
        batch.map(({ entry }) => entry),
      );
      const stepped = new Map(
        batch.map(({ request, entry }, index) => [request, { taken: entry.ids.length, id: next[index]! }]),
      );
      const going: typeof active = [];
      for (const request of active) {
        const { taken, id } = stepped.get(request) ?? { taken: 0, id: 0 };
        // Only the step that takes a prompt's last id tells what follows.
        if (taken < request.ids.length) {
          going.push({ ...request, ids: request.ids.slice(taken) });
          continue;
        }
        const generated = request.generated + 1;
        const last = endIds.includes(id) || generated >= maxTokens || request.sequence.length >= maxPositions;
        if (last) request.sequence.close();
        else going.push({ ...request, ids: [id], generated });
        yield { prompt: request.prompt, piece: { id, text: textOf(request.stream, id, last) }, last };
      }
      active = going;
    }
  } finally {
    cache.dispose();
  }
}

function textOf(stream: TokenStream | undefined, id: number, last: boolean): string {
  if (stream === undefined) return "";
  return stream.push(id) + (last ? stream.end() : "");
}

export async function* completeOne(
  model: Model,
  prompt: readonly number[],
  tokenizer: Tokenizer | undefined,
  options: CompletionOptions,
): AsyncGenerator<Piece, void, undefined> {
  for await (const { piece } of complete(model, [prompt], tokenizer, options)) yield piece;
}

export async function completeAll(
  model: Model,
  prompts: readonly (readonly number[])[],
  tokenizer: Tokenizer | undefined,
  { onPiece, ...options }: GenerateAllOptions,
): Promise<Completion[]> {
  const completions = prompts.map(() => ({ ids: [] as number[], text: "" }));
  for await (const { prompt, piece, last } of complete(model, prompts, tokenizer, options)) {
    const completion = completions[prompt]!;
    completion.ids.push(piece.id);
    completion.text += piece.text;
    onPiece?.(prompt, piece, last);
  }
  return completions;
}
