/** Other trees for a kernel, and how much the order of its sums matters on given data. */
import { holds, operandsOf, rewrite } from "../dsl/expr.ts";
import type { Expr, Kernel, Reduce } from "../dsl/ir.ts";
import { printTree } from "../dsl/tree-notation.ts";
import { isComplete, type Tree } from "../dsl/tree.ts";
import { evaluate, sizeOf, type EvaluationData } from "./evaluator.ts";

/** A tree that can't stand in for a reduction's own. */
export class TreeError extends Error {
  override readonly name = "TreeError";
}

/**
 * The kernel with another tree for each of its reductions.
 * @throws TreeError where a tree would leave more than one value
 */
export function replaceTrees(kernel: Kernel, tree: Tree | ((reduce: Reduce) => Tree)): Kernel {
  const { pool } = kernel;
  const memo = new Map<Expr | Reduce, Expr | Reduce>();
  const visit = (expr: Expr): Expr => rewrite(pool, expr, (node) => (node.kind === "field" ? pool.field(replaced(node.of), node.field) : undefined), memo);
  const replaced = (reduce: Reduce): Reduce => {
    const known = memo.get(reduce);
    if (known !== undefined) return known as Reduce;
    const other = typeof tree === "function" ? tree(reduce) : tree;
    if (!isComplete(other)) throw new TreeError(`'${printTree(other)}' leaves more than one value; fix: end it with 'chain' or 'pairwise' without a count`);
    const { axis, variable, reducer, item } = reduce;
    const result = pool.reduce({
      axis, variable, start: visit(reduce.start), count: visit(reduce.count), tree: other, reducer, leaf: reduce.leaf.map(visit),
      ...(item === undefined ? {} : { item: visit(item) }),
    });
    memo.set(reduce, result);
    return result;
  };
  const outputs = kernel.outputs.map((output) => ({
    ...output, value: visit(output.value), ...(output.place === undefined ? {} : { place: output.place.map(visit) }),
  }));
  return { ...kernel, outputs, origins: carried(kernel.origins, memo), names: carried(kernel.names, memo) };
}

function carried<T>(notes: ReadonlyMap<Expr | Reduce, T>, memo: ReadonlyMap<Expr | Reduce, Expr | Reduce>): Map<Expr | Reduce, T> {
  return new Map([...notes].map(([expr, note]) => [memo.get(expr) ?? expr, note]));
}

/** Every reduction of a kernel, outermost first. */
export function reductionsOf(kernel: Kernel): Reduce[] {
  const found = new Set<Reduce>();
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    operandsOf(expr).forEach(visit);
    if (expr.kind !== "field") return;
    found.add(expr.of);
    [expr.of.start, expr.of.count, ...expr.of.leaf].forEach(visit);
  };
  kernel.outputs.forEach((output) => [...output.place ?? [], output.value].forEach(visit));
  return [...found];
}

/** Whether some reduction of a kernel does arithmetic on floats when it combines: only then can order matter. */
export function addsFloats(kernel: Kernel): boolean {
  const rounds = (expr: Expr): boolean => (
    expr.type === "f32" && (expr.kind === "call" || (expr.kind === "binary" && expr.operator !== "minimum" && expr.operator !== "maximum")));
  return reductionsOf(kernel).some((reduce) => reduce.reducer.fields.some((field) => holds(field.combine, rounds)));
}

/** The kernel with its 16-bit outputs stored as f32: what it computes, before rounding hides what an order has changed. */
export function withoutRounding(kernel: Kernel): Kernel {
  return { ...kernel, outputs: kernel.outputs.map((output) => (output.storage === "bf16" ? { ...output, storage: "f32" } : output)) };
}

const flat: Tree = [{ fold: "chain" }];
const notFlat: Tree = [{ fold: "chain", count: 3 }, { fold: "chain" }];

/** Another order than a reduction's own: a flat chain, or one in runs of three where the declared tree is flat. */
function otherOrder({ tree }: Reduce): Tree {
  return printTree(tree) === printTree(flat) ? notFlat : flat;
}

/**
 * The fraction of float output elements whose bits change when each reduction is folded in another order, a flat chain
 * where the tree is not one already: a measure of whether data can tell trees apart. Outputs stored as bf16 are compared
 * as they are before they are rounded to 16 bits, since rounding hides order. 0 where no reduction is of floats.
 */
export function orderSensitivity(
  kernel: Kernel, extents: Readonly<Record<string, number>>, data: Pick<EvaluationData, "inputs" | "parameters" | "initial">,
): number {
  if (!addsFloats(kernel)) return 0;
  const unrounded = withoutRounding(kernel);
  const declared = evaluate(unrounded, { ...data, extents });
  const other = evaluate(replaceTrees(unrounded, otherOrder), { ...data, extents });
  let changed = 0;
  let all = 0;
  for (const { name, storage, over } of unrounded.outputs) {
    if (storage !== "f32") continue;
    all += sizeOf(over, extents);
    for (const [i, bits] of declared[name]!.entries()) if (bits !== other[name]![i]) changed++;
  }
  return all === 0 ? 0 : changed / all;
}
