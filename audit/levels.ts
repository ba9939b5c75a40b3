/**
 * Where the declaration's trees begin something new along an axis: how many items a chain, a lane or a run takes, and
 * how many a pairwise fold must have to close pairs of pairs of pairs. The text may hide these numbers; the audit
 * executes it on both sides of them all the same.
 */
import type { Expr, Kernel } from "../dsl/ir.ts";
import type { Tree } from "../dsl/tree.ts";
import { childrenOf, collect, domainOf, reductionsBelow, rootsOf } from "../dsl/visit.ts";

export interface Levels {
  /** Numbers of items at which a level begins another value. */
  readonly edges: ReadonlySet<number>;
  /**
   * Numbers of items that lead through every shape of the last level: pairs of pairs of pairs, and what is left of
   * each.
   */
  readonly counts: ReadonlySet<number>;
  /** Inputs and parameters (`parameter NAME`) that say how many items there are. */
  readonly bounds: ReadonlySet<string>;
}

/** Values of a last level: two pairs and one, pairs of pairs of pairs, and eight with four or with four and one. */
const pairwiseCounts = [5, 8, 12, 13] as const;
const chainCounts = [2, 3, 5] as const;
/** So many items tell a position from what three bits of it are. */
const leastItems = 19;

/** Of each axis that some fold goes along whose number of items is known only when it is run. */
export function levelsOf(kernel: Kernel): ReadonlyMap<string, Levels> {
  const found = new Map<string, { edges: Set<number>; counts: Set<number>; bounds: Set<string> }>();
  for (const reduce of reductionsBelow(rootsOf(kernel))) {
    const { axis, count, tree } = reduce;
    const bounds = new Set(
      [...collect([count])].flatMap((part) =>
        part.kind === "load" ? [part.input] : part.kind === "parameter" ? [`parameter ${part.name}`] : [],
      ),
    );
    const isSequence = kernel.axes.some(({ name, role }) => name === axis && role !== "model");
    if (bounds.size === 0 && !isSequence) continue;
    let levels = found.get(axis);
    if (levels === undefined) found.set(axis, (levels = { edges: new Set(), counts: new Set(), bounds: new Set() }));
    bounds.forEach((bound) => levels.bounds.add(bound));
    addLevels(tree, scaleOf(count), levels);
  }
  return found;
}

/**
 * Inputs and parameters (`parameter NAME`) that say where some fold begins, how many items it has and how many a run of
 * it.
 */
export function boundsOf(kernel: Kernel): ReadonlySet<string> {
  const parts = collect([...reductionsBelow(rootsOf(kernel))].flatMap(domainOf), childrenOf);
  return new Set(
    [...parts].flatMap((part) =>
      part.kind === "load" ? [part.input] : part.kind === "parameter" ? [`parameter ${part.name}`] : [],
    ),
  );
}

/** How many positions of the axis one item is: those of a run, where it goes over runs. */
function scaleOf(count: Expr): number {
  return count.kind === "binary" && count.operator === "divide" && count.right.kind === "constant"
    ? count.right.bits
    : 1;
}

function addLevels(tree: Tree, scale: number, { edges, counts }: { edges: Set<number>; counts: Set<number> }): void {
  let unit = scale;
  if (unit > 1) edges.add(unit);
  for (const { fold, lanes = 1, count } of tree) {
    if (lanes > 1) edges.add(unit * lanes);
    if (count === undefined) {
      (fold === "pairwise" ? pairwiseCounts : chainCounts).forEach((values) =>
        counts.add(unit * (values * lanes - 1) + Math.max(1, unit >> 1)),
      );
      if (unit === 1) counts.add(leastItems);
      return;
    }
    unit *= lanes * count;
    if (count > 1) edges.add(unit);
  }
}
