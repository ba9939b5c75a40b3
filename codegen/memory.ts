/**
 * Where tensor elements lie, and how one is read: addresses simplified, words and vectors loaded once, bf16 widened.
 */
import type { Expr, Input, Load, Output } from "../dsl/ir.ts";
import { isPacked, perWord, shiftOf } from "../runtime/storage.ts";
import { elementOf } from "./buffers.ts";
import type { Context } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { extentOf } from "./pass-kernel.ts";
import type { Block } from "./statements.ts";
import {
  allOf,
  arithmetic,
  bare,
  bitcast,
  component,
  element,
  hex,
  index,
  literal,
  name,
  select,
  u32,
  unseen,
} from "./wgsl/build.ts";
import { type ArrayType, type Expression, symbol } from "./wgsl/tree.ts";

/**
 * The distance between neighbours on each axis of a row-major tensor, in elements; rows of packed elements are padded
 * to whole words.
 */
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

/** Emits an index or an address in a block. */
export type Emit = (expr: Expr, block: Block) => Expression;

/** The value of a load. */
export function loaded(context: Context, load: Load, block: Block, emit: Emit): Expression {
  const table = context.tables.get(load.input);
  if (table !== undefined) return element(table, emit(load.indices[0]!, block));
  const input = context.kernel.inputs.find((candidate) => candidate.name === load.input);
  if (input === undefined) throw new InternalCompilerError(`load of unknown input ${load.input}`);
  return load.guarded
    ? gathered(context, load, input, block, emit)
    : elementAt(context, input, load.indices, block, emit);
}

/** A gather: every index is brought inside its axis for the read, and the value is dropped where one was outside. */
function gathered(context: Context, load: Load, input: Input, block: Block, emit: Emit): Expression {
  const { pool } = context;
  const inside: Expression[] = [];
  const clamped = load.indices.map((index, at) => {
    const extent = extentOf(context.kernel, input.axes[at]!);
    const limit = extent.kind === "constant" ? extent.bits : Infinity;
    if (context.affine.maximum(index) < limit) return index;
    inside.push(emit(pool.less(index, extent), block));
    return pool.minimum(index, pool.subtract(extent, pool.u32(1)));
  });
  const value = elementAt(context, input, clamped, block, emit);
  if (inside.length === 0) return value;
  const zero = load.type === "f32" ? unseen("f32", 0) : literal(load.type, 0);
  return select(zero, value, allOf(context.strict ? "&" : "&&", inside));
}

function elementAt(context: Context, input: Input, indices: readonly Expr[], block: Block, emit: Emit): Expression {
  const { pool, affine } = context;
  const address = addressOf(context, input, indices);
  const width = context.vectors.has(input.name) ? 4 : 1;
  const packed = perWord(input.storage);
  if (width * packed === 1) return elementOf(context.inputData.get(input.name)!, emit(address, block));
  const { quotient, remainder } = affine.divide(address, width * packed);
  const vector = wordsAt(context, input.name, quotient, placeOf(context, quotient, address), block, emit);
  const at = affine.divide(remainder, packed);
  const word =
    width === 1
      ? vector
      : at.quotient.kind === "constant"
        ? component(vector, at.quotient.bits)
        : index(vector, emit(at.quotient, block));
  if (packed === 1) return word;
  // The element is shifted to the top of the word; the last one of a word stands there, above those that are cut off.
  const top = shiftOf(input.storage);
  const widened = (part: Expression): Expression => bitcast("f32", bare(arithmetic("<<", part, u32(top))));
  if (at.remainder.kind === "constant" && at.remainder.bits === 0) return widened(word);
  if (at.remainder.kind === "constant" && at.remainder.bits === packed - 1)
    return bitcast("f32", bare(arithmetic("&", word, hex("u32", 0xffffffff << top))));
  const shift = emit(pool.multiply(at.remainder, pool.u32(32 / packed)), block);
  return widened(arithmetic(">>", word, shift));
}

/**
 * The outermost block in which a word may be read. Its address may be known further out than the element's, outside of
 * a loop that may not run: there it may lie behind the tensor's end.
 */
function placeOf(context: Context, word: Expr, address: Expr): Block {
  const outermost = context.homeOf(word);
  let home = context.homeOf(address);
  while (home.depth > outermost.depth && home.alwaysRuns) home = home.parent!;
  return home;
}

/** A word or vector of an input, bound to a name once for all the elements that are taken out of it. */
function wordsAt(context: Context, input: string, at: Expr, home: Block, block: Block, emit: Emit): Expression {
  const key = context.pool.load(`${input} vector`, "u32", [at]);
  const known = block.valueOf(key);
  if (known !== undefined) return known;
  const data = context.inputData.get(input)!;
  const type = (data.buffers[0]!.type as ArrayType).of;
  const words = symbol("let", `${input}_words`, type);
  home.let(words, elementOf(data, emit(at, home)));
  home.values.set(key, name(words));
  return name(words);
}
