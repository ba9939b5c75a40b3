/**
 * An engine: many requests of one model at a time, each answered as if it were alone. Every step computes whatever
 * requests there are, chunks of prompts and decoding rows together; which ones, in which pages and after how many
 * interruptions is the scheduler's business (scheduler.ts) and never shows in a token, a logprob or a logit.
 */
import { AllocationError, DeviceLostError, messageOf, RequestError } from "../errors.ts";
import type { KvCache } from "../model/cache.ts";
import type { Model } from "../model/model.ts";
import type { Sampled } from "../model/sampling.ts";
import { EngineClosedError, NotFiniteError, OverloadError } from "./errors.ts";
import { Ledger } from "./ledger.ts";
import { completeOptions, type CompleteOptions, type EngineOptions } from "./options.ts";
import { PrefixCache } from "./prefix-cache.ts";
import { assertSameBits, lossOf } from "./reopened.ts";
import { checkRequest, type EngineRequest } from "./request.ts";
import { Scheduler, type Planned } from "./scheduler.ts";
import { accountOf, countsOf, entryOf } from "./step.ts";
import { Group, type Completion } from "./sequence.ts";
import { Tally, type EngineStatistics } from "./statistics.ts";
import { Submission } from "./submission.ts";

/** Devices that are lost one after another, without a step between them, end the engine. */
const lossesInARow = 3;

/** What is gone with a device. */
interface OnDevice {
  readonly model: Model;
  readonly cache: KvCache;
  readonly ledger: Ledger;
  readonly prefixes: PrefixCache;
  readonly scheduler: Scheduler;
  /** Whether the device has turned out to have room for the pages. */
  isThere: boolean;
}

export class Engine {
  readonly #options: CompleteOptions;
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
  /** Devices lost since a step was last done. */
  #losses = 0;
  #reopening = false;

  /**
   * @param model stays its owner's, who disposes of it after the engine is closed
   * @throws RequestError for options that are none, AllocationError for pages that no buffer holds. That there is too
   * little memory shows at the first step, which ends the engine
   */
  constructor(model: Model, options: EngineOptions = {}) {
    this.#options = completeOptions(options, model);
    this.#ownModel = model;
    this.#on = this.#open(model);
  }

