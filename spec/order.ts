/** Other trees for a kernel, and how much the order of its sums matters on given data. */
import { rewrite, rewriteOutputs, rewriteParts, type Rewritten } from "../dsl/rewrite.ts";
import { holds, operandsOf, reductionsBelow, rootsOf } from "../dsl/visit.ts";
import type { Expr, Kernel, Reduce, Variable } from "../dsl/ir.ts";
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
  return reordered(kernel, tree, false);
}

/** The kernel with other trees, and with each reduction's items from last to first where these are wanted so. */
function reordered(kernel: Kernel, tree: Tree | ((reduce: Reduce) => Tree), fromLast: boolean): Kernel {
  const { pool } = kernel;
  const memo: Rewritten = new Map();
  // Reductions that share an item's variable share their domain, so that it has one counterpart.
  const items = new Map<Variable, Expr>();
  const visit = (expr: Expr): Expr =>
    rewrite(
      pool,
      expr,
      (node) =>
        node.kind === "field"
          ? pool.field(replaced(node.of), node.field)
          : node.kind === "index"
            ? items.get(node.variable)
            : undefined,
      memo,
    );
  const replaced = (reduce: Reduce): Reduce => {
    const known = memo.get(reduce);
    if (known !== undefined) return known as Reduce;
    const other = typeof tree === "function" ? tree(reduce) : tree;
    if (!isComplete(other))
      throw new TreeError(
        `'${printTree(other)}' leaves more than one value; fix: end it with 'chain' or 'pairwise' without a count`,
      );
    if (fromLast) {
      const [start, count] = [visit(reduce.start), visit(reduce.count)];
      const last = pool.add(pool.add(start, start), pool.subtract(count, pool.u32(1)));
      items.set(reduce.variable, pool.subtract(last, pool.index(reduce.variable)));
    }
    const result = pool.reduce({ ...reduce, tree: other, ...rewriteParts(reduce, visit) });
    memo.set(reduce, result);
    return result;
  };
  const outputs = rewriteOutputs(kernel.outputs, visit);
  return { ...kernel, outputs, origins: carried(kernel.origins, memo), names: carried(kernel.names, memo) };
}

function carried<T>(
  notes: ReadonlyMap<Expr | Reduce, T>,
  memo: ReadonlyMap<Expr | Reduce, Expr | Reduce>,
): Map<Expr | Reduce, T> {
  return new Map([...notes].map(([expr, note]) => [memo.get(expr) ?? expr, note]));
}

/** Every reduction of a kernel, outermost first. */
export function reductionsOf(kernel: Kernel): Reduce[] {
  return [...reductionsBelow(rootsOf(kernel))];
}

/** Whether some reduction of a kernel does arithmetic on floats when it combines: only then can order matter. */
export function addsFloats(kernel: Kernel): boolean {
  const rounds = (expr: Expr): boolean =>
    expr.type === "f32" &&
    (expr.kind === "call" || (expr.kind === "binary" && expr.operator !== "minimum" && expr.operator !== "maximum"));
  return reductionsOf(kernel).some((reduce) => reduce.reducer.fields.some((field) => holds(field.combine, rounds)));
}

/**
 * The kernel with its 16-bit outputs stored as f32: what it computes, before rounding hides what an order has changed.
 */
export function withoutRounding(kernel: Kernel): Kernel {
  return {
    ...kernel,
    outputs: kernel.outputs.map((output) => (output.storage === "bf16" ? { ...output, storage: "f32" } : output)),
  };
}

/** Another order of a kernel's sums. */
export interface Order {
  /** As it stands in messages: "a flat chain". */
  readonly name: string;
  /** The kernel in this order. */
  readonly of: (kernel: Kernel) => Kernel;
}

const flat: Tree = [{ fold: "chain" }];
const threes: Tree = [{ fold: "chain", count: 3 }, { fold: "chain" }];
const pairwise: Tree = [{ fold: "pairwise" }];

const isFlat = ({ tree }: Reduce): boolean => printTree(tree) === printTree(flat);

