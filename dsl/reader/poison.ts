/**
 * What stands for the value of a faulty expression, so that the reading goes on behind it. A hole has a dtype and
 * holds what was read of the expression, which is still checked; a kernel that has one is never handed out.
 */
import type { Expr, ValueType } from "../ir.ts";
import type { Pool } from "../expr.ts";
import { childrenOf } from "../visit.ts";

function make(pool: Pool, name: string, type: ValueType, parts: readonly Expr[]): Expr {
  return pool.call(
    {
      name,
      parameters: parts.map((part, position) => ({ name: `${position}`, type: part.type })),
      result: pool.argument(name, type),
    },
    parts,
  );
}

/** An unknown value: the parts may be addresses or arithmetic, so only the axes that they mention are known. */
export function hole(pool: Pool, type: ValueType, parts: readonly Expr[] = []): Expr {
  return make(pool, `?unknown ${type}`, type, parts);
}

/** The value of a construct that is refused, but known to calculate with its parts. */
export function standIn(pool: Pool, type: ValueType, parts: readonly Expr[]): Expr {
  return make(pool, `?refused ${type}`, type, parts);
}

export function isUnknown(expr: Expr): boolean {
  return expr.kind === "call" && expr.callee.name.startsWith("?unknown");
}

/** Whether an expression's value, loads and reductions included, depends on a hole. */
export function holdsHole(expr: Expr, seen = new Set<Expr>()): boolean {
  if (seen.has(expr)) return false;
  seen.add(expr);
  if (expr.kind === "call" && (expr.callee.name.startsWith("?") || holdsHole(expr.callee.result, seen))) return true;
  return childrenOf(expr).some((part) => holdsHole(part, seen));
}
