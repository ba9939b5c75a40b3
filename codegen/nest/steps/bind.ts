/**
 * bind: neighboring invocations of a workgroup take neighboring points of an output axis.
 *
 *   for token: grid, out: grid                 for token: grid, out by 64: grid, out in 64: invocation
 *     …                                   →      …
 *
 * Needs: the axis is one of the output's, has no invocations yet, and no points that an invocation holds (bind comes
 * before sink). Always legal then: points are independent of each other, and those past the axis' end are not stored.
 */
import { ScheduleError } from "../../errors.ts";
import { type Loop, mapNodes, type Nest } from "../nest.ts";
import { around, assertCount, divisionOf, inOrder, isOver, spineOf } from "../points.ts";

export interface Bind {
  readonly axis: string;
  readonly invocations: number;
}

export function bind(nest: Nest, { axis, invocations }: Bind): Nest {
  assertCount("invocations", invocations, 1);
  const { rest, invocations: taken, points } = divisionOf(nest, axis);
  if (taken > 1) throw new ScheduleError(`axis ${axis} has ${taken} invocations already`, "bind each axis once");
  if (points > 1)
    throw new ScheduleError(
      `an invocation holds ${points} points of axis ${axis} already`,
      "bind an axis before it is sunk",
    );
  if (invocations === 1) return nest;
  const own: Loop = {
    kind: "loop",
    over: { kind: "points", axis },
    trips: invocations,
    stride: 1,
    binding: "invocation",
    body: [],
  };
  const outer: Loop = { ...rest, stride: invocations };
  if (rest.binding !== "grid") {
    const body = mapNodes(nest.body, (node) => (node === rest ? around([outer, own], rest.body) : undefined));
    return { ...nest, body };
  }
  const { loops, body } = spineOf(nest.body);
  const others = loops.filter((loop) => !isOver(loop, axis));
  return { ...nest, body: around(inOrder([...others, outer, own], nest.axes), body) };
}
