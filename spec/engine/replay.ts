/**
 * A recorded schedule of requests, and an engine that is put through it: the same steps for the same arguments, however
 * long a step takes.
 */
import {
  Engine,
  type EngineOptions,
  type EngineRequest,
  type EngineResult,
  type EngineStatistics,
  type Model,
  type StepReport,
  type Submission,
} from "../../runtime/index.ts";

export interface Arrival {
  /** Steps that the schedule has counted when it arrives. */
  readonly step: number;
  readonly request: EngineRequest;
  /** The step at which whoever asked goes away; it stays where absent. */
  readonly cancelAt?: number;
}

export interface Replayed {
  /** Of each arrival, in the order of the list; what was cancelled has what was known by then. */
  readonly results: readonly EngineResult[];
  readonly statistics: EngineStatistics;
  readonly steps: readonly StepReport[];
  readonly seconds: number;
}

export interface ReplayOptions {
  /** Called after every step, with how many of the arrivals are done. */
  readonly onStep?: (report: StepReport, done: number) => void;
}

/**
 * Opens an engine, submits each arrival when its step has come, and closes the engine when all have ended. Where there
 * is nothing left to compute, time jumps to the next arrival. The queue has room for all, unless `maxWaiting` says
 * otherwise.
 * @throws what ends one of the requests, or refuses it
 */
export async function replay(
  model: Model,
  options: Omit<EngineOptions, "onStep">,
  arrivals: readonly Arrival[],
  { onStep = () => undefined }: ReplayOptions = {},
): Promise<Replayed> {
  const started = performance.now();
  const steps: StepReport[] = [];
  const completions = arrivals.reduce((total, { request: { n = 1 } }) => total + n, 0);
  const schedule = new Schedule(arrivals);
  let fail: (reason: unknown) => void = () => undefined;
  const fault = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Requests that end with the engine, after another has failed, say so to nobody.
  fault.catch(() => undefined);
  const engine: Engine = new Engine(model, {
    maxWaiting: completions,
    ...options,
    onStep: (report) => {
      steps.push(report);
      // What is thrown here would count as the engine's own.
      try {
        schedule.advance(engine, report.step + 1);
        onStep(report, schedule.done);
      } catch (error) {
        fail(error);
      }
    },
  });
  try {
    schedule.onFailure = fail;
    schedule.advance(engine, 0);
    const results = await Promise.race([schedule.finished, fault]);
    return { results, statistics: engine.statistics(), steps, seconds: (performance.now() - started) / 1000 };
  } finally {
    await engine.close();
  }
}

/** What has arrived so far, and what has come of it. */
class Schedule {
  readonly finished: Promise<EngineResult[]>;
  readonly #arrivals: readonly Arrival[];
  /** Indices of those to come, the next one first. */
  readonly #coming: number[];
  readonly #leaving: { readonly at: number; readonly submission: Submission }[] = [];
  readonly #results: EngineResult[] = [];
  #finish: (results: EngineResult[]) => void = () => undefined;
  /** Steps that were jumped over. */
  #jumped = 0;
  done = 0;
  onFailure: (reason: unknown) => void = () => undefined;

  constructor(arrivals: readonly Arrival[]) {
    this.#arrivals = arrivals;
    this.#coming = arrivals
      .map((_, index) => index)
      .sort((left, right) => arrivals[left]!.step - arrivals[right]!.step || left - right);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    if (arrivals.length === 0) this.#finish([]);
  }

  /** Does all that is due when the engine has done so many steps. */
  advance(engine: Engine, steps: number): void {
    for (;;) {
      const now = steps + this.#jumped;
      for (const { submission } of this.#leaving.filter(({ at }) => at <= now)) submission.cancel();
      while (this.#coming.length > 0 && this.#arrivals[this.#coming[0]!]!.step <= now)
        this.#submit(engine, this.#coming.shift()!);
      const { waiting, running } = engine.statistics();
      const next = this.#coming[0];
      if (waiting + running > 0 || next === undefined) return;
      this.#jumped += this.#arrivals[next]!.step - now;
    }
  }

  #submit(engine: Engine, index: number): void {
    const { request, cancelAt } = this.#arrivals[index]!;
    const submission = engine.submit(request);
    if (cancelAt !== undefined) this.#leaving.push({ at: cancelAt, submission });
    submission.result().then(
      (result) => {
        this.#results[index] = result;
        this.done++;
        if (this.done === this.#arrivals.length) this.#finish(this.#results);
      },
      (error: unknown) => this.onFailure(error),
    );
  }
}
