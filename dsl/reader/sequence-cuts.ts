/**
 * Trees over a request's own positions are cut at absolute ones. A domain starts at 0, so a cut moves only where the
 * leaf reads positions at a distance from the item: then it lies at that distance from a multiple of the tree's groups.
 */
import type { Node } from "ts-morph";
import { inlined } from "../rewrite.ts";
import { childrenOf, operandsOf } from "../visit.ts";
import type { Expr, Reduce } from "../ir.ts";
import { printTree } from "../tree-notation.ts";
import type { Tree } from "../tree.ts";
import { holdsHole } from "./poison.ts";
import { replaceBy, shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";

/**
 * How far items may be moved so that the tree stays as it is: a multiple of this. 1 where the tree is not cut at all,
 * undefined where every distance changes it.
 */
function periodOf(tree: Tree): number | undefined {
  let size = 1;
  for (const { fold, lanes = 1, count } of tree) {
    if (count !== undefined) size *= lanes * count;
    // What the lanes leave is as many values as there are lanes, wherever the items start.
    else if (lanes > 1) return size * lanes;
    else return fold === "chain" ? size : undefined;
  }
  return size;
}

export function checkCuts(reading: Reading, reduce: Reduce, at: Node, treeAt: Node | undefined, leafAt: Node): void {
  if (reading.axes.get(reduce.axis)?.role !== "sequence") return;
  const period = periodOf(reduce.tree);
  if (period === 1) return;
  const distance = distanceIn(reading, reduce, period ?? 0);
  if (distance === undefined) return;
  const tree = printTree(reduce.tree);
  const written = reading.placeOf(distance, leafAt);
  reading.report.add(
    "R027",
    at,
    `the tree "${tree}" over the sequence axis '${reduce.axis}' is cut at positions relative to ` +
      `${written === undefined ? "where its items begin" : `'${shorten(written.getText())}'`}, which move with it`,
    {
      words:
        `let the item be the position itself, as in upTo(${reduce.axis}, last), and leave out what lies before, ` +
        `as in select(item >= first, value, 0); or write the tree "chain", which has no cuts` +
        (period === undefined ? "" : `; a distance that is a multiple of ${period} moves no cut`),
      edits: treeAt === undefined ? [] : [replaceBy(treeAt, '"chain"')],
    },
    written === undefined ? [] : [{ message: "the items are read at this distance", at: written }],
  );
}

/** What is added to the item in an index of a sequence axis and may be no multiple of the period. */
function distanceIn(reading: Reading, reduce: Reduce, period: number): Expr | undefined {
  const { variable } = reduce;
  const seen = new Set<Expr>();
  const inIndex = (expr: Expr): Expr | undefined => {
    if (!expr.free.has(variable)) return undefined;
    if (expr.kind === "binary" && (expr.operator === "add" || expr.operator === "subtract")) {
      const { left, right } = expr;
      const other = left.free.has(variable) ? right : left;
      if (!other.free.has(variable) && !isSettled(reading, other, period)) return other;
    }
    return expr.kind === "call" ? inIndex(inlined(reading.pool, expr)) : first(operandsOf(expr), inIndex);
  };
  const visit = (expr: Expr): Expr | undefined => {
    if (seen.has(expr) || !expr.free.has(variable) || holdsHole(expr)) return undefined;
    seen.add(expr);
    if (expr.kind === "load") {
      const axes = reading.inputs.get(expr.input)?.axes ?? [];
      const moved = first(
        expr.indices.filter((_, position) => reading.axes.get(axes[position] ?? "")?.role === "sequence"),
        inIndex,
      );
      if (moved !== undefined) return moved;
    }
    return first(childrenOf(expr), visit);
  };
  return first(reduce.leaf, visit);
}

function first<T>(parts: readonly T[], find: (part: T) => Expr | undefined): Expr | undefined {
  for (const part of parts) {
    const found = find(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a distance is the model's, the same for each request and step, or moves whole groups of the tree. */
function isSettled(reading: Reading, expr: Expr, period: number): boolean {
  const isModel = (axis: string): boolean => reading.axes.get(axis)?.role === "model";
  switch (expr.kind) {
    case "constant":
      return true;
    case "extent":
      return isModel(expr.axis);
    case "index":
      return isModel(expr.variable.axis);
    case "binary":
      return (
        (expr.operator === "multiply" &&
          period > 0 &&
          [expr.left, expr.right].some((side) => side.kind === "constant" && side.bits % period === 0)) ||
        operandsOf(expr).every((part) => isSettled(reading, part, period))
      );
    case "unary":
    case "select":
    case "call":
      return operandsOf(expr).every((part) => isSettled(reading, part, period));
    default:
      return false;
  }
}
