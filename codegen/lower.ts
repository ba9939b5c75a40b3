/** Lowers one pass: the invocation's points, the values of the outputs there, and their stores. */
import type { Expr, Output, Reduce, Variable } from "../dsl/ir.ts";
import { Context, type PassRequest } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { emit } from "./expressions.ts";
import { reductionsBelow, rootsOf } from "../dsl/visit.ts";
import { addressOf } from "./memory.ts";
import { extentOf } from "./pass-kernel.ts";
import { materialize } from "./reductions.ts";
import type { AxisMapping } from "./schedule/mapping.ts";
import { type Lowering, stageOperands, tileVariable } from "./stage.ts";
import { Block } from "./statements.ts";
import { Tile } from "./tile.ts";
import { isPacked, perWord } from "../runtime/storage.ts";
import { allOf, call, element } from "./wgsl/build.ts";
import { canonical } from "./wgsl/prelude.ts";
import type { Expression } from "./wgsl/tree.ts";

/** One of an invocation's points: a register number for each mapped axis. */
type Point = ReadonlyMap<AxisMapping, number>;

/** What is stored at one point of one output. */
interface Store {
  readonly output: Output;
  readonly point: Point;
  readonly value: Expr;
  readonly place: readonly Expr[];
  /** What must hold for the store to happen. */
  readonly guards: readonly Expr[];
}

export interface LoweredPass {
  readonly context: Context;
  readonly workgroups: Expr;
}

export function lowerPass(request: PassRequest): LoweredPass {
  const context = new Context(request);
  const tile = new Tile(context);
  const lowering: Lowering = { context, tile, staged: new Map() };
  const { kernel } = request;
  const roots = rootsOf(kernel);
  const staged = stageOperands(lowering, roots, reductionsBelow(roots));
  const rootOf = new Map(roots.map((root, at) => [root, staged[at]!]));
  const stores = kernel.outputs.flatMap((output) => storesOf(lowering, output, rootOf));
  materialize(
    lowering,
    stores.flatMap((store) => [store.value, ...store.place]),
  );
  for (const output of kernel.outputs) {
    const own = stores.filter((store) => store.output === output);
    if (isPacked(output.storage)) storePairs(lowering, own);
    else own.forEach((store) => storeWord(lowering, store, wordOf(lowering, store)));
  }
  tile.close();
  return { context, workgroups: tile.workgroups };
}

/** The points that an invocation holds: every combination of its registers. */
function pointsOf(axes: readonly AxisMapping[]): Point[] {
  return axes.reduce<Point[]>(
    (points, axis) =>
      points.flatMap((point) =>
        Array.from({ length: axis.registers }, (_, register) => new Map([...point, [axis, register]])),
      ),
    [new Map()],
  );
}

function storesOf({ context, tile }: Lowering, output: Output, rootOf: ReadonlyMap<Expr, Expr>): Store[] {
  const { pool, mapping } = context;
  const elsewhere = (axis: AxisMapping): boolean => !output.over.includes(axis.axis);
  return pointsOf(mapping.axes)
    .filter((point) => [...point].every(([axis, register]) => register === 0 || !elsewhere(axis)))
    .map((point) => {
      const indices = new Map<Variable, Expr>();
      const guards: Expr[] = [];
      for (const [axis, register] of point) {
        const raw = tile.raw(axis, register);
        indices.set(pool.axisVariable(axis.axis), tile.inside(axis, raw));
        indices.set(tileVariable(context, axis.axis), tile.within(axis, register));
        const guard = elsewhere(axis) ? pool.binary("equal", raw, pool.u32(0)) : tile.valid(axis, raw);
        if (guard !== undefined && !(guard.kind === "constant" && guard.bits === 1)) guards.push(guard);
      }
      // Ways share the work of one point, and one of them stores it.
      if (mapping.ways > 1) guards.push(pool.binary("equal", tile.way, pool.u32(0)));
      const memo = new Map<Expr | Reduce, Expr | Reduce>();
      const at = (expr: Expr): Expr =>
        context.rewrite(
          rootOf.get(expr) ?? expr,
          (node) => (node.kind === "index" ? indices.get(node.variable) : undefined),
          memo,
        );
      const place = (output.place ?? output.axes.map((axis) => pool.index(pool.axisVariable(axis)))).map(at);
      if (output.place !== undefined) {
        place.forEach((index, dimension) =>
          guards.push(pool.less(index, extentOf(context.kernel, output.axes[dimension]!))),
        );
      }
      return { output, point, value: at(output.value), place, guards };
    });
}

/** The value of a 32-bit output: of a float that is NaN, one and the same on every device. */
function wordOf({ context, tile }: Lowering, { output, value }: Store): Expression {
  const word = emit(context, value, tile.block);
  return output.storage === "f32" && !context.kernel.scratch.has(output.name) ? call(canonical, word) : word;
}

function storeWord({ context, tile }: Lowering, store: Store, value: Expression): void {
  const address = addressOf(context, store.output, store.place);
  const packed = perWord(store.output.storage);
  const word = packed === 1 ? address : context.affine.divide(address, packed).quotient;
  const origin = context.origins.get(store.output.value) ?? null;
  const block = tile.block;
  const buffer = context.outputData.get(store.output.name)!;
  if (store.guards.length === 0) return block.assign(element(buffer, emit(context, word, block)), value, origin);
  const body = new Block(block);
  const guards = store.guards.map((guard) => emit(context, guard, block));
  body.assign(element(buffer, emit(context, word, block)), value, origin);
  block.if(allOf("&&", guards), body);
}

/** bf16 elements are two to a word, and a word has one writer: an invocation holds both, or the second is padding. */
function storePairs(lowering: Lowering, stores: readonly Store[]): void {
  const { context, tile } = lowering;
  const { pool, mapping } = context;
  const inner = mapping.axes[mapping.axes.length - 1]!;
  if (inner.registers % 2 !== 0 || inner.order !== "blocked") {
    throw new InternalCompilerError(`16-bit outputs need pairs of neighbors of axis ${inner.axis} in one invocation`);
  }
  const bits = (store: Store): Expr => pool.unary("bitsOf", pool.unary("roundBf16", store.value));
  for (let at = 0; at < stores.length; at += 2) {
    const low = stores[at]!;
    const high = stores[at + 1]!;
    const raw = tile.raw(inner, high.point.get(inner)!);
    const valid = tile.valid(inner, raw);
    const upper = valid === undefined ? bits(high) : pool.select(valid, bits(high), pool.u32(0));
    const word = pool.binary("or", pool.binary("shiftRight", bits(low), pool.u32(16)), upper);
    storeWord(lowering, low, emit(context, word, tile.block));
  }
}
