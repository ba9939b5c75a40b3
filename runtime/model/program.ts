/** What the code of a generated model is written against, and what it offers to those that run it. */
import type { StorageType } from "../artifact.ts";
import type { Tensor } from "../tensor.ts";

/** Runs kernels of a model's library, in the order in which they are asked for. */
export interface Machine {
  /**
   * A tensor for a step's intermediate results. Tensors of one name share their memory: the name is free again as soon
   * as it is asked for again.
   */
  temporary(name: string, storage: StorageType, shape: readonly number[]): Tensor;
  /** The same elements under another shape. */
  reshape(tensor: Tensor, shape: readonly number[]): Tensor;
  /**
   * Runs the kernel of this name; `tensors` are its inputs and outputs, `extents` those of its batch and sequence axes.
   */
  run(
    kernel: string,
    tensors: Readonly<Record<string, Tensor>>,
    extents: Readonly<Record<string, number>>,
    parameters?: Readonly<Record<string, number>>,
  ): void;
}

/** The keys and values of one layer: bf16 [slots, keyValueHeads, headSize] each. */
export interface LayerCache {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** One step of a batch, as tensors; what each table says stands in batch.ts. */
export interface Step {
  readonly tokens: number;
  readonly requests: number;
  readonly pagesPerRequest: number;
  /** Positions that `pages` has room for, of each request. */
  readonly keys: number;
  /** Slots of the cache. */
  readonly slots: number;
  readonly cache: readonly LayerCache[];
  readonly ids: Tensor;
  readonly positions: Tensor;
  readonly slotOf: Tensor;
  readonly requestOf: Tensor;
  readonly pages: Tensor;
  readonly lastTokens: Tensor;
  /** f32 [maxPositions, headSize / 2] each (rotary.ts). */
  readonly cosine: Tensor;
  readonly sine: Tensor;
}

/** A model's weights; which ones a layer has, its own code knows. */
export interface ModelWeights {
  readonly embedding: Tensor;
  readonly layers: readonly Readonly<Record<string, Tensor>>[];
  readonly norm: Tensor;
  readonly head: Tensor;
}

/** The functions of a generated model's forward.js. */
export interface Program {
  /** Runs every layer; gives the residual stream, f32 [tokens, hidden]. */
  hidden(machine: Machine, weights: ModelWeights, step: Step): Tensor;
  /** The rows of each request's last token, f32 [requests, hidden]. */
  lastOf(machine: Machine, step: Step, stream: Tensor): Tensor;
  /** Logits of rows of the stream, f32 [rows, vocabulary]. */
  logits(machine: Machine, weights: ModelWeights, stream: Tensor, rows: number): Tensor;
  /** The most likely id of each row of logits, u32 [rows]. */
  mostLikely(machine: Machine, logits: Tensor, rows: number): Tensor;

  // How a token is chosen (sampler.ts). Tensors are f32 [rows, vocabulary] where nothing else is said.
  /**
   * Writes each row's largest logit, f32 [rows], which it gives, and whether nothing can be chosen in it, u32 [rows]: 0
   * or 1.
   */
  summary(machine: Machine, logits: Tensor, largest: Tensor, unusable: Tensor, rows: number): Tensor;
  /** The logarithm of each row's sum of exp(logit - largest), f32 [rows]. */
  logTotal(machine: Machine, logits: Tensor, largest: Tensor, rows: number): Tensor;
  /** Writes the logprob of one id in each row, f32 [rows]; gives the output. */
  logprob(
    machine: Machine,
    logits: Tensor,
    ids: Tensor,
    largest: Tensor,
    logTotal: Tensor,
    output: Tensor,
    rows: number,
  ): Tensor;
  /**
   * Writes the most likely id of each row after `previous`, u32 [rows]: in the order of falling logits, of equals of
   * rising ids. Gives the output.
   */
  nextLikely(machine: Machine, logits: Tensor, previous: Tensor, output: Tensor, rows: number): Tensor;
  /** Logits over the temperature; `settings` is f32 [rows, settingColumns]. */
  scaled(machine: Machine, logits: Tensor, settings: Tensor, rows: number): Tensor;
  /**
   * Overwrites `scaled` at `places` = rows * vocabulary with what penalties and biases make of them; all tables are
   * [entries]. Gives `scaled`.
   */
  edited(
    machine: Machine,
    logits: Tensor,
    scaled: Tensor,
    settings: Tensor,
    rowOf: Tensor,
    placeOf: Tensor,
    ids: Tensor,
    seenAndCount: Tensor,
    bias: Tensor,
    rows: number,
    entries: number,
    places: number,
  ): Tensor;
  /** exp(scaled - largest). */
  weights(machine: Machine, scaled: Tensor, largest: Tensor, rows: number): Tensor;
  /**
   * Writes top-k's threshold, u32 [rows], with two bits more, those at `shift`; gives the output. `words` is u32 [rows,
   * wordColumns].
   */
  narrowCount(
    machine: Machine,
    scaled: Tensor,
    words: Tensor,
    prefix: Tensor,
    output: Tensor,
    rows: number,
    shift: number,
  ): Tensor;
  /** The same for top-p's, among what top-k's threshold, `floor`, keeps. */
  narrowMass(
    machine: Machine,
    scaled: Tensor,
    weights: Tensor,
    settings: Tensor,
    floor: Tensor,
    prefix: Tensor,
    output: Tensor,
    rows: number,
    shift: number,
  ): Tensor;
  /**
   * Scaled logits with noise, of the ids that are kept: the largest of a row is at the chosen id. What weights() gave
   * is gone.
   */
  scores(
    machine: Machine,
    scaled: Tensor,
    largest: Tensor,
    threshold: Tensor,
    settings: Tensor,
    words: Tensor,
    rows: number,
  ): Tensor;
}
