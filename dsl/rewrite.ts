/**
 * Rebuilds expressions, reductions and outputs with some of their parts replaced. Walks that only read are visit.ts.
 */
import type { Pool } from "./expr.ts";
import type { Call, Expr, Output, Reduce } from "./ir.ts";

/** What has become of each expression and reduction. */
export type Rewritten = Map<Expr | Reduce, Expr | Reduce>;

/**
 * Rebuilds an expression in `pool` with some leaves replaced. `replace` is asked first at every node, top down, and
 * answers with what to put there, or with undefined to go on below. The memo is the caller's, so that several
 * expressions share it. A caller that substitutes an item variable must stop at expressions in which it is not free: a
 * reduction that is used inside another one's leaf may bind the same variable for itself.
 */
export function rewrite(
  pool: Pool,
  expr: Expr,
  replace: (expr: Expr) => Expr | undefined,
  memo: Rewritten = new Map(),
): Expr {
  const visit = (node: Expr): Expr => {
    const known = memo.get(node);
    if (known !== undefined) return known as Expr;
    const result = replace(node) ?? rebuild(node);
    memo.set(node, result);
    return result;
  };
  const rebuild = (node: Expr): Expr => {
    switch (node.kind) {
      case "constant":
        return pool.constant(node.type, node.bits);
      case "index":
        return pool.index(node.variable);
      case "extent":
        return pool.extent(node.axis);
      case "parameter":
        return pool.parameter(node.name, node.type);
      case "argument":
        return pool.argument(node.name, node.type);
      case "state":
        return pool.state(node.side, node.field, node.type);
      case "register":
        return node;
      case "load":
        return pool.load(node.input, node.storage, node.indices.map(visit), node.guarded);
      case "unary":
        return pool.unary(node.operator, visit(node.operand));
      case "binary":
        return pool.binary(node.operator, visit(node.left), visit(node.right));
      case "select":
        return pool.select(visit(node.condition), visit(node.whenTrue), visit(node.whenFalse));
      case "call":
        return pool.call(node.callee, node.arguments.map(visit));
      case "field":
        return pool.field(visitReduce(node.of), node.field);
    }
  };
  const visitReduce = (reduce: Reduce): Reduce => {
    const known = memo.get(reduce);
    if (known !== undefined) return known as Reduce;
    const result = pool.reduce({ ...reduce, ...rewriteParts(reduce, visit) });
    memo.set(reduce, result);
    return result;
  };
  return visit(expr);
}

/** The parts of a reduction, rebuilt in their order: its domain, then its leaves. */
export function rewriteParts(
  reduce: Reduce,
  visit: (expr: Expr) => Expr,
): Pick<Reduce, "start" | "count" | "leaf" | "item"> {
  return {
    start: visit(reduce.start),
    count: visit(reduce.count),
    leaf: reduce.leaf.map(visit),
    ...(reduce.item === undefined ? {} : { item: visit(reduce.item) }),
  };
}

/** Outputs with their roots rebuilt: each one's value, then its place. */
export function rewriteOutputs(outputs: readonly Output[], visit: (expr: Expr) => Expr): Output[] {
  return outputs.map((output) => ({
    ...output,
    value: visit(output.value),
    ...(output.place === undefined ? {} : { place: output.place.map(visit) }),
  }));
}

/** The result of a call, over its arguments instead of the callee's parameters. */
export function inlined(pool: Pool, { callee, arguments: args }: Call): Expr {
  const byName = new Map(callee.parameters.map(({ name }, position) => [name, args[position]!]));
  return rewrite(pool, callee.result, (part) => (part.kind === "argument" ? byName.get(part.name) : undefined));
}
