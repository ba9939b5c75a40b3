import { describe, expect, test } from "vitest";
import { areEqual, compareTexts, reportLines } from "./report.ts";

const texts = (...named: [name: string, text: string][]): Map<string, string> => new Map(named);
const base: [string, string][] = [
  ["a.sum.aligned.alone.free.wgsl", "// sum, alone\nlet a = 1;\n"],
  ["a.sum.aligned.alone.sealed.wgsl", "// sum, alone\nlet a = seal(1);\n"],
];

describe("a comparison of all texts", () => {
  test("finds nothing where all are equal", () => {
    const comparison = compareTexts(texts(...base), texts(...base));
    expect(areEqual(comparison)).toBe(true);
    expect(reportLines(comparison, new Map())).toEqual([
      "2 texts are equal",
      "differing: 0 in names only, 0 in layout and names only, 0 in other",
      "0 moved to another schedule's name, 0 appear, 0 vanish",
    ]);
  });

  test("counts a text that differs, and shows the difference of the first", () => {
    const now = texts(base[0]!, [base[1]![0], "// sum, alone\nlet a = seal(2);\n"]);
    const comparison = compareTexts(texts(...base), now);
    expect(areEqual(comparison)).toBe(false);
    expect(reportLines(comparison, new Map([[base[1]![0], "-1\n+2\n"]]))).toEqual([
      "1 texts are equal",
      "differing: 0 in names only, 0 in layout and names only, 1 in other",
      "0 moved to another schedule's name, 0 appear, 0 vanish",
      "",
      "differ in other: 1, the first is a.sum.aligned.alone.sealed.wgsl",
      "  by schedule: alone 1",
      "  by kernel: sum 1",
      "-1",
      "+2",
    ]);
  });

  test("recognizes texts under another schedule's name, in the same arithmetic only", () => {
    const now = texts(
      ["a.sum.aligned.naive.free.wgsl", "// sum, naive\nlet a = 1;\n"],
      ["a.sum.aligned.naive.sealed.wgsl", "// sum, naive\nlet a = 1;\n"],
    );
    const comparison = compareTexts(texts(...base), now);
    expect(areEqual(comparison)).toBe(false);
    expect([...comparison.moved]).toEqual([["a.sum.aligned.alone.free.wgsl", "a.sum.aligned.naive.free.wgsl"]]);
    expect(comparison.appear).toEqual(["a.sum.aligned.naive.sealed.wgsl"]);
    expect(comparison.vanish).toEqual(["a.sum.aligned.alone.sealed.wgsl"]);
    expect(reportLines(comparison, new Map())).toContain("  alone is now naive");
  });
});
