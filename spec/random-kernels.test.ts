/**
 * The audit proves random kernels: the ones that random-kernels.device.test.ts runs on each driver, each compiled under
 * one schedule. With TREEFOLD_CASES=full it is those of a part (spec/full.mjs).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { audit } from "../codegen/audit/index.ts";
import { arbitraryDraws, caseOf, Distribution } from "./arbitraries/cases.ts";
import { effort, tries } from "./fixtures/effort.ts";

const part = effort === "full" ? Number(process.env["TREEFOLD_PART"] ?? 1) : 0;

test("random kernels are proven", () => {
  const distribution = new Distribution();
  const failed = fc.sample(arbitraryDraws(), { seed: part, numRuns: tries(6, 300, 313) }).flatMap((draws) => {
    const drawn = caseOf(draws);
    distribution.add(drawn);
    const { failures } = audit(drawn.kernel, drawn.artifact);
    return failures.map((failure) => `${drawn.artifact.schedule} at ${JSON.stringify(failure.extents)}: ${failure.kind}: ${failure.message}\n${failure.declared ?? ""}\n${failure.found ?? ""}\n${drawn.source}`);
  });
  console.log(distribution.text);
  expect(failed).toEqual([]);
});
