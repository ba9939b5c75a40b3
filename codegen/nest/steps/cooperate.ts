/**
 * cooperate: the values at one level of each top-level tree are computed apart by the invocations of a workgroup, and
 * then folded in order. `ways` invocations share the work, besides those along axes that the reduction does not
 * mention.
 *
 *   fold sum                                   exchange sum'
 *     for r in 32                                for r in 32: workgroup
 *       fold sum'                         →        fold sum'
 *         …                                          …
 *       sum += sum'                            fold sum
 *                                                for r in 32
 *                                                  sum += sum'[r]
 *
 * Needs: a reduction outside of walked axes, whose tree is folded whole (a partition leaves none in its first
 * dispatch), and that no reduction is shared or staged yet. The level is at most the last but one of the tree. Legal
 * because a row's values do not depend on each other, and everything above the row keeps its order.
 */
import { ScheduleError } from "../../errors.ts";
import { foldAt } from "../build.ts";
import { allNodes, type Exchange, type Fold, leaderOf, mapNodes, type Nest, type Node } from "../nest.ts";
import { assertCount } from "../points.ts";

export interface Cooperate {
  readonly level: number;
  readonly ways: number;
}

export function cooperate(nest: Nest, { level, ways }: Cooperate): Nest {
  assertCount("ways", ways, 1);
  assertCount("levels", level, 0);
  for (const node of allNodes(nest.body)) {
    if (node.kind === "exchange") throw new ScheduleError("its reductions are shared already", "cooperate once");
    if (node.kind === "copy" && node.binding === "workgroup")
      throw new ScheduleError("its operands are staged, which takes all invocations at once", "cooperate or stage");
  }
  let shared = 0;
  const change = (node: Node): readonly Node[] | undefined => {
    // What is walked is left as it is: invocations may take different numbers of rounds.
    if (node.kind === "loop" && node.over.kind === "points" && node.binding === "serial") return [node];
    if (node.kind !== "fold") return undefined;
    const { tree, item } = leaderOf(node.of);
    if (item !== undefined || tree.length === 0) return [node];
    shared += 1;
    return [exchangeOf(node, Math.min(level, tree.length - 1))];
  };
  const body = mapNodes(nest.body, change);
  if (shared === 0) {
    const walked = [...allNodes(nest.body)].flatMap((node) =>
      node.kind === "loop" && node.over.kind === "points" && node.binding === "serial" ? [node.over.axis] : [],
    );
    throw new ScheduleError(
      "no reduction stands where all invocations of a workgroup meet",
      walked.length === 0 ? "leave it out" : `leave it or 'walk(${walked[0]})' out`,
    );
  }
  return { ...nest, ways, body };
}

function exchangeOf(fold: Fold, row: number): Exchange {
  const { of, held } = fold;
  const make: readonly Node[] = row === 0 ? leafFolds(fold) : [innerFold(fold, row)];
  const taken = (node: Node): readonly Node[] | undefined => {
    if (node.kind === "accumulate" && node.of === of && node.level === row + 1) return [{ ...node, from: "exchange" }];
    return node.kind === "fold" && node.of === of && node.level === row ? [] : undefined;
  };
  const tree = leaderOf(of).tree;
  const whole = row === 0 ? [{ ...foldAt(of, tree.length, []), held }] : [fold];
  return {
    kind: "exchange",
    of,
    row,
    held,
    make: [
      { kind: "loop", over: { kind: "row", of, row }, trips: "rest", stride: 1, binding: "workgroup", body: make },
    ],
    body: mapNodes(row === 0 ? holding(whole, fold) : whole, taken),
  };
}

/** The fold of a level of the same reduction, inside. */
function innerFold(fold: Fold, level: number): Fold {
  for (const node of allNodes([fold]))
    if (node.kind === "fold" && node.of === fold.of && node.level === level) return node;
  return fold;
}

/** The folds that a leaf needs. */
function leafFolds(fold: Fold): readonly Node[] {
  let found: readonly Node[] = [];
  for (const node of allNodes([fold])) {
    if (node.kind !== "loop") continue;
    const at = node.body.findIndex((inner) => inner.kind === "accumulate" && inner.of === fold.of && inner.level === 1);
    if (at > 0) found = node.body.slice(0, at);
  }
  return found;
}

/** The folds of all levels hold the points that the whole one does. */
function holding(nodes: readonly Node[], { of, held }: Fold): readonly Node[] {
  const change = (node: Node): readonly Node[] | undefined =>
    node.kind === "fold" && node.of === of ? [{ ...node, held, body: mapNodes(node.body, change) }] : undefined;
  return mapNodes(nodes, change);
}
