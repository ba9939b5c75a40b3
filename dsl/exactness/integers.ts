/** Integers as ranges, and what the bits of a float tell of it. */
import { bitsOfF32, f32OfBits } from "../expr.ts";
import type { BinaryOperator, ValueType } from "../ir.ts";
import { combineIntervals, type Interval, intervalOf } from "../intervals.ts";
import { anything, full, largest, leastNormal, marksOf, quantumOf, type Range, tightened } from "./range.ts";

/** More bits than any integer has. */
const wide = 64;
const infinity = 0x7f800000;
export const magnitudeMask = 0x7fffffff;

export function integers({ low, high }: Interval, quantum = 0, least = 0, marks: Partial<Range> = {}): Range {
  return tightened({ low, high, least, quantum, bits: wide, belowAll: false, aboveAll: false, ...marks });
}

export function anyInteger(type: ValueType): Range {
  return type === "bool" ? integers({ low: 0, high: 1 }) : integers(intervalOf(type));
}

export function ofInteger(value: number): Range {
  return integers({ low: value, high: value }, value === 0 ? Infinity : quantumOf(value));
}

/** An operation on u32 or i32, which wraps around. */
export function combineIntegers(operator: BinaryOperator, type: ValueType, a: Range, b: Range): Range {
  const all = intervalOf(type);
  const found = disjointBits(operator, a, b)
    ? { low: a.low + b.low, high: a.high + b.high }
    : combineIntervals(operator, a, b);
  const marks = marksOf(a, b);
  if (found === undefined || found.low < all.low || found.high > all.high) return { ...integers(all), ...marks };
  const shared = Math.min(a.quantum, b.quantum);
  switch (operator) {
    case "add":
    case "subtract":
    case "or":
    case "xor":
    case "minimum":
    case "maximum":
      return integers(found, shared, 0, marks);
    case "multiply":
      return integers(found, a.quantum + b.quantum, 0, marks);
    case "and":
      return integers(found, Math.max(a.quantum, b.quantum), 0, marks);
    case "shiftLeft":
      return integers(found, a.quantum + Math.max(0, b.low), 0, marks);
    default:
      return integers(found, 0, 0, marks);
  }
}

/** `or` adds where one side has only bits below those of the other. */
function disjointBits(operator: BinaryOperator, a: Range, b: Range): boolean {
  const isBelow = (x: Range, y: Range): boolean => x.low >= 0 && y.low >= 0 && x.high < 2 ** Math.min(y.quantum, 40);
  return (operator === "or" || operator === "xor") && (isBelow(a, b) || isBelow(b, a));
}

/** An integer to f32, nearest even. */
export function toFloat(a: Range): Range {
  return tightened({
    ...a,
    low: Math.fround(a.low),
    high: Math.fround(a.high),
    least: Math.fround(a.least),
    bits: Math.min(full, a.bits),
  });
}

/** A float without its fraction; what does not fit has no defined value. */
export function truncated(a: Range, type: ValueType): Range {
  const [low, high] = [Math.trunc(a.low), Math.trunc(a.high)];
  const all = intervalOf(type);
  return a.belowAll || a.aboveAll || low < all.low || high > all.high
    ? { ...anyInteger(type), ...marksOf(a) }
    : integers({ low, high }, 0, 0, marksOf(a));
}

/** The f32 that have these bits. */
export function fromBits(a: Range): Range {
  const marks = marksOf(a);
  const isPositive = a.high < 2 ** 31;
  const isFinite = (bits: number): boolean => (bits & magnitudeMask) < infinity;
  if (!isPositive && a.low < 2 ** 31) return { ...anything, ...marks };
  const ends = [
    f32OfBits(isFinite(a.low) ? a.low : infinity - 1),
    f32OfBits(isFinite(a.high) ? a.high : isPositive ? infinity - 1 : 0xff7fffff),
  ];
  const least = isPositive && a.least < infinity ? f32OfBits(Math.max(1, a.least)) : 2 ** -149;
  // Zeros at the end of the bits are zeros of the fraction.
  const bits = full - Math.min(full - 1, Math.max(0, a.quantum));
  return tightened({
    ...anything,
    low: Math.min(...ends),
    high: Math.max(...ends),
    least,
    bits: least >= leastNormal ? Math.max(1, bits) : full,
    belowAll: !isPositive && !isFinite(a.high),
    aboveAll: isPositive && !isFinite(a.high),
    ...marks,
  });
}

/** The bits of an f32. */
export function toBits(a: Range): Range {
  const marks = marksOf(a);
  const isPositive = a.low > 0 && !a.belowAll;
  return isPositive
    ? integers({ low: bitsOfF32(a.low), high: a.aboveAll ? magnitudeMask : bitsOfF32(a.high) }, 0, 0, marks)
    : { ...anyInteger("u32"), ...marks };
}

/** The bits of an f32 without its sign. */
export function magnitudeBits(a: Range): Range {
  const isSpecial = a.belowAll || a.aboveAll;
  const size = Math.max(-a.low, a.high);
  const low = a.low > 0 ? a.low : a.high < 0 ? -a.high : 0;
  const least = a.least <= largest ? bitsOfF32(a.least) : isSpecial ? infinity : 0;
  return integers({ low: bitsOfF32(low), high: isSpecial ? magnitudeMask : bitsOfF32(size) }, 0, least, marksOf(a));
}
