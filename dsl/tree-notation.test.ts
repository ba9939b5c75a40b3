import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TreeSyntaxError, parseTree, printTree } from "./tree-notation.ts";
import type { Level } from "./tree.ts";

const size = fc.integer({ min: 1, max: 300 });
const level: fc.Arbitrary<Level> = fc
  .record({
    fold: fc.constantFrom("chain" as const, "pairwise" as const),
    lanes: fc.option(fc.integer({ min: 2, max: 300 })),
    count: fc.option(size),
  })
  .map(({ fold, lanes, count }) => ({
    fold,
    ...(lanes === null ? {} : { lanes }),
    ...(count === null ? {} : { count }),
  }));

function refusal(text: string): [string, number, string] {
  try {
    parseTree(text);
  } catch (error) {
    if (error instanceof TreeSyntaxError) return [error.message, error.offset, error.fix];
    throw error;
  }
  throw new Error(`'${text}' was read`);
}

describe("tree notation", () => {
  it("round-trips every tree", () => {
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 5 }), (tree) => {
        expect(parseTree(printTree(tree))).toEqual(tree);
      }),
    );
  });

  it("prints what was read canonically", () => {
    expect(printTree(parseTree("  lanes 64  chain ,pairwise"))).toBe("lanes 64 chain, pairwise");
    expect(printTree(parseTree("lanes 1 chain 08,\n\tlanes 04 pairwise 2 , chain"))).toBe(
      "chain 8, lanes 4 pairwise 2, chain",
    );
  });

  it("reads trees that leave more than one value", () => {
    expect(parseTree("chain 128")).toEqual([{ fold: "chain", count: 128 }]);
  });

  it("says what is wrong, where, and what to write", () => {
    const example = `write levels from the leaves up, such as "chain 128, chain" or "lanes 64 chain, pairwise"`;
    expect(refusal("")).toEqual(["expected 'chain', 'pairwise' or 'lanes', found the end of the tree", 0, example]);
    expect(refusal("chain 128,")).toEqual([
      "expected 'chain', 'pairwise' or 'lanes', found the end of the tree",
      10,
      example,
    ]);
    expect(refusal("chain 3, chian")).toEqual([
      "expected 'chain', 'pairwise' or 'lanes', found 'chian'",
      9,
      "write 'chain'",
    ]);
    expect(refusal("lanes chain")).toEqual([
      "expected the number of lanes, found 'chain'",
      6,
      "write it after 'lanes', such as 'lanes 64 chain'",
    ]);
    expect(refusal("chain 3 pairwise")).toEqual([
      "expected a comma or the end of the tree, found 'pairwise'",
      8,
      'separate levels by commas, such as "chain 128, chain"',
    ]);
    expect(refusal("chain 3 4")[1]).toBe(8);
    expect(refusal("chain -3")).toEqual([
      "expected a comma or the end of the tree, found '-'",
      6,
      'separate levels by commas, such as "chain 128, chain"',
    ]);
    expect(refusal("chain 0")).toEqual([
      "'chain 0' folds nothing",
      6,
      "leave the count out to fold all that is left, or give it a count of 2 or more",
    ]);
    expect(refusal("lanes 0 chain")).toEqual([
      "'lanes 0' folds nothing",
      6,
      "leave out 'lanes 0', or give it one lane or more",
    ]);
    expect(refusal("pairwise 99999999999999999999")[1]).toBe(9);
    expect(refusal("lanes 65536 chain 65536")[0]).toMatch(/too large/);
  });
});
