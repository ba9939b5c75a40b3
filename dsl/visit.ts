/**
 * What a kernel, an expression and a reduction are made of, and everything below them. Each expression is visited once,
 * however often it is used: where a value is used twice at each of twenty steps, as in a cipher's rounds, there are a
 * million paths to it. Rebuilding expressions is rewrite.ts.
 */
import type { Expr, Kernel, Output, Reduce, Variable } from "./ir.ts";

/** The expressions of a kernel that no other expression uses: what each output stores, and then where. */
export function rootsOf(kernel: Pick<Kernel, "outputs">): Expr[] {
  return kernel.outputs.flatMap(rootsOfOutput);
}

export function rootsOfOutput(output: Pick<Output, "value" | "place">): Expr[] {
  return [output.value, ...(output.place ?? [])];
}

/** The operands of an expression, in order; a reduction's own parts are not among them. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "load":
      return expr.indices;
    case "unary":
      return [expr.operand];
    case "binary":
      return [expr.left, expr.right];
    case "select":
      return [expr.condition, expr.whenTrue, expr.whenFalse];
    case "call":
      return expr.arguments;
    default:
      return [];
  }
}

/** What says which items a reduction folds: expressions in which its own item is not free. */
export function domainOf(reduce: Reduce): readonly Expr[] {
  return reduce.item === undefined ? [reduce.start, reduce.count] : [reduce.start, reduce.count, reduce.item];
}

/** The parts of a reduction: its domain, and one leaf for each field. */
export function partsOf(reduce: Reduce): readonly Expr[] {
  return [...domainOf(reduce), ...reduce.leaf];
}

/** The operands of an expression; of a reduction's field, the parts of the reduction. */
export function childrenOf(expr: Expr): readonly Expr[] {
  return expr.kind === "field" ? partsOf(expr.of) : operandsOf(expr);
}

/**
 * Expressions and all below them, each before those below it. `below` says where to go on: `operandsOf` stays outside
 * of reductions, `childrenOf` enters them.
 */
export function collect(exprs: Iterable<Expr>, below: (expr: Expr) => readonly Expr[] = operandsOf): Set<Expr> {
  // A set hands out what is added to it while it is walked.
  const found = new Set(exprs);
  for (const expr of found) for (const child of below(expr)) found.add(child);
  return found;
}

/** Every expression of a kernel, those inside reductions included. */
export function everythingIn(kernel: Pick<Kernel, "outputs">): Set<Expr> {
  return collect(rootsOf(kernel), childrenOf);
}

/** Whether the expression, or one below it, is wanted. */
export function holds(expr: Expr, wanted: (part: Expr) => boolean, below?: (part: Expr) => readonly Expr[]): boolean {
  for (const part of collect([expr], below)) if (wanted(part)) return true;
  return false;
}

/** Every reduction below these expressions, nested ones included, each before those that it needs. */
export function reductionsBelow(exprs: Iterable<Expr>): Set<Reduce> {
  const found = new Set<Reduce>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "field") found.add(expr.of);
    childrenOf(expr).forEach(visit);
  };
  for (const expr of exprs) visit(expr);
  return found;
}

/**
 * The reductions that can be computed at this scope, each after those that it needs. Nested ones that mention an
 * enclosing item are left out, and so are those that are `known`.
 */
export function reductionsInScope(exprs: readonly Expr[], known: ReadonlyMap<Reduce, unknown> = new Map()): Reduce[] {
  const found = new Set<Reduce>();
  const seen = new Map<Expr, number>();
  const visitReduce = (reduce: Reduce, bound: readonly Variable[]): void => {
    if (known.has(reduce) || found.has(reduce)) return;
    domainOf(reduce).forEach((part) => visit(part, bound));
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
