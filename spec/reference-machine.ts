/** A forward pass without a device: every kernel by the reference evaluator. What a device must give, bit for bit. */
import { join } from "node:path";
import { readKernels } from "../dsl/reader/index.ts";
import type { Kernel, StorageType } from "../dsl/ir.ts";
import type { KernelUse } from "../models/compile-model.ts";
import type { Machine } from "../models/machine.ts";
import { kernelDirectory } from "../models/toolchain.ts";
import { evaluate } from "./evaluator.ts";

/** One u32 an element, row-major (see EvaluationData). Values that were reshaped share their elements. */
export interface ReferenceValue {
  readonly shape: readonly number[];
  readonly elements: Uint32Array;
}

export class ReferenceMachine implements Machine<ReferenceValue> {
  readonly #kernels = new Map<string, Kernel>();

  temporary(_name: string, _storage: StorageType, shape: readonly number[]): ReferenceValue {
    return { shape, elements: new Uint32Array(shape.reduce((product, extent) => product * extent, 1)) };
  }

  reshape({ elements }: ReferenceValue, shape: readonly number[]): ReferenceValue {
    return { shape, elements };
  }

  run(
    use: KernelUse, tensors: Readonly<Record<string, ReferenceValue>>, extents: Readonly<Record<string, number>>, parameters: Readonly<Record<string, number>> = {},
  ): void {
    const kernel = this.#kernel(use);
    const elementsOf = (named: readonly { readonly name: string }[]): Record<string, Uint32Array> =>
      Object.fromEntries(named.map(({ name }) => [name, tensors[name]!.elements]));
    const outputs = evaluate(kernel, {
      extents: { ...use.extents, ...extents }, inputs: elementsOf(kernel.inputs), parameters, initial: elementsOf(kernel.outputs),
    });
    for (const [name, elements] of Object.entries(outputs)) tensors[name]!.elements.set(elements);
  }

  #kernel({ module, kernel: name }: KernelUse): Kernel {
    const key = `${module} ${name}`;
    let kernel = this.#kernels.get(key);
    if (kernel === undefined) {
      kernel = readKernels(join(kernelDirectory, `${module}.kernel.ts`), { typecheck: false }).kernels.find((candidate) => candidate.name === name);
      if (kernel === undefined) throw new Error(`models/kernels/${module}.kernel.ts declares no kernel '${name}'`);
      this.#kernels.set(key, kernel);
    }
    return kernel;
  }
}
