/** Where tensor elements lie, and how one is read: addresses simplified, words and vectors loaded once, bf16 widened. */
import type { Expr, Input, Load, Output } from "../dsl/ir.ts";
import { isPacked, perWord, shiftOf } from "../runtime/storage.ts";
import type { Context } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { emit } from "./expressions.ts";
import { extentOf } from "./pass-kernel.ts";
import { readText } from "./ranges.ts";
import type { Block } from "./statements.ts";

const components = ["x", "y", "z", "w"];

/** The distance between neighbours on each axis of a row-major tensor, in elements; rows of packed elements are padded to whole words. */
export function stridesOf(context: Context, tensor: Pick<Input | Output, "axes" | "storage">): Expr[] {
  const { pool } = context;
  const strides: Expr[] = [];
  let stride: Expr = pool.u32(1);
  for (let at = tensor.axes.length - 1; at >= 0; at--) {
    strides.unshift(stride);
    let extent = extentOf(context.kernel, tensor.axes[at]!);
    if (at === tensor.axes.length - 1 && isPacked(tensor.storage)) {
      const packed = perWord(tensor.storage);
      extent = pool.multiply(pool.divideUp(extent, packed), pool.u32(packed));
    }
    stride = pool.multiply(stride, extent);
  }
  return strides;
}

/** The place of an element in its buffer, counted in elements. */
export function addressOf(
  context: Context,
  tensor: Pick<Input | Output, "name" | "axes" | "storage">,
  indices: readonly Expr[],
): Expr {
  const { pool, affine } = context;
  const blocks = context.layouts.get(tensor.name);
  const sum = (parts: readonly Expr[]): Expr =>
    affine.normal(parts.reduce((total, part) => pool.add(total, part), pool.u32(0)));
  if (blocks === undefined) {
    const strides = stridesOf(context, tensor);
    return sum(indices.map((index, at) => pool.multiply(index, strides[at]!)));
  }
  let stride: Expr = pool.u32(1);
  const parts: Expr[] = [];
  const divided = indices.map((index, at) => affine.divide(index, blocks[at]!));
  for (let at = indices.length - 1; at >= 0; at--) {
    parts.push(pool.multiply(divided[at]!.remainder, stride));
    stride = pool.multiply(stride, pool.u32(blocks[at]!));
  }
  for (let at = indices.length - 1; at >= 0; at--) {
    parts.push(pool.multiply(divided[at]!.quotient, stride));
    stride = pool.multiply(stride, pool.divideUp(extentOf(context.kernel, tensor.axes[at]!), blocks[at]!));
  }
  return sum(parts);
}

/** How many words one load of this input takes: its binding is an array of such vectors. */
export function vectorWidthOf(context: Context, input: string): 1 | 4 {
  return context.vectors.has(input) ? 4 : 1;
}

/** The WGSL type of a binding's elements. */
export function elementTypeOf(context: Context, tensor: Pick<Input | Output, "name" | "storage">): string {
  const word = isPacked(tensor.storage) ? "u32" : tensor.storage;
  return vectorWidthOf(context, tensor.name) === 4 ? `vec4<${word}>` : word;
}

export function loadText(context: Context, load: Load, block: Block): string {
  const table = context.tables.get(load.input);
  if (table !== undefined) return `${table.name}[${emit(context, load.indices[0]!, block)}]`;
  const input = context.kernel.inputs.find((candidate) => candidate.name === load.input);
  if (input === undefined) throw new InternalCompilerError(`load of unknown input ${load.input}`);
  return load.guarded ? guardedText(context, load, input, block) : elementText(context, input, load.indices, block);
}

/** A gather: every index is brought inside its axis for the read, and the value is dropped where one was outside. */
function guardedText(context: Context, load: Load, input: Input, block: Block): string {
  const { pool } = context;
  const inside: string[] = [];
  const clamped = load.indices.map((index, at) => {
    const extent = extentOf(context.kernel, input.axes[at]!);
    const limit = extent.kind === "constant" ? extent.bits : Infinity;
    if (context.affine.maximum(index) < limit) return index;
    inside.push(emit(context, pool.less(index, extent), block));
    return pool.minimum(index, pool.subtract(extent, pool.u32(1)));
  });
  const value = elementText(context, input, clamped, block);
  if (inside.length === 0) return value;
  const zero = { f32: "bitcast<f32>(uniforms.zero)", u32: "0u", i32: "0i", bool: "false" }[load.type];
  return `select(${zero}, ${value}, ${inside.join(context.strict ? " & " : " && ")})`;
}

function elementText(context: Context, input: Input, indices: readonly Expr[], block: Block): string {
  const { pool, affine } = context;
  const address = addressOf(context, input, indices);
  const width = vectorWidthOf(context, input.name);
  const packed = perWord(input.storage);
  if (width * packed === 1) return readText(input.name, emit(context, address, block), context.ranges.get(input.name));
  const { quotient, remainder } = affine.divide(address, width * packed);
  const vector = vectorText(context, input.name, quotient, block);
  const at = affine.divide(remainder, packed);
  const word =
    width === 1
      ? vector
      : at.quotient.kind === "constant"
        ? `${vector}.${components[at.quotient.bits]!}`
        : `${vector}[${emit(context, at.quotient, block)}]`;
  if (packed === 1) return word;
  // The element is shifted to the top of the word; the last one of a word stands there, above those that are cut off.
  const top = shiftOf(input.storage);
  if (at.remainder.kind === "constant" && at.remainder.bits === 0) return `bitcast<f32>(${word} << ${top}u)`;
  if (at.remainder.kind === "constant" && at.remainder.bits === packed - 1)
    return `bitcast<f32>(${word} & 0x${((0xffffffff << top) >>> 0).toString(16)}u)`;
  const shift = emit(context, pool.multiply(at.remainder, pool.u32(32 / packed)), block);
  return `bitcast<f32>((${word} >> ${shift}) << ${top}u)`;
}

/** A word or vector of an input, bound to a name once for all the elements that are taken out of it. */
function vectorText(context: Context, input: string, index: Expr, block: Block): string {
  const key = context.pool.load(`${input} vector`, "u32", [index]);
  const known = block.textOf(key);
  if (known !== undefined) return known;
  const home = context.homeOf(index);
  const name = context.fresh(`${input}_words`);
  home.let(name, readText(input, emit(context, index, home), context.ranges.get(input)));
  home.texts.set(key, name);
  return name;
}
