import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isComplete, rowsOf, spanOf, valuesOf, type Level } from "./tree.ts";
import { parseTree } from "./tree-notation.ts";

const level: fc.Arbitrary<Level> = fc
  .record({ lanes: fc.option(fc.integer({ min: 1, max: 9 })), count: fc.option(fc.integer({ min: 1, max: 9 })) })
  .map(({ lanes, count }) => ({
    fold: "chain",
    ...(lanes === null ? {} : { lanes }),
    ...(count === null ? {} : { count }),
  }));

function spans(level: Level, items: number): number[][] {
  return Array.from({ length: valuesOf(level, items) }, (_, value) => {
    const { first, stride, count } = spanOf(level, items, value);
    return Array.from({ length: count }, (_, i) => first + i * stride);
  });
}

describe("tree levels", () => {
  it("put every item into exactly one span, and no span is empty", () => {
    fc.assert(
      fc.property(level, fc.integer({ min: 1, max: 200 }), (level, items) => {
        const all = spans(level, items);
        expect(all.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: items }, (_, i) => i));
        expect(all.every((span) => span.length > 0 && span.length <= (level.count ?? items))).toBe(true);
      }),
    );
  });

  it("order spans by their first item", () => {
    fc.assert(
      fc.property(level, fc.integer({ min: 1, max: 200 }), (level, items) => {
        const firsts = spans(level, items).map((span) => span[0]!);
        expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      }),
    );
  });

  it("cut, deal, and end early", () => {
    expect(spans({ fold: "chain", count: 3 }, 7)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(spans({ fold: "chain", lanes: 3 }, 7)).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
    expect(spans({ fold: "chain", lanes: 3 }, 2)).toEqual([[0], [1]]);
    expect(spans({ fold: "pairwise", lanes: 2, count: 2 }, 7)).toEqual([[0, 2], [1, 3], [4, 6], [5]]);
    expect(spans({ fold: "chain" }, 3)).toEqual([[0, 1, 2]]);
  });

  it("leave one value of no items only where the level takes all", () => {
    expect(valuesOf({ fold: "chain" }, 0)).toBe(1);
    expect(spanOf({ fold: "chain" }, 0, 0).count).toBe(0);
    expect(valuesOf({ fold: "chain", count: 4 }, 0)).toBe(0);
    expect(valuesOf({ fold: "chain", lanes: 4 }, 0)).toBe(0);
    expect(rowsOf(parseTree("lanes 4 chain 8, chain 2, pairwise"), 0)).toEqual([0, 0, 0, 1]);
  });

  it("shrink row by row", () => {
    expect(rowsOf(parseTree("lanes 4 chain 8, chain 2, pairwise"), 100)).toEqual([100, 16, 8, 1]);
  });

  it("are complete when the last one takes all that is left into one value", () => {
    expect(["chain", "chain 4, pairwise", "lanes 1 chain"].every((text) => isComplete(parseTree(text)))).toBe(true);
    expect(["chain 4", "lanes 4 chain", "chain, chain 2"].some((text) => isComplete(parseTree(text)))).toBe(false);
  });
});
