/**
 * The audit follows random kernels, and finds nothing wrong with them: the ones that random-kernels.device.test.ts runs
 * on each driver, each compiled under one schedule. With TREEFOLD_CASES=full it is those of a part (spec/full.mjs).
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { audit } from "../audit/index.ts";
import { arbitraryDraws, caseOf, Distribution } from "./arbitraries/cases.ts";
import { effort, tries } from "./fixtures/effort.ts";

const part = effort === "full" ? Number(process.env["TREEFOLD_PART"] ?? 1) : 0;

test("random kernels are checked", () => {
  const distribution = new Distribution();
  const [refuted, unfollowed]: [string[], string[]] = [[], []];
  const cases = tries(6, 300, 313);
  for (const draws of fc.sample(arbitraryDraws(), { seed: part, numRuns: cases })) {
    const drawn = caseOf(draws);
    distribution.add(drawn);
    for (const { outcome, kind, message, extents, declared, found } of audit(drawn.kernel, drawn.artifact).failures) {
      const where = `${drawn.artifact.schedule} at ${JSON.stringify(extents)}: ${kind}: ${message}`;
      (outcome === "refuted" ? refuted : unfollowed).push(
        `${where}\n${declared ?? ""}\n${found ?? ""}\n${drawn.source}`,
      );
    }
  }
  console.log(distribution.text);
  expect(refuted).toEqual([]);
  unfollowed.forEach((one) => console.log(`Not followed: ${one}`));
  expect(unfollowed.length, "kernels that the audit does not follow").toBeLessThanOrEqual(cases / 100);
});
