/**
 * Reduction trees: which items are folded with which, and in what order.
 *
 * A tree is a list of levels from the leaves up. Each level turns a row of items into a shorter row:
 *   `chain n`           folds each n consecutive items, left to right
 *   `pairwise n`        folds each n consecutive items by halves: split at the largest power of two below n, left first
 *   `lanes l chain`     deals the items out to l interleaved partials (item i to partial i mod l), each a chain
 *   `lanes l chain n`   the same within each group of l*n consecutive items
 * A level without a count takes all that is left. A short last group just ends early: it has fewer items, and
 * lanes that would have none do not exist. The last level leaves one value; of no items at all it is the identity.
 *
 * Each chain starts from the identity: combine(combine(identity, a), b). A pairwise fold is combine(identity, t),
 * where t is the balanced tree of its items. So one value of a sum is never -0.
 */

export interface Level {
  readonly fold: "chain" | "pairwise";
  /** Interleaved partials; absent is one. */
  readonly lanes?: number;
  /** Items folded into each value; absent is all that is left. */
  readonly count?: number;
}

export type Tree = readonly Level[];

/** The items of the row below that make up one value: `first`, `first + stride`, …, `count` of them. */
export interface Span {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

/** How many values a level makes of `items` items. */
export function valuesOf(level: Level, items: number): number {
  const lanes = level.lanes ?? 1;
  if (level.count === undefined) return lanes === 1 ? 1 : Math.min(lanes, items);
  const group = lanes * level.count;
  return Math.floor(items / group) * lanes + Math.min(lanes, items % group);
}

/** Which of `items` items make up value `value` of a level. */
export function spanOf(level: Level, items: number, value: number): Span {
  const lanes = level.lanes ?? 1;
  const lane = value % lanes;
  const group = Math.floor(value / lanes);
  const size = level.count === undefined ? items : lanes * level.count;
  const first = group * size + lane;
  const end = Math.min(items, (group + 1) * size);
  return { first, stride: lanes, count: Math.max(0, Math.ceil((end - first) / lanes)) };
}

/** The number of items in each row: `rows[0]` are the leaves, `rows[tree.length]` what the last level leaves. */
export function rowsOf(tree: Tree, items: number): number[] {
  const rows = [items];
  for (const level of tree) rows.push(valuesOf(level, rows[rows.length - 1]!));
  return rows;
}

/**
 * The tree without levels that leave every row as it is: groups of one item, and what follows a level that leaves one
 * value.
 */
export function withoutIdle(tree: Tree): Tree {
  const first = tree.findIndex((level) => level.count === undefined && (level.lanes ?? 1) === 1);
  return tree.slice(0, first === -1 ? undefined : first + 1).filter((level) => level.count !== 1);
}

/** Whether the tree leaves exactly one value however many items there are. */
export function isComplete(tree: Tree): boolean {
  const last = tree[tree.length - 1];
  return last !== undefined && last.count === undefined && (last.lanes ?? 1) === 1;
}
