/**
 * Literals, and what WGSL computes of constants while it reads a text: whatever goes wrong there is an error of the
 * text.
 */
import type { BinaryOperator, Builtin, ScalarName, Unary } from "./ast.ts";

/** A 32-bit pattern as an unsigned number; 0 or 1 for bool. */
type Bits = number;
/** A constant's bits, or what is wrong with it. */
export type Folded = Bits | string;

const floats = new Float32Array(1);
const words = new Uint32Array(floats.buffer);
function floatOf(bits: Bits): number {
  words[0] = bits;
  return floats[0]!;
}
function bitsOf(value: number): Bits {
  floats[0] = value;
  return words[0]!;
}

const integer = /^(?:0|[1-9]\d*|0[xX][\da-fA-F]+)([ui]?)$/;
const decimal = /^(?:\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|0|[1-9]\d*)f$/;
const hexadecimal = /^0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d+)f$/;

/** A literal; without a suffix it is an integer of no type, which has its whole value. Or what is wrong with it. */
export type LiteralValue =
  | { readonly type: "u32" | "i32" | "f32"; readonly bits: Bits }
  | { readonly type: null; readonly value: bigint };

export function literalOf(text: string): LiteralValue | string {
  const suffix = integer.exec(text)?.[1];
  if (suffix !== undefined) {
    const value = BigInt(suffix === "" ? text : text.slice(0, -1));
    if (suffix === "") return { type: null, value };
    if (value >= (suffix === "u" ? 2n ** 32n : 2n ** 31n)) return `${text} does not fit ${suffix}32`;
    return { type: suffix === "u" ? "u32" : "i32", bits: Number(value) };
  }
  const hex = hexadecimal.exec(text);
  if (hex === null && !decimal.test(text)) return `'${text}' is no literal`;
  const value = hex === null ? Number(text.slice(0, -1)) : hexValue(hex[1]!, hex[2] ?? "", Number(hex[3]));
  if (value === undefined) return `'${text}' is no literal`;
  return Number.isFinite(value) && Math.fround(value) === value
    ? { type: "f32", bits: bitsOf(value) }
    : `${text} is not exactly an f32`;
}

/** NaN where the value has more bits than an f32. */
function hexValue(whole: string, fraction: string, exponent: number): number | undefined {
  if (whole + fraction === "") return undefined;
  let digits = BigInt(`0x${whole}${fraction}`);
  if (digits === 0n) return 0;
  let power = exponent - 4 * fraction.length;
  while (digits % 2n === 0n) [digits, power] = [digits / 2n, power + 1];
  return digits < 2n ** 24n && power >= -149 && power <= 128 ? Number(digits) * 2 ** power : NaN;
}

/** An operation on operands of this type. */
export function foldBinary(operator: BinaryOperator, type: ScalarName, left: Bits, right: Bits): Folded {
  switch (operator) {
    case "&&":
    case "&":
      return (left & right) >>> 0;
    case "||":
    case "|":
      return (left | right) >>> 0;
    case "^":
      return (left ^ right) >>> 0;
    case "<<": {
      const lost = type === "i32" ? (left | 0) >> (31 - right) : Math.floor(left / 2 ** (32 - right));
      return lost === 0 || (type === "i32" && lost === -1) ? (left << right) >>> 0 : `this ${type} loses bits by '<<'`;
    }
    case ">>":
      return (type === "i32" ? (left | 0) >> right : left >>> right) >>> 0;
  }
  const [a, b] = [valueOf(type, left), valueOf(type, right)];
  switch (operator) {
    case "<":
      return Number(a < b);
    case "<=":
      return Number(a <= b);
    case ">":
      return Number(a > b);
    case ">=":
      return Number(a >= b);
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
  }
  if (type === "f32") {
    const value =
      operator === "+" ? a + b : operator === "-" ? a - b : operator === "*" ? a * b : operator === "/" ? a / b : a % b;
    return finite(Math.fround(value));
  }
  if (type === "i32" && (operator === "/" || operator === "%") && b === -1 && a === -(2 ** 31))
    return `this i32 overflows by '${operator}'`;
  const value =
    operator === "+"
      ? a + b
      : operator === "-"
        ? a - b
        : operator === "*"
          ? Math.imul(a, b)
          : operator === "/"
            ? Math.trunc(a / b)
            : a % b;
  return value >>> 0;
}

export function foldUnary(operator: Unary["operator"], type: ScalarName, operand: Bits): Folded {
  switch (operator) {
    case "!":
      return 1 - operand;
    case "~":
      return ~operand >>> 0;
    case "-":
      return type === "f32" ? (operand ^ 0x80000000) >>> 0 : -operand >>> 0;
  }
}

/** A builtin of operands of this type, for `bitcast` and conversions with a result of another. */
export function foldBuiltin(
  name: Builtin["name"],
  type: ScalarName,
  result: ScalarName,
  operands: readonly Bits[],
): Folded {
  const [a = 0, b = 0, c = 0] = operands.map((operand) => valueOf(type, operand));
  switch (name) {
    case "bitcast":
      return result === "f32" ? finite(floatOf(operands[0]!)) : operands[0]!;
    case "convert":
      return converted(type, result, operands[0]!);
    case "select":
      return operands[2] === 0 ? operands[0]! : operands[1]!;
    case "min":
      return a <= b ? operands[0]! : operands[1]!;
    case "max":
      return a >= b ? operands[0]! : operands[1]!;
    case "abs":
      return type === "f32" ? operands[0]! & 0x7fffffff : Math.abs(a) >>> 0;
    case "floor":
      return bitsOf(Math.floor(a));
    case "fma": {
      const product = finite(Math.fround(a * b));
      return typeof product === "string" ? product : finite(Math.fround(a * b + c));
    }
  }
}

function converted(from: ScalarName, to: ScalarName, bits: Bits): Folded {
  if (from === to) return bits;
  const value = valueOf(from, bits);
  if (to === "bool") return Number(value !== 0);
  if (to === "f32") return bitsOf(value);
  if (from !== "f32") return bits;
  const [least, end] = to === "u32" ? [0, 2 ** 32] : [-(2 ** 31), 2 ** 31];
  const whole = Math.trunc(value);
  return whole >= least && whole < end ? whole >>> 0 : `this constant does not fit ${to}`;
}

function valueOf(type: ScalarName, bits: Bits): number {
  return type === "f32" ? floatOf(bits) : type === "i32" ? bits | 0 : bits;
}

function finite(value: number): Folded {
  return Number.isFinite(value) ? bitsOf(value) : "this constant is no finite f32";
}
