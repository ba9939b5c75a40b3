/**
 * An engine: many requests of one model at a time, each answered as if it were alone. Every step computes whatever
 * requests there are, chunks of prompts and decoding rows together; which ones, in which pages and after how many
 * interruptions is the scheduler's business (scheduler.ts) and never shows in a token, a logprob or a logit.
 */
import { DeviceLostError, messageOf, RequestError } from "../errors.ts";
import { KvCache } from "../model/cache.ts";
import type { Model } from "../model/model.ts";
import { checkOptions } from "../model/options.ts";
import { pageSize } from "../model/pages.ts";
import type { Sampled } from "../model/sampling.ts";
import { EngineClosedError, NotFiniteError, OverloadError } from "./errors.ts";
import { Ledger } from "./ledger.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { checkRequest, type EngineRequest } from "./request.ts";
import { Scheduler, type Planned } from "./scheduler.ts";
import { Group, type Completion } from "./sequence.ts";
import { Tally, type EngineStatistics, type StepReport } from "./statistics.ts";
import { Submission } from "./submission.ts";

export interface EngineOptions {
  /** Completions that are computed at the same time, at most; 32 where absent. */
  readonly maxRunning?: number;
  /** Completions that wait for their turn, at most; more are refused with an OverloadError. 1024 where absent. */
  readonly maxWaiting?: number;
  /** Ids that a step computes, at most; 256 where absent. Prompts beyond are fed in chunks. */
  readonly tokensPerStep?: number;
  /** Pages of 16 positions for keys and values; by default as many as maxRunning of the model's longest requests need, within 256 MiB. */
  readonly pages?: number;
  /** Tokens that a completion may be ahead of who reads it; then it pauses. 256 where absent. */
  readonly maxUnread?: number;
  /** Steps of waiting that count as much as one of priority; 100 where absent. */
  readonly stepsPerPriority?: number;
  /** Whether requests that begin alike share pages; they do where absent. */
  readonly prefixCache?: boolean;
  /**
   * Asked for the model again, on a new device, when the device is lost; all requests then go on where they were, with the same
   * bits. The engine disposes of what it gives. Where absent, a lost device ends all requests, and the engine.
   */
  readonly reopen?: () => Promise<Model>;
  /** Called after every step. */
  readonly onStep?: (report: StepReport) => void;
  /** Overwrites pages with NaN as soon as they are free, so that a read of what is gone can't pass unnoticed. For tests; it costs time. */
  readonly poison?: boolean;
}

const defaultCacheBytes = 2 ** 28;
const numbers = ["maxRunning", "maxWaiting", "tokensPerStep", "pages", "maxUnread", "stepsPerPriority"] as const;

/** What is gone with a device. */
interface OnDevice {
  readonly model: Model;
  readonly cache: KvCache;
  readonly ledger: Ledger;
  readonly prefixes: PrefixCache;
  readonly scheduler: Scheduler;
}

export class Engine {
  readonly #options: Required<Omit<EngineOptions, "pages" | "reopen" | "onStep">> & Pick<EngineOptions, "reopen" | "onStep">;
  readonly #pages: number;
  readonly #ownModel: Model;
  readonly #tally = new Tally();
  readonly #groups = new Set<Group>();
  #on: OnDevice;
  /** Of schedulers that went with their devices. */
  #before = { preemptions: 0, cachedTokens: 0 };
  #nextId = 1;
  #going: Promise<void> | undefined;
  #closed: EngineClosedError | undefined;
  #inStep: readonly Planned[] = [];

