/** Arithmetic on 32-bit patterns: the algebra over which the denotation gives bits, plainly and slowly. */
import type { Algebra } from "./denotation.ts";
import { bitsOfF32, f32OfBits } from "./expr.ts";
import type { BinaryOperator, Load, UnaryOperator, ValueType } from "./ir.ts";
import { foldBinary, foldUnary, roundBf16 } from "./numbers.ts";

/** The one NaN: every operation that gives a NaN, and every load of one, gives these bits. */
export const canonicalNaN = 0x7fc00000;

/** The largest floats that an integer holds: what is beyond them is taken for them, as WGSL does. */
const largestU32 = 0xffffff00;
const largestI32 = 0x7fffff80;

export function canonical(bits: number): number {
  return (bits & 0x7fffffff) > 0x7f800000 ? canonicalNaN : bits;
}

/** The bits of a result that is computed in double precision: rounding it once is correct for + - and *. */
function rounded(value: number): number {
  return Number.isNaN(value) ? canonicalNaN : bitsOfF32(value);
}

/** A key whose unsigned order is the total order of floats. */
function orderKey(bits: number): number {
  return (bits & 0x80000000 ? ~bits : bits | 0x80000000) >>> 0;
}

export function unaryBits(operator: UnaryOperator, type: ValueType, bits: number): number {
  if (type !== "f32") return operator === "fromBits" ? canonical(bits) : foldUnary(operator, type, bits)!;
  const value = f32OfBits(bits);
  switch (operator) {
    case "negate":
      return rounded(-value);
    case "absolute":
      return rounded(Math.abs(value));
    case "floor":
      return rounded(Math.floor(value));
    case "roundBf16":
      return roundBf16(bits);
    case "toU32":
      return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, 0), largestU32)) >>> 0;
    case "toI32":
      return Number.isNaN(value) ? 0 : Math.trunc(Math.min(Math.max(value, -(2 ** 31)), largestI32)) >>> 0;
    case "bitsOf":
      return bits;
    default:
      throw new TypeError(`${operator} of ${type}`);
  }
}

export function binaryBits(operator: BinaryOperator, type: ValueType, left: number, right: number): number {
  if (type !== "f32") {
    // As in WGSL: a shift takes its count modulo 32, x / 0 is x, and x % 0 is 0.
    if (operator === "shiftLeft" || operator === "shiftRight") return foldBinary(operator, type, left, right & 31)!;
    return foldBinary(operator, type, left, right) ?? (operator === "divide" ? left : 0);
  }
  const a = f32OfBits(left);
  const b = f32OfBits(right);
  switch (operator) {
    case "add":
      return rounded(a + b);
    case "subtract":
      return rounded(a - b);
    case "multiply":
      return rounded(a * b);
    case "minimum":
      return orderKey(left) < orderKey(right) ? left : right;
    case "maximum":
      return orderKey(left) > orderKey(right) ? left : right;
    case "less":
      return a < b ? 1 : 0;
    case "lessEqual":
      return a <= b ? 1 : 0;
    case "equal":
      return a === b ? 1 : 0;
    case "notEqual":
      return a !== b ? 1 : 0;
    default:
      throw new TypeError(`${operator} of ${type}`);
  }
}

/** The algebra of bit patterns, given what a kernel reads. */
export function bitAlgebra(
  extents: Readonly<Record<string, number>>,
  parameters: Readonly<Record<string, number>>,
  load: (load: Load, indices: readonly number[]) => number,
): Algebra<number> {
  return {
    constant: ({ type, bits }) => (type === "f32" ? canonical(bits) : bits),
    identity: ({ type, bits }) => (type === "f32" ? canonical(bits) : bits),
    extent: (axis) => extents[axis]!,
    parameter: (name, type) => (type === "f32" ? rounded(parameters[name]!) : parameters[name]! >>> 0),
    load: (node, indices) => (node.type === "f32" ? canonical(load(node, indices)) : load(node, indices)),
    unary: unaryBits,
    binary: binaryBits,
    select: (condition, whenTrue, whenFalse) => (condition !== 0 ? whenTrue : whenFalse),
    item: (start, index) => (start + index) >>> 0,
    integer: (value) => value,
  };
}
