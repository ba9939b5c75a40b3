/** Which reductions share one loop, and in what order the loops come. */
import type { Reduce, Variable } from "../../dsl/ir.ts";
import { partsOf, reductionsBelow } from "../../dsl/visit.ts";
import type { Fused } from "./nest.ts";

/**
 * Puts reductions of one scope that can share a loop together, each after those that it needs. They have one domain and
 * one tree, and differ along the same axes, since what differs along fewer of them can be computed further out.
 */
export function fuse(reduces: readonly Reduce[], axes: readonly Variable[]): Fused[] {
  const depths = new Map<Reduce, number>();
  const depthOf = (reduce: Reduce): number => {
    let depth = depths.get(reduce);
    if (depth === undefined) {
      const needed = [...reductionsBelow(partsOf(reduce))].filter((other) => reduces.includes(other));
      depths.set(reduce, (depth = 1 + Math.max(-1, ...needed.map(depthOf))));
    }
    return depth;
  };
  const variables: Variable[] = [];
  const groups = new Map<string, Reduce[]>();
  for (const reduce of reduces) {
    if (!variables.includes(reduce.variable)) variables.push(reduce.variable);
    const key = [
      depthOf(reduce),
      variables.indexOf(reduce.variable),
      axes.map((axis) => (reduce.free.has(axis) ? 1 : 0)).join(""),
      reduce.start.id,
      reduce.count.id,
      reduce.tree.map((level) => `${level.lanes ?? ""}${level.fold}${level.count ?? ""}`).join(","),
      reduce.item?.id ?? "",
    ].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), reduce]);
  }
  return [...groups.values()].sort(([a], [b]) => depthOf(a!) - depthOf(b!)).map((members) => ({ members }));
}
