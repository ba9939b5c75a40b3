/** How the IR's operators are written in its text. */
import type { BinaryOperator, UnaryOperator } from "./ir.ts";

/** Infix operators, and how tightly they bind; all group to the left. */
export const infix: Readonly<Partial<Record<BinaryOperator, readonly [symbol: string, precedence: number]>>> = {
  eitherTrue: ["||", 1],
  bothTrue: ["&&", 2],
  or: ["|", 3],
  xor: ["^", 4],
  and: ["&", 5],
  equal: ["==", 6],
  notEqual: ["!=", 6],
  less: ["<", 7],
  lessEqual: ["<=", 7],
  shiftLeft: ["<<", 8],
  shiftRight: [">>", 8],
  add: ["+", 9],
  subtract: ["-", 9],
  multiply: ["*", 10],
  divide: ["/", 10],
  remainder: ["%", 10],
};

export const prefix: Readonly<Partial<Record<UnaryOperator, string>>> = { negate: "-", complement: "~", not: "!" };

/** Operators that are written as calls. */
export const binaryCalls: Readonly<Partial<Record<BinaryOperator, string>>> = { minimum: "min", maximum: "max" };
export const unaryCalls: Readonly<Partial<Record<UnaryOperator, string>>> = {
  absolute: "abs",
  floor: "floor",
  roundBf16: "bf16",
  toF32: "f32",
  toU32: "u32",
  toI32: "i32",
  bitsOf: "bitsOf",
  fromBits: "fromBits",
};

/** Names that a call in the text can't mean a function by; `bits(0x…)` is the f32 with that pattern. */
export const reservedCalls: ReadonlySet<string> = new Set([
  ...Object.values(binaryCalls),
  ...Object.values(unaryCalls),
  "select",
  "extent",
  "bits",
]);
