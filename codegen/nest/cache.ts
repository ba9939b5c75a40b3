/**
 * Cache: what several folds over one short run would each compute again is kept. Where a part that holds a fold of its
 * own depends on the item, and the leaves of several folds over the same items have it (an attention score, for the
 * maximum and for the weights), it is computed once an item into an array of the invocation's own.
 */
import type { Expr, Reduce, Variable } from "../../dsl/ir.ts";
import { childrenOf, collect, holds, operandsOf } from "../../dsl/visit.ts";
import { Affine } from "../affine.ts";
import { type Buffer, type Fold, type Fused, leaderOf, mapNodes, type Nest, type Node } from "./nest.ts";

/** Longer runs are not kept: the array is the invocation's own. */
const longest = 128;

export function cacheShared(nest: Nest): Nest {
  return { ...nest, body: cacheIn(nest, nest.body, new Set()) };
}

function cacheIn(nest: Nest, nodes: readonly Node[], known: ReadonlySet<Expr>): readonly Node[] {
  for (const [at, node] of nodes.entries()) {
    if (!isWholeFold(node)) continue;
    const elements = elementsShared(nest, node, nodes.slice(at + 1)).filter((element) => !known.has(element));
    if (elements.length === 0) continue;
    const before = nodes.slice(0, at).map((other) => inside(nest, other, known));
    return [...before, ...kept(nest, node, elements, nodes.slice(at), known)];
  }
  return nodes.map((node) => inside(nest, node, known));
}

function inside(nest: Nest, node: Node, known: ReadonlySet<Expr>): Node {
  switch (node.kind) {
    case "loop":
    case "fold":
    case "buffer":
    case "copy":
    case "fragment":
      return { ...node, body: cacheIn(nest, node.body, known) };
    case "exchange":
      return { ...node, make: cacheIn(nest, node.make, known) };
    default:
      return node;
  }
}

function isWholeFold(node: Node): node is Fold {
  return node.kind === "fold" && node.level > 0 && node.level === leaderOf(node.of).tree.length;
}

/** The parts that a fold's leaves and those of a later one over the same items have in common. */
function elementsShared(nest: Nest, fold: Fold, later: readonly Node[]): Expr[] {
  const most = new Affine(nest.kernel.pool).maximum(leaderOf(fold.of).count);
  if (most < 1 || most > longest) return [];
  const others = later.filter((node): node is Fold => isWholeFold(node) && isOverSame(fold.of, node.of));
  return [...new Set(others.flatMap((other) => sharedWork(fold.of, other.of)))];
}

function isOverSame(a: Fused, b: Fused): boolean {
  const [one, other] = [leaderOf(a), leaderOf(b)];
  return one.variable === other.variable && one.start === other.start && one.count === other.count;
}

/** The largest parts that both have and that hold a reduction over something else. */
function sharedWork(a: Fused, b: Fused): Expr[] {
  const inB = collect(b.members.flatMap(({ leaf }) => leaf));
  const { variable } = leaderOf(a);
  const isShared = (expr: Expr): boolean => inB.has(expr) && expr.type !== "bool" && holdsReduction(expr, variable);
  const above = (expr: Expr): readonly Expr[] => (isShared(expr) ? [] : operandsOf(expr));
  const leaves = a.members.flatMap(({ leaf }) => leaf);
  return [...new Set(leaves.flatMap((leaf) => [...collect([leaf], above)].filter(isShared)))];
}

function holdsReduction(expr: Expr, item: Variable): boolean {
  return holds(expr, (part) => part.kind === "field" && part.of.free.has(item));
}

/** The nodes with parts kept: their folds move into copies, and out of the folds that read them. */
function kept(
  nest: Nest,
  fold: Fold,
  elements: readonly Expr[],
  nodes: readonly Node[],
  known: ReadonlySet<Expr>,
): readonly Node[] {
  const trips = new Affine(nest.kernel.pool).maximum(leaderOf(fold.of).count);
  const all = new Set([...known, ...elements]);
  const readers = nodes.map((node) =>
    isWholeFold(node) && isOverSame(fold.of, node.of) ? withoutFolds(node, all) : node,
  );
  let rest = cacheIn(nest, readers, all);
  for (const element of [...elements].reverse()) {
    const buffer: Buffer = { space: "private", element, items: { of: fold.of, trips }, points: [] };
    const wanted = reductionsIn([element], new Set());
    const folds = leafFolds(fold).filter(({ of }) => of.members.some((reduce) => wanted.has(reduce)));
    const body = folds.map((needed) => inside(nest, needed, known));
    const copy: Node = { kind: "copy", buffer, binding: "serial", body };
    rest = [{ kind: "buffer", buffer, body: [copy, ...rest] }];
  }
  return rest;
}

/** The folds that a leaf needs, in its loop. */
function leafFolds(fold: Fold): Fold[] {
  let found: Fold[] = [];
  mapNodes([fold], (node) => {
    if (node.kind !== "loop" || node.over.kind !== "level" || node.over.of !== fold.of || node.over.level !== 1)
      return undefined;
    found = node.body.filter((inner): inner is Fold => inner.kind === "fold");
    return undefined;
  });
  return found;
}

/** A fold without those that only kept parts need. */
function withoutFolds(fold: Fold, apart: ReadonlySet<Expr>): Fold {
  const wanted = reductionsIn(
    fold.of.members.flatMap(({ leaf }) => leaf),
    apart,
  );
  const [changed] = mapNodes([fold], (node) => {
    if (node.kind !== "loop" || node.over.kind !== "level" || node.over.of !== fold.of || node.over.level !== 1)
      return undefined;
    const isWanted = (inner: Node): boolean =>
      inner.kind !== "fold" || inner.of.members.some((reduce) => wanted.has(reduce));
    return [{ ...node, body: node.body.filter(isWanted) }];
  });
  return changed as Fold;
}

/** The reductions that expressions need, those of nested ones included, but for what only kept parts do. */
function reductionsIn(exprs: readonly Expr[], apart: ReadonlySet<Expr>): Set<Reduce> {
  const parts = collect(exprs, (part) => (apart.has(part) ? [] : childrenOf(part)));
  return new Set([...parts].flatMap((part) => (part.kind === "field" && !apart.has(part) ? [part.of] : [])));
}
