/**
 * The nest: one dispatch as loops over typed expressions, between a kernel and its WGSL. Plain data that no step
 * changes in place. It has no names, no barriers and no fences: passes add those later.
 *
 *   nest       = axes, ways, leaves, layouts, node*
 *   node       = loop | fold | accumulate | exchange | buffer | copy | store | fragment
 *
 *   loop       = dimension, trips, stride, binding, node*  trips at 0, stride, 2 × stride, … of a dimension
 *   dimension  = points axis                               the points of an output axis
 *              | level reduction n                         the items that make one value of level n
 *              | row reduction n                           all values of level n, each apart (0: the leaves)
 *   binding    = grid | workgroup | invocation             who takes the trips: a workgroup each; the workgroup's
 *              | serial | unrolled | vector                invocations, dealt out; an invocation each; one invocation,
 *                                                          in order: as a loop, written out, or as one vector
 *   fold       = reduction, level, held*, node*            accumulators of one level, the identity on entry
 *   accumulate = reduction, level, source                  combines a leaf, a value of the level below, or one that
 *                                                          lies in an exchange. THE ONLY NODE WHOSE ORDER MATTERS
 *   exchange   = reduction, row, held*, make, body         `make` computes a row's values apart, by the invocations of
 *                                                          the workgroup; `body` folds them in order
 *   buffer     = space, element, window, node*             memory for an expression's values at a window of points and
 *                                                          items. Inside, the expression is read from there
 *   copy       = buffer, binding, node*                    fills a buffer
 *   store      = output, first*                            an output's element; `first`: axes that the output lacks,
 *                                                          at whose first point alone it is stored
 *   fragment   = m, n, k, node*                            reserved: the loops inside belong to a matrix unit
 *
 *   row 0   the leaves           l l l l   l l l l   l l      level n takes some values of row n - 1
 *   level 1                       \_|_|_/   \_|_|_/   \_/      and gives one of row n
 *   row 1                           v         v       v       `cooperate` and `partition` name a row:
 *   level 2                          \________|______/        its values are computed apart
 *   row 2                                     v
 *
 * Loops over one dimension multiply: the outermost takes the `rest`, the others a fixed number of trips, and a point is
 * the sum of stride × trip over them. Points past the end of an axis are computed at its last point and not stored; an
 * item past the end of its span does not exist. An expression mentions an output axis or an item by its variable, never
 * a loop: a variable has its value inside all loops of its dimension. A value of a reduction is a `field` expression,
 * and can be read where its fold has ended.
 *
 * The theorem that verify.ts checks: the fold loops around each `accumulate`, outermost first, are the levels of its
 * tree in order, except where an exchange stands, whose make and body each have their part of the levels.
 */
import type { Expr, Output, Reduce } from "../../dsl/ir.ts";
import type { PassKernel } from "../pass-kernel.ts";

export interface Nest {
  readonly kernel: PassKernel;
  /** Output axes, outermost first. Neighboring invocations lie along the last. */
  readonly axes: readonly string[];
  /** Invocations of a workgroup at each of its points: they share reductions. */
  readonly ways: number;
  /** Leaves that innermost chains over neighbors take in one round, and loads at once. */
  readonly leaves: number;
  /** Inputs that are stored in blocks: the block's size along each of their axes. */
  readonly layouts: ReadonlyMap<string, readonly number[]>;
  readonly body: readonly Node[];
}

export type Node = Loop | Fold | Accumulate | Exchange | BufferNode | Copy | Store | Fragment;

/** Reductions that share their loops: over one domain along one tree, none of them needs another. */
export interface Fused {
  readonly members: readonly Reduce[];
}

export type Dimension =
  | { readonly kind: "points"; readonly axis: string }
  | { readonly kind: "level"; readonly of: Fused; readonly level: number }
  | { readonly kind: "row"; readonly of: Fused; readonly row: number };

export type Binding = "grid" | "workgroup" | "invocation" | "serial" | "unrolled" | "vector";

export interface Loop {
  readonly kind: "loop";
  readonly over: Dimension;
  readonly trips: number | "rest";
  readonly stride: number;
  readonly binding: Binding;
  readonly body: readonly Node[];
}

