/**
 * Build: the nest that reads as the kernel's declaration. Every point is computed on its own, and every fold in order.
 */
import type { Expr, Reduce } from "../../dsl/ir.ts";
import { partsOf, reductionsInScope, rootsOf } from "../../dsl/visit.ts";
import { outputAxesOf } from "../schedule/shape.ts";
import type { PassKernel } from "../pass-kernel.ts";
import { fuse } from "./fuse.ts";
import { type Fold, type Fused, leaderOf, type Nest, type Node, type Store } from "./nest.ts";

export function buildNest(kernel: PassKernel): Nest {
  const axes = outputAxesOf(kernel);
  const stores = kernel.outputs.map(
    (output): Store => ({ kind: "store", output, first: axes.filter((axis) => !output.over.includes(axis)) }),
  );
  const body = axes.reduceRight<readonly Node[]>(
    (inside, axis) => [
      { kind: "loop", over: { kind: "points", axis }, trips: "rest", stride: 1, binding: "grid", body: inside },
    ],
    [...foldsOf(kernel, axes, rootsOf(kernel), []), ...stores],
  );
  return { kernel, axes, ways: 1, leaves: 1, layouts: new Map(), body };
}

/** The folds that expressions need where they stand, besides those that have ended. */
function foldsOf(
  kernel: PassKernel,
  axes: readonly string[],
  exprs: readonly Expr[],
  ended: readonly Reduce[],
): Fold[] {
  const reduces = reductionsInScope(exprs, new Map(ended.map((reduce) => [reduce, true])));
  const known = [...ended, ...reduces];
  const variables = axes.map((axis) => kernel.pool.axisVariable(axis));
  return fuse(reduces, variables).map((of) => {
    const inside = foldsOf(kernel, axes, of.members.flatMap(partsOf), known);
    return foldAt(of, leaderOf(of).tree.length, inside);
  });
}

/** The loops of a tree from a level down. `inside`: the folds that a leaf needs. */
export function foldAt(of: Fused, level: number, inside: readonly Node[]): Fold {
  const take: readonly Node[] =
    level <= 1
      ? [...inside, { kind: "accumulate", of, level, from: "leaf" }]
      : [foldAt(of, level - 1, inside), { kind: "accumulate", of, level, from: "level" }];
  const body: readonly Node[] =
    level === 0
      ? take
      : [{ kind: "loop", over: { kind: "level", of, level }, trips: "rest", stride: 1, binding: "serial", body: take }];
  return { kind: "fold", of, level, held: [], body };
}
