/**
 * Faults of the lowering itself: a method of one of its classes, or a function that a pass exports, does something else
 * while a kernel is compiled. Nothing of the product knows of it: vitest puts the spies there, so that this has to be
 * imported before the compiler.
 */
import { vi } from "vitest";
import { Affine } from "../../codegen/affine.ts";
import { hiddenConstant } from "../../codegen/arithmetic.ts";
import { compile } from "../../codegen/compile.ts";
import { Context } from "../../codegen/context.ts";
import { Folder } from "../../codegen/fold.ts";
import { fuseReductions } from "../../codegen/fused-reduction.ts";
import { addressOf, loaded } from "../../codegen/memory.ts";
import { formulaOf } from "../../codegen/pass-kernel.ts";
import { readerOf } from "../../codegen/ranges.ts";
import { rowCounts } from "../../codegen/rows.ts";
import { workgroupSizeOf } from "../../codegen/nest/points.ts";
import { partitionKernel } from "../../codegen/partition.ts";
import { stagedElement } from "../../codegen/stage.ts";
import { ThreadMap } from "../../codegen/thread-map.ts";
import { literal } from "../../codegen/wgsl/build.ts";
import { placeBarriers } from "../../codegen/wgsl/barriers.ts";
import { placeFences } from "../../codegen/wgsl/fences.ts";
import { verifyModule } from "../../codegen/wgsl/verify.ts";
import { isExactProduct } from "../../dsl/exactness/significant-bits.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import { replaceTrees } from "../order.ts";
import { ofOtherHalf } from "./half.ts";
import { type Target, targetOf } from "./targets.ts";

vi.mock(import("../../codegen/arithmetic.ts"), { spy: true });
vi.mock(import("../../codegen/fused-reduction.ts"), { spy: true });
vi.mock(import("../../codegen/memory.ts"), { spy: true });
vi.mock(import("../../codegen/pass-kernel.ts"), { spy: true });
vi.mock(import("../../codegen/ranges.ts"), { spy: true });
vi.mock(import("../../codegen/rows.ts"), { spy: true });
vi.mock(import("../../codegen/nest/points.ts"), { spy: true });
vi.mock(import("../../codegen/partition.ts"), { spy: true });
vi.mock(import("../../codegen/stage.ts"), { spy: true });
vi.mock(import("../../codegen/wgsl/barriers.ts"), { spy: true });
vi.mock(import("../../codegen/wgsl/fences.ts"), { spy: true });
vi.mock(import("../../codegen/wgsl/verify.ts"), { spy: true });
vi.mock(import("../../dsl/exactness/significant-bits.ts"), { spy: true });

const really = {
  arithmetic: await vi.importActual<typeof import("../../codegen/arithmetic.ts")>("../../codegen/arithmetic.ts"),
  groups: await vi.importActual<typeof import("../../codegen/fused-reduction.ts")>("../../codegen/fused-reduction.ts"),
  memory: await vi.importActual<typeof import("../../codegen/memory.ts")>("../../codegen/memory.ts"),
  passKernel: await vi.importActual<typeof import("../../codegen/pass-kernel.ts")>("../../codegen/pass-kernel.ts"),
  ranges: await vi.importActual<typeof import("../../codegen/ranges.ts")>("../../codegen/ranges.ts"),
  rows: await vi.importActual<typeof import("../../codegen/rows.ts")>("../../codegen/rows.ts"),
  points: await vi.importActual<typeof import("../../codegen/nest/points.ts")>("../../codegen/nest/points.ts"),
  split: await vi.importActual<typeof import("../../codegen/partition.ts")>("../../codegen/partition.ts"),
  stage: await vi.importActual<typeof import("../../codegen/stage.ts")>("../../codegen/stage.ts"),
};

export interface LoweringFault {
  readonly name: string;
  /** The file in which it is planted. */
  readonly file: string;
  readonly what: string;
  readonly plant: () => void;
  readonly at: readonly string[];
  /** Why nothing is wrong with it. */
  readonly equivalent?: string;
}

/** Replaces a method while a kernel is compiled. */
function method<T extends object, K extends keyof T & string>(
  prototype: T,
  name: K,
  by: (original: T[K]) => T[K],
): void {
  const original = prototype[name];
  vi.spyOn(prototype as Record<string, () => void>, name).mockImplementation(by(original) as () => void);
}

