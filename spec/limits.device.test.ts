/**
 * Kernels on devices with lower limits: inputs bound in ranges and dispatches over three dimensions give the same bits.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import type { Kernel } from "../dsl/ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { type Artifact, type DeviceLimits, defaultLimits } from "../runtime/artifact.ts";
import {
  type Device,
  evaluateFormula,
  fitsDevice,
  loadKernel,
  openDevice,
  RequestError,
  type RuntimeLimits,
  wordsOf,
} from "../runtime/index.ts";
import type { BitData } from "./data.ts";
import { evaluate } from "./evaluator.ts";
import { execute, executeArtifact } from "./execute.ts";
import { modelExtents } from "./extents.ts";
import { randomInputs } from "./inputs.ts";

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const files = [
  ...readdirSync(folder("../models/kernels"))
    .filter((name) => name.endsWith(".kernel.ts"))
    .map((name) => folder(`../models/kernels/${name}`)),
  folder("fixtures/right/authors.kernel.ts"),
  folder("fixtures/right/reductions.kernel.ts"),
];
const kernels = new Map(files.flatMap((file) => readKernels(file).kernels).map((kernel) => [kernel.name, kernel]));

/**
 * Kernels with an input of constant extents that is larger than anything of theirs that grows with the batch, and such
 * extents.
 */
const large: Record<string, Record<string, number>> = {
  linear: { token: 2, out: 37, inner: 256 },
  linearBias: { token: 3, out: 40, inner: 136 },
  linearF32: { token: 2, out: 19, inner: 200 },
  linearBiasF32: { token: 2, out: 33, inner: 131 },
  embedding: { token: 3, vocabulary: 61, channel: 37 },
  embeddingF32: { token: 3, vocabulary: 50, channel: 24 },
  rotary: { token: 2, head: 2, dim: 16, half: 8, place: 75 },
  matmulNN: { token: 1, out: 18, inner: 133 },
  int8dot: { token: 2, out: 21, inner: 60 },
};

/** Bytes of the largest input of constant extents. */
const bytesOf = (kernel: Kernel, extents: Readonly<Record<string, number>>): number =>
  Math.max(
    ...kernel.inputs
      .filter(({ axes }) => axes.every((axis) => kernel.axes.find(({ name }) => name === axis)!.role === "model"))
      .map(({ axes, storage }) => 4 * wordsOf({ storage, shape: axes.map((axis) => extents[axis]!) })),
  );

async function withDevice<T>(limits: Partial<RuntimeLimits>, use: (device: Device) => Promise<T>): Promise<T> {
  const device = await openDevice({ limits });
  try {
    return await use(device);
  } finally {
    device.dispose();
  }
}

const dataFor = (kernel: Kernel, extents: Readonly<Record<string, number>>): BitData => ({
  ...randomInputs(kernel, extents, 7),
  extents,
});
/** The binding limit under which the largest constant input takes so many ranges. */
const limitFor = (kernel: Kernel, extents: Readonly<Record<string, number>>, ranges: number): number =>
  Math.ceil(bytesOf(kernel, extents) / ranges / 256) * 256;
const first = (kernel: Kernel, extents: Readonly<Record<string, number>>, limits: DeviceLimits): Schedule =>
  schedulesFor(kernel, { extents, limits })[0]!;
const rangesIn = (artifact: Artifact): number =>
  Math.max(...artifact.passes.map(({ bindings }) => bindings.filter(({ words }) => words !== undefined).length));

const largestExtents = large["linear"]!;
const linear = kernels.get("linear")!;

