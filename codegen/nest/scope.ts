/** What an expression's variables stand for where it is lowered: the points that an invocation holds, and items. */
import type { Expr, Field, Reduce, Variable } from "../../dsl/ir.ts";
import type { Context } from "../context.ts";
import { type Lowering, tileVariable } from "../stage.ts";
import type { Point } from "../stores.ts";
import type { Held } from "./nest.ts";

/** The values of variables: a point's output axes, and the items of the loops around. */
export interface Scope {
  readonly point: Point;
  readonly items: ReadonlyMap<Variable, Expr>;
  /** What lies in buffers, by the expressions that it is the value of. */
  readonly kept: ReadonlyMap<Expr, Expr>;
  /** How the elements of staged operands are read, over items and points of the tile. */
  readonly staged: ReadonlyMap<Expr, Expr>;
  /** Axes of which one point is computed, where a fold would hold several. */
  readonly fixed: readonly string[];
}

/** A point, at each of the places that an invocation holds along some axes. */
export function pointsHeld(point: Point, held: readonly Held[]): Point[] {
  return held.reduce<Point[]>(
    (points, { axis, trips }) =>
      points.flatMap((outer) => {
        const mapped = [...outer.keys()].find((candidate) => candidate.axis === axis)!;
        return Array.from({ length: trips }, (_, register) => new Map([...outer, [mapped, register]]));
      }),
    [point],
  );
}

/** The index of each output axis, within its axis and within its threads, and of each item. */
export function valuesAt({ context, threads }: Lowering, { point, items }: Scope): ReadonlyMap<Variable, Expr> {
  const axes = [...point].flatMap(([axis, register]): [Variable, Expr][] => [
    [context.pool.axisVariable(axis.axis), threads.clamped(axis, threads.index(axis, register))],
    [tileVariable(context, axis.axis), threads.local(axis, register)],
  ]);
  return new Map([...axes, ...items]);
}

/** An expression with values in place of its variables. */
export function substituted(context: Context, whole: Expr, values: ReadonlyMap<Variable, Expr>): Expr {
  return context.rewrite(whole, (expr) => {
    if (expr.kind === "index") return values.get(expr.variable);
    return [...expr.free].some((variable) => values.has(variable)) ? undefined : expr;
  });
}

/** A reduction at a point. */
export function reductionAt(lowering: Lowering, reduce: Reduce, values: ReadonlyMap<Variable, Expr>): Reduce {
  const whole = lowering.context.pool.field(reduce, reduce.reducer.fields[0]!.name);
  return (substituted(lowering.context, whole, values) as Field).of;
}