/**
 * Orders that a kernel's sums do not have: first a flat chain, or chains of three where all trees are flat; by pairs;
 * and from the last item to the first, where the reducers give the same value of two states either way round.
 */
export function otherOrders(kernel: Kernel): Order[] {
  const reductions = reductionsOf(kernel);
  const orders: Order[] = [
    reductions.every(isFlat)
      ? { name: "chains of three", of: (one) => replaceTrees(one, threes) }
      : { name: "a flat chain", of: (one) => replaceTrees(one, (reduce) => (isFlat(reduce) ? threes : flat)) },
  ];
  if (reductions.some(({ tree }) => printTree(tree) !== printTree(pairwise))) {
    orders.push({ name: "folding by pairs", of: (one) => replaceTrees(one, pairwise) });
  }
  if (reductions.every(isCommutative))
    orders.push({ name: "a flat chain from the last item to the first", of: (one) => reordered(one, flat, true) });
  return orders;
}

/**
 * Whether a reducer's combination reads the same with its two states exchanged. Without this, another order of the
 * items is another value.
 */
function isCommutative({ reducer }: Reduce): boolean {
  return reducer.fields.every(({ combine }) => isMirrored(combine, combine));
}

const commutative: ReadonlySet<string> = new Set([
  "add",
  "multiply",
  "minimum",
  "maximum",
  "and",
  "or",
  "xor",
  "equal",
  "notEqual",
  "bothTrue",
  "eitherTrue",
]);

/** Whether one expression is the other with its states exchanged, up to the sides of commutative operations. */
function isMirrored(one: Expr, other: Expr): boolean {
  if (one.kind === "state" || other.kind === "state") {
    return one.kind === "state" && other.kind === "state" && one.side !== other.side && one.field === other.field;
  }
  if (one.kind !== other.kind || one.type !== other.type) return false;
  const [left, right] = [operandsOf(one), operandsOf(other)];
  if (left.length === 0) return one === other;
  const alike = (parts: readonly Expr[]): boolean => left.every((part, at) => isMirrored(part, parts[at]!));
  if (one.kind === "call") return one.callee === (other as typeof one).callee && alike(right);
  if (one.kind === "unary") return one.operator === (other as typeof one).operator && alike(right);
  if (one.kind === "select") return alike(right);
  if (one.kind !== "binary" || one.operator !== (other as typeof one).operator) return false;
  return alike(right) || (commutative.has(one.operator) && alike([right[1]!, right[0]!]));
}

type Data = Pick<EvaluationData, "inputs" | "parameters" | "initial">;

/**
 * The fraction of float output elements whose bits change in another order: a measure of whether data can tell orders
 * apart. Outputs stored as bf16 are compared as they are before they are rounded to 16 bits, since rounding hides
 * order.
 */
export function changedBy(
  { of }: Order,
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  data: Data,
): number {
  const unrounded = withoutRounding(kernel);
  const declared = evaluate(unrounded, { ...data, extents });
  const other = evaluate(of(unrounded), { ...data, extents });
  let changed = 0;
  let all = 0;
  for (const { name, storage, over } of unrounded.outputs) {
    if (storage !== "f32") continue;
    all += sizeOf(over, extents);
    for (const [i, bits] of declared[name]!.entries()) if (bits !== other[name]![i]) changed++;
  }
  return all === 0 ? 0 : changed / all;
}

/**
 * Of the other orders the one that changes the most outputs, and the fraction that it changes; none where no reduction
 * is of floats.
 */
export function mostChanging(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  data: Data,
): { readonly order: Order; readonly changed: number } | undefined {
  if (!addsFloats(kernel)) return undefined;
  const all = otherOrders(kernel).map((order) => ({ order, changed: changedBy(order, kernel, extents, data) }));
  return all.reduce((most, one) => (one.changed > most.changed ? one : most));
}

/**
 * The fraction of float output elements whose bits change in that order of the sums, of several, that changes the most.
 * 0 where no reduction is of floats.
 */
export function orderSensitivity(kernel: Kernel, extents: Readonly<Record<string, number>>, data: Data): number {
  return mostChanging(kernel, extents, data)?.changed ?? 0;
}
