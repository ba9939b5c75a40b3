/** Which reductions a set of expressions needs. */
import { operandsOf } from "./expr.ts";
import type { Expr, Reduce, Variable } from "./ir.ts";

/** The reductions that can be computed at this scope, each after those that it needs; nested ones that mention an enclosing item are not here. */
export function collectReductions(exprs: readonly Expr[], known: ReadonlyMap<Reduce, unknown>): Reduce[] {
  const found = new Set<Reduce>();
  const seen = new Map<Expr, number>();
  const visitReduce = (reduce: Reduce, bound: readonly Variable[]): void => {
    if (known.has(reduce) || found.has(reduce)) return;
    [reduce.start, reduce.count, ...(reduce.item === undefined ? [] : [reduce.item])].forEach((part) =>
      visit(part, bound),
    );
    reduce.leaf.forEach((leaf) => visit(leaf, [...bound, reduce.variable]));
    if (bound.every((variable) => !reduce.free.has(variable))) found.add(reduce);
  };
  const visit = (expr: Expr, bound: readonly Variable[]): void => {
    if (seen.get(expr) === bound.length) return;
    seen.set(expr, bound.length);
    if (expr.kind === "field") visitReduce(expr.of, bound);
    else operandsOf(expr).forEach((operand) => visit(operand, bound));
  };
  exprs.forEach((expr) => visit(expr, []));
  return [...found];
}

/** Every reduction below these expressions, nested ones too. */
export function reductionsBelow(exprs: readonly Expr[]): Set<Reduce> {
  const found = new Set<Reduce>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind !== "field") return operandsOf(expr).forEach(visit);
    if (found.has(expr.of)) return;
    found.add(expr.of);
    [expr.of.start, expr.of.count, ...expr.of.leaf, ...(expr.of.item === undefined ? [] : [expr.of.item])].forEach(
      visit,
    );
  };
  exprs.forEach(visit);
  return found;
}
