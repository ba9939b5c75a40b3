/**
 * What a comparison takes for the same has the same bits on all values, and what may differ in a bit is not taken for
 * it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { binaryBits, canonical, unaryBits } from "../dsl/bits.ts";
import type { BinaryOperator } from "../dsl/ir.ts";
import { operationOf } from "./apply.ts";
import { Comparison } from "./compare.ts";
import { Evaluator } from "./evaluate.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { type Term, type TermKind, TermPool } from "./term.ts";

const bits = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0, max: 0xffff }).map((high) => (high << 16) >>> 0),
  fc.constantFrom(
    0,
    0x80000000,
    0x7f800000,
    0xff800000,
    0x7fc00000,
    0xffc00001,
    1,
    0x23800000,
    0x237fffff,
    0x3f800000,
    0xbf800000,
  ),
);
const floats = new Floats(new Integers(new TermPool()));
const { pool } = floats;
const atoms = Array.from({ length: 4 }, (_, at) => pool.leaf("argument", "float", `${at}`));
const [a, b, c, d] = atoms as [Term, Term, Term, Term];
const zero = floats.constant(0, true);
const one = floats.constant(0x3f800000, false);
const max = (...all: Term[]): Term => all.reduce((x, y) => floats.maximum(x, y));
const min = (...all: Term[]): Term => all.reduce((x, y) => floats.minimum(x, y));
const round = (x: Term): Term => floats.roundBf16(x);
const valueOf = (term: Term, values: readonly number[]): number => {
  const none = (): never => {
    throw new Error("there are arguments only");
  };
  return new Evaluator([term]).evaluate({
    word: none,
    parameter: none,
    argument: ({ name }) => values[Number(name)]!,
  })[0]!;
};

const same: readonly (readonly [string, Term, Term])[] = [
  ["operands of a maximum", max(a, b), max(b, a)],
  ["a chain of maxima in reverse", max(a, b, c, d), max(d, c, b, a)],
  ["a tree of minima for a chain", min(a, b, c, d), floats.minimum(min(a, b), min(c, d))],
  ["a maximum that is taken twice", max(a, b), max(a, b, a)],
  ["rounded to bf16 twice", round(a), round(round(a))],
  ["rounded to bf16, times one, and rounded", round(a), round(floats.multiply(one, round(a)))],
  [
    "the first two terms of a sum that begins with +0",
    floats.add(floats.add(zero, a), b),
    floats.add(floats.add(zero, b), a),
  ],
];
test("what is taken for the same has the same bits, zeros, infinities and NaNs included", () => {
  for (const [name, declared, found] of same) {
    expect(new Comparison().matches(declared, found), name).toBe(true);
    fc.assert(
      fc.property(fc.tuple(bits, bits, bits, bits), (values) => {
        expect(valueOf(found, values.map(canonical))).toBe(valueOf(declared, values.map(canonical)));
      }),
      { numRuns: 400 },
    );
  }
});

const different: readonly (readonly [string, Term, Term])[] = [
  ["a maximum of other values", max(a, b, c), max(a, b, d)],
  ["a maximum with a value left out", max(a, b, c), max(a, b)],
  ["a minimum for a maximum", max(a, b), min(a, b)],
  ["rounded once, of what is rounded twice with something between", round(a), round(floats.multiply(b, round(a)))],
  ["times one before a rounding: what is subnormal may be flushed", round(a), round(floats.multiply(one, a))],
  [
    "the first two terms of a sum of three and the last",
    floats.add(floats.add(floats.add(zero, a), b), c),
    floats.add(floats.add(floats.add(zero, c), b), a),
  ],
  [
    "the first two terms of a sum that begins with another number",
    floats.add(floats.add(one, a), b),
    floats.add(floats.add(one, b), a),
  ],
  ["a first sum that is not sealed", floats.add(floats.add(zero, a), b), floats.add(floats.add(zero, b, true), a)],
];
test("what may differ is not", () => {
  for (const [name, declared, found] of different) expect(new Comparison().matches(declared, found), name).toBe(false);
});

const words: readonly (readonly [TermKind, BinaryOperator, "u32" | "f32"])[] = [
  ["add", "add", "f32"],
  ["subtract", "subtract", "f32"],
  ["multiply", "multiply", "f32"],
  ["maximumByBits", "maximum", "f32"],
  ["minimumByBits", "minimum", "f32"],
  ["lessFloat", "less", "f32"],
  ["lessEqualFloat", "lessEqual", "f32"],
  ["equalFloat", "equal", "f32"],
  ["product", "multiply", "u32"],
  ["divide", "divide", "u32"],
  ["remainder", "remainder", "u32"],
  ["minimum", "minimum", "u32"],
  ["maximum", "maximum", "u32"],
  ["and", "and", "u32"],
  ["or", "or", "u32"],
  ["xor", "xor", "u32"],
  ["shiftLeft", "shiftLeft", "u32"],
  ["shiftRight", "shiftRight", "u32"],
  ["less", "less", "u32"],
  ["equal", "equal", "u32"],
];
test("every operation with a number gives the reference arithmetic's bits", () => {
  fc.assert(
    fc.property(bits, bits, (x, y) => {
      for (const [kind, operator, type] of words) {
        expect(operationOf(kind)).toBeGreaterThan(0);
        const [left, right] = type === "f32" ? [canonical(x), canonical(y)] : [x, y];
        expect(valueOf(pool.node(kind, "integer", a, b), [left, right]), kind).toBe(
          binaryBits(operator, type, left, right) >>> 0,
        );
      }
      for (const kind of ["negate", "roundBf16"] as const)
        expect(valueOf(pool.node(kind, "float", a), [canonical(x)]), kind).toBe(unaryBits(kind, "f32", canonical(x)));
      expect(valueOf(pool.node("magnitude", "float", a), [canonical(x)])).toBe(
        unaryBits("absolute", "f32", canonical(x)),
      );
    }),
    { numRuns: 1000 },
  );
});
