/**
 * reorder: the order of the point loops, outermost first. Neighboring invocations lie along the last axis.
 *
 *   for token: grid, out: grid                 for out: grid, token: grid
 *     …                                   →      …
 *
 * Needs: the list names each output axis once, and no axis is sunk or walked yet. Always legal then.
 */
import { ScheduleError } from "../../errors.ts";
import { allNodes, type Nest } from "../nest.ts";
import { around, inOrder, spineOf } from "../points.ts";

export interface Reorder {
  readonly axes: readonly string[];
}

export function reorder(nest: Nest, { axes }: Reorder): Nest {
  if ([...axes].sort().join() !== [...nest.axes].sort().join())
    throw new ScheduleError(
      `${axes.join(", ")} are not the output axes of kernel ${nest.kernel.name}, each once`,
      `order ${nest.axes.join(", ")}`,
    );
  const { loops, body } = spineOf(nest.body);
  for (const node of allNodes(body)) {
    if (node.kind === "loop" && node.over.kind === "points")
      throw new ScheduleError(`axis ${node.over.axis} is ${node.binding} already`, "reorder before sink and walk");
  }
  return { ...nest, axes, body: around(inOrder(loops, axes), body) };
}
