/** Python's operators on a template's values. */
import type { Binary, Comparison } from "./ast.ts";
import { printf } from "./format.ts";
import { pointsOf } from "./text.ts";
import {
  Dict,
  isEqual,
  isNumber,
  itemsOf,
  JinjaError,
  JinjaRefusal,
  numberOf,
  Range,
  refuseSafe,
  Safe,
  Slice,
  Tuple,
  typeOf,
  Undefined,
  View,
  type Value,
} from "./values.ts";

/** UTF-16 units of a text, items of a list: what a template makes of a few characters must not fill the memory. */
const longest = 2 ** 22;

export function binary(operator: Exclude<Binary, "and" | "or">, left: Value, right: Value): Value {
  for (const value of [left, right]) {
    if (value instanceof Safe) refuseSafe();
    if (value instanceof Undefined && !(operator === "%" && typeof left === "string")) value.fail();
  }
  if (operator === "%" && typeof left === "string") return printf(left, right);
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, numberOf(left), numberOf(right));
  if (operator === "+") {
    if (typeof left === "string" && typeof right === "string") return limited(left + right);
    if (Array.isArray(left) && Array.isArray(right)) return limited([...left, ...right]);
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple(limited([...left.items, ...right.items]));
  }
  if (operator === "*") {
    const [sequence, count] = isNumber(left) ? [right, left] : [left, right];
    if (typeof count !== "number" && isNumber(count)) {
      const times = Math.max(0, Number(count));
      const repeated = (items: readonly Value[]): Value[] =>
        limited(items, times) && Array.from({ length: times }, () => items).flat();
      if (typeof sequence === "string") return limited(sequence, times) && sequence.repeat(times);
      if (Array.isArray(sequence)) return repeated(sequence);
      if (sequence instanceof Tuple) return new Tuple(repeated(sequence.items));
    }
  }
  throw new JinjaError(`unsupported operand type(s) for ${operator}: '${typeOf(left)}' and '${typeOf(right)}'`);
}

function limited<T extends { readonly length: number }>(value: T, times = 1): T {
  if (value.length * times > longest) throw new JinjaError(`a value of ${value.length * times} items is too long`);
  return value;
}

function arithmetic(operator: Exclude<Binary, "and" | "or">, left: bigint | number, right: bigint | number): Value {
  if ((operator === "/" || operator === "//" || operator === "%") && Number(right) === 0)
    throw new JinjaError("division by zero");
  if (typeof left === "bigint" && typeof right === "bigint") {
    switch (operator) {
      case "+":
        return left + right;
      case "-":
        return left - right;
      case "*":
        return bounded(left * right);
      case "//":
        return (left - modulo(left, right)) / right;
      case "%":
        return modulo(left, right);
      case "**":
        if (right < 0n) throw new JinjaRefusal("a power that is no integer");
        if (right > 4096n) throw new JinjaError("a power is too large");
        return bounded(left ** right);
      case "/":
        return floatOf(left) / floatOf(right);
    }
  }
  const [a, b] = [floatOf(left), floatOf(right)];
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return floatDivide(a, b).rest;
    case "//":
      return floatDivide(a, b).whole;
    // Devices differ in the last bit of it.
    case "**":
      throw new JinjaRefusal("a power that is no integer");
  }
}

function bounded(value: bigint): bigint {
  if (value > 2n ** 4096n || value < -(2n ** 4096n)) throw new JinjaError("a number is too large");
  return value;
}
/** Python's remainder has the divisor's sign. */
function modulo(left: bigint, right: bigint): bigint {
  const rest = left % right;
  return rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest;
}
/** As CPython computes them. */
function floatDivide(left: number, right: number): { readonly whole: number; readonly rest: number } {
  let rest = left % right;
  let quotient = (left - rest) / right;
  if (rest === 0) rest = right < 0 ? -0 : 0;
  else if (right < 0 !== rest < 0) [rest, quotient] = [rest + right, quotient - 1];
  const floor = Math.floor(quotient);
  return { rest, whole: quotient === 0 ? (left / right < 0 ? -0 : 0) : quotient - floor > 0.5 ? floor + 1 : floor };
}
export function floatOf(value: bigint | number): number {
  if (typeof value === "number") return value;
  const float = Number(value);
  if (BigInt(float) !== value) throw new JinjaRefusal("an integer beyond 2^53 becomes a float");
  return float;
}

export function negate(value: Value): Value {
  if (value instanceof Undefined) return value.fail();
  if (!isNumber(value)) throw new JinjaError(`bad operand type for unary -: '${typeOf(value)}'`);
  return -numberOf(value);
}

