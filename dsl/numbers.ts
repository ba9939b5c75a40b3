/** Arithmetic on 32-bit patterns, exactly as every device must do it. One definition, shared by all that evaluate. */
import type { BinaryOperator, UnaryOperator, ValueType } from "./ir.ts";

/**
 * Rounds an f32 bit pattern to bf16, nearest even, keeping it as an f32 pattern (the low half zero).
 * Magnitudes below 2^-56 become a zero of the same sign, so that products of such operands are never subnormal;
 * NaN becomes the canonical NaN 0x7fc00000. What rounds past the largest bf16 becomes infinity.
 */
export function roundBf16(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7fc00000;
  if (magnitude < 0x23800000) return (bits & 0x80000000) >>> 0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0;
}

/** Folds an integer operation on a constant; undefined where it is a float's, which is never folded. */
export function foldUnary(operator: UnaryOperator, type: ValueType, bits: number): number | undefined {
  switch (operator) {
    case "not":
      return bits === 0 ? 1 : 0;
    case "complement":
      return ~bits >>> 0;
    case "negate":
      return type === "i32" ? -bits >>> 0 : type === "f32" ? (bits ^ 0x80000000) >>> 0 : undefined;
    case "absolute":
      return type === "i32" ? Math.abs(bits | 0) >>> 0 : type === "f32" ? bits & 0x7fffffff : undefined;
    case "toU32":
    case "toI32":
      return type === "f32" ? undefined : bits;
    case "toF32":
      return type === "f32" ? undefined : patternOf(Math.fround(type === "i32" ? bits | 0 : bits));
    case "bitsOf":
    case "fromBits":
      return bits;
    case "roundBf16":
      return roundBf16(bits);
    default:
      return undefined;
  }
}

const view = new DataView(new ArrayBuffer(4));
function patternOf(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** Folds an integer or bool operation on constants; undefined for floats and for a division by zero. */
export function foldBinary(operator: BinaryOperator, type: ValueType, left: number, right: number): number | undefined {
  if (type === "f32") return undefined;
  const signed = type === "i32";
  const a = signed ? left | 0 : left;
  const b = signed ? right | 0 : right;
  switch (operator) {
    case "add":
      return (a + b) >>> 0;
    case "subtract":
      return (a - b) >>> 0;
    case "multiply":
      return Math.imul(left, right) >>> 0;
    case "divide":
      return b === 0 ? undefined : Math.trunc(a / b) >>> 0;
    case "remainder":
      return b === 0 ? undefined : (a % b) >>> 0;
    case "minimum":
      return Math.min(a, b) >>> 0;
    case "maximum":
      return Math.max(a, b) >>> 0;
    case "and":
      return (left & right) >>> 0;
    case "or":
      return (left | right) >>> 0;
    case "xor":
      return (left ^ right) >>> 0;
    case "shiftLeft":
      return right > 31 ? undefined : (left << right) >>> 0;
    case "shiftRight":
      return right > 31 ? undefined : (signed ? a >> right : left >>> right) >>> 0;
    case "less":
      return a < b ? 1 : 0;
    case "lessEqual":
      return a <= b ? 1 : 0;
    case "equal":
      return a === b ? 1 : 0;
    case "notEqual":
      return a !== b ? 1 : 0;
    case "bothTrue":
      return left & right;
    case "eitherTrue":
      return left | right;
  }
}

/** The f32 below and above a number that is none. */
export function neighbors(value: number): readonly [low: number, high: number] {
  const near = Math.fround(value);
  const bits = new Uint32Array(new Float32Array([near]).buffer);
  const away = near > value === near > 0 ? -1 : 1;
  bits[0] = bits[0]! + away;
  const other = new Float32Array(bits.buffer)[0]!;
  return near < other ? [near, other] : [other, near];
}
