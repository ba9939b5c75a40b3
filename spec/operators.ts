/**
 * JavaScript for the IR's operators and constants, and for a level's spans. An f32 is a number that has been rounded,
 * u32 and i32 are numbers in their range, bool is a boolean.
 */
import { f32OfBits } from "../dsl/expr.ts";
import type { BinaryOperator, Constant, Expr, StorageType, UnaryOperator, ValueType } from "../dsl/ir.ts";
import type { Level } from "../dsl/tree.ts";
import { arrayOf } from "../runtime/elements.ts";

export function unaryText(operator: UnaryOperator, type: ValueType, operand: string): string {
  const isFloat = type === "f32";
  switch (operator) {
    case "negate":
      return isFloat ? `-${operand}` : `-${operand} | 0`;
    case "absolute":
      return isFloat ? `Math.abs(${operand})` : `Math.abs(${operand}) | 0`;
    case "floor":
      return `Math.floor(${operand})`;
    case "complement":
      return type === "i32" ? `~${operand}` : `~${operand} >>> 0`;
    case "not":
      return `!${operand}`;
    case "roundBf16":
      return `roundBf16(${operand})`;
    case "toF32":
      return `Math.fround(${operand})`;
    // Truncation saturates; NaN becomes 0.
    case "toU32":
      return isFloat ? `Math.min(Math.max(${operand}, 0), 4294967040) >>> 0` : `${operand} >>> 0`;
    case "toI32":
      return isFloat ? `Math.min(Math.max(${operand}, -2147483648), 2147483520) | 0` : `${operand} | 0`;
    case "bitsOf":
      return `bitsOf(${operand})`;
    case "fromBits":
      return `fromBits(${operand})`;
  }
}

const comparisons = { less: "<", lessEqual: "<=", equal: "===", notEqual: "!==" } as const;
const arithmetic = { add: "+", subtract: "-", multiply: "*" } as const;
const bitwise = { and: "&", or: "|", xor: "^" } as const;

export function binaryText(operator: BinaryOperator, type: ValueType, left: string, right: string): string {
  const integer = type === "i32" ? "| 0" : ">>> 0";
  switch (operator) {
    case "add":
    case "subtract":
      return type === "f32"
        ? `Math.fround(${left} ${arithmetic[operator]} ${right})`
        : `(${left} ${arithmetic[operator]} ${right}) ${integer}`;
    case "multiply":
      return type === "f32" ? `Math.fround(${left} * ${right})` : `Math.imul(${left}, ${right}) ${integer}`;
    // As in WGSL: x / 0 is x, and x % 0 is 0.
    case "divide":
      return `${right} === 0 ? ${left} : (${left} / ${right}) ${integer}`;
    case "remainder":
      return `(${left} % ${right}) ${integer}`;
    // By total order, where the one NaN is the largest of all: as Math.max has it, and Math.min but for NaN.
    case "maximum":
      return `Math.max(${left}, ${right})`;
    case "minimum":
      return type === "f32"
        ? `${left} !== ${left} ? ${right} : ${right} !== ${right} ? ${left} : Math.min(${left}, ${right})`
        : `Math.min(${left}, ${right})`;
    case "and":
    case "or":
    case "xor":
      return `(${left} ${bitwise[operator]} ${right}) ${integer}`;
    case "shiftLeft":
      return `(${left} << ${right}) ${integer}`;
    case "shiftRight":
      return type === "i32" ? `${left} >> ${right}` : `${left} >>> ${right}`;
    case "less":
    case "lessEqual":
    case "equal":
    case "notEqual":
      return `${left} ${comparisons[operator]} ${right}`;
    case "bothTrue":
      return `${left} && ${right}`;
    case "eitherTrue":
      return `${left} || ${right}`;
  }
}

/** Where the span of value `index` begins and ends, of `items` items (spanOf, as text). */
export function spanText(level: Level, index: string, items: string): { first: string; end: string } {
  const lanes = level.lanes ?? 1;
  if (index === "0" && lanes === 1)
    return { first: "0", end: level.count === undefined ? items : `Math.min(${items}, ${level.count})` };
  if (level.count === undefined) return { first: lanes === 1 ? "0" : index, end: items };
  const size = lanes * level.count;
  if (lanes === 1) return { first: `${index} * ${size}`, end: `Math.min(${items}, ${index} * ${size} + ${size})` };
  const group = `Math.floor(${index} / ${lanes}) * ${size}`;
  return { first: `${group} + ${index} % ${lanes}`, end: `Math.min(${items}, ${group} + ${size})` };
}

/** An array's elements, as numbers of what is stored. */
export function view(storage: StorageType, array: string): string {
  return `new ${arrayOf(storage)}(${array}.buffer, ${array}.byteOffset, ${array}.length)`;
}

/** An index as an unsigned number, so that a negative one lies outside of every axis. */
export function unsigned(index: Expr, text: string): string {
  return index.type === "i32" ? `(${text} >>> 0)` : text;
}

/** A constant. */
export function literal({ type, bits }: Constant): string {
  if (type === "bool") return bits !== 0 ? "true" : "false";
  if (type === "u32") return `${bits}`;
  const value = type === "i32" ? bits | 0 : f32OfBits(bits);
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? "-0" : value})` : `${value}`;
}
