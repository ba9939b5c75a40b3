/** What an invocation stores at its points, and under which conditions. */
import type { Expr, Output, Reduce, Variable } from "../dsl/ir.ts";
import { InternalCompilerError } from "./errors.ts";
import { emit } from "./expressions.ts";
import { addressOf } from "./memory.ts";
import { extentOf } from "./pass-kernel.ts";
import { isPacked, perWord } from "../runtime/storage.ts";
import type { Division } from "./nest/points.ts";
import { type Lowering, tileVariable } from "./stage.ts";
import { Block } from "./statements.ts";
import { allOf, call, element } from "./wgsl/build.ts";
import { canonical } from "./wgsl/prelude.ts";
import type { Expression } from "./wgsl/tree.ts";

/** One of an invocation's points: its number along each axis. */
export type Point = ReadonlyMap<Division, number>;

/** What is stored at one point of one output. */
export interface Store {
  readonly output: Output;
  readonly point: Point;
  readonly value: Expr;
  readonly place: readonly Expr[];
  /** What must hold for the store to happen. */
  readonly guards: readonly Expr[];
}

/** What an output stores at some of an invocation's points: at the first one alone along an axis that it lacks. */
export function storesOf({ context, threads }: Lowering, output: Output, points: readonly Point[]): Store[] {
  const { pool } = context;
  const elsewhere = (axis: Division): boolean => !output.over.includes(axis.axis);
  return points
    .filter((point) => [...point].every(([axis, register]) => register === 0 || !elsewhere(axis)))
    .map((point) => {
      const indices = new Map<Variable, Expr>();
      const guards: Expr[] = [];
      for (const [axis, register] of point) {
        const raw = threads.index(axis, register);
        indices.set(pool.axisVariable(axis.axis), threads.clamped(axis, raw));
        indices.set(tileVariable(context, axis.axis), threads.local(axis, register));
        const guard = elsewhere(axis) ? pool.binary("equal", raw, pool.u32(0)) : threads.inBounds(axis, raw);
        if (guard !== undefined && !(guard.kind === "constant" && guard.bits === 1)) guards.push(guard);
      }
      // Ways share the work of one point, and one of them stores it.
      if (context.ways > 1) guards.push(pool.binary("equal", threads.way, pool.u32(0)));
      const memo = new Map<Expr | Reduce, Expr | Reduce>();
      const at = (expr: Expr): Expr =>
        context.rewrite(expr, (node) => (node.kind === "index" ? indices.get(node.variable) : undefined), memo);
      const place = (output.place ?? output.axes.map((axis) => pool.index(pool.axisVariable(axis)))).map(at);
      if (output.place !== undefined) {
        place.forEach((index, dimension) =>
          guards.push(pool.less(index, extentOf(context.kernel, output.axes[dimension]!))),
        );
      }
      return { output, point, value: at(output.value), place, guards };
    });
}

/** Writes what is stored, in the order of the outputs. */
export function writeStores(lowering: Lowering, stores: readonly Store[]): void {
  for (const output of lowering.context.kernel.outputs) {
    const own = stores.filter((store) => store.output === output);
    if (isPacked(output.storage)) storePairs(lowering, own);
    else own.forEach((store) => storeWord(lowering, store, wordOf(lowering, store)));
  }
}

/** The value of a 32-bit output: of a float that is NaN, one and the same on every device. */
function wordOf({ context, threads }: Lowering, { output, value }: Store): Expression {
  const word = emit(context, value, threads.block);
  return output.storage === "f32" && !context.kernel.scratch.has(output.name) ? call(canonical, word) : word;
}

function storeWord({ context, threads }: Lowering, store: Store, value: Expression): void {
  const address = addressOf(context, store.output, store.place);
  const packed = perWord(store.output.storage);
  const word = packed === 1 ? address : context.affine.divide(address, packed).quotient;
  const origin = context.origins.get(store.output.value) ?? null;
  const block = threads.block;
  const buffer = context.outputData.get(store.output.name)!;
  if (store.guards.length === 0) return block.assign(element(buffer, emit(context, word, block)), value, origin);
  const body = new Block(block);
  const guards = store.guards.map((guard) => emit(context, guard, block));
  body.assign(element(buffer, emit(context, word, block)), value, origin);
  block.if(allOf("&&", guards), body);
}

/** bf16 elements are two to a word, and a word has one writer: an invocation holds both, or the second is padding. */
function storePairs(lowering: Lowering, stores: readonly Store[]): void {
  const { context, threads } = lowering;
  const { pool } = context;
  const inner = context.axes.at(-1)!;
  if (inner.points % 2 !== 0 || inner.apart !== 1) {
    throw new InternalCompilerError(`16-bit outputs need pairs of neighbors of axis ${inner.axis} in one invocation`);
  }
  const bits = (store: Store): Expr => pool.unary("bitsOf", pool.unary("roundBf16", store.value));
  for (let at = 0; at < stores.length; at += 2) {
    const low = stores[at]!;
    const high = stores[at + 1]!;
    const raw = threads.index(inner, high.point.get(inner)!);
    const valid = threads.inBounds(inner, raw);
    const upper = valid === undefined ? bits(high) : pool.select(valid, bits(high), pool.u32(0));
    const word = pool.binary("or", pool.binary("shiftRight", bits(low), pool.u32(16)), upper);
    storeWord(lowering, low, emit(context, word, threads.block));
  }
}