export function compare(operator: Comparison, left: Value, right: Value): boolean {
  switch (operator) {
    case "==":
      return isEqual(left, right);
    case "!=":
      return !isEqual(left, right);
    case "in":
      return contains(right, left);
    case "not in":
      return !contains(right, left);
    default: {
      const order = orderOf(left, right, operator);
      return operator === "<" ? order < 0 : operator === "<=" ? order <= 0 : operator === ">" ? order > 0 : order >= 0;
    }
  }
}

/** Negative, zero, positive; NaN where neither is less. @throws JinjaError for what Python has no order of */
export function orderOf(left: Value, right: Value, operator = "<"): number {
  for (const value of [left, right]) {
    if (value instanceof Undefined) return value.fail();
    if (value instanceof Safe) return refuseSafe();
  }
  if (isNumber(left) && isNumber(right)) {
    const [a, b] = [numberOf(left), numberOf(right)];
    // biome-ignore lint/suspicious/noDoubleEquals: an integer may be a bigint here, and compares as its number does.
    return a < b ? -1 : a > b ? 1 : a == b ? 0 : NaN;
  }
  if (typeof left === "string" && typeof right === "string") return textOrder(left, right);
  const [ours, theirs] =
    Array.isArray(left) && Array.isArray(right)
      ? [left, right]
      : left instanceof Tuple && right instanceof Tuple
        ? [left.items, right.items]
        : [];
  if (ours === undefined || theirs === undefined)
    throw new JinjaError(`'${operator}' not supported between instances of '${typeOf(left)}' and '${typeOf(right)}'`);
  const at = ours.findIndex((item, index) => index >= theirs.length || !isEqual(item, theirs[index]!));
  if (at < 0 || at >= theirs.length) return ours.length - theirs.length;
  return orderOf(ours[at]!, theirs[at]!, operator);
}

/** By code points: UTF-16 units have another order. */
function textOrder(left: string, right: string): number {
  if (left === right) return 0;
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) at++;
  // Both halves of a pair are looked at.
  if (at > 0 && /[\ud800-\udbff]/.test(left[at - 1]!)) at--;
  return (left.codePointAt(at) ?? -1) - (right.codePointAt(at) ?? -1);
}

function contains(whole: Value, part: Value): boolean {
  if (whole instanceof Safe || part instanceof Safe) return refuseSafe();
  if (typeof whole === "string") {
    if (part instanceof Undefined || typeof part !== "string")
      throw new JinjaError(`'in <string>' requires string as left operand, not ${typeOf(part)}`);
    return whole.includes(part);
  }
  if (whole instanceof Dict) return whole.has(part);
  if (whole instanceof View && whole.kind === "keys") return whole.dict.has(part);
  if (whole instanceof Range && !isNumber(part)) return false;
  if (whole === null || isNumber(whole)) throw new JinjaError(`argument of type '${typeOf(whole)}' is not iterable`);
  return itemsOf(whole).some((item) => isEqual(item, part));
}

/** `value[start:stop:step]`. */
export function slice(value: Value, parts: readonly (Value | undefined)[]): Value {
  if (value instanceof Undefined) return value.fail();
  const [start, stop, step] = parts.map((part) => {
    if (part === undefined || part === null) return undefined;
    if (part instanceof Undefined || (typeof part !== "bigint" && typeof part !== "boolean"))
      throw new JinjaError("slice indices must be integers or None or have an __index__ method");
    return Number(part);
  });
  const pick = <T>(items: readonly T[]): T[] => pickOf(items, start, stop, step ?? 1);
  if (typeof value === "string") return pick(pointsOf(value)).join("");
  if (Array.isArray(value)) return pick(value);
  if (value instanceof Tuple) return new Tuple(pick(value.items));
  if (value instanceof Range) throw new JinjaRefusal("a slice of a range");
  if (value instanceof Safe) return refuseSafe();
  throw new JinjaError(`'${typeOf(value)}' object is not subscriptable with a slice`);
}

function pickOf<T>(items: readonly T[], start: number | undefined, stop: number | undefined, step: number): T[] {
  if (step === 0) throw new JinjaError("slice step cannot be zero");
  const { length } = items;
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const place = (index: number | undefined, absent: number): number =>
    index === undefined ? absent : index < 0 ? Math.max(low, index + length) : Math.min(high, index);
  const [from, to] = step > 0 ? [place(start, 0), place(stop, length)] : [place(start, length - 1), place(stop, -1)];
  const picked: T[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) picked.push(items[at]!);
  return picked;
}

export { Slice };
