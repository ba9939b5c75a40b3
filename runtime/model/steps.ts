/**
 * Steps of batches on a device, one after another: what a loaded model computes, whatever is then made of the logits.
 */
import type { Device } from "../device.ts";
import { greatestCommonDivisor } from "../layout.ts";
import { bindingAlignment } from "../limits.ts";
import type { Tensor } from "../tensor.ts";
import { planStep, type StepEntry, type StepTables } from "./batch.ts";
import type { KvCache } from "./cache.ts";
import type { KernelLibrary } from "./kernels.ts";
import { DeviceMachine } from "./machine.ts";
import type { RunConfig } from "./manifest.ts";
import { pageSize } from "./pages.ts";
import type { ModelWeights, Program, Step } from "./program.ts";
import { sampleRows, scoreRows } from "./sampler.ts";
import type { Sampled, SampleRow } from "./sampling.ts";

/** Which logits a step gives: of every token, or of each request's last. */
export type Wanted = "all" | "last";

/** What steps run on. */
export interface StepParts {
  readonly device: Device;
  readonly config: RunConfig;
  readonly program: Program;
  readonly library: KernelLibrary;
  readonly weights: ModelWeights;
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** What an engine wants of one entry of a step. */
export interface SampledEntry extends StepEntry {
  /** Chooses an id after the entry's last one; nothing is chosen where absent. */
  readonly sample?: SampleRow;
  /**
   * Is given the whole logits of all ids that the step appends, f32 [rows, vocabulary] from the id at `first` on, in
   * slices.
   */
  readonly observe?: (first: number, logits: Float32Array<ArrayBuffer>) => void;
}

/** Sees a step's tables: before anything is computed, which it may forbid by throwing, and when all is done. */
export interface StepWatch {
  readonly before?: (tables: StepTables) => void;
  readonly after?: (tables: StepTables) => void;
}

/** Ids of a sequence, and for each the one that follows it. */
export interface ScoredEntry extends StepEntry {
  readonly next: readonly number[];
}

/** Logits computed at a time, at most: rows beyond wait for the next submission. */
const logitsBytes = 2 ** 26;
/** Rows of a step, at most; more are fed in several. */
const stepTokens = 2048;

export class Steps {
  readonly #machine: DeviceMachine;
  readonly #parts: StepParts;
  readonly #assertUsable: (cause?: unknown) => void;
  /** Steps share the machine's memory, so they happen one after another however they are called. */
  #previous: Promise<unknown> = Promise.resolve();

  /** @param assertUsable throws where the model is gone */
  constructor(parts: StepParts, assertUsable: (cause?: unknown) => void) {
    this.#parts = parts;
    this.#assertUsable = assertUsable;
    this.#machine = new DeviceMachine(parts.device, parts.library);
  }

  /** Rows of a step, at most. Never shows in a result. */
  get mostTokens(): number {
    const { hidden, intermediate, queryHeads, headSize } = this.#parts.config;
    const widest = Math.max(hidden, intermediate, queryHeads * headSize);
    return Math.max(1, Math.min(stepTokens, Math.floor(this.largestTensor / (4 * widest))));
  }

  /** Bytes that a tensor which kernels bind may have. */
  get largestTensor(): number {
    const { maxBindingBytes, maxBufferBytes } = this.#parts.device.limits;
    return Math.min(maxBindingBytes, maxBufferBytes);
  }

  /** Bytes of intermediate results. */
  get bytes(): number {
    return this.#machine.bytes;
  }

  /** A step that is under way gets no more memory. */
  dispose(): void {
    this.#machine.dispose();
  }

