/** Where packed elements are read. */
import { expect, test } from "vitest";
import { audit } from "../audit/index.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { compile } from "./compile.ts";
import { parseSteps } from "./schedule/text.ts";

const source = `import { batch, kernel, model, sum } from "treefold";

export const total = kernel({
  axes: { row: batch, c: model },
  inputs: { x: "bf16[row, c]" },
  output: "f32[row]",
  body: ({ x }, { row, c }) => sum(c, "chain 4, pairwise", (k) => x(row, k)),
});
`;

// In a round of three leaves the index is 0 or none, so that words have the same addresses outside of its loop.
test.each([2, 3, 5])("no word is read behind a row's end where chains of 4 take %d leaves in a round", (leaves) => {
  const [kernel] = readKernels("total.kernel.ts", { source }).kernels;
  const artifact = compile(kernel!, {
    extents: { c: 29 },
    schedule: { name: "given", steps: parseSteps(`unroll(${leaves})`) },
  });
  expect(audit(kernel!, artifact).failures).toEqual([]);
});
