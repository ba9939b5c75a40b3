/**
 * What a forward pass is written against: something that runs kernels on values. One machine writes down what it is
 * asked to run, which becomes a generated model's code (build/recorder.ts); the reference evaluator is another
 * (spec/reference-model.ts), so that an architecture is written, and tested, once.
 */
import type { StorageType } from "../runtime/artifact.ts";

/** A kernel of `models/kernels`, at one model's extents. */
export interface KernelUse {
  /** `rmsNorm` is models/kernels/rmsNorm.kernel.ts. */
  readonly module: string;
  readonly kernel: string;
  /** Extents of the kernel's model axes. */
  readonly extents: Readonly<Record<string, number>>;
}

/** Extents that only a step knows; `rows` are those of logits, of all tokens or of some. */
export type StepExtent = "tokens" | "requests" | "rows" | "pagesPerRequest" | "keys" | "slots" | "entries" | "places";
export type Extent = number | StepExtent;
/** A kernel's parameter that only the caller of a model's function knows: of a search, which bits it is about. */
export type StepParameter = "shift";

export interface Machine<Value> {
  /**
   * A value for a step's intermediate results. Values of one name share their memory: the name is free again as soon
   * as it is asked for again.
   */
  temporary(name: string, storage: StorageType, shape: readonly Extent[]): Value;
  /** The same elements under another shape. */
  reshape(value: Value, shape: readonly Extent[]): Value;
  /** `tensors` names every input and output of the kernel; `extents` its batch and sequence axes. */
  run(
    use: KernelUse,
    tensors: Readonly<Record<string, Value>>,
    extents: Readonly<Record<string, Extent>>,
    parameters?: Readonly<Record<string, number | StepParameter>>,
  ): void;
}

/** Tells the uses of a kernel apart; a file's name, too: `linear-out768-inner256`. */
export function nameOf({ kernel, extents }: KernelUse): string {
  return [kernel, ...Object.entries(extents).map(([axis, extent]) => `${axis}${extent}`)].join("-");
}

/**
 * The use of that name, where the extents are listed in another order than the architecture's: an artifact lists them
 * as the kernel declares its axes. The name keeps the architecture's order, since programs and manifests have it.
 * Undefined where it is the name of another use.
 */
export function useNamed(name: string, { module, kernel, extents }: KernelUse): KernelUse | undefined {
  const parts = name.split("-");
  const place = ([axis, extent]: [string, number]): number => parts.indexOf(`${axis}${extent}`);
  const entries = Object.entries(extents).sort((left, right) => place(left) - place(right));
  const use: KernelUse = { module, kernel, extents: Object.fromEntries(entries) };
  return nameOf(use) === name ? use : undefined;
}
