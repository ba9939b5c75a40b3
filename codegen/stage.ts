/**
 * Operands through workgroup memory. In a chain over leaves, each operand that only some of the tile's axes mention is
 * read once by the workgroup, a stretch of the chain at a time, and then taken from workgroup memory by every
 * invocation that needs it. The chain itself is as it was.
 */
import type { Expr, Load, Variable } from "../dsl/ir.ts";
import { holds } from "../dsl/visit.ts";
import type { Context } from "./context.ts";
import { significantBits } from "../dsl/exactness/significant-bits.ts";
import { emit } from "./expressions.ts";
import type { Values } from "./fold.ts";
import type { FusedReduction } from "./fused-reduction.ts";
import { type Division, tileOf, workgroupSizeOf } from "./nest/points.ts";
import { Block } from "./statements.ts";
import type { ThreadMap } from "./thread-map.ts";
import { condition, element, name, u32 } from "./wgsl/build.ts";
import { localIndex, type Symbol, symbol } from "./wgsl/tree.ts";

/** An operand that is staged: `[position in the stretch][point of its tile]`, padded by one to spread the banks. */
export interface StagedOperand {
  readonly array: Symbol;
  /** What loads of it have for an input. */
  readonly key: string;
  /** The operand, over the item variable and the axis variables of its tile. */
  readonly element: Expr;
  readonly axes: readonly Division[];
  readonly pitch: number;
  /** Items of a stretch. */
  readonly leaves: number;
}

/** One pass being lowered. */
export interface Lowering {
  readonly context: Context;
  readonly threads: ThreadMap;
  readonly staged: Map<string, StagedOperand>;
}

/** Stands for a point's index inside the workgroup's threads, in the address of a staged operand. */
export function tileVariable(context: Context, axis: string): Variable {
  return context.pool.axisVariable(`${axis} within`);
}

/** Stages one operand; the same operand of several reductions is staged once for each item variable. */
export function declareStaged(
  lowering: Lowering,
  element: Expr,
  item: Variable,
  axes: readonly Division[],
  stretch: number,
): Load {
  const { context } = lowering;
  const { pool } = context;
  const pitch = axes.reduce((size, axis) => size * tileOf(axis), 1) + 1;
  let staged = [...lowering.staged.values()].find((other) => other.element === element);
  if (staged === undefined) {
    let inner = element;
    while (inner.kind === "unary") inner = inner.operand;
    const array = context.declareShared(`${(inner as Load).input}_tile`, "f32", stretch * pitch, "stage");
    const key = context.declareTable(array);
    staged = { array, key, element, axes, pitch, leaves: stretch };
    lowering.staged.set(key, staged);
  }
  const point = axes.reduce<Expr>(
    (onto, axis) => pool.add(pool.multiply(onto, pool.u32(tileOf(axis))), pool.index(tileVariable(context, axis.axis))),
    pool.u32(0),
  );
  // Stored as f32, but with no more significant bits than the operand had: products of staged bf16 stay exact.
  return pool.load(staged.key, significantBits(element) <= 8 ? "bf16" : "f32", [pool.index(item), point]);
}

/** The loop over stretches that replaces a chain's plain loop, if any of the group's operands are staged. */
export function stagedChain(
  lowering: Lowering,
  group: FusedReduction,
  leavesAt: (position: Expr, stagedAt: Expr) => Values,
): Partial<{
  chain: (first: Expr, count: Expr, block: Block, step: (values: Values, block: Block) => void) => void;
}> {
  const { context, staged } = lowering;
  const operands = [...staged.values()].filter((operand) =>
    group.accumulators.some((accumulator) => reads(accumulator.leaf, operand.key)),
  );
  const [first] = operands;
  if (first === undefined) return {};
  const stretch = first.leaves;
  const { pool } = context;
  const chain = (first: Expr, count: Expr, block: Block, step: (values: Values, block: Block) => void): void => {
    const outer = new Block(block);
    const counter = symbol("counter", "stretch", "u32");
    const begin = context.register(name(counter), outer, { multiple: stretch });
    const whole = count.kind === "constant" && count.bits % stretch === 0;
    const here = whole ? pool.u32(stretch) : pool.minimum(pool.u32(stretch), pool.subtract(count, begin));
    for (const operand of operands) fill(lowering, group, operand, pool.add(first, begin), here, outer);
    const body = new Block(outer);
    const inner = symbol("counter", group.reduce.variable.name, "u32");
    const index = context.register(name(inner), body, { maximum: stretch - 1 });
    step(leavesAt(pool.add(pool.add(first, begin), index), index), body);
    outer.for(inner, u32(0), condition("<", name(inner), emit(context, here, outer)), u32(1), body);
    block.for(counter, u32(0), condition("<", name(counter), emit(context, count, block)), u32(stretch), outer);
  };
  return { chain };
}

