/**
 * The reference evaluator: a kernel's bits on the CPU, from its declaration alone.
 *
 * Every f32 operation is rounded correctly, in the order that dsl/denotation.ts gives; there is one NaN, 0x7fc00000.
 * `evaluate` runs JavaScript that is generated for the kernel (spec/generate.ts); `evaluateByDenotation` asks the
 * denotation itself for each element. Both give the same bits; only the speed differs.
 */
import { Denotation, type Scope } from "../dsl/denotation.ts";
import type { Kernel, Output } from "../dsl/ir.ts";
import { roundBf16 } from "../dsl/numbers.ts";
import { bitAlgebra, canonical } from "../dsl/bits.ts";
import { checkedData, type CheckedData, type EvaluationData, EvaluationError, sizeOf } from "./data.ts";
import { generate } from "./generate.ts";

export { type EvaluationData, EvaluationError, sizeOf } from "./data.ts";

/**
 * The outputs' elements, in the same form as the inputs'.
 * @throws EvaluationError
 */
export function evaluate(kernel: Kernel, data: EvaluationData): Record<string, Uint32Array> {
  const checked = checkedData(kernel, data);
  const outputs = outputsOf(kernel, checked);
  generate(kernel, checked.extents, checked.parameters)(checked.inputs, outputs, outside);
  return outputs;
}

/** The same, by the denotation itself: for tests of `evaluate`, and slow. */
export function evaluateByDenotation(kernel: Kernel, data: EvaluationData): Record<string, Uint32Array> {
  const checked = checkedData(kernel, data);
  const { extents, inputs, parameters } = checked;
  const outputs = outputsOf(kernel, checked);
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const denotation = new Denotation(
    bitAlgebra(extents, parameters, (load, indices) => {
      const at = flatten(axesOf.get(load.input)!, indices, extents);
      if (typeof at === "number") return inputs[load.input]![at]!;
      if (load.guarded) return 0;
      return outside(load.input, at.axis, at.index);
    }),
  );
  for (const output of kernel.outputs) {
    const elements = outputs[output.name]!;
    let point = 0;
    const visit = (depth: number, scope?: Scope<number>): void => {
      if (depth < output.over.length) {
        const axis = output.over[depth]!;
        for (let i = 0; i < extents[axis]!; i++)
          visit(depth + 1, denotation.bind(kernel.pool.axisVariable(axis), i, scope));
        return;
      }
      const at =
        output.place === undefined
          ? point++
          : flatten(
              output.axes,
              output.place.map((index) => denotation.valueOf(index, scope)),
              extents,
            );
      const bits = denotation.valueOf(output.value, scope);
      if (typeof at === "number") elements[at] = stored(output, bits);
    };
    visit(0);
  }
  return outputs;
}

function stored(output: Output, bits: number): number {
  if (output.storage === "bf16") return roundBf16(bits);
  return output.storage === "f32" ? canonical(bits) : bits;
}

/** The row-major position of an element, or the first axis that its index leaves. */
function flatten(
  axes: readonly string[],
  indices: readonly number[],
  extents: Readonly<Record<string, number>>,
): number | { axis: string; index: number } {
  let at = 0;
  for (const [d, axis] of axes.entries()) {
    if (indices[d]! >= extents[axis]!) return { axis, index: indices[d]! };
    at = at * extents[axis]! + indices[d]!;
  }
  return at;
}

function outside(input: string, axis: string, index: number): never {
  throw new EvaluationError(
    `${input} is read at ${index}, outside of axis '${axis}'; fix: use gather where an index may lie outside`,
  );
}

/** Outputs as they are before. */
function outputsOf(kernel: Kernel, { extents, initial }: CheckedData): Record<string, Uint32Array> {
  return Object.fromEntries(
    kernel.outputs.map(({ name, axes }) => [name, initial[name]?.slice() ?? new Uint32Array(sizeOf(axes, extents))]),
  );
}
