/**
 * Merge: folds that steps have made alike share their loops. Build keeps apart what differs along one output axis and
 * what does not, since the latter can be computed further out. Where an invocation holds an axis whole, there is no
 * further out.
 */
import type { Reduce } from "../../dsl/ir.ts";
import { partsOf, reductionsBelow } from "../../dsl/visit.ts";
import { extentOf } from "../pass-kernel.ts";
import {
  allNodes,
  type Exchange,
  type Fold,
  type Fused,
  type Held,
  leaderOf,
  type Loop,
  type Nest,
  type Node,
  nodesIn,
} from "./nest.ts";
import { divisionOf } from "./points.ts";

export function mergeFolds(nest: Nest): Nest {
  const placed = nest.axes.filter((axis) => !isWhole(nest, axis));
  const body = joinPoints(nest.body);
  return { ...nest, body: placed.length === nest.axes.length ? body : mergeIn(nest, placed, body) };
}

/** Folds that are written out at the same points, and do not need each other, are written out together. */
function joinPoints(nodes: readonly Node[]): readonly Node[] {
  const joined: Node[] = [];
  for (const node of nodes) {
    const before = joined.at(-1);
    if (
      before !== undefined &&
      isWrittenOut(before) &&
      isWrittenOut(node) &&
      isSameLoop(before, node) &&
      !needs(node, before)
    )
      joined[joined.length - 1] = { ...before, body: joinPoints([...before.body, ...node.body]) };
    else
      joined.push(
        node.kind === "loop" && node.over.kind === "points" ? { ...node, body: joinPoints(node.body) } : node,
      );
  }
  return joined;
}

function isWrittenOut(node: Node): node is Loop {
  return node.kind === "loop" && node.over.kind === "points" && node.binding === "unrolled" && foldsIn(node).length > 0;
}

function isSameLoop({ over: a }: Loop, { over: b }: Loop): boolean {
  return a.kind === "points" && b.kind === "points" && a.axis === b.axis;
}

function foldsIn(node: Node): Reduce[] {
  return [...allNodes([node])].flatMap((inner) => (inner.kind === "fold" ? inner.of.members : []));
}

function needs(later: Node, earlier: Node): boolean {
  const needed = reductionsBelow(foldsIn(later).flatMap(partsOf));
  const all = new Set(foldsIn(later));
  return foldsIn(earlier).some((reduce) => needed.has(reduce) && !all.has(reduce));
}

/** Whether an invocation has all points of an axis. */
function isWhole(nest: Nest, axis: string): boolean {
  const extent = extentOf(nest.kernel, axis);
  const { rest, invocations, points } = divisionOf(nest, axis);
  return rest.binding === "grid" && invocations === 1 && extent.kind === "constant" && extent.bits <= points;
}

function mergeIn(nest: Nest, placed: readonly string[], nodes: readonly Node[]): readonly Node[] {
  const merged: Node[] = [];
  for (const node of nodes) {
    const at =
      node.kind === "fold" || node.kind === "exchange"
        ? merged.findIndex((other) => isAlike(nest, placed, other, node))
        : -1;
    if (at < 0) merged.push(node);
    else merged[at] = joined(nest, merged[at] as Fold | Exchange, node as Fold | Exchange);
  }
  return merged.map((node): Node => {
    switch (node.kind) {
      case "loop":
      case "fold":
      case "buffer":
      case "copy":
      case "fragment":
        return { ...node, body: mergeIn(nest, placed, node.body) };
      case "exchange":
        return { ...node, make: mergeIn(nest, placed, node.make), body: mergeIn(nest, placed, node.body) };
      default:
        return node;
    }
  });
}

