/** Fences stand around every float operation that rounds, but for a fold's own addition. */
import { describe, expect, test } from "vitest";
import { arithmetic, bitcast, callBuiltin, condition, fma, literal, name, select, unary } from "./build.ts";
import { placeFences } from "./fences.ts";
import { operationText } from "./print.ts";
import { type Expression, symbol } from "./tree.ts";

const [a, b, c] = ["a", "b", "c"].map((hint) => name(symbol("let", hint, "f32"))) as [
  Expression,
  Expression,
  Expression,
];
const n = name(symbol("let", "n", "u32"));

/** An expression as the pass leaves it. */
function fenced(value: Expression, arithmeticMode: "free" | "sealed" | "builtin" = "free"): string {
  const body = { statements: [{ kind: "while" as const, condition: value, body: { statements: [] } }] };
  const { statements } = placeFences({ statements: [{ kind: "if", condition: value, body }] }, arithmeticMode);
  const [outer] = statements;
  if (outer?.kind !== "if" || outer.body.statements[0]?.kind !== "while") throw new Error("statements are lost");
  const [text, inner] = [outer.condition, outer.body.statements[0].condition].map((one) =>
    operationText(one, ({ hint }) => hint),
  );
  expect(inner).toBe(text);
  return text!;
}

const own = <T extends Expression>(sum: T): T => ({ ...sum, accumulates: true });

describe.each([
  ["a sum", arithmetic("+", a, b), "seal(a + b)"],
  ["a difference", arithmetic("-", a, b), "seal(a - b)"],
  ["a product", arithmetic("*", a, b), "seal(a * b)"],
  ["a fused sum", fma(a, b, c), "seal(fma(a, b, c))"],
  ["sums within a sum", arithmetic("+", arithmetic("+", a, b), c), "seal(seal(a + b) + c)"],
  ["an operand of a comparison", condition("<", arithmetic("*", a, b), c), "seal(a * b) < c"],
  ["an operand of a choice", select(a, arithmetic("+", a, b), condition("<", a, b)), "select(a, seal(a + b), (a < b))"],
  ["what bits are taken of", bitcast("u32", arithmetic("+", a, b)), "bitcast<u32>(seal(a + b))"],
])("%s", (_, value, text) => {
  test("has a fence in free and in sealed arithmetic, and none in the device's own", () => {
    expect(fenced(value)).toBe(text);
    expect(fenced(value, "sealed")).toBe(text);
    expect(fenced(value, "builtin")).not.toContain("seal");
  });
});

test("a fold's own addition has a fence only in sealed arithmetic", () => {
  expect(fenced(own(arithmetic("+", a, b)))).toBe("a + b");
  expect(fenced(own(fma(a, b, c)))).toBe("fma(a, b, c)");
  expect(fenced(own(arithmetic("+", a, b)), "sealed")).toBe("seal(a + b)");
  expect(fenced(own(arithmetic("+", a, arithmetic("*", b, c))))).toBe("a + seal(b * c)");
});

test("what does not round has no fence", () => {
  for (const value of [unary("-", a), callBuiltin("abs", [a]), arithmetic("+", n, n), literal("f32", 0x3f800000), a])
    expect(fenced(value)).not.toContain("seal");
});
