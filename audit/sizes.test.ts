/** At which extents a text is executed: around edges of the batch, and not around those of the model's axes. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { inCi } from "../spec/fixtures/effort.ts";
import { audit } from "./index.ts";

const kernelOf = (file: string, name: string) =>
  readKernels(fileURLToPath(new URL(`../models/kernels/${file}.kernel.ts`, import.meta.url))).kernels.find(
    (kernel) => kernel.name === name,
  )!;

// Thousands of workgroups for each row: batches around as many would have hundreds of millions of elements.
test.runIf(inCi("kernels of thousands of workgroups a row")).each([
  ["linear", "linear", "runs-together", { out: 20_000, inner: 16 }, [3, 1]],
  ["sampling", "scaleLogits", "alone", { id: 151_936, setting: 6 }, [3, 1]],
] as const)("%s: %s under %s, at %o", (file, name, scheduleName, extents, tokens) => {
  const kernel = kernelOf(file, name);
  const schedule = schedulesFor(kernel, { extents, limits: defaultLimits }).find(
    (candidate) => candidate.name === scheduleName,
  )!;
  const { failures, sizes } = audit(kernel, compile(kernel, { extents, schedule, limits: defaultLimits }));
  expect(failures).toEqual([]);
  expect(sizes.map(({ extents: { token } }) => token)).toEqual(tokens);
});
