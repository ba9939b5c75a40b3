import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultLimits } from "../runtime/artifact.ts";
import { type LazyOffer, schedulesFor } from "../codegen/compile.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { replaceWeights, weightsOf } from "./architecture/weights.ts";
import { DiskCache } from "./disk-cache.ts";
import { readConfig } from "./checkpoint/config.ts";
import { writeForwardModule } from "./build/forward-module.ts";
import { compileKernels, type CompiledUse, type Variant } from "./compile-model.ts";
import { nameOf, type KernelUse } from "./machine.ts";
import { demoDirectory } from "./places.ts";
import { chooseSchedules, preferredSchedules } from "./policy.ts";
import { kernelDirectory } from "./toolchain.ts";

const linear = (out: number): KernelUse => ({ module: "linear", kernel: "linear", extents: { out, inner: 64 } });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-compile-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("compiling a model's kernels", () => {
  it("makes each kernel once for its extents, and takes it from the cache the next time", async () => {
    const cache = new DiskCache<CompiledUse>(join(directory, "once"));
    const first = await compileKernels([linear(8), linear(16), linear(8)], { limits: defaultLimits, cache });
    expect([...first.keys()]).toEqual([nameOf(linear(8)), nameOf(linear(16))]);
    const entries = await readdir(join(directory, "once"));
    expect(entries).toHaveLength(2);
    expect(await compileKernels([linear(8), linear(16)], { limits: defaultLimits, cache })).toEqual(first);
    // What the cache answers is taken, so a planted entry shows; and what it cannot answer is made again.
    for (const entry of entries) await writeFile(join(directory, "once", entry), "damaged");
    expect(await compileKernels([linear(8), linear(16)], { limits: defaultLimits, cache })).toEqual(first);
    for (const entry of entries) await cache.put(entry.replace(".json", ""), { declaration: "", artifacts: [] });
    expect([...(await compileKernels([linear(8)], { limits: defaultLimits, cache })).values()]).toEqual([[]]);
  });

  it("keeps limits and variants apart", async () => {
    const cache = new DiskCache<CompiledUse>(join(directory, "apart"));
    const variant: Variant = { name: "same", apply: (kernel) => kernel };
    await compileKernels([linear(8)], { limits: defaultLimits, cache });
    await compileKernels([linear(8)], { limits: { ...defaultLimits, maxInvocations: 128 }, cache });
    await compileKernels([linear(8)], { limits: defaultLimits, cache, variant });
    expect(await readdir(join(directory, "apart"))).toHaveLength(3);
  });

  it("says which kernel there is not", async () => {
    const cache = new DiskCache<CompiledUse>(join(directory, "none"));
    await expect(
      compileKernels([{ module: "linear", kernel: "liner", extents: {} }], { limits: defaultLimits, cache }),
    ).rejects.toThrow(/linear\.kernel\.ts declares no kernel 'liner'/);
  });

  it("chooses among the schedules that fit, and lowers no other unless none of them does", () => {
    const asked: string[] = [];
    const offer = (fitting: readonly string[]): LazyOffer => ({
      candidates: ["alone", "alone-vector", "alone-4x4", "split"].map((name) => ({ name, steps: [] })),
      fits: ({ name }) => {
        asked.push(name);
        return fitting.includes(name);
      },
      simplest: () => ({ name: "simplest", steps: [] }),
    });
    const chosen = (fitting: readonly string[]): string[] =>
      chooseSchedules("linear", offer(fitting)).map(({ name }) => name);
    expect(chosen(["alone", "alone-vector", "alone-4x4", "split"])).toEqual(["alone-vector", "alone-4x4"]);
    expect(chosen(["alone", "alone-4x4"])).toEqual(["alone-4x4"]);
    expect(chosen(["alone", "split"])).toEqual(["simplest"]);
    expect(new Set(asked)).toEqual(new Set(["alone-vector", "alone-4x4"]));
    // Here the offered form would fit, and the one that is used does not.
    expect(chooseSchedules("argmax", offer(["alone"])).map(({ name }) => name)).toEqual(["simplest"]);
  });

  it("finds every preferred schedule among those that the compiler offers", async () => {
    const config = { ...(await readConfig(demoDirectory)), queryKeyValueBias: true };
    const uses = (["bf16", "f32"] as const).flatMap((storage) => [
      ...writeForwardModule(
        config,
        replaceWeights(weightsOf(config), (declaration) => ({ declaration, storage })),
      ).uses.values(),
    ]);
    for (const { module, kernel: name, extents } of uses) {
      const kernel = readKernels(join(kernelDirectory, `${module}.kernel.ts`), { typecheck: false }).kernels.find(
        (candidate) => candidate.name === name,
      )!;
      const offered = schedulesFor(kernel, { extents }).map((schedule) => schedule.name);
      for (const preferred of preferredSchedules[name] ?? []) expect(offered).toContain(preferred.name);
    }
  });
});
