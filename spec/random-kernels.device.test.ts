/**
 * Random kernels, each compiled under one schedule, give the reference evaluator's bits. That the audit proves the same
 * ones is random-kernels.test.ts.
 *
 * `npm run test:full` runs many parts, each with kernels of its own (TREEFOLD_CASES=full, TREEFOLD_PART, a number); a
 * part's distribution goes beside its tally (spec/full.mjs). A failing case is printed with all that it takes to run
 * it again, as fast-check has made it as simple as it could.
 */
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Device, openDevice } from "../runtime/index.ts";
import { ScheduleError } from "../codegen/errors.ts";
import {
  arbitraryDraws,
  arbitrarySteppedDraws,
  caseOf,
  describeCase,
  Distribution,
  type RandomCase,
  steppedCaseOf,
} from "./arbitraries/cases.ts";
import { evaluate } from "./evaluator.ts";
import { executeArtifact } from "./execute.ts";
import { effort, tries } from "./fixtures/effort.ts";
import { randomInputs } from "./inputs.ts";

const part = effort === "full" ? Number(process.env["TREEFOLD_PART"] ?? 1) : 0;

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

async function check({
  kernel,
  extents,
  artifact,
  seed,
}: Pick<RandomCase, "kernel" | "extents" | "artifact" | "seed">): Promise<void> {
  const data = { ...randomInputs(kernel, extents, seed), extents };
  const expected = evaluate(kernel, data);
  const outputs = await executeArtifact(device, kernel, artifact, data);
  for (const { name } of kernel.outputs) {
    const wrong = outputs[name]!.findIndex((bits, at) => bits !== expected[name]![at]);
    if (wrong >= 0)
      throw new Error(
        `${name}[${wrong}] is 0x${outputs[name]![wrong]!.toString(16)}, the evaluator says ` +
          `0x${expected[name]![wrong]!.toString(16)}`,
      );
  }
}

test("random kernels give the evaluator's bits", async () => {
  const distribution = new Distribution();
  const draws = fc.sample(arbitraryDraws(), { seed: part, numRuns: tries(12, 300, 313) });
  const failed: number[] = [];
  let next = 0;
  // A driver compiles one kernel beside our making the next.
  await Promise.all(
    [1, 2].map(async () => {
      for (let at = next++; at < draws.length; at = next++) {
        try {
          const drawn = caseOf(draws[at]!);
          distribution.add(drawn);
          await check(drawn);
        } catch {
          failed.push(at);
        }
      }
    }),
  );
  console.log(distribution.text);
  if (failed.length > 0) {
    const again = fc.asyncProperty(arbitraryDraws().map(caseOf), check);
    await fc.assert(again, {
      seed: part,
      path: `${Math.min(...failed)}`,
      interruptAfterTimeLimit: 120_000,
      markInterruptAsFailure: true,
    });
  }
  expect(failed).toEqual([]);
  expect(distribution.share("two or more reductions or three or more levels")).toBeGreaterThanOrEqual(1 / 2);
  expect(distribution.share("an author's reducer")).toBeGreaterThanOrEqual(1 / 4);
  expect(distribution.share("a sequence axis")).toBeGreaterThanOrEqual(1 / 4);
  const file = process.env["TREEFOLD_TALLY"];
  if (file !== undefined)
    writeFileSync(
      file.replace(/json$/, "random.json"),
      `${JSON.stringify({ part, device: device.info, ...distribution }, null, 2)}\n`,
    );
});

/** A text that a software driver compiles in a second or so; random lists of steps may repeat more. */
const longestText = 12_000;

test("random lists of steps that apply give the evaluator's bits", async () => {
  const failed: string[] = [];
  let ran = 0;
  for (const draws of fc.sample(arbitrarySteppedDraws(), { seed: part, numRuns: tries(4, 100, 125) })) {
    const drawn = steppedCaseOf(draws);
    const { compiled } = drawn;
    if (compiled instanceof ScheduleError || compiled.passes.some(({ wgsl }) => wgsl.length > longestText)) continue;
    ran++;
    await check({ ...drawn, artifact: compiled }).catch((error: unknown) =>
      failed.push(`${String(error)}\n${describeCase(drawn)}`),
    );
  }
  console.log(`${ran} random lists of steps ran`);
  expect(failed).toEqual([]);
  expect(ran).toBeGreaterThan(0);
});
