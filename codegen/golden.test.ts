/**
 * WGSL as the compiler prints it, in golden/KERNEL.SCHEDULE.wgsl, so that a change of the compiler shows in review what
 * it changes in texts. `npx vitest run --project host codegen/golden.test.ts -u` writes the files anew.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import type { Arithmetic } from "../runtime/artifact.ts";
import { compile, schedulesFor } from "./compile.ts";

interface Golden {
  /** What its texts show. */
  readonly shows: string;
  readonly file: string;
  readonly kernel: string;
  readonly extents: Readonly<Record<string, number>>;
  readonly schedules: readonly string[];
  /** `free` where absent, which then stands in no file's name. */
  readonly arithmetic?: Arithmetic;
}

const models = "models/kernels";
const right = "spec/fixtures/right";
const strangers = "spec/fixtures/strangers";

const goldens: readonly Golden[] = [
  {
    shows: "a sum of squares over lanes and pairwise, bf16 stored two to a word",
    file: `${models}/rmsNorm`,
    kernel: "rmsNorm",
    extents: { channel: 128 },
    schedules: ["alone", "row-each", "row-together", "runs-vector"],
  },
  {
    shows: "the same with every addition sealed",
    file: `${models}/rmsNorm`,
    kernel: "rmsNorm",
    extents: { channel: 128 },
    schedules: ["row-together"],
    arithmetic: "sealed",
  },
  {
    shows: "the same without a seal, with the device's own functions",
    file: `${models}/rmsNorm`,
    kernel: "rmsNorm",
    extents: { channel: 128 },
    schedules: ["row-together"],
    arithmetic: "builtin",
  },
  {
    shows: "a state of three fields, at a ragged size",
    file: `${right}/layer-norm`,
    kernel: "layerNorm",
    extents: { channel: 101 },
    schedules: ["alone", "alone-vector", "row-together", "split"],
  },
  {
    shows: "a sum that needs a maximum first",
    file: `${right}/authors`,
    kernel: "softmax",
    extents: { c: 128 },
    schedules: ["alone", "row-together", "leaves-together", "split"],
  },
  {
    shows: "a product of bf16 matrices, the weight's words in vectors, in tiles and in blocks",
    file: `${models}/linear`,
    kernel: "linear",
    extents: { out: 64, inner: 256 },
    schedules: ["alone-vector", "tile-2x2", "blocks", "split"],
  },
  {
    shows: "a product whose tree has three levels, at a ragged size",
    file: `${right}/authors`,
    kernel: "matmulNN",
    extents: { out: 21, inner: 133 },
    schedules: ["alone", "alone-4x4", "runs-together", "split-level-2"],
  },
  {
    shows: "a product of two batch tensors in tiles, at a ragged size",
    file: `${right}/authors`,
    kernel: "batchedMatmul",
    extents: { h: 2, i: 17, j: 75, k: 133 },
    schedules: ["alone-vector", "tile-2x2", "tile-4x4", "runs-vector"],
  },
  {
    shows: "an online softmax over pages of a cache, reductions within reductions",
    file: `${models}/attention`,
    kernel: "attention",
    extents: { head: 4, kvHead: 2, dim: 8, page: 16 },
    schedules: ["alone", "registers", "registers-together", "runs-together"],
  },
  {
    shows: "the place of the largest, whose order is free",
    file: `${models}/logits`,
    kernel: "argmax",
    extents: { id: 133 },
    schedules: ["alone", "alone-vector", "leaves-together", "split"],
  },
  {
    shows: "sums up to each place",
    file: `${strangers}/scans`,
    kernel: "prefixSum",
    extents: { c: 64 },
    schedules: ["alone", "alone-vector", "runs-together", "split"],
  },
  {
    shows: "a recurrence as a reduction of functions",
    file: `${strangers}/scans`,
    kernel: "linearRecurrence",
    extents: { time: 32, channel: 8 },
    schedules: ["alone", "runs-together", "leaves-together", "split"],
  },
  {
    shows: "a convolution over two axes with edges",
    file: `${strangers}/convolutions`,
    kernel: "conv2d",
    extents: { out: 4, channel: 4, y: 4, x: 8, ky: 3, kx: 3 },
    schedules: ["alone", "alone-4x4", "registers", "runs-together"],
  },
  {
    shows: "int8 weights, four to a word",
    file: `${strangers}/quantized`,
    kernel: "int8Linear",
    extents: { out: 64, word: 16, lane: 4 },
    schedules: ["alone", "blocks", "runs-together", "split"],
  },
  {
    shows: "pairwise trees within a pairwise tree",
    file: `${right}/corners`,
    kernel: "nestedPairwise",
    extents: { out: 17, k: 9, j: 3 },
    schedules: ["alone", "leaves-together", "registers", "runs-together"],
  },
  {
    shows: "two outputs",
    file: `${right}/authors`,
    kernel: "minmax",
    extents: { c: 133 },
    schedules: ["alone", "alone-vector", "leaves-together", "runs-vector"],
  },
  {
    shows: "rows gathered by a table",
    file: `${models}/embedding`,
    kernel: "embedding",
    extents: { vocabulary: 17, channel: 128 },
    schedules: ["alone"],
  },
  {
    shows: "rows scattered by placement",
    file: `${models}/storeRows`,
    kernel: "storeRows",
    extents: { kvHead: 2, dim: 8 },
    schedules: ["alone"],
  },
];

const root = join(import.meta.dirname, "..");
const folder = join(import.meta.dirname, "golden");
const written = new Set<string>();
const read = new Map(
  [...new Set(goldens.map(({ file }) => file))].map((file) => [
    file,
    readKernels(join(root, `${file}.kernel.ts`)).kernels,
  ]),
);

describe.each(goldens)("golden WGSL of $kernel shows $shows", (golden) => {
  const { file, kernel: name, extents, arithmetic = "free" } = golden;
  const kernel = read.get(file)!.find((candidate) => candidate.name === name)!;
  const offered = schedulesFor(kernel, { extents });

  test.each(golden.schedules)("under %s", async (scheduleName) => {
    const schedule = offered.find((candidate) => candidate.name === scheduleName);
    expect(schedule, `it is offered ${offered.map((other) => other.name).join(", ")}`).toBeDefined();
    const { passes } = compile(kernel, { extents, schedule: schedule!, arithmetic });
    for (const [at, { wgsl }] of passes.entries()) {
      const parts = [name, scheduleName, ...(arithmetic === "free" ? [] : [arithmetic])];
      const path = [...parts, ...(passes.length === 1 ? [] : [`pass-${at + 1}`]), "wgsl"].join(".");
      written.add(path);
      await expect(wgsl).toMatchFileSnapshot(join(folder, path));
    }
  });
});

test("every golden file belongs to a kernel and a schedule above; fix: remove those listed", () => {
  // A text that is new is written when all tests are done.
  expect(readdirSync(folder).filter((name) => !written.has(name))).toEqual([]);
});