  logits(cache: KvCache, entries: readonly StepEntry[], wanted: Wanted): Promise<Float32Array<ArrayBuffer>[]> {
    const { vocabulary } = this.#parts.config;
    return this.#run(cache, entries, async (stream, step) => {
      const all = wanted === "all";
      const elements = new Uint32Array((all ? step.tokens : step.requests) * vocabulary);
      await this.#inSlices(stream, step, wanted, async (logits, firstRow) => {
        await this.#machine.submit();
        elements.set(await logits.readElements(), firstRow * vocabulary);
      });
      let row = 0;
      return entries.map(({ ids }) => {
        const rows = all ? ids.length : 1;
        return new Float32Array(elements.buffer, 4 * vocabulary * row, ((row += rows), rows * vocabulary));
      });
    });
  }

  greedy(cache: KvCache, entries: readonly StepEntry[]): Promise<number[]> {
    return this.#run(cache, entries, async (stream, step) => {
      const next: number[] = [];
      await this.#inSlices(stream, step, "last", async (logits, _, rows) => {
        const ids = this.#parts.program.mostLikely(this.#machine, logits, rows);
        await this.#machine.submit();
        next.push(...(await ids.readElements()));
      });
      return next;
    });
  }

  /** What was chosen for each entry that asked for it. */
  sampled(cache: KvCache, entries: readonly SampledEntry[], watch: StepWatch): Promise<(Sampled | undefined)[]> {
    const { vocabulary } = this.#parts.config;
    return this.#run(
      cache,
      entries,
      async (stream, step) => {
        const starts = startsOf(entries);
        const sampled = entries.flatMap(({ sample, ids }, entry) =>
          sample === undefined ? [] : [{ entry, sample, token: starts[entry]! + ids.length - 1 }],
        );
        const chosen: (Sampled | undefined)[] = entries.map(() => undefined);
        await this.#ofTokens(
          stream,
          step,
          sampled.map(({ token }) => token),
          async (logits, first, rows) => {
            const slice = sampled.slice(first, first + rows);
            const found = await sampleRows(
              this.#machine,
              this.#parts.program,
              logits,
              slice.map(({ sample }) => sample),
              vocabulary,
            );
            slice.forEach(({ entry }, index) => {
              chosen[entry] = found[index]!;
            });
          },
        );
        for (const [index, { observe, ids }] of entries.entries()) {
          if (observe === undefined) continue;
          await this.#ofTokens(
            stream,
            step,
            ids.map((_, at) => starts[index]! + at),
            async (logits, first) => {
              await this.#machine.submit();
              observe(first, new Float32Array((await logits.readElements()).buffer));
            },
          );
        }
        // Entries in the middle of their prompts ask for nothing, and their keys and values are wanted all the same.
        await this.#machine.submit();
        return chosen;
      },
      watch,
    );
  }

  /** For each entry the bits of the logprobs of the ids that follow its own. */
  scores(cache: KvCache, entries: readonly ScoredEntry[]): Promise<Uint32Array[]> {
    return this.#run(cache, entries, async (stream, step) => {
      const starts = startsOf(entries);
      const wanted = entries.flatMap(({ next }, entry) => next.map((id, at) => ({ id, token: starts[entry]! + at })));
      const bits = new Uint32Array(wanted.length);
      await this.#ofTokens(
        stream,
        step,
        wanted.map(({ token }) => token),
        async (logits, first, rows) => {
          const ids = Uint32Array.from(wanted.slice(first, first + rows), ({ id }) => id);
          bits.set(await scoreRows(this.#machine, this.#parts.program, logits, ids), first);
        },
      );
      await this.#machine.submit();
      let at = 0;
      return entries.map(({ next }) => bits.slice(at, (at += next.length)));
    });
  }

  #run<Result>(
    cache: KvCache,
    entries: readonly StepEntry[],
    finish: (stream: Tensor, step: Step) => Promise<Result>,
    watch: StepWatch = {},
  ): Promise<Result> {
    const run = async (): Promise<Result> => {
      this.#assertUsable();
      const lengths = entries.map(({ sequence }) => sequence.length);
      const tables = planStep(entries, cache.allocator, this.#parts.config);
      try {
        watch.before?.(tables);
        const step = this.#tensorsOf(cache, tables);
        const result = await finish(this.#parts.program.hidden(this.#machine, this.#parts.weights, step), step);
        watch.after?.(tables);
        return result;
      } catch (error) {
        this.#machine.reset();
        entries.forEach(({ sequence }, index) => sequence.truncate(lengths[index]!));
        this.#assertUsable(error);
        throw error;
      }
    };
    const result = this.#previous.then(run);
    this.#previous = result.catch(() => undefined);
    return result;
  }

  /** Hands out the logits of these tokens, numbers of rows of the step. */
  async #ofTokens(
    stream: Tensor,
    step: Step,
    tokens: readonly number[],
    use: (logits: Tensor, first: number, rows: number) => Promise<void>,
  ): Promise<void> {
    if (tokens.length === 0) return;
    const lastTokens = this.#machine.table("last tokens", [tokens.length], Uint32Array.from(tokens));
    await this.#inSlices(stream, { ...step, requests: tokens.length, lastTokens }, "last", use);
  }

  /** Hands out logits in slices of rows that a device can hold at once. */
  async #inSlices(
    stream: Tensor,
    step: Step,
    wanted: Wanted,
    use: (logits: Tensor, firstRow: number, rows: number) => Promise<void>,
  ): Promise<void> {
    const {
      program,
      weights,
      config: { vocabulary, hidden },
    } = this.#parts;
    const selected = wanted === "all" ? stream : program.lastOf(this.#machine, step, stream);
    const rows = wanted === "all" ? step.tokens : step.requests;
    // Slices start where a device can bind the stream: at multiples of as many rows as make whole alignments.
    const aligned = bindingAlignment / greatestCommonDivisor(4 * hidden, bindingAlignment);
    const fitting = Math.floor(Math.min(logitsBytes, this.largestTensor) / (4 * vocabulary * aligned));
    const most = Math.max(1, fitting) * aligned;
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      await use(program.logits(this.#machine, weights, selected.rows(first, count), count), first, count);
    }
  }

  #tensorsOf(cache: KvCache, tables: StepTables): Step {
    const { tokens, requests, pagesPerRequest } = tables;
    const machine = this.#machine;
    return {
      tokens,
      requests,
      pagesPerRequest,
      keys: pagesPerRequest * pageSize,
      slots: cache.allocator.pages * pageSize,
      cache: cache.layers,
      cosine: this.#parts.cosine,
      sine: this.#parts.sine,
      ids: machine.table("ids", [tokens], tables.ids),
      positions: machine.table("positions", [tokens], tables.positions),
      slotOf: machine.table("slots", [tokens], tables.slots),
      requestOf: machine.table("requests", [tokens], tables.requestOf),
      pages: machine.table("pages", [requests, pagesPerRequest], tables.pages),
      lastTokens: machine.table("last tokens", [requests], tables.lastTokens),
    };
  }
}

/** The first token of each entry. */
function startsOf(entries: readonly StepEntry[]): number[] {
  let token = 0;
  return entries.map(({ ids }) => ((token += ids.length), token - ids.length));
}
