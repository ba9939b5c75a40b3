/** Which additions of a fold stand without a fence. */
import { expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { compile } from "./compile.ts";

function textOf(leaf: string): string {
  const source = `import { batch, kernel, model, sum } from "treefold";
export const total = kernel({
  axes: { row: batch, c: model },
  inputs: { x: "f32[row, c]" },
  output: "f32[row, c]",
  body: ({ x }, { row, c }) => sum(c, "lanes 7 chain 8, chain 3, pairwise", (k) => ${leaf}),
});
`;
  const [kernel] = readKernels("total.kernel.ts", { source }).kernels;
  return compile(kernel!, { extents: { c: 50 }, schedule: { name: "alone", steps: [] } }).passes[0]!.wgsl;
}

// Drivers move a loop out whose values are the same, and make a product of a chain of equal sums.
test("no level of a fold adds bare where the leaf is the same for each item", () => {
  const bare = /= \w+ \+ \w+;/g;
  expect(
    textOf("x(row, k)")
      .match(bare)
      ?.filter((line) => !/depth/.test(line)).length,
  ).toBeGreaterThan(1);
  expect((textOf("x(row, c) * x(row, c)").match(bare) ?? []).filter((line) => /sum/.test(line))).toEqual([]);
});