export const loweringFaults: readonly LoweringFault[] = [
  {
    name: "sides of a combine",
    file: "fold.ts",
    what: "the right state is combined with the left",
    at: ["welfordVariance/alone", "welfordVariance/runs-together", "welfordVariance/split"],
    plant: () =>
      method(
        Folder.prototype,
        "combineInto",
        (original) =>
          function swapped(this: Folder, targets, left, right, block) {
            return original.call(this, targets, right, left, block);
          },
      ),
  },
  {
    name: "first item",
    file: "fold.ts",
    what: "loops of a fold begin with their second item",
    at: ["linear/alone", "linear/tile-2x2", "linearF32/runs-together"],
    plant: () =>
      method(
        Folder.prototype,
        "loop",
        (original) =>
          function late(this: Folder, from, to, step, block, fill) {
            return original.call(
              this,
              from.kind === "constant" ? { ...from, bits: from.bits + step } : from,
              to,
              step,
              block,
              fill,
            );
          },
      ),
  },
  {
    name: "identity in sight",
    file: "arithmetic.ts",
    what: "identities are literals",
    at: ["linear/alone", "linear/tile-2x2", "softmax/split"],
    plant: () =>
      void vi
        .mocked(hiddenConstant)
        .mockImplementation((constant) =>
          constant.type === "f32" && constant.bits === 0
            ? literal("f32", 0)
            : really.arithmetic.hiddenConstant(constant),
        ),
  },
  {
    name: "seals dropped",
    file: "wgsl/fences.ts",
    what: "operations stand bare",
    at: ["softmax/row-together", "linearF32/alone", "rotary/alone"],
    plant: () => {
      vi.mocked(placeFences).mockImplementation((block) => block);
      // The compiler finds it, too; here the audit has to.
      vi.mocked(verifyModule).mockImplementation((module) => module);
    },
  },
  {
    name: "every product exact",
    file: "significant-bits.ts",
    what: "products that are rounded are fused",
    at: ["softmax/row-together", "rotary/alone", "rmsNorm/runs-together"],
    plant: () =>
      void vi
        .mocked(isExactProduct)
        .mockImplementation(
          ((expr) =>
            expr.kind === "binary" && expr.operator === "multiply" && expr.type === "f32") as typeof isExactProduct,
        ),
  },
  {
    name: "no product exact",
    file: "significant-bits.ts",
    what: "exact products are sealed instead of fused",
    at: ["linear/alone", "linear/tile-2x2", "linear:long/split"],
    plant: () =>
      void vi.mocked(isExactProduct).mockImplementation(((): boolean => false) as unknown as typeof isExactProduct),
    equivalent: "an exact product is rounded nowhere, fused or not; a fused one is only faster",
  },
  {
    name: "rows of a tree",
    file: "rows.ts",
    what: "a level has one value less",
    at: ["linear/alone", "linear/tile-2x2", "linearF32/runs-together"],
    plant: () =>
      void vi
        .mocked(rowCounts)
        .mockImplementation((pool, reduce) =>
          really.rows
            .rowCounts(pool, reduce)
            .map((count, row, all) =>
              row === 0 || row === all.length - 1 ? count : pool.subtract(count, pool.u32(1)),
            ),
        ),
  },
  {
    name: "guards of points",
    file: "thread-map.ts",
    what: "every point counts as one of the axis",
    at: ["linear/alone", "linear/tile-2x2", "softmax/split", "embedding/alone"],
    plant: () => method(ThreadMap.prototype, "inBounds", () => () => undefined),
  },
  {
    name: "clamps of points",
    file: "thread-map.ts",
    what: "points past the end are read where they are",
    at: ["linear/alone", "linear/tile-2x2", "linearF32/runs-together"],
    plant: () => method(ThreadMap.prototype, "clamped", () => (_axis, raw) => raw),
  },
  {
    name: "points of registers",
    file: "thread-map.ts",
    what: "every register holds the first one's point",
    at: ["linear/tile-2x2", "linear/tile-4x4", "rmsNorm/alone"],
    plant: () =>
      method(
        ThreadMap.prototype,
        "local",
        (original) =>
          function mixed(this: ThreadMap, axis) {
            return original.call(this, axis, 0);
          },
      ),
  },
  {
    name: "registers mirrored",
    file: "thread-map.ts",
    what: "the first register holds the last one's point",
    at: ["linear/tile-2x2", "linear/tile-4x4", "linear:long/tile-2x2"],
    plant: () =>
      method(
        ThreadMap.prototype,
        "local",
        (original) =>
          function mirrored(this: ThreadMap, axis, register) {
            return original.call(this, axis, axis.points - 1 - register);
          },
      ),
    equivalent: "which register holds a point is nobody's business",
  },
  {
    name: "first point of a tile",
    file: "thread-map.ts",
    what: "tiles are staged from another's place",
    at: ["linear/tile-2x2", "linear/tile-4x4", "linear:long/tile-2x2"],
    plant: () =>
      method(
        ThreadMap.prototype,
        "base",
        (original) =>
          function shifted(this: ThreadMap, axis) {
            const base = original.call(this, axis);
            const { pool } = this.context;
            return base.kind === "register" ? pool.add(base, pool.u32(1)) : base;
          },
      ),
  },
  {
    name: "no barriers",
    file: "wgsl/barriers.ts",
    what: "invocations wait for nobody",
    at: ["linear/tile-2x2", "linear/runs-together", "softmax/row-together", "rmsNorm/runs-together"],
    plant: () => void vi.mocked(placeBarriers).mockImplementation(({ body }) => body),
  },
  {
    name: "pitch of a staged tile",
    file: "stage.ts",
    what: "what was staged is read at another distance",
    at: ["linear/tile-2x2", "linear/tile-4x4", "linear:long/tile-2x2"],
    plant: () =>
      void vi.mocked(stagedElement).mockImplementation((lowering, expr, position) => {
        const staged = new Map(
          [...lowering.staged].map(([name, operand]) => [name, { ...operand, pitch: operand.pitch - 1 }]),
        );
        return really.stage.stagedElement({ ...lowering, staged }, expr, position);
      }),
  },
  {
    name: "address of a store",
    file: "memory.ts",
    what: "the last two indices change places",
    at: ["linear/alone", "linear/tile-2x2", "softmax/split@1", "attention/alone"],
    plant: () =>
      void vi
        .mocked(addressOf)
        .mockImplementation((context, tensor, indices) =>
          really.memory.addressOf(context, tensor, [...indices.slice(0, -2), ...indices.slice(-2).reverse()]),
        ),
  },
  {
    name: "bits of a half",
    file: "memory.ts",
    what: "the low half is taken for the high one",
    at: ["linear/alone-vector", "attention/registers", "linear/alone"],
    plant: () => void vi.mocked(loaded).mockImplementation((...of) => ofOtherHalf(really.memory.loaded(...of))),
  },
  {
    name: "quotients of addresses",
    file: "affine.ts",
    what: "what a divisor leaves is dropped",
    at: ["linear/alone", "linear/alone-vector", "embedding/alone"],
    plant: () =>
      method(
        Affine.prototype,
        "divide",
        (original) =>
          function lossy(this: Affine, expr, by) {
            const { quotient } = original.call(this, expr, by);
            return { quotient, remainder: original.call(this, expr, 1).remainder };
          },
      ),
  },
  {
    name: "bounds of indices",
    file: "affine.ts",
    what: "an index is thought smaller than it may be",
    at: ["attention/alone", "embedding/alone", "laggedProducts/alone"],
    plant: () => method(Affine.prototype, "maximum", () => () => 0),
  },
  {
    name: "ranges of a large input",
    file: "ranges.ts",
    what: "each range is thought one word longer",
    at: ["linear:ranges/alone", "linear:ranges/runs-together", "linear:ranges/alone-vector"],
    plant: () =>
      void vi.mocked(readerOf).mockImplementation((input, buffers, width, ranges) =>
        really.ranges.readerOf(
          input,
          buffers,
          width,
          ranges.map(({ first, count }) => ({ first, count: count + width })),
        ),
      ),
  },
  {
    name: "tree of the second pass",
    file: "partition.ts",
    what: "partial results are folded pairwise",
    at: ["linear/split", "linear:long/split", "linearF32/split"],
    plant: () =>
      void vi.mocked(partitionKernel).mockImplementation((kernel, level) => {
        const passes = really.split.partitionKernel(kernel, level);
        return passes.map((pass, at) =>
          at === passes.length - 1 ? { ...pass, ...replaceTrees(pass, [{ fold: "pairwise" }]) } : pass,
        );
      }),
  },
  {
    name: "identities of a group",
    file: "fused-reduction.ts",
    what: "folds that share a loop have each other's identity",
    at: ["logSumExp/alone", "attention/alone", "attention/registers"],
    plant: () =>
      void vi.mocked(fuseReductions).mockImplementation((context, members) => {
        const group = really.groups.fuseReductions(context, members);
        const identities = group.accumulators.map(({ identity }) => identity).reverse();
        return {
          ...group,
          accumulators: group.accumulators.map((cell, at) => ({ ...cell, identity: identities[at]! })),
        };
      }),
  },
  {
    name: "who shares a fold",
    file: "context.ts",
    what: "results are thought to be the same along every axis",
    at: ["linear/runs-together", "linear:wide/blocks", "linearF32/runs-together"],
    plant: () => method(Context.prototype, "mentions", () => () => false),
  },
  {
    name: "workgroups of a dispatch",
    file: "pass-kernel.ts",
    what: "one too few",
    at: ["linear/alone", "linear/tile-2x2", "softmax/split@1"],
    plant: () =>
      void vi.mocked(formulaOf).mockImplementation((expr) => {
        const formula = really.passKernel.formulaOf(expr);
        return typeof formula === "object" && "operator" in formula
          ? { operator: "subtract", left: formula, right: 1 }
          : formula;
      }),
  },
  {
    name: "size of a workgroup",
    file: "nest/points.ts",
    what: "half of the invocations",
    at: ["linear/alone", "linear/tile-2x2", "rmsNorm/runs-together"],
    plant: () =>
      void vi.mocked(workgroupSizeOf).mockImplementation((shape) => really.points.workgroupSizeOf(shape) / 2),
  },
];

/** The target, compiled while the fault is planted. */
export function compiledWith(
  fault: LoweringFault,
  at: string,
): { readonly target: Target; readonly artifact: Artifact } {
  const target = targetOf(at);
  const { kernel, schedule, artifact, limits } = target;
  try {
    fault.plant();
    const made = compile({ ...kernel }, { extents: artifact.extents, schedule, limits });
    return { target, artifact: { ...made, sha256: `${made.sha256}, ${fault.name} at ${at}` } };
  } finally {
    // What vi.mock spies on goes back to what it was, and so do the methods.
    vi.resetAllMocks();
    vi.restoreAllMocks();
  }
}
