import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryKernel } from "./arbitraries.ts";
import { evaluate, evaluateByDenotation } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";

describe("the evaluator", () => {
  it("gives the denotation's bits for every kernel", () => {
    fc.assert(fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
      const data = { extents, ...randomInputs(kernel, extents, seed) };
      expect(evaluate(kernel, data)).toEqual(evaluateByDenotation(kernel, data));
    }), { numRuns: 400 });
  });
});
