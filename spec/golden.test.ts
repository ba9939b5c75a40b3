/** The golden hashes are the reference evaluator's: it computes them in full, every layer, position and logit. */
import { expect, test } from "vitest";
import { tries } from "./fixtures/effort.ts";
import { goldenModels } from "./fixtures/golden-models.ts";
import { goldenTokens, makeGolden } from "./golden.ts";

// The others in CI.
test.each(goldenModels.slice(tries(1, 0), tries(2, 3)))("$name", async ({ directory, golden }) => {
  expect(golden.promptTokens).toBe(goldenTokens.prompt);
  expect(golden.ids.length).toBe(goldenTokens.prompt + goldenTokens.greedy);
  expect(await makeGolden(directory)).toEqual(golden);
});
