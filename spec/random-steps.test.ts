/**
 * Random kernels under random lists of steps: where a list applies, the audit checks the text; where it does not, the
 * error names the step, which stands in the list.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { audit } from "../audit/index.ts";
import { ScheduleError } from "../codegen/errors.ts";
import { applySteps, inOrder } from "../codegen/nest/apply.ts";
import { printStep } from "../codegen/schedule/text.ts";
import { specialize } from "../codegen/specialize.ts";
import { arbitrarySteppedDraws, describeCase, type SteppedCase, steppedCaseOf } from "./arbitraries/cases.ts";
import { modelExtents } from "./extents.ts";
import { effort, tries } from "./fixtures/effort.ts";

const part = effort === "full" ? Number(process.env["TREEFOLD_PART"] ?? 1) : 0;

/** What is wrong with a kernel, or with a lack of steps, and with no step that is there. */
const ofNoStep = /storage buffers are more than|16-bit outputs need pairs of neighbors/;

/** Why a list that compiles does not apply as `explain --stage nest` shows it; undefined where it does. */
function applies({ kernel, extents, schedule }: SteppedCase): string | undefined {
  try {
    applySteps(specialize(kernel, modelExtents(kernel, extents)), inOrder(schedule.steps));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

test("random lists of steps give checked texts, or are refused with the step that does not apply", () => {
  const [wrong, unfollowed, refused]: [string[], string[], Map<string, number>] = [[], [], new Map()];
  const cases = tries(3, 100, 125);
  let applied = 0;
  for (const draws of fc.sample(arbitrarySteppedDraws(), { seed: part, numRuns: cases })) {
    const drawn = steppedCaseOf(draws);
    const { compiled, kernel, schedule } = drawn;
    if (compiled instanceof ScheduleError) {
      const { place, reason } = compiled;
      const named = place === undefined ? undefined : schedule.steps[place.number - 1];
      const isNamed = named !== undefined && printStep(named) === place?.text;
      if (!isNamed && !ofNoStep.test(reason)) wrong.push(`'${compiled.message}' names no step\n${describeCase(drawn)}`);
      const kind = `${named?.step ?? "no step"}: ${reason.replace(/\d+|'[^']*'/g, "…")}`;
      refused.set(kind, (refused.get(kind) ?? 0) + 1);
      continue;
    }
    applied++;
    const nested = applies(drawn);
    if (nested !== undefined) wrong.push(`its text compiles, and its nest does not: ${nested}\n${describeCase(drawn)}`);
    for (const { outcome, message, extents, declared, found } of audit(kernel, compiled).failures)
      (outcome === "refuted" ? wrong : unfollowed).push(
        `${message} at ${JSON.stringify(extents)}\n${declared ?? ""}\n${found ?? ""}\n${describeCase(drawn)}`,
      );
  }
  console.log(
    `${applied} of ${cases} lists of steps apply; ` +
      `refused:\n${[...refused].map(([kind, count]) => `  ${count} ${kind}`).join("\n")}`,
  );
  expect(wrong).toEqual([]);
  unfollowed.forEach((one) => console.log(`Not followed: ${one}`));
  expect(unfollowed.length, "kernels that the audit does not follow").toBeLessThanOrEqual(cases / 50);
  if (cases >= 100) expect(applied).toBeGreaterThanOrEqual(cases / 3);
});