  /**
   * @param model stays its owner's, who disposes of it after the engine is closed
   * @throws RequestError for options that are none, AllocationError where the device has no room for the pages
   */
  constructor(model: Model, options: EngineOptions = {}) {
    checkOptions("an engine", options, [...numbers, "prefixCache", "reopen", "onStep", "poison"]);
    const { maxRunning = 32, maxWaiting = 1024, tokensPerStep = 256, maxUnread = 256, stepsPerPriority = 100, prefixCache = true, poison = false, reopen, onStep } = options;
    const given = { maxRunning, maxWaiting, tokensPerStep, maxUnread, stepsPerPriority };
    for (const name of numbers) {
      const value: unknown = name === "pages" ? options.pages ?? 1 : given[name];
      const least = name === "maxWaiting" ? 0 : 1;
      if (!(Number.isSafeInteger(value) && (value as number) >= least)) refuse(`${name} is ${String(value)}`, `give a whole number of at least ${least}`);
    }
    if (options.pages !== undefined && options.pages > model.cachePages) refuse(`pages is ${options.pages}`, `a layer's keys of at most ${model.cachePages} pages fit a binding of this device`);
    const { layers, keyValueHeads, headSize, maxPositions } = model.config;
    const pageBytes = 2 * layers * pageSize * keyValueHeads * headSize * 2;
    const longest = Math.ceil(maxPositions / pageSize);
    this.#pages = options.pages ?? Math.max(1, Math.min(model.cachePages, maxRunning * longest, Math.max(longest, Math.floor(defaultCacheBytes / pageBytes))));
    this.#options = { ...given, prefixCache, poison, ...(reopen && { reopen }), ...(onStep && { onStep }) };
    this.#ownModel = model;
    this.#on = this.#open(model);
  }