  /**
   * Takes a request, or throws at once, having taken nothing. Tokens come to who iterates the submission.
   * @throws OverloadError where the queue is full, EngineClosedError, and for what is wrong with the request
   * RequestError, SamplingError, BatchError, TokenizerError
   */
  submit(request: EngineRequest): Submission {
    if (this.#closed !== undefined) throw this.#closed;
    let checked: ReturnType<typeof checkRequest>;
    try {
      checked = checkRequest(request, this.#on.model, this.#options.pages);
      request.signal?.throwIfAborted();
      this.#assertRoomFor(checked.n);
    } catch (error) {
      this.#tally.requests.refused++;
      throw error;
    }
    const { model, scheduler } = this.#on;
    const group = new Group(
      this.#nextId++,
      checked,
      model.manifest.tokenizer === null ? undefined : model.tokenizer,
      this.#options.maxUnread * checked.n,
    );
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
      waiting: scheduler.waiting.length,
      running: scheduler.running.length,
      paused: all.filter(({ paused }) => paused).length,
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

  /**
   * Ends all requests with an EngineClosedError, waits for the step that is under way, and frees the pages. A second
   * time does nothing.
   */
  async close(): Promise<void> {
    this.#end(new EngineClosedError({ where: "engine", what: "it was closed", fix: "open a new one" }));
    // A device that is being opened is not waited for: who opens it is told then.
    if (!this.#reopening) await this.#going;
    this.#dispose();
  }

  /** @throws OverloadError where there is none now, RequestError where there never is */
  #assertRoomFor(n: number): void {
    const { maxRunning, maxWaiting } = this.#options;
    const { running, waiting } = this.#on.scheduler;
    if (n > maxRunning + maxWaiting)
      throw new RequestError({
        where: "request",
        what: `n is ${n}, and the engine takes ${maxRunning + maxWaiting} completions at a time`,
        fix: "ask for fewer, or give the engine a larger maxWaiting",
      });
    // Those that were let in before do not stand in the queue, wherever they are.
    const queued = waiting.filter(({ wasAdmitted }) => !wasAdmitted).length;
    const room = maxWaiting + Math.max(0, maxRunning - running.filter(({ paused }) => !paused).length) - queued;
    if (n > room) throw new OverloadError(queued, Math.max(0, room), n);
  }

  #open(model: Model): OnDevice {
    const cache = model.createPool(this.#options.pages);
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
    return {
      model,
      cache,
      ledger,
      prefixes,
      scheduler: new Scheduler(limits, allocator, prefixes, () => cache.open()),
      isThere: false,
    };
  }

  #wake(): void {
    if (this.#closed !== undefined) return;
    this.#going ??= this.#run();
  }

  /** Steps as long as there is something to compute. */
  async #run(): Promise<void> {
    for (;;) {
      // Requests of one turn of the event loop come into one step.
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 0);
      });
      try {
        const planned = this.#closed === undefined ? this.#on.scheduler.plan() : [];
        if (planned.length === 0) {
          // At once: whoever submits from now on starts it again.
          this.#going = undefined;
          return;
        }
        await this.#stepOrFault(planned);
      } catch (error) {
        // Nothing that a request does leads here.
        this.#going = undefined;
        this.#end(error instanceof Error ? error : new Error(messageOf(error)));
        return;
      }
    }
  }

  async #stepOrFault(planned: readonly Planned[]): Promise<void> {
    try {
      if (!this.#on.isThere) await this.#assertPages();
      await this.#step(planned);
      this.#losses = 0;
    } catch (error) {
      await this.#afterFault(error, planned);
    }
  }

  /**
   * What there was too little memory for, only the driver finds out, and only when it is asked. @throws
   * AllocationError, and then the engine can't go on
   */
  async #assertPages(): Promise<void> {
    const { device } = this.#on.model;
    await device.gpu.queue.onSubmittedWorkDone();
    try {
      device.assertUsable();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) this.#end(error as Error);
      throw error;
    }
    this.#on.isThere = true;
  }

  async #step(planned: readonly Planned[]): Promise<void> {
    const { model, cache, ledger, scheduler } = this.#on;
    const started = performance.now();
    const faults: { readonly group: Group; readonly error: unknown }[] = [];
    const entries = planned.map((one) => entryOf(one, (error) => faults.push({ group: one.completion.group, error })));
    const accounts = planned.map(accountOf);
    const counts = countsOf(planned);
    this.#inStep = planned;
    let chosen: (Sampled | undefined)[];
    try {
      chosen = await model.stepSampled(cache, entries, {
        before: (tables) => ledger.check(tables, accounts),
        after: (tables) => ledger.written(tables, accounts),
      });
    } finally {
      this.#inStep = [];
      // Those that left while their step was under way have their pages still.
      for (const { completion } of planned) if (completion.group.done) scheduler.remove(completion);
    }
    // What a request's own observer throws is that request's.
    for (const { group, error } of faults) this.#fail(group, error);
    let generated = 0;
    planned.forEach(({ completion }, index) => {
      try {
        if (this.#take(completion, chosen[index])) generated++;
      } catch (error) {
        this.#fail(completion.group, error);
      }
    });
    const report = { step: this.#tally.steps, ...counts, milliseconds: performance.now() - started };
    this.#tally.step(report, generated);
    try {
      this.#options.onStep?.(report);
    } catch (cause) {
      this.#end(
        new EngineClosedError({
          where: "engine",
          what: `its 'onStep' threw: ${messageOf(cause)}`,
          fix: "let it throw nothing",
          cause,
        }),
      );
    }
  }

  /** Whether the completion has another token. */
  #take(completion: Completion, chosen: Sampled | undefined): boolean {
    const { scheduler } = this.#on;
    const { group } = completion;
    if (group.done || completion.cached === undefined) return false;
    if (chosen?.finite === false) {
      this.#fail(group, new NotFiniteError(group.id, completion.ids.length));
      return false;
    }
    if (this.#options.prefixCache) scheduler.remember(completion);
    if (chosen === undefined) return false;
    group.prefilled = true;
    if (group.firstToken === undefined) this.#tally.firstToken(Date.now() - group.submitted);
    const { maxPositions } = this.#on.model.config;
    completion.take(chosen, (length) => length > maxPositions);
    if (completion.finish !== undefined) scheduler.remove(completion);
    if (group.done) {
      this.#tally.requests.finished++;
      this.#forget(group);
    }
    return true;
  }

  /** A step has failed, and nothing of it counts. */
  async #afterFault(error: unknown, planned: readonly Planned[]): Promise<void> {
    const lost = await lossOf(error, this.#on.model.device);
    if (lost === undefined) {
      // Whatever it was, those that were not in the step are not concerned; and of the others those that go on without
      // it.
      if (planned.length === 1 || !(error instanceof AllocationError))
        for (const {
          completion: { group },
        } of planned)
          this.#fail(group, error);
      else
        for (const one of planned)
          if (one.completion.cached !== undefined && !one.completion.group.done) await this.#stepOrFault([one]);
      return;
    }
    if (this.#options.reopen === undefined || ++this.#losses > lossesInARow) return this.#end(lost);
    try {
      await this.#goOnElsewhere(this.#options.reopen);
    } catch (cause) {
      if (cause instanceof DeviceLostError) return this.#afterFault(cause, planned);
      this.#end(
        cause instanceof Error
          ? cause
          : new EngineClosedError({
              where: "engine",
              what: `the model could not be opened again: ${messageOf(cause)}`,
              fix: "look at 'reopen'",
              cause,
            }),
      );
    }
  }

  /** All requests begin again on a new device; what they have handed out, they do not hand out again. */
  async #goOnElsewhere(reopen: () => Promise<Model>): Promise<void> {
    const { scheduler, model: lost } = this.#on;
    if (lost !== this.#ownModel) lost.dispose();
    this.#reopening = true;
    const model = await reopen().finally(() => {
      this.#reopening = false;
    });
    if (this.#closed !== undefined) return model.dispose();
    try {
      assertSameBits(model, this.#ownModel);
      this.#on = this.#open(model);
    } catch (error) {
      model.dispose();
      throw error;
    }
    this.#before = {
      preemptions: this.#before.preemptions + scheduler.preemptions,
      cachedTokens: this.#before.cachedTokens + scheduler.cachedTokens,
    };
    // Those too that came in the meantime.
    for (const completion of scheduler.running) completion.cached = undefined;
    this.#on.scheduler.add([...scheduler.running, ...scheduler.waiting].filter(({ group }) => !group.done));
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
    this.#closed =
      reason instanceof EngineClosedError
        ? reason
        : new EngineClosedError({
            where: "engine",
            what: `it has ended: ${messageOf(reason)}`,
            fix: "open a new device, load the model there and open an engine on it, or give the engine 'reopen'",
            cause: reason,
          });
    for (const group of [...this.#groups]) this.#fail(group, reason);
  }

  #dispose(): void {
    const { cache, model } = this.#on;
    cache.dispose();
    if (model !== this.#ownModel) model.dispose();
  }
}
