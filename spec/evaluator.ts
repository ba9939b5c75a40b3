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
import { generate } from "./generate.ts";

/** What an evaluation reads. Element arrays are row-major and unpadded, one u32 each; a bf16 element is its value's f32 bits. */
export interface EvaluationData {
  readonly extents: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Uint32Array>>;
  readonly parameters?: Readonly<Record<string, number>>;
  /** What outputs hold before; zeros where absent. Only scattered outputs keep any of it. */
  readonly initial?: Readonly<Record<string, Uint32Array>>;
}

/** Data that does not fit the kernel, or an index that leaves its axis where only a gather may. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

/** The number of elements of a tensor. */
export function sizeOf(axes: readonly string[], extents: Readonly<Record<string, number>>): number {
  return axes.reduce((size, axis) => size * extents[axis]!, 1);
}

/**
 * The outputs' elements, in the same form as the inputs'.
 * @throws EvaluationError
 */
export function evaluate(kernel: Kernel, data: EvaluationData): Record<string, Uint32Array> {
  const outputs = prepare(kernel, data);
  generate(kernel, data.extents, data.parameters ?? {})(data.inputs, outputs, outside);
  return outputs;
}

/** The same, by the denotation itself: for tests of `evaluate`, and slow. */
export function evaluateByDenotation(kernel: Kernel, data: EvaluationData): Record<string, Uint32Array> {
  const { extents, inputs, parameters = {} } = data;
  const outputs = prepare(kernel, data);
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const denotation = new Denotation(bitAlgebra(extents, parameters, (load, indices) => {
    const at = flatten(axesOf.get(load.input)!, indices, extents);
    if (typeof at === "number") return inputs[load.input]![at]!;
    if (load.guarded) return 0;
    return outside(load.input, at.axis, at.index);
  }));
  for (const output of kernel.outputs) {
    const elements = outputs[output.name]!;
    let point = 0;
    const visit = (depth: number, scope?: Scope<number>): void => {
      if (depth < output.over.length) {
        const axis = output.over[depth]!;
        for (let i = 0; i < extents[axis]!; i++) visit(depth + 1, denotation.bind(kernel.pool.axisVariable(axis), i, scope));
        return;
      }
      const at = output.place === undefined ? point++ : flatten(output.axes, output.place.map((index) => denotation.valueOf(index, scope)), extents);
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
function flatten(axes: readonly string[], indices: readonly number[], extents: Readonly<Record<string, number>>): number | { axis: string; index: number } {
  let at = 0;
  for (const [d, axis] of axes.entries()) {
    if (indices[d]! >= extents[axis]!) return { axis, index: indices[d]! };
    at = at * extents[axis]! + indices[d]!;
  }
  return at;
}

function outside(input: string, axis: string, index: number): never {
  throw new EvaluationError(`${input} is read at ${index}, outside of axis '${axis}'; use gather where an index may lie outside`);
}

/** Checks the data against the declaration, and makes the outputs. */
function prepare(kernel: Kernel, { extents, inputs, parameters = {}, initial = {} }: EvaluationData): Record<string, Uint32Array> {
  for (const { name } of kernel.axes) {
    const extent = extents[name];
    if (extent === undefined || !Number.isInteger(extent) || extent < 0) throw new EvaluationError(`axis '${name}' needs an extent, not ${extent}`);
  }
  const check = (name: string, axes: readonly string[], elements: Uint32Array | undefined): void => {
    const size = sizeOf(axes, extents);
    if (elements?.length !== size) throw new EvaluationError(`'${name}[${axes.join(", ")}]' needs ${size} elements, not ${elements?.length ?? "none"}`);
  };
  for (const { name, axes } of kernel.inputs) check(name, axes, inputs[name]);
  for (const { name } of kernel.parameters) {
    if (parameters[name] === undefined) throw new EvaluationError(`parameter '${name}' needs a value`);
  }
  return Object.fromEntries(kernel.outputs.map(({ name, axes }) => {
    if (initial[name] !== undefined) check(name, axes, initial[name]);
    return [name, initial[name]?.slice() ?? new Uint32Array(sizeOf(axes, extents))];
  }));
}
