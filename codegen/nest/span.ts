/**
 * Which items of the row below make up one value of a level, as expressions: tree.ts spanOf for counts known at run
 * time.
 */
import type { Pool } from "../../dsl/expr.ts";
import type { Expr } from "../../dsl/ir.ts";
import type { Level } from "../../dsl/tree.ts";
import type { Affine } from "../affine.ts";

/** The positions, in the row below, that make up one value. */
export interface Span {
  readonly first: Expr;
  readonly stride: number;
  readonly count: Expr;
}

/** With `anywhere`, positions past the row's end have empty spans. */
export function spanOf(pool: Pool, affine: Affine, level: Level, items: Expr, position: Expr, anywhere = false): Span {
  const lanes = level.lanes ?? 1;
  const upTo = (end: Expr, first: Expr): Expr => pool.subtract(end, anywhere ? pool.minimum(first, end) : first);
  const dealt = (count: Expr): Expr => pool.divideUp(count, lanes);
  if (level.count === undefined) {
    return lanes === 1
      ? { first: pool.u32(0), stride: 1, count: items }
      : { first: position, stride: lanes, count: dealt(upTo(items, position)) };
  }
  const size = lanes * level.count;
  const full = items.kind === "constant" && items.bits % size === 0 && !anywhere;
  if (lanes === 1) {
    const first = affine.normal(pool.multiply(position, pool.u32(size)));
    return { first, stride: 1, count: full ? pool.u32(size) : pool.minimum(pool.u32(size), upTo(items, first)) };
  }
  const { quotient, remainder } = affine.divide(position, lanes);
  const start = pool.multiply(quotient, pool.u32(size));
  const first = affine.normal(pool.add(start, remainder));
  const end = pool.minimum(items, pool.add(start, pool.u32(size)));
  return { first, stride: lanes, count: full ? pool.u32(level.count) : dealt(upTo(end, first)) };
}
