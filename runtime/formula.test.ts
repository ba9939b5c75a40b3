import { expect, test } from "vitest";
import type { Formula } from "./artifact.ts";
import { evaluateFormula, extentsOf, printFormula } from "./formula.ts";

const tiles: Formula = {
  operator: "divide",
  left: { operator: "add", left: { extent: "token" }, right: 7 },
  right: 8,
};

test("formulas are evaluated, printed and asked for their extents", () => {
  expect(evaluateFormula(tiles, { token: 9 })).toBe(2);
  expect(printFormula(tiles)).toBe("((token + 7) / 8)");
  expect(extentsOf(tiles)).toEqual(["token"]);
});

test("what has no value in u32 is a RangeError", () => {
  expect(() => evaluateFormula(tiles, {})).toThrow("the extent of axis 'token' is missing");
  expect(() => evaluateFormula({ operator: "subtract", left: { extent: "token" }, right: 8 }, { token: 7 })).toThrow(
    "(token - 8) is -1, beyond u32",
  );
  expect(() => evaluateFormula({ operator: "remainder", left: 1, right: { extent: "token" } }, { token: 0 })).toThrow(
    "(1 % token) divides by zero",
  );
});
