/** Trees that are nearly right: what is proposed is the tree that was said. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readKernels } from "./index.ts";
import { mendedTree } from "./trees.ts";

describe("trees that are nearly right", () => {
  test.each([
    ["chain of 128, chain", "chain 128, chain"],
    ["chain128,chain", "chain 128, chain"],
    ["chain(128), chain", "chain 128, chain"],
    ["lane 64 chain, pairwize", "lanes 64 chain, pairwise"],
    ["lanes 8, pairwise", "lanes 8 chain, pairwise"],
    ["sequential", "chain"],
    ["", "chain"],
  ])("mends %j to %j", (text, tree) => expect(mendedTree(text)).toBe(tree));

  test.each([
    "chain 0, chain",
    "chain 2.5, chain",
    "chain -128, chain",
    "pairwise lanes 8",
    "chain 64 128",
    "fast 128, chain",
    "lanes 0 chain, chain",
  ])("leaves %j to its author", (text) => expect(mendedTree(text)).toBeUndefined());

  test("tells where an imported tree is declared, and writes it whole", () => {
    const folder = mkdtempSync(join(tmpdir(), "treefold-trees-"));
    try {
      writeFileSync(join(folder, "trees.ts"), `export const tree = "lane 64 chain, pairwize";\n`);
      const file = join(folder, "sum.kernel.ts");
      writeFileSync(
        file,
        `import { batch, kernel, model, sum } from "treefold";
import { tree } from "./trees.ts";
export const rowSum = kernel({
  axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]" }, output: "f32[token]",
  body: ({ x }, { token, channel }) => sum(channel, tree, (c) => x(token, c)),
});\n`,
      );
      expect(readKernels(file).diagnostics).toMatchObject([
        {
          code: "R015",
          location: { file, line: 5 },
          fix: 'write "lanes 64 chain, pairwise" where it is declared',
          notes: [
            { message: "the tree is declared here", location: { file: join(folder, "trees.ts"), line: 1, column: 21 } },
          ],
        },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
