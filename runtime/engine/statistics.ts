/** What an engine has done so far, and what it is doing. */

/** One step. */
export interface StepReport {
  /** Numbers the engine's steps from 0. */
  readonly step: number;
  /** Completions that the step computed; of these, those of which it computed the next id from a single one. */
  readonly completions: number;
  readonly decoding: number;
  /** Ids that it computed, and those of them that belong to prompts, or to what was computed before a preemption. */
  readonly tokens: number;
  readonly prefilled: number;
  readonly milliseconds: number;
}

export interface EngineStatistics {
  readonly waiting: number;
  readonly running: number;
  /** Of those that wait or run, those whose consumers have left too much unread. */
  readonly paused: number;
  readonly pages: {
    readonly total: number;
    readonly free: number;
    /** Held for the prefix cache; those that no request uses are free as soon as they are needed. */
    readonly cached: number;
  };
  readonly requests: {
    readonly submitted: number;
    readonly finished: number;
    readonly cancelled: number;
    readonly failed: number;
    readonly refused: number;
  };
  readonly steps: number;
  /**
   * Ids that were generated; ids of prompts, or of what was computed before, that were computed; and those that were
   * found in the prefix cache.
   */
  readonly tokens: { readonly generated: number; readonly prefilled: number; readonly cached: number };
  readonly preemptions: number;
  /** Decoding completions of a step: the mean over steps that had any, and how many steps had how many. */
  readonly batch: { readonly mean: number; readonly sizes: Readonly<Record<number, number>> };
  /** Generated, a second of steps. */
  readonly tokensPerSecond: number;
  /** From submission to the first token, over the last 1000 requests that got one; 0 where there is none. */
  readonly millisecondsToFirstToken: { readonly median: number; readonly largest: number };
}

/** First tokens that are remembered. */
const firstTokensKept = 1000;

export class Tally {
  readonly requests = { submitted: 0, finished: 0, cancelled: 0, failed: 0, refused: 0 };
  readonly tokens = { generated: 0, prefilled: 0 };
  steps = 0;
  #milliseconds = 0;
  readonly #sizes = new Map<number, number>();
  readonly #firstTokens: number[] = [];

  step({ decoding, prefilled, milliseconds }: StepReport, generated: number): void {
    this.steps++;
    this.#milliseconds += milliseconds;
    this.tokens.generated += generated;
    this.tokens.prefilled += prefilled;
    if (decoding > 0) this.#sizes.set(decoding, (this.#sizes.get(decoding) ?? 0) + 1);
  }

  firstToken(milliseconds: number): void {
    this.#firstTokens.push(milliseconds);
    if (this.#firstTokens.length > firstTokensKept) this.#firstTokens.shift();
  }

  report(): Pick<EngineStatistics, "requests" | "steps" | "batch" | "tokensPerSecond" | "millisecondsToFirstToken"> {
    const sizes = [...this.#sizes].sort(([left], [right]) => left - right);
    const steps = sizes.reduce((total, [, count]) => total + count, 0);
    const sorted = this.#firstTokens.toSorted((left, right) => left - right);
    return {
      requests: { ...this.requests },
      steps: this.steps,
      batch: {
        mean: steps === 0 ? 0 : sizes.reduce((total, [size, count]) => total + size * count, 0) / steps,
        sizes: Object.fromEntries(sizes),
      },
      tokensPerSecond: this.#milliseconds === 0 ? 0 : (this.tokens.generated / this.#milliseconds) * 1000,
      millisecondsToFirstToken: { median: sorted[sorted.length >> 1] ?? 0, largest: sorted.at(-1) ?? 0 },
    };
  }
}