describe("inputs in ranges", () => {
  test.each(Object.keys(large))("%s, in 2 to 5 of them", async (name) => {
    // Two tables in five ranges each would be more storage buffers than some devices have.
    const counts = name === "rotary" ? [2, 3, 4] : [2, 3, 4, 5];
    const kernel = kernels.get(name)!;
    const extents = large[name]!;
    const data = dataFor(kernel, extents);
    const expected = evaluate(kernel, data);
    const seen = new Set<string>();
    for (const [turn, ranges] of counts.entries()) {
      await withDevice({ maxBindingBytes: limitFor(kernel, extents, ranges) }, async (device) => {
        const offered = schedulesFor(kernel, { extents, limits: device.limits });
        // Every schedule of one kernel, and four of the others: pipelines take long to compile.
        for (const schedule of kernel === linear
          ? offered.filter((_, at) => at % 4 === turn)
          : [offered[(turn * 3) % offered.length]!]) {
          const { artifact, outputs } = await execute(device, kernel, schedule, data);
          expect(rangesIn(artifact), schedule.name).toBeGreaterThanOrEqual(2);
          expect(outputs, `${schedule.name} in ${ranges} ranges`).toEqual(expected);
          seen.add(schedule.name);
        }
      });
    }
    console.log(`${name}: ${[...seen].join(", ")}`);
  });

  test("a range that starts a row too late, or a stretch of one, shows", async () => {
    const data = dataFor(linear, largestExtents);
    const expected = evaluate(linear, data);
    await withDevice({ maxBindingBytes: limitFor(linear, largestExtents, 4) }, async (device) => {
      const schedule = first(linear, largestExtents, device.limits);
      const artifact = compile(linear, {
        extents: modelExtents(linear, largestExtents),
        schedule,
        limits: device.limits,
      });
      for (const words of [64, largestExtents["inner"]! / 2]) {
        const shifted = artifact.passes.map((pass) => ({
          ...pass,
          bindings: pass.bindings.map((binding) =>
            binding.words === undefined || binding.words.first === 0
              ? binding
              : { ...binding, words: { ...binding.words, first: binding.words.first - words } },
          ),
        }));
        expect(
          await executeArtifact(device, linear, { ...artifact, passes: shifted, sha256: `shifted by ${words}` }, data),
        ).not.toEqual(expected);
      }
    });
  });

  test("only what is too large is cut, and the text is the same wherever nothing is", () => {
    const extents = modelExtents(linear, largestExtents);
    const schedule = first(linear, largestExtents, defaultLimits);
    const texts = [37 * 512, 2 ** 27, 2 ** 31].map((maxBindingBytes) =>
      compile(linear, { extents, schedule, limits: { ...defaultLimits, maxBindingBytes } }),
    );
    expect(new Set(texts.map(({ sha256 }) => sha256)).size).toBe(1);
    const cut = compile(linear, { extents, schedule, limits: { ...defaultLimits, maxBindingBytes: 37 * 512 - 256 } });
    expect(cut.passes[0]!.bindings.map(({ name, words, binding }) => [name, words, binding])).toEqual([
      ["x", undefined, 1],
      ["weight", { first: 0, count: 36 * 128 + 64 }, 2],
      ["weight", { first: 36 * 128 + 64, count: 64 }, 3],
      ["output", undefined, 4],
    ]);
  });

  test("ranges count as storage buffers", () => {
    const extents = modelExtents(linear, largestExtents);
    const limits = { ...defaultLimits, maxBindingBytes: limitFor(linear, largestExtents, 7) };
    expect(() => schedulesFor(linear, { extents, limits })).toThrow(
      "kernel 'linear' fits no schedule: 9 storage buffers are more than the device's 8",
    );
    expect(() => compile(linear, { extents, schedule: first(linear, largestExtents, defaultLimits), limits })).toThrow(
      "schedule 'alone' does not fit kernel 'linear': 9 storage buffers are more than the device's 8",
    );
  });

  test("an output of constant extents must fit one binding", () => {
    const [constant] = readKernels(folder("fixtures/right/corners.kernel.ts")).kernels.filter(
      ({ name }) => name === "shiftByExtent",
    );
    const limits = { ...defaultLimits, maxBindingBytes: 1024 };
    expect(schedulesFor(constant!, { extents: { channel: 256 }, limits }).length).toBeGreaterThan(0);
    expect(() => schedulesFor(constant!, { extents: { channel: 257 }, limits })).toThrow(
      "kernel shiftByExtent: the output 'output' takes 1028 bytes, and the device binds 1024; fix: give it a " +
        "batch axis, and run it in parts",
    );
  });

  test("an artifact that binds more than a device does is not loaded there", async () => {
    const artifact = compile(linear, {
      extents: modelExtents(linear, largestExtents),
      schedule: first(linear, largestExtents, defaultLimits),
    });
    await withDevice({ maxBindingBytes: 4096, maxStorageBuffers: 3 }, async (device) => {
      expect(fitsDevice(artifact, defaultLimits)).toBe(true);
      expect(fitsDevice(artifact, device.limits)).toBe(false);
      expect(fitsDevice(artifact, { ...defaultLimits, maxStorageBuffers: 2 })).toBe(false);
      await expect(loadKernel(device, artifact)).rejects.toThrow(
        "it needs 18944 bytes of 'weight' in one binding; the device binds 4096; fix: compile the kernel for " +
          "this device's limits (device.limits)",
      );
      await expect(loadKernel(device, artifact)).rejects.toThrow(RequestError);
    });
  });

  test("what grows with the batch, and scratch, is refused beyond the limit", async () => {
    const data = dataFor(linear, { ...largestExtents, token: 40 });
    await withDevice({ maxBindingBytes: 5120 }, async (device) => {
      await expect(execute(device, linear, first(linear, data.extents, device.limits), data)).rejects.toThrow(
        "kernel 'linear': tensor 'x' takes 20480 bytes, and the device binds 5120; fix: run the kernel on fewer " +
          "rows at a time, through tensor.rows",
      );
    });
    const sum = kernels.get("maxOfSums")!;
    const few = dataFor(sum, { token: 2, out: 27, inner: 70 });
    await withDevice({ maxBindingBytes: 1024 }, async (device) => {
      const split = schedulesFor(sum, { extents: few.extents, limits: device.limits }).find(
        ({ name }) => name === "split",
      )!;
      await expect(execute(device, sum, split, few)).rejects.toThrow(
        "kernel 'maxOfSums': scratch 'scratch0_value' takes 1088 bytes, and the device binds 1024; " +
          "fix: run the kernel on fewer rows at a time, or compile it under a schedule of one pass",
      );
      expect(device.memory().total).toBe(0);
    });
  });
});

