/**
 * What a forward pass is written against: something that runs kernels on values. A device is one (device-machine.ts),
 * the reference evaluator another (spec/reference-machine.ts), so that an architecture is written, and tested, once.
 */
import type { StorageType } from "../dsl/ir.ts";
import type { KernelUse } from "./compile-model.ts";

export interface Machine<Value> {
  /**
   * A value for a step's intermediate results. Values of one name share their memory: the name is free again as soon
   * as it is asked for again.
   */
  temporary(name: string, storage: StorageType, shape: readonly number[]): Value;
  /** The same elements under another shape. */
  reshape(value: Value, shape: readonly number[]): Value;
  /** `tensors` names every input and output of the kernel; `extents` its batch and sequence axes. */
  run(
    use: KernelUse, tensors: Readonly<Record<string, Value>>, extents: Readonly<Record<string, number>>,
    parameters?: Readonly<Record<string, number>>,
  ): void;
}
