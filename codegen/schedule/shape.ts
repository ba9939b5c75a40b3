/** What strategies look at: a pass's axes, reductions and trees, and the device's limits. */
import type { Expr, Output, Reduce } from "../../dsl/ir.ts";
import { holds, operandsOf, reductionsInScope, rootsOf } from "../../dsl/visit.ts";
import type { DeviceLimits } from "../../runtime/artifact.ts";
import { isPacked } from "../../runtime/storage.ts";
import { extentOf, type PassKernel } from "../pass-kernel.ts";

/** Axes that a pass computes outputs over, outermost first; neighbors along the last one are neighbors in memory. */
export function outputAxesOf(kernel: PassKernel): string[] {
  const axes = new Set<string>();
  for (const output of kernel.outputs) output.over.forEach((axis) => axes.add(axis));
  if (axes.size === 0) return [];
  const inner = innermostOf(
    kernel.outputs.find((output) => isPacked(output.storage)) ??
      kernel.outputs.find((output) => output.over.length > 0)!,
    kernel,
  );
  axes.delete(inner);
  return [...axes, inner];
}

function innermostOf(output: Output, kernel: PassKernel): string {
  const last = output.place?.[output.place.length - 1];
  const axis =
    last?.kind === "index" && last.variable.kind === "axis" ? last.variable.axis : output.over[output.over.length - 1]!;
  return kernel.axes.some((candidate) => candidate.name === axis) ? axis : output.over[output.over.length - 1]!;
}

/** The reductions that a pass's outputs need at the scope of an output element. */
export function topReductionsOf(kernel: PassKernel): Reduce[] {
  return reductionsInScope(rootsOf(kernel));
}

export interface Shape {
  readonly kernel: PassKernel;
  readonly axes: readonly string[];
  readonly inner: string;
  /** Points of the innermost axis that one invocation must hold: two where a word has two elements. */
  readonly pair: 1 | 2;
  readonly reduces: readonly Reduce[];
  readonly limits: DeviceLimits;
}

export function shapeOf(kernel: PassKernel, limits: DeviceLimits): Shape {
  const axes = outputAxesOf(kernel);
  return {
    kernel,
    axes,
    inner: axes[axes.length - 1]!,
    limits,
    pair: kernel.outputs.some((output) => isPacked(output.storage)) ? 2 : 1,
    reduces: topReductionsOf(kernel),
  };
}

/** The largest power of two up to `most` that is not more than needed for `extent` points. */
export function invocationsFor(extent: Expr, most: number): number {
  if (extent.kind !== "constant") return most;
  let invocations = 1;
  while (invocations < most && invocations < extent.bits) invocations *= 2;
  return invocations;
}

export const mentions = ({ kernel }: Shape, reduce: Reduce, axis: string): boolean =>
  reduce.free.has(kernel.pool.axisVariable(axis));

/** The points along an axis where that is a model's; undefined where it is known at run time only. */
export function pointsOf({ kernel }: Shape, axis: string): number | undefined {
  const extent = extentOf(kernel, axis);
  return extent.kind === "constant" ? extent.bits : undefined;
}

/** Whether innermost chains walk rows of memory, so that taking several leaves at a time loads vectors. */
export function walksRows(shape: Shape): boolean {
  const walks = (expr: Expr): boolean => {
    const last = expr.kind === "load" ? expr.indices.at(-1) : undefined;
    return last?.kind === "index" && last.variable.kind === "item";
  };
  const belowLoads = (expr: Expr): readonly Expr[] => (expr.kind === "load" ? [] : operandsOf(expr));
  return shape.reduces.some((reduce) => reduce.leaf.some((leaf) => holds(leaf, walks, belowLoads)));
}