describe("dispatches", () => {
  const extents = { token: 5, out: 90, inner: 32 };
  const counts = (artifact: Artifact): number[] =>
    artifact.passes.map(({ workgroups }) => evaluateFormula(workgroups, extents));

  test.each(["alone", "runs-together", "tile-2x2", "split"])(
    "over as many dimensions as it takes: %s",
    async (name) => {
      const data = dataFor(linear, extents);
      const expected = evaluate(linear, data);
      const schedule = schedulesFor(linear, { extents }).find((candidate) => candidate.name === name)!;
      const most = Math.max(...counts(compile(linear, { extents: modelExtents(linear, extents), schedule })));
      for (const maxWorkgroupsPerDimension of new Set([
        most - 1,
        Math.ceil(Math.sqrt(most)),
        Math.ceil(Math.cbrt(most)),
      ])) {
        await withDevice({ maxWorkgroupsPerDimension }, async (device) => {
          const { outputs } = await execute(device, linear, schedule, data);
          expect(outputs, `${most} workgroups, ${maxWorkgroupsPerDimension} along each dimension`).toEqual(expected);
        });
      }
      await withDevice({ maxWorkgroupsPerDimension: Math.ceil(Math.cbrt(most)) - 1 }, async (device) => {
        await expect(execute(device, linear, schedule, data)).rejects.toThrow(
          `it would take ${most} workgroups, and the device dispatches`,
        );
      });
    },
  );

  test("a text that forgets a dimension shows", async () => {
    const data = dataFor(linear, extents);
    await withDevice({ maxWorkgroupsPerDimension: 3 }, async (device) => {
      const schedule = schedulesFor(linear, { extents })[0]!;
      const artifact = compile(linear, { extents: modelExtents(linear, extents), schedule });
      expect(Math.max(...counts(artifact))).toBeGreaterThan(9);
      const passes = artifact.passes.map((pass) => ({
        ...pass,
        wgsl: pass.wgsl.replace("workgroups.y * workgroup.z", "workgroup.z"),
      }));
      expect(await executeArtifact(device, linear, { ...artifact, passes, sha256: "without z" }, data)).not.toEqual(
        evaluate(linear, data),
      );
    });
  });
});
