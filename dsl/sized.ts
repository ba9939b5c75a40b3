/** A kernel at the sizes of a model: its extents replaced, in another pool. */
import type { Pool } from "./expr.ts";
import type { Expr, Kernel, Output, Reduce, Reducer, SourceLocation } from "./ir.ts";
import { rewrite, rewriteOutputs, rewriteParts, type Rewritten } from "./rewrite.ts";
import { printTree } from "./tree-notation.ts";
import { reductionsBelow, reductionsInScope, rootsOf } from "./visit.ts";

export interface Sized extends Pick<Kernel, "origins" | "names"> {
  readonly outputs: readonly Output[];
  /** What became of each expression. */
  readonly memo: ReadonlyMap<Expr | Reduce, Expr | Reduce>;
}

/** @param extents of the axes, in the new pool */
export function withSizes(kernel: Kernel, pool: Pool, extents: ReadonlyMap<string, Expr>): Sized {
  const memo: Rewritten = new Map();
  const reducers = new Map<Reducer, Reducer>();
  const sized = (expr: Expr): Expr | undefined =>
    expr.kind === "extent" ? extents.get(expr.axis) : expr.kind === "field" ? field(expr) : undefined;
  const visit = (expr: Expr): Expr => rewrite(pool, expr, sized, memo);
  const reducerOf = (reducer: Reducer): Reducer => {
    let known = reducers.get(reducer);
    if (known === undefined) {
      known = { ...reducer, fields: reducer.fields.map((part) => ({ ...part, combine: visit(part.combine) })) };
      reducers.set(reducer, known);
    }
    return known;
  };
  const field = (expr: Expr & { kind: "field" }): Expr => {
    let of = memo.get(expr.of) as Reduce | undefined;
    if (of === undefined) {
      of = pool.reduce({ ...expr.of, reducer: reducerOf(expr.of.reducer), ...rewriteParts(expr.of, visit) });
      memo.set(expr.of, of);
    }
    return pool.field(of, expr.field);
  };
  const outputs = rewriteOutputs(kernel.outputs, visit);
  const carried = <T>(notes: ReadonlyMap<Expr | Reduce, T>): Map<Expr | Reduce, T> => {
    const result = new Map<Expr | Reduce, T>();
    for (const [expr, note] of notes) {
      const after = memo.get(expr);
      if (after !== undefined && !result.has(after)) result.set(after, note);
    }
    return result;
  };
  return { outputs, memo, origins: carried<SourceLocation>(kernel.origins), names: carried<string>(kernel.names) };
}

/** The canonical tree of every reduction, outermost first, each once. */
export function treesOf(kernel: Pick<Kernel, "outputs">): string[] {
  const roots = rootsOf(kernel);
  const reduces = [...reductionsInScope(roots), ...reductionsBelow(roots)];
  return [...new Set(reduces.map((reduce) => printTree(reduce.tree)))];
}