function reads(expr: Expr, table: string): boolean {
  return holds(expr, (part) => part.kind === "load" && part.input === table);
}

/** All invocations of the workgroup bring one stretch of an operand in, neighbours taking neighbouring items. */
function fill(
  lowering: Lowering,
  group: FusedReduction,
  operand: StagedOperand,
  first: Expr,
  here: Expr,
  block: Block,
): void {
  const { context, threads } = lowering;
  const { pool } = context;
  const stretch = operand.leaves;
  const ahead = here.kind === "constant" && stretch % context.leaves === 0 ? context.leaves : 1;
  const perRow = stretch / ahead;
  const total = perRow * (operand.pitch - 1);
  const size = workgroupSizeOf(context);
  const body = new Block(block);
  const counter = symbol("counter", "load", "u32");
  const linear = context.register(name(counter), body, { maximum: total - 1 });
  const along = pool.multiply(pool.binary("remainder", linear, pool.u32(perRow)), pool.u32(ahead));
  const point = pool.divide(linear, pool.u32(perRow));
  const points = unravel(lowering, operand.axes, point);
  for (let step = 0; step < ahead; step++) {
    const position = pool.add(along, pool.u32(step));
    const safe = here.kind === "constant" ? position : pool.minimum(position, pool.subtract(here, pool.u32(1)));
    const item = context.affine.normal(pool.add(group.reduce.start, pool.add(first, safe)));
    const value = context.rewrite(operand.element, (expr) => {
      if (expr.kind !== "index") return undefined;
      if (expr.variable === group.reduce.variable) return item;
      const axis = context.axes.find((candidate) => candidate.axis === expr.variable.axis);
      return (
        points.get(expr.variable) ?? (axis === undefined ? undefined : threads.clamped(axis, threads.index(axis, 0)))
      );
    });
    const slot = context.affine.normal(pool.add(pool.multiply(position, pool.u32(operand.pitch)), point));
    body.assign(element(operand.array, emit(context, slot, body)), emit(context, value, body));
  }
  block.for(counter, name(localIndex), condition("<", name(counter), u32(total)), u32(size), body);
}

/** A point of an operand's tile as an index on each of its axes. */
function unravel({ context, threads }: Lowering, axes: readonly Division[], point: Expr): ReadonlyMap<Variable, Expr> {
  const { pool } = context;
  const indices = new Map<Variable, Expr>();
  let rest = point;
  for (const axis of [...axes].reverse()) {
    const size = pool.u32(tileOf(axis));
    const within = axes.length === 1 ? rest : pool.binary("remainder", rest, size);
    rest = pool.divide(rest, size);
    indices.set(pool.axisVariable(axis.axis), threads.clamped(axis, pool.add(threads.base(axis.axis), within)));
  }
  return indices;
}

/** The staged element at a position of the stretch, where a leaf reads one. */
export function stagedElement({ context, staged }: Lowering, expr: Expr, position: Expr): Load | undefined {
  if (expr.kind !== "load") return undefined;
  const operand = staged.get(expr.input);
  if (operand === undefined || expr.indices.length !== 2) return undefined;
  const { pool } = context;
  return pool.load(expr.input, expr.storage, [
    context.affine.normal(pool.add(pool.multiply(position, pool.u32(operand.pitch)), expr.indices[1]!)),
  ]);
}
