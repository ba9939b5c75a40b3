/** Loops over points: the spine that a nest begins with, and where its statements stand below it. */
import type { Variable } from "../../dsl/ir.ts";
import { ScheduleError } from "../errors.ts";
import { allNodes, type Loop, type Nest, type Node } from "./nest.ts";

/** The loops that hold nothing but each other, outermost first, and what the innermost holds. */
export function spineOf(nodes: readonly Node[]): { readonly loops: readonly Loop[]; readonly body: readonly Node[] } {
  const loops: Loop[] = [];
  let body = nodes;
  for (let [only] = body; body.length === 1 && isPlaced(only); [only] = body) {
    loops.push(only);
    body = only.body;
  }
  return { loops, body };
}

function isPlaced(node: Node | undefined): node is Loop {
  return (
    node?.kind === "loop" && node.over.kind === "points" && (node.binding === "grid" || node.binding === "invocation")
  );
}

/** Loops around nodes, the first outermost. */
export function around(loops: readonly Loop[], body: readonly Node[]): readonly Node[] {
  return loops.reduceRight<readonly Node[]>((inside, loop) => [{ ...loop, body: inside }], body);
}

/** Grid loops, then invocations', each in the order of the axes. */
export function inOrder(loops: readonly Loop[], axes: readonly string[]): Loop[] {
  const rank = ({ over, binding }: Loop): number =>
    (binding === "grid" ? 0 : axes.length) + (over.kind === "points" ? axes.indexOf(over.axis) : 0);
  return [...loops].sort((a, b) => rank(a) - rank(b));
}

export function isOver(node: Node, axis: string): node is Loop {
  return node.kind === "loop" && node.over.kind === "points" && node.over.axis === axis;
}

/** How an output axis is divided. */
export interface Division {
  readonly axis: string;
  /** The loop that takes what the others leave. */
  readonly rest: Loop;
  /** Neighboring invocations of a workgroup along the axis. */
  readonly invocations: number;
  /** Points that an invocation holds. */
  readonly points: number;
  /** How far apart these lie. */
  readonly apart: number;
}

/** One workgroup walks the whole axis, instead of one tile of it. */
export const isWalked = ({ rest }: Division): boolean => rest.binding === "serial";

/** Points of an axis that a workgroup has at once. */
export const tileOf = ({ invocations, points }: Division): number => invocations * points;

/** Invocations of a workgroup. */
export const workgroupSizeOf = ({
  axes,
  ways,
}: {
  readonly axes: readonly Division[];
  readonly ways: number;
}): number => axes.reduce((size, axis) => size * axis.invocations, ways);

/** @throws ScheduleError where the nest has no such axis */
export function divisionOf(nest: Nest, axis: string): Division {
  const loops = [...allNodes(nest.body)].filter((node): node is Loop => isOver(node, axis));
  const rest = loops.find(({ trips }) => trips === "rest");
  if (rest === undefined)
    throw new ScheduleError(
      `kernel ${nest.kernel.name} has no output axis '${axis}'`,
      `name one of ${nest.axes.join(", ")}`,
    );
  const loopOf = (binding: Loop["binding"]): Loop | undefined => loops.find((loop) => loop.binding === binding);
  const tripsOf = (loop: Loop | undefined): number => (loop === undefined || loop.trips === "rest" ? 1 : loop.trips);
  const held = loopOf("unrolled");
  return {
    axis,
    rest,
    invocations: tripsOf(loopOf("invocation")),
    points: tripsOf(held),
    apart: held?.stride ?? 1,
  };
}

/** Whether what a node computes differs along an output axis; a store stays where its points are. */
export function mentions(node: Node, variable: Variable): boolean {
  switch (node.kind) {
    case "store":
      return true;
    case "fold":
    case "exchange":
      return node.of.members.some((reduce) => reduce.free.has(variable));
    case "loop":
    case "buffer":
    case "fragment":
      return node.body.some((inner) => mentions(inner, variable));
    case "accumulate":
    case "copy":
      return false;
  }
}

/** A whole number that a step asks for. @throws ScheduleError */
export function assertCount(what: string, count: number, least: number): void {
  if (!Number.isInteger(count) || count < least)
    throw new ScheduleError(
      `${count} ${what} are not a whole number from ${least}`,
      `give a whole number from ${least}`,
    );
}
