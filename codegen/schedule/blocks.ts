/** Which inputs neighboring invocations walk far apart, and the blocks that bring their elements together. */
import type { Expr, Load } from "../../dsl/ir.ts";
import { collect, reductionsBelow } from "../../dsl/visit.ts";
import { perVector } from "../../runtime/storage.ts";
import { extentOf } from "../pass-kernel.ts";
import type { Shape } from "./shape.ts";

/**
 * Blocks for the inputs whose elements neighbouring lanes walk far apart: those that leaves read at the innermost axis,
 * further on at an item, and elsewhere at indices that neither is part of. A block holds what the lanes load at once, a
 * vector of items each. Where the item comes first, neighbours along the axis are neighbours in memory as it is. Inputs
 * of the batch's size are left as they are: what wrote them would have to store them so, at each run.
 */
export function blocksFor(shape: Shape, lanes: number): Record<string, readonly number[]> {
  const { kernel, inner, reduces } = shape;
  const lane = kernel.pool.axisVariable(inner);
  const found = new Map<string, readonly number[] | undefined>();
  const blocksOf = ({ indices, guarded, storage }: Load): readonly number[] | undefined => {
    const isLane = (index: Expr): boolean => index.kind === "index" && index.variable === lane;
    const isItem = (index: Expr): boolean => index.kind === "index" && index.variable.kind === "item";
    const [axis, item] = [indices.findIndex(isLane), indices.findIndex(isItem)];
    const others = indices.filter((_, at) => at !== axis && at !== item);
    if (
      guarded ||
      axis < 0 ||
      item < axis ||
      others.some(({ free }) => [...free].some((variable) => variable === lane || variable.kind === "item"))
    )
      return undefined;
    return indices.map((_, at) => (at === axis ? lanes : at === item ? perVector(storage) : 1));
  };
  const visit = (expr: Expr): void => {
    if (expr.kind !== "load") return;
    const blocks = blocksOf(expr);
    const known = found.get(expr.input);
    found.set(expr.input, found.has(expr.input) && known?.join() !== blocks?.join() ? undefined : blocks);
  };
  [...reductionsBelow(reduces.flatMap((reduce) => reduce.leaf)), ...reduces].forEach((reduce) =>
    reduce.leaf.forEach((leaf) => collect([leaf]).forEach(visit)),
  );
  const isModel = (axis: string): boolean => extentOf(kernel, axis).kind === "constant";
  const stored = kernel.inputs.filter(({ name, axes }) => found.get(name) !== undefined && axes.every(isModel));
  return Object.fromEntries(stored.map(({ name }) => [name, found.get(name)!]));
}
