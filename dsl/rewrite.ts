/**
 * Rebuilds expressions, reductions and outputs with some of their parts replaced. Walks that only read are visit.ts.
 */
import type { Pool } from "./expr.ts";
import type { Call, Expr, Output, Reduce } from "./ir.ts";
import { operandsOf } from "./visit.ts";

/** What has become of each expression and reduction. */
export type Rewritten = Map<Expr | Reduce, Expr | Reduce>;

/**
 * Rebuilds an expression in `pool` with some leaves replaced. `replace` is asked first at every node, top down, and
 * answers with what to put there, or with undefined to go on below. The memo is the caller's, so that several
 * expressions share it. A caller that substitutes an item variable must stop at expressions in which it is not free: a
 * reduction that is used inside another one's leaf may bind the same variable for itself. `note` is told of each node
 * that has become another.
 */
export function rewrite(
  pool: Pool,
  expr: Expr,
  replace: (expr: Expr) => Expr | undefined,
  memo: Rewritten = new Map(),
  note: (before: Expr | Reduce, after: Expr | Reduce) => void = () => undefined,
): Expr {
  const visit = (node: Expr): Expr => {
    const known = memo.get(node);
    if (known !== undefined) return known as Expr;
    const result = replace(node) ?? rebuild(node);
    memo.set(node, result);
    if (result !== node) note(node, result);
    return result;
  };
  /** A node of the pool with the parts that it had is itself: that saves making its key. */
  const stays = (node: Expr | Reduce, before: readonly Expr[], after: readonly Expr[]): boolean =>
    before.every((part, at) => part === after[at]) && pool.holds(node);
  const rebuild = (node: Expr): Expr => {
    if (node.kind === "register") return node;
    if (node.kind === "field") {
      const of = visitReduce(node.of);
      return of === node.of && pool.holds(node) ? node : pool.field(of, node.field);
    }
    if (node.kind === "binary") {
      // Most nodes: no lists are made for them.
      const left = visit(node.left);
      const right = visit(node.right);
      const isSame = left === node.left && right === node.right && pool.holds(node);
      return isSame ? node : pool.binary(node.operator, left, right);
    }
    const before = operandsOf(node);
    const after = before.map(visit);
    if (stays(node, before, after)) return node;
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
      case "load":
        return pool.load(node.input, node.storage, after, node.guarded);
      case "unary":
        return pool.unary(node.operator, after[0]!);
      case "select":
        return pool.select(after[0]!, after[1]!, after[2]!);
      case "call":
        return pool.call(node.callee, after);
    }
  };
  const visitReduce = (reduce: Reduce): Reduce => {
    const known = memo.get(reduce);
    if (known !== undefined) return known as Reduce;
    const parts = rewriteParts(reduce, visit);
    const result = stays(reduce, partsIn(reduce), partsIn(parts)) ? reduce : pool.reduce({ ...reduce, ...parts });
    memo.set(reduce, result);
    if (result !== reduce) note(reduce, result);
    return result;
  };
  return visit(expr);
}

const partsIn = ({ start, count, leaf, item }: Pick<Reduce, "start" | "count" | "leaf" | "item">): Expr[] =>
  item === undefined ? [start, count, ...leaf] : [start, count, ...leaf, item];

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
