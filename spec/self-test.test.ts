/** What devices are asked could tell: other orders change the answers, and no answer is a device's. */
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { buildLibrary, type DeclaredKernel } from "../models/build/library.ts";
import { probeFile } from "../models/toolchain.ts";
import { decodeElements, type Case } from "../runtime/doctor/index.ts";
import { oracleDirectory } from "./fixtures/oracles.ts";
import type { Kernel } from "../dsl/ir.ts";
import { sizeOf } from "./evaluator.ts";
import { addsFloats } from "./order.ts";
import { makeProbes } from "./probes.ts";
import { makeSelfTest, sensitivity } from "./self-test.ts";
import { inCi } from "./fixtures/effort.ts";

/** The share of a case's outputs that change under another order of the sums. */
function shareOf(
  kernel: Kernel,
  model: Readonly<Record<string, number>>,
  { extents: own, inputs: given, parameters }: Case,
): number {
  const extents = { ...model, ...own };
  return sensitivity(kernel, extents, {
    inputs: Object.fromEntries(
      kernel.inputs.map(({ name, axes }) => [name, decodeElements(given[name]!, sizeOf(axes, extents))]),
    ),
    parameters,
  });
}

describe("the self-test", () => {
  test("asks with chains whose order matters", () => {
    const { kernels } = readKernels(probeFile, { typecheck: false });
    const found: [string, number][] = [];
    for (const { name, artifact, case: one } of makeProbes()) {
      const kernel = kernels.find((candidate) => candidate.name === artifact.kernel)!;
      if (!addsFloats(kernel) || kernel.name === "zeros") continue;
      found.push([name, shareOf(kernel, artifact.extents, one)]);
    }
    console.log(found.map(([name, share]) => `${name} ${(100 * share).toFixed(0)}%`).join(", "));
    for (const [name, share] of found) expect(share, name).toBeGreaterThan(0.9);
  });

  test.runIf(inCi("whether a model's self-test can tell trees apart"))(
    "asks kernels on operands whose order matters",
    async () => {
      let declared: ReadonlyMap<string, DeclaredKernel> = new Map();
      await buildLibrary(oracleDirectory("qwen3"), {
        sealed: false,
        expect: async (_, kernels) => ((declared = kernels), { selfTest: { ...makeSelfTest([]) }, golden: undefined }),
      });
      const { kernels: cases } = makeSelfTest(declared);
      const found = [...declared].flatMap(([name, { declaration, extents }]) => {
        const kernel = parseKernel(declaration);
        return addsFloats(kernel) ? [[name, shareOf(kernel, extents, cases[name]![0]!)] as const] : [];
      });
      console.log(found.map(([name, share]) => `${name} ${(100 * share).toFixed(0)}%`).join(", "));
      expect(found.length).toBeGreaterThan(8);
      for (const [name, share] of found) expect(share, name).toBeGreaterThan(0.9);
      expect(Object.keys(cases)).toEqual([...declared.keys()]);
    },
  );

  test("is the same whenever it is made", () => expect(makeProbes()).toEqual(makeProbes()));
});
