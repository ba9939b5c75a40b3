/**
 * One hash on every device: all logits of a prompt of 75 tokens and of 64 that follow it greedily, as the reference
 * evaluator has them.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCheckpoint } from "../models/load.ts";
import { builtin } from "../models/ordinary.ts";
import { checkGolden } from "../runtime/model/golden.ts";
import { openDevice, type Device } from "../runtime/index.ts";
import { sha256Of } from "../runtime/sha256.ts";
import { doesForAll, inCi, some } from "./fixtures/effort.ts";
import { goldenModels } from "./fixtures/golden-models.ts";

describe("on this device", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  if (!doesForAll) console.log("Token by token they are run on another driver.");
  // Of the others another driver has the hashes.
  test.each(some("models with golden hashes on this driver", 1, goldenModels))(
    "$name has the golden hash, token by token and whole",
    async ({ directory, golden }) => {
      const model = await loadCheckpoint(directory, { device });
      try {
        const [whole] = await model.forward([golden.ids]);
        expect(sha256Of(whole!)).toBe(golden.logits);
        if (!doesForAll || !inCi("models token by token")) return;
        expect(await checkGolden(model, undefined, golden)).toEqual({
          expected: golden.logits,
          seen: golden.logits,
          agrees: true,
          tokens: 139,
          promptTokens: 75,
        });
        const [completion] = await model.generateAll([golden.ids.slice(0, 75)], { maxTokens: 8 });
        expect(completion!.ids).toEqual(golden.ids.slice(75, 83).slice(0, completion!.ids.length));
      } finally {
        model.dispose();
      }
    },
  );

  // The negative control: the same model under the same schedules, its arithmetic left to the device.
  test.runIf(doesForAll && inCi("a model with the device's own arithmetic"))(
    "the device's own arithmetic has another",
    async () => {
      const { directory, golden } = goldenModels[0]!;
      const model = await loadCheckpoint(directory, { device, source: builtin });
      try {
        const [whole] = await model.forward([golden.ids]);
        expect(sha256Of(whole!)).not.toBe(golden.logits);
      } finally {
        model.dispose();
      }
    },
  );
});
