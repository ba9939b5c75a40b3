/** The assembly of the forward pass, without a device or the compiler: the demo model by the reference evaluator. */
import { beforeAll, describe, expect, it } from "vitest";
import { demoDirectory } from "../models/places.ts";
import reference from "./fixtures/kjv-reference.json" with { type: "json" };
import { ReferenceModel } from "./reference-model.ts";

describe("the demo model by the reference evaluator", () => {
  let model: ReferenceModel;
  beforeAll(async () => {
    model = await ReferenceModel.load(demoDirectory);
  });

  it.each(reference.filter(({ ids }) => ids.length < 10))(
    "'$prompt': logits within the error of PyTorch's own bf16, and the same next id",
    (expected) => {
      const { ids, last_logits_float64, greedy_ids_float64, max_abs_err_of_torch_bf16 } = expected;
      const last = model.forward(ids).subarray(-model.config.vocabulary);
      const values = new Float32Array(last.slice().buffer);
      expect(Math.max(...last_logits_float64.map((value, id) => Math.abs(value - values[id]!)))).toBeLessThanOrEqual(
        max_abs_err_of_torch_bf16,
      );
      expect(model.argmax(last)).toEqual([greedy_ids_float64[ids.length]]);
    },
  );

  it("gives the same bits however a prompt is cut into chunks", () => {
    const { ids } = reference[0]!;
    const whole = model.forward(ids);
    for (const chunk of [1, 2]) expect(model.forward(ids, chunk)).toEqual(whole);
  });
});
