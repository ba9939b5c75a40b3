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
  /** Runs the kernel of this name; `tensors` are its inputs and outputs, `extents` those of its batch and sequence axes. */
  run(
    kernel: string, tensors: Readonly<Record<string, Tensor>>, extents: Readonly<Record<string, number>>, parameters?: Readonly<Record<string, number>>,
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
}
