/**
 * sink: an invocation holds several points of an output axis. The point loop moves below the fold loops, to the stores
 * and accumulators that differ along the axis; each of these accumulators becomes one a point.
 *
 *   for token: grid, out: grid                 for token: grid, out by 2: grid
 *     fold sum                                   fold sum[out 2]
 *       for k in 128                      →        for k in 128
 *         sum += …                                   sum += …
 *     output[token, out] = sum                   for out in 2: unrolled
 *                                                  output[token, out] = sum
 *
 * `blocked`: the points are neighbors. `interleaved`: they lie as far apart as the axis has invocations.
 * Needs: an axis of the output of which an invocation has one point so far. Always legal then: each point has
 * accumulators of its own. A fold whose domain differs along the axis is written out once a point.
 */
import { ScheduleError } from "../../errors.ts";
import { domainOf } from "../../../dsl/visit.ts";
import { type Held, leaderOf, type Loop, mapNodes, type Nest, type Node } from "../nest.ts";
import { assertCount, divisionOf, isOver } from "../points.ts";

export interface Sink {
  readonly axis: string;
  readonly points: number;
  readonly order: "blocked" | "interleaved";
}

export function sink(nest: Nest, { axis, points, order }: Sink): Nest {
  assertCount("points", points, 1);
  const { points: taken, invocations } = divisionOf(nest, axis);
  if (taken > 1)
    throw new ScheduleError(`an invocation holds ${taken} points of axis ${axis} already`, "sink each axis once");
  if (points === 1) return nest;
  const variable = nest.kernel.pool.axisVariable(axis);
  const held: Held = { axis, trips: points, stride: order === "blocked" ? 1 : invocations };
  /** Writes out the axis' points around a node, inside of the loops that write out points of outer axes. */
  const writtenOut = (node: Node): Loop => {
    const isOuter =
      node.kind === "loop" &&
      node.over.kind === "points" &&
      nest.axes.indexOf(node.over.axis) < nest.axes.indexOf(axis);
    return isOuter
      ? { ...node, body: node.body.map(writtenOut) }
      : {
          kind: "loop",
          over: { kind: "points", axis },
          trips: points,
          stride: held.stride,
          binding: "unrolled",
          body: [node],
        };
  };
  const change = (node: Node): readonly Node[] | undefined => {
    switch (node.kind) {
      case "store":
        return [writtenOut(node)];
      case "loop":
        // Points of another axis, written out around a store or a fold.
        if (node.over.kind === "points" && node.binding === "unrolled") return sunk(node);
        return isOver(node, axis)
          ? [{ ...node, stride: strideOf(node, held), body: mapNodes(node.body, change) }]
          : undefined;
      case "fold":
      case "exchange":
        return sunk(node);
      default:
        return undefined;
    }
  };
  const sunk = (node: Node): readonly Node[] | undefined => {
    const inner = innermost(node);
    if (inner.kind === "store") return [writtenOut(node)];
    if (inner.kind !== "fold" && inner.kind !== "exchange") return undefined;
    if (!inner.of.members.some((reduce) => reduce.free.has(variable))) return [node];
    if (domainOf(leaderOf(inner.of)).some((expr) => expr.free.has(variable))) return [writtenOut(node)];
    const hold = (outer: Node): Node =>
      outer.kind === "fold"
        ? { ...outer, held: inAxisOrder(nest, [...outer.held, held]), body: mapNodes(outer.body, change) }
        : outer.kind === "exchange"
          ? {
              ...outer,
              held: inAxisOrder(nest, [...outer.held, held]),
              make: mapNodes(outer.make, change),
              body: mapNodes(outer.body, change),
            }
          : outer.kind === "loop"
            ? { ...outer, body: outer.body.map(hold) }
            : outer;
    return [hold(node)];
  };
  return { ...nest, body: mapNodes(nest.body, change) };
}

/** Past loops that write points out. */
function innermost(node: Node): Node {
  return node.kind === "loop" && node.binding === "unrolled" && node.body.length === 1
    ? innermost(node.body[0]!)
    : node;
}

function strideOf({ trips, stride }: Loop, { trips: points, stride: apart }: Held): number {
  return trips === "rest" || apart === 1 ? stride * points : stride;
}

function inAxisOrder({ axes }: Nest, held: readonly Held[]): readonly Held[] {
  return [...held].sort((a, b) => axes.indexOf(a.axis) - axes.indexOf(b.axis));
}
