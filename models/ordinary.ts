/**
 * The negative control: what kernels do whose reduction order follows the batch. The same compiler and the same
 * kernels; only the linear ones cut their sum over K into 1, 2, 4 or 8 slices by the number of rows, as engines do
 * that split K to keep a device busy. Each of these trees is as accurate as the declared one, and none is ours. For
 * demonstrations and tests only, and therefore exported from nowhere.
 */
import { rewrite } from "../dsl/rewrite.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Tree } from "../dsl/tree.ts";
import { compileKernels, type CompiledKernel, type KernelSource, type Variant } from "./compile-model.ts";
import type { NamedSource } from "./library-cache.ts";
import type { KernelUse } from "./machine.ts";

/** The fewer rows there are, the more slices it takes to occupy a device. */
const splits = [
  { fromTokens: 1, slices: 8 },
  { fromTokens: 4, slices: 4 },
  { fromTokens: 16, slices: 2 },
  { fromTokens: 64, slices: 1 },
] as const;

const isSplit = ({ module }: KernelUse): boolean => module.startsWith("linear");

/** For `loadCheckpoint`. */
export const ordinary: NamedSource = { name: "ordinary", kernels: compileOrdinary };

/**
 * The other control, for `loadCheckpoint`: the model's kernels under the same schedules, but with the device's own exp,
 * division and roots, and sums and products that its compiler may contract, regroup and factor.
 */
export const builtin: NamedSource = {
  name: "builtin",
  kernels: (uses, options) => compileKernels(uses, { ...options, arithmetic: "builtin" }),
};

/** A library's kernels like any other, except that which linear kernel a step gets decides the bits. */
async function compileOrdinary(...[uses, options]: Parameters<KernelSource>): ReturnType<KernelSource> {
  const all = [...uses];
  const compiled = new Map(
    await compileKernels(
      all.filter((use) => !isSplit(use)),
      options,
    ),
  );
  for (const { fromTokens, slices } of splits) {
    const split = await compileKernels(all.filter(isSplit), { ...options, variant: splitK(slices) });
    for (const [name, variants] of split) {
      const { declaration, artifact } = variants.findLast((variant) => variant.fromTokens <= fromTokens)!;
      const before: readonly CompiledKernel[] = compiled.get(name) ?? [];
      compiled.set(name, [...before, { fromTokens, declaration, artifact }]);
    }
  }
  return compiled;
}

/** K in so many slices, each folded in order, and then the slices' sums in order. */
function splitK(slices: number): Variant {
  return {
    name: `K in ${slices} slices`,
    apply(kernel, { inner }) {
      const slice: Tree = [{ fold: "chain", count: Math.ceil(inner! / slices) }];
      return withTree(kernel, [...(slices === 1 ? [] : slice), { fold: "chain" }]);
    },
  };
}

/** The kernel with another tree for each of its outermost reductions. */
function withTree(kernel: Kernel, tree: Tree): Kernel {
  const { pool } = kernel;
  const outputs = kernel.outputs.map((output) => ({
    ...output,
    value: rewrite(pool, output.value, (expr) =>
      expr.kind === "field" ? pool.field(pool.reduce({ ...expr.of, tree }), expr.field) : undefined,
    ),
  }));
  return { ...kernel, outputs };
}
