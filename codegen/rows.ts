/** How many items each row of a reduction's tree has, as expressions: tree.ts rowsOf for counts known at run time. */
import type { Expr, Reduce } from "../dsl/ir.ts";
import type { Pool } from "../dsl/expr.ts";
import type { Level } from "../dsl/tree.ts";

export function rowCounts(pool: Pool, reduce: Pick<Reduce, "count" | "tree">): Expr[] {
  const rows: Expr[] = [reduce.count];
  for (const level of reduce.tree) rows.push(valuesOf(pool, level, rows[rows.length - 1]!));
  return rows;
}

function valuesOf(pool: Pool, level: Level, items: Expr): Expr {
  const lanes = level.lanes ?? 1;
  if (level.count === undefined) return lanes === 1 ? pool.u32(1) : pool.minimum(items, pool.u32(lanes));
  if (lanes === 1) return pool.divideUp(items, level.count);
  const group = pool.u32(lanes * level.count);
  const rest = pool.minimum(pool.binary("remainder", items, group), pool.u32(lanes));
  return pool.add(pool.multiply(pool.divide(items, group), pool.u32(lanes)), rest);
}
