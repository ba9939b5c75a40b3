import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseKernel } from "../dsl/parse-ir.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { arbitraryKernel } from "./arbitraries/kernels.ts";
import { evaluate } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";

describe("the IR's text", () => {
  it("round-trips every kernel, to the same text and the same bits", () => {
    fc.assert(fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
      const text = printKernel(kernel);
      const read = parseKernel(text);
      expect(printKernel(read)).toBe(text);
      const data = { extents, ...randomInputs(kernel, extents, seed) };
      expect(evaluate(read, data)).toEqual(evaluate(kernel, data));
    }), { numRuns: 80 });
  });
});
