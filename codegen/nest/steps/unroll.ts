/**
 * unroll: innermost chains over neighbors take several leaves in one round of their loop, in order, and operands are
 * loaded as vectors.
 *
 *   for k in 128                               for k in 128 by 8
 *     sum += …                            →      for k in 8: unrolled
 *                                                  sum += …
 *
 * Needs: a reduction, and no unrolling yet. One leaf changes nothing. A chain whose leaves hold folds of their own,
 * whose items are dealt out to lanes or whose operands are staged stays as it is. Always legal: the order is the
 * chain's.
 */
import { ScheduleError } from "../../errors.ts";
import { allNodes, leaderOf, type Loop, mapNodes, type Nest, type Node } from "../nest.ts";
import { assertCount } from "../points.ts";

export interface Unroll {
  readonly leaves: number;
}

export function unroll(nest: Nest, { leaves }: Unroll): Nest {
  assertCount("leaves", leaves, 1);
  if (nest.leaves > 1) throw new ScheduleError(`chains take ${nest.leaves} leaves in a round already`, "unroll once");
  if (![...allNodes(nest.body)].some((node) => node.kind === "accumulate"))
    throw new ScheduleError(`kernel ${nest.kernel.name} folds nothing`);
  if (leaves === 1) return nest;
  const change = (node: Node): readonly Node[] | undefined => {
    if (!isChainOfLeaves(node)) return undefined;
    const inner: Loop = { ...node, trips: leaves, binding: "unrolled" };
    return [{ ...node, stride: leaves, body: [inner] }];
  };
  return { ...nest, leaves, body: mapNodes(nest.body, change) };
}

/** A loop that takes one leaf after another, of neighbors that nothing else is computed for. */
function isChainOfLeaves(node: Node): node is Loop {
  if (node.kind !== "loop" || node.over.kind !== "level" || node.over.level !== 1 || node.trips !== "rest")
    return false;
  const [level] = leaderOf(node.over.of).tree;
  const [only] = node.body;
  return (
    level?.fold === "chain" &&
    (level.lanes ?? 1) === 1 &&
    node.stride === 1 &&
    node.body.length === 1 &&
    only?.kind === "accumulate" &&
    only.from === "leaf"
  );
}
