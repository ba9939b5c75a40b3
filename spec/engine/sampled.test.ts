/** The sampled answers that are kept are the reference evaluator's, which computes them anew. */
import { expect, test } from "vitest";
import { tries } from "../fixtures/effort.ts";
import { evaluateSampled, sampledAnswers } from "../fixtures/sampled-answers.ts";

test.each(sampledAnswers.slice(0, tries(1, 3)))("$prompt", async (answer) => {
  expect(await evaluateSampled(answer)).toEqual(answer);
});
