/**
 * The negative control: what kernels do whose reduction order follows the batch. The same compiler and the same
 * kernels; only the linear ones cut their sum over K into 1, 2, 4 or 8 slices by the number of rows, as engines do
 * that split K to keep a device busy. Each of these trees is as accurate as the declared one, and none is ours. For
 * demonstrations and tests only, and therefore exported from nowhere.
 */
import { rewrite } from "../dsl/expr.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Tree } from "../dsl/tree.ts";
import type { KernelUse, Variant } from "./compile-model.ts";
import { loadLibrary } from "./library.ts";

const splits = [1, 2, 4, 8] as const;

/** The fewer rows there are, the more slices it takes to occupy a device. */
export function splitFor(rows: number): (typeof splits)[number] {
  return rows < 4 ? 8 : rows < 16 ? 4 : rows < 64 ? 2 : 1;
}

const isSplit = ({ module }: KernelUse): boolean => module.startsWith("linear");

/** A library like any other, except that which linear kernel it gives decides the bits. */
export const loadOrdinaryLibrary: typeof loadLibrary = async (device, uses, options = {}) => {
  const rest = await loadLibrary(device, uses.filter((use) => !isSplit(use)), options);
  const linear = new Map<number, Awaited<ReturnType<typeof loadLibrary>>>();
  for (const split of splits) linear.set(split, await loadLibrary(device, uses.filter(isSplit), { ...options, variant: splitK(split) }));
  return {
    hashes: [rest, ...linear.values()].flatMap(({ hashes }) => hashes).sort(),
    get: (use, rows) => (isSplit(use) ? linear.get(splitFor(rows))! : rest).get(use, rows),
  };
};

/** K in `split` slices, each folded in order, and then the slices' sums in order. */
function splitK(split: number): Variant {
  return {
    name: `K in ${split} slices`,
    apply(kernel, { inner }) {
      const slice: Tree = [{ fold: "chain", count: Math.ceil(inner! / split) }];
      return withTree(kernel, [...(split === 1 ? [] : slice), { fold: "chain" }]);
    },
  };
}

/** The kernel with another tree for each of its outermost reductions. */
function withTree(kernel: Kernel, tree: Tree): Kernel {
  const { pool } = kernel;
  const outputs = kernel.outputs.map((output) => ({
    ...output,
    value: rewrite(pool, output.value, (expr) => (expr.kind === "field" ? pool.field(pool.reduce({ ...expr.of, tree }), expr.field) : undefined)),
  }));
  return { ...kernel, outputs };
}
