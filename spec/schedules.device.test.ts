/**
 * Schedules give the reference evaluator's bits: all that fit, for every kernel of the models and for others; and
 * drawn by chance under random trees, at ragged extents and for random kernels. Bits are compared, all of them.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schedulesFor } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { printTree } from "../dsl/tree-notation.ts";
import type { Tree } from "../dsl/tree.ts";
import { type Device, openDevice } from "../runtime/index.ts";
import { arbitraryKernel, arbitraryTree } from "./arbitraries.ts";
import { evaluate } from "./evaluator.ts";
import { execute } from "./execute.ts";
import { randomInputs } from "./inputs.ts";
import { addsFloats, orderSensitivity, reductionsOf, replaceTrees, withoutRounding } from "./order.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const modelKernels = readdirSync(folder("../models/kernels")).filter((name) => name.endsWith(".kernel.ts")).map((name) => folder(`../models/kernels/${name}`));
const kernels = new Map([...modelKernels, folder("fixtures/right/reductions.kernel.ts"), folder("fixtures/right/authors.kernel.ts"),
  folder("fixtures/right/corners.kernel.ts")]
  .flatMap((file) => readKernels(file).kernels).map((kernel) => [kernel.name, kernel]));

/** Extents that a kernel is tried at: what sizes have to do with each other is said here. */
const sizes: Record<string, (n: number, m: number) => Record<string, number>> = {
  add: (n, m) => ({ token: n, channel: m }),
  rmsNorm: (n, m) => ({ token: n, channel: m }),
  rmsNormHeads: (n, m) => ({ token: n, head: 3, dim: m }),
  linear: (n, m) => ({ token: n, out: n % 2 === 0 ? 9 + n : 33 + n * 7, inner: m * 2 }),
  linearBias: (n, m) => ({ token: n, out: 16, inner: m * 2 }),
  linearF32: (n, m) => ({ token: n, out: 9 + n, inner: m * 2 }),
  linearBiasF32: (n, m) => ({ token: n, out: 16, inner: m * 2 }),
  rotary: (n, m) => ({ token: n, head: 2, dim: 2 * (1 + (m % 20)), half: 1 + (m % 20), place: 33 }),
  storeRows: (n, m) => ({ token: n, slot: n + 7, kvHead: 2, dim: 1 + (m % 33) }),
  attention: (n, m) => ({ token: n, row: 2, slot: 16 * (2 + Math.ceil(m / 16)), block: 1 + Math.ceil(m / 16), key: m, head: 4, kvHead: 2, dim: 1 + (n * 5) % 23, page: 16 }),
  swiGlu: (n, m) => ({ token: n, channel: m }),
  embedding: (n, m) => ({ token: n, vocabulary: 17, channel: m }),
  embeddingF32: (n, m) => ({ token: n, vocabulary: 17, channel: m }),
  argmax: (n, m) => ({ token: n, id: m }),
  logSoftmax: (n, m) => ({ token: n, id: m }),
  selectRows: (n, m) => ({ token: n + 2, row: n, channel: m }),
  sumOfDifferences: (n, m) => ({ token: n, out: 7 * n, inner: m }),
  maxOfSums: (n, m) => ({ token: n, out: 7, inner: m }),
  welfordVariance: (n, m) => ({ token: n, channel: m }),
  twoReductions: (n, m) => ({ token: n, channel: m }),
  softmax: (n, m) => ({ row: n, c: m }),
  batchedMatmul: (n, m) => ({ b: 2, h: 2, i: n, j: 17, k: m }),
  matmulNN: (n, m) => ({ token: n, out: 18, inner: m }),
  conv1d: (n, m) => ({ b: n, t: m, tap: 9, padded: m + 8 }),
  int8dot: (n, m) => ({ token: n, out: 5, inner: m }),
  nearest: (n, m) => ({ token: n, code: 3 + (m % 40), c: m }),
  logSumExp: (n, m) => ({ token: n, c: m }),
  prefixMean: (n, m) => ({ token: n, row: 2, key: m, c: n + 2 }),
  ropeLike: (n, m) => ({ token: n, d: m }),
  runsNorm: (n, m) => ({ token: n, c: m }),
  geluGate: (n, m) => ({ token: n, c: m }),
  cosine: (n, m) => ({ q: n, d: 9, c: m }),
  minmax: (n, m) => ({ t: n, c: m }),
  laggedProducts: (n, m) => ({ token: n, k: m }),
  nestedPairwise: (n, m) => ({ token: n, out: 17, k: 1 + (m % 9), j: 3 }),
  nestedChain: (n, m) => ({ token: n, out: 17, k: 1 + (m % 9), j: 3 }),
  unevenBarrier: (n, m) => ({ token: n, out: 17, key: 1 + (m % 9), dim: 5 }),
  keptApart: (n, m) => ({ token: n, key: m, dim: 3 }),
  transposed: (n, m) => ({ token: n, channel: m }),
  withAndWithoutKey: (n, m) => ({ token: n, key: n === 1 ? 0 : m }),
  emptyCount: (n, m) => ({ token: n, key: m, dim: 4 }),
  shiftByExtent: (_, m) => ({ channel: m }),
  overflowingConstant: (_, m) => ({ channel: m }),
  countedByFold: (n, m) => ({ token: n, channel: 5, key: m, k: 3 }),
  onePlace: (_, m) => ({ channel: 4, k: m }),
};