  /**
   * Takes a request, or throws at once, having taken nothing. Tokens come to who iterates the submission.
   * @throws OverloadError where the queue is full, EngineClosedError, and for what is wrong with the request RequestError, SamplingError, BatchError, TokenizerError
   */
  submit(request: EngineRequest): Submission {
    if (this.#closed !== undefined) throw this.#closed;
    let checked;
    try {
      checked = checkRequest(request, this.#on.model, this.#pages);
      request.signal?.throwIfAborted();
      const waiting = this.#on.scheduler.waiting.length;
      if (waiting + checked.n > this.#options.maxWaiting && waiting + checked.n > this.#room) throw new OverloadError(waiting, this.#options.maxWaiting, checked.n);
    } catch (error) {
      this.#tally.requests.refused++;
      throw error;
    }
    const { model, scheduler } = this.#on;
    const group = new Group(this.#nextId++, checked, model.manifest.tokenizer === null ? undefined : model.tokenizer, this.#options.maxUnread * checked.n);
    const { signal } = request;
    const abort = (): void => group.cancel({ error: signal!.reason });
    signal?.addEventListener("abort", abort, { once: true });
    group.onCancel = () => {
      this.#tally.requests.cancelled++;
      this.#leave(group);
    };
    group.onLeave = () => signal?.removeEventListener("abort", abort);
    group.buffer.onRoom = () => this.#wake();
    this.#groups.add(group);
    this.#tally.requests.submitted++;
    scheduler.add(group.completions);
    this.#wake();
    return new Submission(group);
  }

  statistics(): EngineStatistics {
    const { scheduler, cache, prefixes } = this.#on;
    const all = [...scheduler.waiting, ...scheduler.running];
    return {
      waiting: scheduler.waiting.length, running: scheduler.running.length, paused: all.filter(({ paused }) => paused).length,
      pages: { total: cache.allocator.pages, free: cache.allocator.freePages, cached: prefixes.pages },
      tokens: { ...this.#tally.tokens, cached: this.#before.cachedTokens + scheduler.cachedTokens },
      preemptions: this.#before.preemptions + scheduler.preemptions,
      ...this.#tally.report(),
    };
  }

  /** Lets go of all pages that are kept for requests to come. */
  forgetPrefixes(): void {
    this.#on.prefixes.clear();
  }

  /** Ends all requests with an EngineClosedError, waits for the step that is under way, and frees the pages. A second time does nothing. */
  async close(): Promise<void> {
    this.#end(new EngineClosedError({ where: "engine", what: "it was closed", fix: "open a new one" }));
    await this.#going;
    this.#dispose();
  }

  /** Completions that may be let in at once: they do not wait. */
  get #room(): number {
    return this.#options.maxWaiting === 0 ? Math.max(0, this.#options.maxRunning - this.#on.scheduler.running.length) : 0;
  }

  #open(model: Model): OnDevice {
    const cache = model.createPool(this.#pages);
    const { allocator } = cache;
    const ledger = new Ledger(allocator);
    allocator.onFreed = (pages) => {
      ledger.freed(pages);
      if (this.#options.poison && !model.device.isGone) cache.poison(pages);
    };
    if (this.#options.poison) cache.poison(Array.from({ length: allocator.pages }, (_, page) => page));
    const prefixes = new PrefixCache(allocator);
    const { tokensPerStep, maxRunning, stepsPerPriority } = this.#options;
    const limits = { tokensPerStep: Math.min(tokensPerStep, model.stepTokens), maxRunning, stepsPerPriority };
    return { model, cache, ledger, prefixes, scheduler: new Scheduler(limits, allocator, prefixes, () => cache.open()) };
  }

  #wake(): void {
    if (this.#closed !== undefined) return;
    this.#going ??= this.#run();
  }

  /** Steps as long as there is something to compute. */
  async #run(): Promise<void> {
    for (;;) {
      // Requests of one turn of the event loop come into one step.
      await new Promise<void>((resolve) => { setTimeout(resolve, 0); });
      const planned = this.#closed === undefined ? this.#on.scheduler.plan() : [];
      if (planned.length === 0) {
        // At once: whoever submits from now on starts it again.
        this.#going = undefined;
        return;
      }
      try {
        await this.#step(planned);
      } catch (error) {
        await this.#afterFault(error, planned);
      }
    }
  }

  async #step(planned: readonly Planned[]): Promise<void> {
    const { model, cache, ledger, scheduler } = this.#on;
    const started = performance.now();
    const faults: { readonly group: Group; readonly error: unknown }[] = [];
    const entries = planned.map(({ completion, count }) => {
      const { cached, ids, pending, row, group, index } = completion;
      const { observe } = group.request;
      const start = cached!.length;
      return {
        sequence: cached!, ids: ids.slice(start, start + count), ...(count === pending && { sample: row }),
        ...(observe !== undefined && {
          observe: (logits: Float32Array<ArrayBuffer>) => {
            try {
              observe(index, start, logits);
            } catch (error) {
              faults.push({ group, error });
            }
          },
        }),
      };
    });
    const accounts = planned.map(({ completion, count }) => ({ request: completion.group.id, marks: completion.marks.slice(0, completion.cached!.length + count), count }));
    const decoding = planned.filter(({ completion: { pending, logprobs } }) => pending === 1 && logprobs.length > 0).length;
    this.#inStep = planned;
    let chosen: (Sampled | undefined)[];
    try {
      chosen = await model.stepSampled(cache, entries, {
        before: (tables) => ledger.check(tables, accounts), after: (tables) => ledger.written(tables, accounts),
      });
    } finally {
      this.#inStep = [];
      // Those that left while their step was under way have their pages still.
      for (const { completion } of planned) if (completion.group.done) scheduler.remove(completion);
    }
    // What a request's own observer throws is that request's.
    for (const { group, error } of faults) this.#fail(group, error);
    planned.forEach(({ completion }, index) => this.#take(completion, chosen[index]));
    const tokens = planned.reduce((total, { count }) => total + count, 0);
    const report = { step: this.#tally.steps, completions: planned.length, decoding, tokens, prefilled: tokens - decoding, milliseconds: performance.now() - started };
    this.#tally.step(report, chosen.filter((found) => found?.finite === true).length);
    try {
      this.#options.onStep?.(report);
    } catch (cause) {
      this.#end(new EngineClosedError({ where: "engine", what: `its 'onStep' threw: ${messageOf(cause)}`, fix: "let it throw nothing", cause }));
    }
  }

  #take(completion: Completion, chosen: Sampled | undefined): void {
    const { scheduler } = this.#on;
    const { group } = completion;
    if (group.done || completion.cached === undefined) return;
    if (chosen?.finite === false) {
      this.#fail(group, new NotFiniteError(group.id, completion.ids.length));
      return;
    }
    if (this.#options.prefixCache) scheduler.remember(completion);
    if (chosen === undefined) return;
    group.prefilled = true;
    if (group.firstToken === undefined) this.#tally.firstToken(Date.now() - group.submitted);
    const { maxPositions } = this.#on.model.config;
    completion.take(chosen, (length) => length > maxPositions);
    if (completion.finish !== undefined) scheduler.remove(completion);
    if (group.done) {
      this.#tally.requests.finished++;
      this.#forget(group);
    }
  }

  /** A step has failed, and nothing of it counts. */
  async #afterFault(error: unknown, planned: readonly Planned[]): Promise<void> {
    const lost = await this.#lossOf(error);
    if (lost === undefined) {
      // Whatever it was, those that were not in the step are not concerned.
      for (const { completion: { group } } of planned) this.#fail(group, error);
      return;
    }
    if (this.#options.reopen === undefined) return this.#end(lost);
    try {
      await this.#goOnElsewhere(this.#options.reopen);
    } catch (cause) {
      this.#end(cause instanceof Error ? cause : new EngineClosedError({ where: "engine", what: `the model could not be opened again: ${messageOf(cause)}`, fix: "look at 'reopen'", cause }));
    }
  }

  /** The device's loss, if that is what the error comes from. */
  async #lossOf(error: unknown): Promise<DeviceLostError | undefined> {
    if (error instanceof DeviceLostError) return error;
    try {
      await this.#on.model.device.assertAlive();
      return undefined;
    } catch (loss) {
      return loss instanceof DeviceLostError ? loss : undefined;
    }
  }

  /** All requests begin again on a new device; what they have handed out, they do not hand out again. */
  async #goOnElsewhere(reopen: () => Promise<Model>): Promise<void> {
    const { scheduler: { waiting, running, preemptions, cachedTokens }, model: lost } = this.#on;
    this.#before = { preemptions: this.#before.preemptions + preemptions, cachedTokens: this.#before.cachedTokens + cachedTokens };
    for (const completion of running) completion.cached = undefined;
    const left = [...running, ...waiting].filter(({ group }) => !group.done);
    if (lost !== this.#ownModel) lost.dispose();
    const model = await reopen();
    if (this.#closed !== undefined) return model.dispose();
    if (model.manifest.fingerprint !== this.#ownModel.manifest.fingerprint) {
      model.dispose();
      throw new RequestError({ where: "engine", what: `'reopen' gave another model, '${model.manifest.name}'`, fix: "give the same library again" });
    }
    this.#on = this.#open(model);
    this.#on.scheduler.add(left.filter(({ group }) => !group.done));
  }

  #fail(group: Group, error: unknown): void {
    if (group.done) return;
    group.fail(error);
    this.#tally.requests.failed++;
    this.#leave(group);
  }

  /** It computes no more; pages of a step that is under way are free when that is done. */
  #leave(group: Group): void {
    for (const completion of group.completions) {
      if (!this.#inStep.some((planned) => planned.completion === completion)) this.#on.scheduler.remove(completion);
    }
    this.#forget(group);
    // Room for others.
    this.#wake();
  }

  #forget(group: Group): void {
    this.#groups.delete(group);
    group.onLeave();
  }

  #end(reason: Error): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason instanceof EngineClosedError ? reason
      : new EngineClosedError({ where: "engine", what: `it has ended: ${messageOf(reason)}`, fix: "open a new device, load the model there and open an engine on it, or give the engine 'reopen'", cause: reason });
    for (const group of [...this.#groups]) this.#fail(group, reason);
  }

  #dispose(): void {
    const { cache, model } = this.#on;
    cache.dispose();
    if (model !== this.#ownModel) model.dispose();
  }
}

function refuse(what: string, fix: string): never {
  throw new RequestError({ where: "options of an engine", what, fix });
}