/** Points of an axis that an invocation holds at once: accumulators that mention the axis are one each. */
export interface Held {
  readonly axis: string;
  readonly trips: number;
  readonly stride: number;
}

export interface Fold {
  readonly kind: "fold";
  readonly of: Fused;
  /** The level whose value this makes: 1 folds leaves. 0, where a partition cuts below all levels, is a leaf itself. */
  readonly level: number;
  readonly held: readonly Held[];
  readonly body: readonly Node[];
}

export type Source = "leaf" | "level" | "exchange";

export interface Accumulate {
  readonly kind: "accumulate";
  readonly of: Fused;
  readonly level: number;
  readonly from: Source;
}

export interface Exchange {
  readonly kind: "exchange";
  readonly of: Fused;
  readonly row: number;
  readonly held: readonly Held[];
  readonly make: readonly Node[];
  readonly body: readonly Node[];
}

export type Space = "register" | "private" | "workgroup" | "fragment";

export interface Buffer {
  readonly space: Space;
  /** What it holds, over the variables of the window. */
  readonly element: Expr;
  /** Items of a reduction's innermost level, so many. */
  readonly items: { readonly of: Fused; readonly trips: number };
  /** Points of the workgroup's tile. */
  readonly points: readonly { readonly axis: string; readonly trips: number }[];
}

export interface BufferNode {
  readonly kind: "buffer";
  readonly buffer: Buffer;
  readonly body: readonly Node[];
}

export interface Copy {
  readonly kind: "copy";
  readonly buffer: Buffer;
  readonly binding: "workgroup" | "serial";
  /** Folds that the element needs. */
  readonly body: readonly Node[];
}

export interface Store {
  readonly kind: "store";
  readonly output: Output;
  readonly first: readonly string[];
}

export interface Fragment {
  readonly kind: "fragment";
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly body: readonly Node[];
}

/** What stands inside of a node, in the order in which it runs. */
export function nodesIn(node: Node): readonly Node[] {
  switch (node.kind) {
    case "loop":
    case "fold":
    case "buffer":
    case "copy":
    case "fragment":
      return node.body;
    case "exchange":
      return [...node.make, ...node.body];
    case "accumulate":
    case "store":
      return [];
  }
}

/** These nodes and all inside of them. */
export function* allNodes(nodes: readonly Node[]): Iterable<Node> {
  for (const node of nodes) {
    yield node;
    yield* allNodes(nodesIn(node));
  }
}

/**
 * Rebuilds nodes from the outside in: `change` answers with what takes a node's place, or undefined to go on inside.
 */
export function mapNodes(nodes: readonly Node[], change: (node: Node) => readonly Node[] | undefined): readonly Node[] {
  return nodes.flatMap((node) => {
    const changed = change(node);
    if (changed !== undefined) return changed;
    switch (node.kind) {
      case "loop":
      case "fold":
      case "buffer":
      case "copy":
      case "fragment":
        return [{ ...node, body: mapNodes(node.body, change) }];
      case "exchange":
        return [{ ...node, make: mapNodes(node.make, change), body: mapNodes(node.body, change) }];
      case "accumulate":
      case "store":
        return [node];
    }
  });
}

/** The reduction that stands for all that share the loops: for the domain, the tree and the variable. */
export function leaderOf(of: Fused): Reduce {
  return of.members[0]!;
}

/** What a message calls a reduction. */
export function titleOf(of: Fused): string {
  const { reducer, axis } = leaderOf(of);
  return `${reducer.name} over ${axis}`;
}

/** The reductions whose values can be read after a node. */
export function endedBy(node: Node): Fused[] {
  switch (node.kind) {
    case "fold":
      return node.level === leaderOf(node.of).tree.length ? [node.of] : [];
    case "exchange":
      return [node.of];
    case "loop":
      return node.over.kind === "points" && node.binding === "unrolled" ? node.body.flatMap(endedBy) : [];
    case "buffer":
      return node.body.flatMap(endedBy);
    default:
      return [];
  }
}
