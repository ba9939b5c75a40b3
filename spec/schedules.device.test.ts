/**
 * Every schedule that fits gives the reference evaluator's bits: for every kernel of the models and for others, under
 * random trees and ragged extents, and for random kernels. Bits are compared, all of them.
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
import { orderSensitivity, reductionsOf, replaceTrees } from "./order.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const modelKernels = readdirSync(folder("../models/kernels")).filter((name) => name.endsWith(".kernel.ts")).map((name) => folder(`../models/kernels/${name}`));
const kernels = new Map([...modelKernels, folder("fixtures/right/reductions.kernel.ts")]
  .flatMap((file) => readKernels(file).kernels).map((kernel) => [kernel.name, kernel]));

/** Extents that a kernel is tried at: what sizes have to do with each other is said here. */
const sizes: Record<string, (n: number, m: number) => Record<string, number>> = {
  add: (n, m) => ({ token: n, channel: m }),
  rmsNorm: (n, m) => ({ token: n, channel: m }),
  rmsNormHeads: (n, m) => ({ token: n, head: 3, dim: m }),
  linear: (n, m) => ({ token: n, out: 9 + n, inner: m * 2 }),
  linearBias: (n, m) => ({ token: n, out: 16, inner: m * 2 }),
  rotary: (n, m) => ({ token: n, head: 2, dim: 2 * (1 + (m % 20)), half: 1 + (m % 20), place: 33 }),
  storeRows: (n, m) => ({ token: n, slot: n + 7, kvHead: 2, dim: 1 + (m % 33) }),
  attention: (n, m) => ({ token: n, row: 2, slot: 16 * (2 + Math.ceil(m / 16)), block: 1 + Math.ceil(m / 16), key: m, head: 4, kvHead: 2, dim: 1 + (n * 5) % 23, page: 16 }),
  swiGlu: (n, m) => ({ token: n, channel: m }),
  embedding: (n, m) => ({ token: n, vocabulary: 17, channel: m }),
  argmax: (n, m) => ({ token: n, id: m }),
  logSoftmax: (n, m) => ({ token: n, id: m }),
  selectRows: (n, m) => ({ token: n + 2, row: n, channel: m }),
  sumOfDifferences: (n, m) => ({ token: n, out: 7, inner: m }),
  maxOfSums: (n, m) => ({ token: n, out: 7, inner: m }),
  welfordVariance: (n, m) => ({ token: n, channel: m }),
  twoReductions: (n, m) => ({ token: n, channel: m }),
};

let device: Device;
beforeAll(async () => { device = await openDevice(); });
afterAll(() => device.dispose());

/** Compares every schedule that fits with the evaluator; gives how many there were. */
async function everySchedule(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number): Promise<number> {
  const data = { ...randomInputs(kernel, extents, seed), extents };
  const expected = evaluate(kernel, data);
  const schedules = schedulesFor(kernel, { extents, limits: device.limits });
  for (const schedule of schedules) {
    const { outputs } = await execute(device, kernel, schedule, data);
    for (const { name } of kernel.outputs) {
      const wrong = outputs[name]!.findIndex((bits, at) => bits !== expected[name]![at]);
      if (wrong < 0) continue;
      const trees = reductionsOf(kernel).map((reduce) => `'${printTree(reduce.tree)}'`).join(", ");
      throw new Error(`${kernel.name}, schedule ${schedule.name}, ${JSON.stringify(extents)}, seed ${seed}, trees ${trees}: ${name}[${wrong}] is ` +
        `0x${outputs[name]![wrong]!.toString(16)}, the evaluator says 0x${expected[name]![wrong]!.toString(16)}`);
    }
  }
  return schedules.length;
}

/** The tree that a case gives to every reduction; those that fold whole runs keep to it as well. */
const withTree = (kernel: Kernel, tree: Tree | undefined): Kernel => (tree === undefined ? kernel : replaceTrees(kernel, tree));

describe("every schedule that fits gives the evaluator's bits", () => {
  test("each kernel of the models has sizes here", () => {
    expect([...kernels.keys()].filter((name) => sizes[name] === undefined)).toEqual([]);
  });

  test.each([...kernels.keys()])("%s, under random trees and ragged extents", async (name) => {
    const kernel = kernels.get(name)!;
    const reduces = reductionsOf(kernel).length > 0;
    let schedules = 0;
    const cases = fc.tuple(fc.option(arbitraryTree(), { nil: undefined }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 150 }), fc.nat(1000));
    await fc.assert(fc.asyncProperty(cases, async ([tree, n, m, seed]) => {
      schedules += await everySchedule(withTree(kernel, reduces ? tree : undefined), sizes[name]!(n, m), seed);
    }), { numRuns: reduces ? 6 : 3, seed: 1 });
    console.log(`${name}: ${schedules} runs of schedules`);
  });

  test("random kernels", async () => {
    let schedules = 0;
    await fc.assert(fc.asyncProperty(arbitraryKernel(), fc.nat(1000), async ({ kernel, extents }, seed) => {
      schedules += await everySchedule(kernel, extents, seed);
    }), { numRuns: 240, seed: 1 });
    console.log(`random kernels: ${schedules} runs of schedules`);
  }, 600_000);

  test("on data where order matters", async () => {
    for (const [name, kernel] of kernels) {
      if (!reductionsOf(kernel).some((reduce) => reduce.reducer.fields.some((field) => field.type === "f32"))) continue;
      const extents = sizes[name]!(6, 150);
      console.log(`${name}: a flat chain changes ${(100 * orderSensitivity(kernel, extents, randomInputs(kernel, extents, 1))).toFixed(1)}% of the outputs`);
    }
  });
});
