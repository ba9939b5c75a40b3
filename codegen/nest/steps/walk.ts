/**
 * walk: one workgroup goes through the whole of an output axis. What does not differ along it is computed once, before.
 *
 *   for token: grid, channel: grid             for token: grid
 *     fold sum                                   fold sum
 *       …                                 →        …
 *     output[token, channel] = …                 for channel: serial
 *                                                  output[token, channel] = …
 *
 * Needs: workgroups take the axis so far. Always legal then: a workgroup takes the points that many took.
 */
import { ScheduleError } from "../../errors.ts";
import type { Loop, Nest, Node } from "../nest.ts";
import { around, divisionOf, isOver, mentions, spineOf } from "../points.ts";

export interface Walk {
  readonly axis: string;
}

export function walk(nest: Nest, { axis }: Walk): Nest {
  const { rest } = divisionOf(nest, axis);
  if (rest.binding !== "grid") throw new ScheduleError(`axis ${axis} is walked already`, "walk each axis once");
  const { loops, body } = spineOf(nest.body);
  const walked = new Map(walkedIn(body));
  walked.set(
    axis,
    loops
      .filter((loop) => isOver(loop, axis))
      .map((loop) => (loop.trips === "rest" ? { ...loop, binding: "serial" } : loop)),
  );
  const order = nest.axes.flatMap((name) => (walked.has(name) ? [[name, walked.get(name)!] as const] : []));
  const others = loops.filter((loop) => !isOver(loop, axis));
  return { ...nest, body: around(others, place(nest, statementsIn(body), order)) };
}

type Walked = readonly [axis: string, loops: readonly Loop[]];

/** The axes that are walked below, outermost first, each with its loops. */
function walkedIn(nodes: readonly Node[]): Walked[] {
  const [loop] = nodes.filter(isSerial);
  if (loop?.over.kind !== "points") return [];
  const { axis } = loop.over;
  const { loops, body } = spineOf(loop.body);
  return [[axis, [loop, ...loops]], ...walkedIn(body)];
}

/** Folds and stores, in their order, out of the loops over walked axes. */
function statementsIn(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => (isSerial(node) ? statementsIn(spineOf(node.body).body) : [node]));
}

function isSerial(node: Node): node is Loop {
  return node.kind === "loop" && node.over.kind === "points" && node.binding === "serial";
}

/** Each statement as far out as what it mentions is known. */
function place(nest: Nest, statements: readonly Node[], walked: readonly Walked[]): readonly Node[] {
  const [first, ...deeper] = walked;
  if (first === undefined) return statements;
  const variables = walked.map(([axis]) => nest.kernel.pool.axisVariable(axis));
  const isInside = (node: Node): boolean => variables.some((variable) => mentions(node, variable));
  const inside = place(nest, statements.filter(isInside), deeper);
  return [...statements.filter((node) => !isInside(node)), ...around(first[1], inside)];
}
