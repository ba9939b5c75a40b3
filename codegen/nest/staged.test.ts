/** What is staged for one fold is read by that fold alone. */
import { expect, test } from "vitest";
import { audit } from "../../audit/index.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import { compile } from "../compile.ts";
import { parseSteps } from "../schedule/text.ts";

const source = `import { batch, kernel, max, model, sum } from "treefold";

export const twice = kernel({
  axes: { row: batch, c: model },
  inputs: { x: "f32[row, c]" },
  output: "f32[row, c]",
  body: ({ x }, { row, c }) =>
    x(row, c) + sum(c, "chain", (k) => x(row, k)) + max(c, "pairwise 8, chain 8, chain", (k) => x(row, k)),
});
`;

test("a fold over the same items that is not staged reads its operand in place", () => {
  const [kernel] = readKernels("twice.kernel.ts", { source }).kernels;
  const schedule = { name: "given", steps: parseSteps("bind(c, 64); stage(16)") };
  const artifact = compile(kernel!, { extents: { c: 36 }, schedule });
  const reads = artifact.passes[0]!.wgsl.match(/= x_tile_\d+\[/g) ?? [];
  expect(reads).toHaveLength(1);
  expect(audit(kernel!, artifact).failures).toEqual([]);
});