/** Whether two folds go through the same loops, and differ along the same axes that are dealt out. */
function isAlike(nest: Nest, placed: readonly string[], a: Node, b: Fold | Exchange): boolean {
  if ((a.kind !== "fold" && a.kind !== "exchange") || a.kind !== b.kind || !isTop(a) || !isTop(b)) return false;
  const [one, other] = [leaderOf(a.of), leaderOf(b.of)];
  const variables = placed.map((axis) => nest.kernel.pool.axisVariable(axis));
  const trees = [one, other].map(({ tree }) => JSON.stringify(tree));
  const isNeeded = (reduce: Reduce): boolean =>
    b.of.members.some((member) => reductionsBelow(partsOf(member)).has(reduce));
  return (
    one.variable === other.variable &&
    one.start === other.start &&
    one.count === other.count &&
    one.item === other.item &&
    trees[0] === trees[1] &&
    variables.every((variable) => one.free.has(variable) === other.free.has(variable)) &&
    !a.of.members.some(isNeeded) &&
    shapeOf(a) === shapeOf(b)
  );
}

function isTop(node: Fold | Exchange): boolean {
  return node.kind === "exchange" || node.level === leaderOf(node.of).tree.length;
}

/** The loops of a fold's own levels, outermost first. */
function shapeOf(whole: Fold | Exchange): string {
  const { of } = whole;
  const shapes: string[] = [];
  const visit = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.kind === "loop" && node.over.kind !== "points" && node.over.of === of) {
        const level = node.over.kind === "row" ? `row ${node.over.row}` : node.over.level;
        shapes.push(`${level} ${node.trips} ${node.stride} ${node.binding}`);
        visit(node.body);
      } else if (node.kind === "fold" && node.of === of) visit(node.body);
    }
  };
  visit(nodesIn(whole));
  return shapes.join(", ");
}

/** One fold of both: a member that both make is made once, and what both leaves need comes before. */
function joined(nest: Nest, a: Fold | Exchange, b: Fold | Exchange): Node {
  const of: Fused = { members: [...new Set([...a.of.members, ...b.of.members])] };
  const held = [...a.held, ...b.held.filter(({ axis }) => a.held.every((own) => own.axis !== axis))].sort(
    (one, other) => nest.axes.indexOf(one.axis) - nest.axes.indexOf(other.axis),
  );
  return together(of, held, [a.of, b.of], a, b);
}

function together(of: Fused, held: readonly Held[], fused: readonly Fused[], a: Node, b: Node): Node {
  if (a.kind === "fold" && b.kind === "fold")
    return { ...a, of, held, body: sideBySide(of, held, fused, a.body, b.body) };
  if (a.kind === "exchange" && b.kind === "exchange")
    return {
      ...a,
      of,
      held,
      make: sideBySide(of, held, fused, a.make, b.make),
      body: sideBySide(of, held, fused, a.body, b.body),
    };
  if (a.kind === "loop" && b.kind === "loop" && a.over.kind !== "points")
    return { ...a, over: { ...a.over, of }, body: sideBySide(of, held, fused, a.body, b.body) };
  return a.kind === "accumulate" ? { ...a, of } : a;
}

/** The last node of each is the fold's own, and so is one of a lower level; the others are what leaves need. */
function sideBySide(
  of: Fused,
  held: readonly Held[],
  fused: readonly Fused[],
  a: readonly Node[],
  b: readonly Node[],
): readonly Node[] {
  const own = (nodes: readonly Node[]): readonly Node[] => {
    const last = nodes.at(-1)!;
    if (last?.kind === "accumulate" && last.from === "leaf") return [last];
    // Leaves that are made apart have no node of their own.
    return nodes.length > 0 && nodes.every((node) => isOwn(node)) ? nodes : [];
  };
  const isOwn = (node: Node): boolean =>
    node.kind === "accumulate" ||
    (node.kind === "loop" && node.over.kind !== "points" && fused.includes(node.over.of)) ||
    (node.kind === "fold" && fused.includes(node.of));
  const [ownA, ownB] = [own(a), own(b)];
  const needed = [...a.slice(0, a.length - ownA.length), ...b.slice(0, b.length - ownB.length)];
  return [...needed, ...ownA.map((node, at) => together(of, held, fused, node, ownB[at]!))];
}