let device: Device;
beforeAll(async () => { device = await openDevice(); });
afterAll(() => device.dispose());

const tally = new Map<string, number>();

/** Compares schedules with the evaluator: all that fit, or a few of them, drawn by the case's seed. */
async function compareSchedules(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number, most: number, onlyWhereOrderMatters = false): Promise<void> {
  const data = { ...randomInputs(kernel, extents, seed), extents };
  // Nine of ten outputs must change with the order of the sums, where the kernel adds floats: other data proves nothing.
  if (onlyWhereOrderMatters && addsFloats(kernel)) fc.pre(orderSensitivity(kernel, extents, data) >= 0.9);
  const expected = evaluate(kernel, data);
  const offered = schedulesFor(kernel, { extents, limits: device.limits });
  const first = seed % offered.length;
  for (const schedule of [...offered.slice(first), ...offered.slice(0, first)].slice(0, most)) {
    const { outputs } = await execute(device, kernel, schedule, data);
    tally.set(schedule.name, (tally.get(schedule.name) ?? 0) + 1);
    for (const { name } of kernel.outputs) {
      const wrong = outputs[name]!.findIndex((bits, at) => bits !== expected[name]![at]);
      if (wrong < 0) continue;
      const trees = reductionsOf(kernel).map((reduce) => `'${printTree(reduce.tree)}'`).join(", ");
      throw new Error(`${kernel.name}, schedule ${schedule.name}, ${JSON.stringify(extents)}, seed ${seed}, trees ${trees}: ${name}[${wrong}] is ` +
        `0x${outputs[name]![wrong]!.toString(16)}, the evaluator says 0x${expected[name]![wrong]!.toString(16)}`);
    }
  }
}

/** The kernel under another tree; its 16-bit outputs as f32, where rounding can't hide an order. */
function variant(kernel: Kernel, tree: Tree | undefined, unrounded: boolean): Kernel {
  const grown = tree === undefined || reductionsOf(kernel).length === 0 ? kernel : replaceTrees(kernel, tree);
  return unrounded ? withoutRounding(grown) : grown;
}

const maybeTree = fc.option(arbitraryTree(), { nil: undefined });

describe("schedules give the evaluator's bits", () => {
  test("each kernel of the models has sizes here", () => {
    expect([...kernels.keys()].filter((name) => sizes[name] === undefined)).toEqual([]);
  });

  test.each([...kernels.keys()])("%s, under every schedule that fits", async (name) => {
    await compareSchedules(kernels.get(name)!, sizes[name]!(5, 133), 1, Infinity);
    if (kernels.get(name)!.outputs.some(({ storage }) => storage === "bf16")) await compareSchedules(withoutRounding(kernels.get(name)!), sizes[name]!(3, 70), 2, Infinity);
  });

  test("these kernels under random trees and ragged extents, on data where order matters", async () => {
    const cases = fc.tuple(fc.constantFrom(...kernels.keys()), maybeTree, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 100, max: 220 }), fc.nat(1000));
    await fc.assert(fc.asyncProperty(cases, async ([name, tree, n, m, seed]) => {
      const kernel = variant(kernels.get(name)!, tree, true);
      await compareSchedules(kernel, sizes[name]!(n, m), seed, 2, true);
    }), { numRuns: 200, seed: 1 });
  }, 900_000);

  test("random kernels, on data where order matters", async () => {
    await fc.assert(fc.asyncProperty(arbitraryKernel(), fc.nat(1000), async ({ kernel, extents }, seed) => {
      await compareSchedules(kernel, extents, seed, 2, true);
    }), { numRuns: 120, seed: 1 });
  }, 900_000);

  test("kernels at small and at ragged extents, down to one item", async () => {
    const named = fc.tuple(fc.constantFrom(...kernels.keys()), maybeTree, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }), fc.boolean())
      .map(([name, tree, n, m, unrounded]) => ({ kernel: variant(kernels.get(name)!, tree, unrounded), extents: sizes[name]!(n, m) }));
    await fc.assert(fc.asyncProperty(fc.oneof(named, arbitraryKernel()), fc.nat(1000), async ({ kernel, extents }, seed) => {
      await compareSchedules(kernel, extents, seed, 2);
    }), { numRuns: 80, seed: 1 });
    console.log(`runs by schedule: ${[...tally].map(([name, runs]) => `${name} ${runs}`).join(", ")}`);
  }, 900_000);
});
