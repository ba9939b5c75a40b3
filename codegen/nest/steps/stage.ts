/**
 * stage: operands that only some of the tile's axes mention come through workgroup memory, so many leaves at a time.
 *
 *   for k in 128                               for k in 128 by 16
 *     sum += x[token, k] * …              →      buffer x_tile: workgroup f32[16, token 8]
 *                                                copy x_tile over k: workgroup
 *                                                  x_tile = x[token, k]
 *                                                for k in 16
 *                                                  sum += x_tile[k, token] * …
 *
 * Needs: a chain over neighbors of a constant number of leaves in a reduction that stands in no other one's loop; an
 * operand that is one element at plain indices and lacks one of the tiled axes, and none that has them all; no shared
 * reductions and no walked axes, where invocations would meet at different barriers. Legal because a copy has the bits
 * of the element, and the chain keeps its order.
 */
import type { Expr, Load, Variable } from "../../../dsl/ir.ts";
import { collect, holds, operandsOf } from "../../../dsl/visit.ts";
import { ScheduleError } from "../../errors.ts";
import { type Buffer, type Fused, leaderOf, type Loop, mapNodes, type Nest, type Node } from "../nest.ts";
import { assertCount, divisionOf } from "../points.ts";

export interface Stage {
  readonly leaves: number;
}

const leaveOut = "leave it out, or bind or sink more points of another axis";

interface TiledAxis {
  readonly axis: string;
  readonly trips: number;
  readonly variable: Variable;
}

export function stage(nest: Nest, { leaves }: Stage): Nest {
  assertCount("leaves", leaves, 1);
  const tiled = tiledAxes(nest);
  const staged: Buffer[] = [];
  const change = (node: Node): readonly Node[] | undefined => {
    if (node.kind === "exchange")
      throw new ScheduleError("its reductions are shared, which takes all invocations at once", "cooperate or stage");
    if (node.kind !== "loop" || node.over.kind !== "level" || node.over.level !== 1) return undefined;
    const { of } = node.over;
    if (!isStageable(of)) return undefined;
    const operands = operandsIn(of, tiled);
    operands.forEach(({ element }) => assertShared(element, operands, tiled));
    const buffers = operands
      .filter(({ isStaged }) => isStaged)
      .map(
        ({ element, axes }): Buffer => ({ space: "workgroup", element, items: { of, trips: leaves }, points: axes }),
      );
    staged.push(...buffers);
    return buffers.length === 0 ? undefined : [throughBuffers(node, buffers, leaves)];
  };
  const body = mapNodes(nest.body, change);
  if (staged.length === 0)
    throw new ScheduleError("no operand is shared along a tiled axis, so there is nothing to stage", leaveOut);
  return { ...nest, body };
}

/** Axes of which a workgroup has several points at once. */
function tiledAxes(nest: Nest): TiledAxis[] {
  return nest.axes.flatMap((axis) => {
    const { rest, invocations, points } = divisionOf(nest, axis);
    if (rest.binding !== "grid")
      throw new ScheduleError(
        `axis ${axis} is walked, where invocations would meet at different barriers`,
        "walk or stage",
      );
    const trips = invocations * points;
    return trips === 1 ? [] : [{ axis, trips, variable: nest.kernel.pool.axisVariable(axis) }];
  });
}

/** A chain over neighbors, as often for each invocation. */
function isStageable(of: Fused): boolean {
  const { tree, count, free } = leaderOf(of);
  const [level] = tree;
  // One that is folded once an item of another meets its barriers as often as that one has items, which may differ.
  const isNested = [...free].some((variable) => variable.kind === "item");
  return !isNested && count.kind === "constant" && level?.fold === "chain" && (level.lanes ?? 1) === 1;
}

interface Operand {
  readonly element: Expr;
  readonly axes: readonly TiledAxis[];
  /** Whether it comes through workgroup memory: a word of an integer input, say, is read in place. */
  readonly isStaged: boolean;
}

/**
 * The largest parts of the leaves that are one float element of an input, rounded perhaps, at plain indices, and the
 * loads that are not parts of these.
 */
function operandsIn(of: Fused, tiled: readonly TiledAxis[]): Operand[] {
  const item = leaderOf(of).variable;
  const found = new Map<Expr, Operand>();
  const below = (part: Expr): readonly Expr[] => (isElement(part, item) && lacksAxis(part) ? [] : operandsOf(part));
  const axesOf = (part: Expr): TiledAxis[] => tiled.filter(({ variable }) => part.free.has(variable));
  const lacksAxis = (part: Expr): boolean => axesOf(part).length < tiled.length;
  for (const leaf of of.members.flatMap((reduce) => reduce.leaf)) {
    for (const part of collect([leaf], below)) {
      if (isElement(part, item) && lacksAxis(part))
        found.set(part, { element: part, axes: axesOf(part), isStaged: true });
      else if (part.kind === "load") found.set(part, { element: part, axes: axesOf(part), isStaged: false });
    }
  }
  return [...found.values()];
}

function isElement(expr: Expr, item: Variable): boolean {
  if (!expr.free.has(item) || expr.type !== "f32") return false;
  let inner = expr;
  while (inner.kind === "unary") inner = inner.operand;
  return (
    inner.kind === "load" &&
    !inner.guarded &&
    !inner.indices.some((index) => holdsLoad(index) || (index.free.has(item) && index.kind !== "index"))
  );
}

function holdsLoad(expr: Expr): boolean {
  return holds(expr, ({ kind }) => kind === "load" || kind === "field");
}

/** @throws ScheduleError where an operand has an element for each point of the tile */
function assertShared(element: Expr, operands: readonly Operand[], tiled: readonly TiledAxis[]): void {
  const operand = operands.find((other) => other.element === element);
  if (element.kind === "load" && operand?.axes.length === tiled.length)
    throw new ScheduleError(
      `no two points of a tile have elements of '${(element as Load).input}' in common`,
      leaveOut,
    );
}

/** The chain so many leaves at a time, operands copied before each. */
function throughBuffers(loop: Loop, buffers: readonly Buffer[], leaves: number): Node {
  const copies = buffers.map((buffer): Node => ({ kind: "copy", buffer, binding: "workgroup", body: [] }));
  const chain: Loop = { ...loop, trips: leaves, stride: 1, body: takenIn(loop) };
  const body = buffers.reduceRight<readonly Node[]>(
    (inside, buffer) => [{ kind: "buffer", buffer, body: inside }],
    [...copies, chain],
  );
  return { ...loop, stride: leaves, body };
}

/** What the loop does with one leaf, unrolled or not. */
function takenIn({ over, body }: Loop): readonly Node[] {
  const [only] = body;
  const isSame =
    only?.kind === "loop" && only.over.kind === "level" && over.kind === "level" && only.over.of === over.of;
  return isSame ? takenIn(only) : body;
}
