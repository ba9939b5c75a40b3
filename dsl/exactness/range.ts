/**
 * What is known of a value on every device: bounds, what it is a multiple of, how small it can be, how many bits it
 * has. The operations are sound for f32 rounded to nearest even, as long as no operand or result is subnormal.
 */
import { bitsOfF32, f32OfBits } from "../expr.ts";
import type { Expr } from "../ir.ts";
import { roundBf16 } from "../numbers.ts";

/** Of an integer, `bits`, `belowAll` and `aboveAll` mean nothing. */
export interface Range {
  /** Every finite value lies from `low` to `high`. */
  readonly low: number;
  readonly high: number;
  /** No value but zero has a smaller magnitude; Infinity where all are zero. */
  readonly least: number;
  /** Every value is a multiple of 2^quantum; Infinity where all are zero. */
  readonly quantum: number;
  /** Significant bits that a value has at most. */
  readonly bits: number;
  /** Whether it may be -infinity or a NaN with a sign, and +infinity or a NaN without one. */
  readonly belowAll: boolean;
  readonly aboveAll: boolean;
  /**
   * The operation whose result may be subnormal, so that some devices have zero in its place, where this may still show
   * it.
   */
  readonly from?: Expr;
  /** Whether it comes from an operation that has been found wanting. */
  readonly blamed?: boolean;
}

export const largest = 3.4028234663852886e38;
export const leastNormal = 2 ** -126;
export const leastQuantum = -149;
export const full = 24;

const double = new DataView(new ArrayBuffer(8));
/** The exponent of the largest power of two that is not above a positive number. */
export function exponentOf(value: number): number {
  double.setFloat64(0, value);
  const field = (double.getUint16(0) >>> 4) & 0x7ff;
  return field === 0 ? -1023 : field - 1023;
}

/** The exponent of the largest power of two that divides a number other than zero. */
export function quantumOf(value: number): number {
  let quantum = exponentOf(Math.abs(value));
  while (value % 2 ** quantum !== 0) quantum--;
  return quantum;
}

export const anything: Range = {
  low: -largest,
  high: largest,
  least: 2 ** leastQuantum,
  quantum: leastQuantum,
  bits: full,
  belowAll: true,
  aboveAll: true,
};

/** Each part as far as the others show it. */
export function tightened(range: Range): Range {
  let { low, high, least, quantum, bits } = range;
  if (quantum < Infinity) least = Math.max(least, 2 ** Math.max(quantum, -1000));
  if (low > 0) least = Math.max(least, low);
  if (high < 0) least = Math.max(least, -high);
  if (low < 0 && -low < least) low = 0;
  if (high > 0 && high < least) high = 0;
  const size = Math.max(-low, high);
  if (size === 0) return { ...range, low: 0, high: 0, least: Infinity, quantum: Infinity, bits: 0 };
  quantum = Math.max(quantum, exponentOf(least) - bits + 1);
  bits = Math.min(bits, exponentOf(size) - quantum + 1);
  return { ...range, low, high, least, quantum, bits };
}

/** An f32 constant. */
export function ofConstant(bits: number): Range {
  const value = f32OfBits(bits);
  if (!Number.isFinite(value)) return { ...anything, low: 0, high: 0 };
  const quantum = value === 0 ? Infinity : quantumOf(value);
  return tightened({
    low: value,
    high: value,
    least: 0,
    quantum,
    bits: value === 0 ? 0 : exponentOf(Math.abs(value)) - quantum + 1,
    belowAll: false,
    aboveAll: false,
  });
}

/**
 * What an element of storage can be: any f32; of bf16, what rounding to it and loading weights leave (spec/contract.md,
 * "The host's part").
 */
export function ofStorage(storage: "f32" | "bf16"): Range {
  return storage === "f32" ? anything : { ...anything, bits: 8, quantum: -63, least: 2 ** -56 };
}

export function join(a: Range | undefined, b: Range | undefined): Range | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    low: Math.min(a.low, b.low),
    high: Math.max(a.high, b.high),
    least: Math.min(a.least, b.least),
    quantum: Math.min(a.quantum, b.quantum),
    bits: Math.max(a.bits, b.bits),
    belowAll: a.belowAll || b.belowAll,
    aboveAll: a.aboveAll || b.aboveAll,
    ...marksOf(a, b),
  };
}

/** What is to be remembered of operands that are passed on. */
export function marksOf(...ranges: readonly Range[]): Pick<Range, "from" | "blamed"> {
  const from = ranges.find((range) => range.from !== undefined)?.from;
  return {
    ...(from === undefined ? {} : { from }),
    ...(ranges.some((range) => range.blamed === true) ? { blamed: true } : {}),
  };
}

export function mayBeSubnormal(range: Range): boolean {
  return range.least < leastNormal;
}

export function sameRange(a: Range, b: Range): boolean {
  return (
    a.low === b.low &&
    a.high === b.high &&
    a.least === b.least &&
    a.quantum === b.quantum &&
    a.bits === b.bits &&
    a.belowAll === b.belowAll &&
    a.aboveAll === b.aboveAll &&
    a.from === b.from &&
    a.blamed === b.blamed
  );
}

/** Rounded to f32: what overflows is infinite. */
function rounded(range: Range): Range {
  const [low, high] = [Math.fround(range.low), Math.fround(range.high)];
  return tightened({
    ...range,
    low: Math.max(low, -largest),
    high: Math.min(high, largest),
    belowAll: range.belowAll || low === -Infinity,
    aboveAll: range.aboveAll || high === Infinity,
    quantum: Math.max(range.quantum, leastQuantum),
  });
}

function ofTwo(a: Range, b: Range, parts: Pick<Range, "low" | "high" | "least" | "quantum" | "bits">): Range {
  const isSpecial = a.belowAll || a.aboveAll || b.belowAll || b.aboveAll;
  return rounded({ ...parts, belowAll: isSpecial, aboveAll: isSpecial });
}

export function add(a: Range, b: Range): Range {
  const quantum = Math.min(a.quantum, b.quantum);
  const isOfOneSign = (a.low >= 0 && b.low >= 0) || (a.high <= 0 && b.high <= 0);
  return ofTwo(a, b, {
    low: a.low + b.low,
    high: a.high + b.high,
    quantum,
    bits: full,
    least: isOfOneSign || a.least === Infinity || b.least === Infinity ? Math.min(a.least, b.least) : 2 ** quantum,
  });
}

/** The smallest magnitude but zero that a product can have before it is rounded. */
export function leastProduct(a: Range, b: Range): number {
  return a.least === Infinity || b.least === Infinity ? Infinity : a.least * b.least;
}

export function multiply(a: Range, b: Range): Range {
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  const least = leastProduct(a, b);
  const bits = a.bits + b.bits;
  const quantum = a.quantum + b.quantum;
  const isExact = bits <= full && quantum >= leastQuantum;
  return ofTwo(a, b, {
    low: Math.min(...corners),
    high: Math.max(...corners),
    bits: Math.min(full, bits),
    // A rounded product of a normal magnitude has 24 bits; a multiple stays one, since what is rounded ends in more
    // zeros.
    least: isExact || least >= leastNormal ? Math.fround(least) : 2 ** leastQuantum,
    quantum: isExact
      ? quantum
      : Math.max(quantum, least >= leastNormal && least < Infinity ? exponentOf(least) - full + 1 : leastQuantum),
  });
}

export function negate(a: Range): Range {
  return { ...a, low: -a.high || 0, high: -a.low || 0, belowAll: a.aboveAll, aboveAll: a.belowAll };
}

export function absolute(a: Range): Range {
  return {
    ...a,
    low: a.low > 0 ? a.low : a.high < 0 ? -a.high : 0,
    high: Math.max(-a.low, a.high),
    belowAll: false,
    aboveAll: a.belowAll || a.aboveAll,
  };
}

export function floor(a: Range): Range {
  // What is between -1 and 0 becomes -1.
  return tightened({
    ...a,
    low: Math.floor(a.low),
    high: Math.floor(a.high),
    least: 1,
    quantum: Math.max(0, a.quantum),
    bits: full,
  });
}

/** By the total order of the bits, in which what is infinite or NaN is outermost. */
export function maximum(a: Range, b: Range): Range {
  return negate(minimum(negate(a), negate(b)));
}

export function minimum(a: Range, b: Range): Range {
  const high = Math.max(Math.min(a.high, b.high), a.aboveAll ? b.high : -largest, b.aboveAll ? a.high : -largest);
  return tightened({
    low: Math.min(a.low, b.low),
    high,
    least: Math.min(a.least, b.least),
    quantum: Math.min(a.quantum, b.quantum),
    bits: Math.max(a.bits, b.bits),
    belowAll: a.belowAll || b.belowAll,
    aboveAll: a.aboveAll && b.aboveAll,
    ...marksOf(a, b),
  });
}

/** Magnitudes below 2^-56 become zero. */
export function toBf16(a: Range): Range {
  const round = (value: number): number => f32OfBits(roundBf16(bitsOfF32(value)));
  const [low, high] = [round(a.low), round(a.high)];
  return tightened({
    ...a,
    low: Math.max(low, -largest),
    high: Math.min(high, largest),
    bits: Math.min(8, a.bits),
    least: a.least === Infinity ? Infinity : Math.max(2 ** -56, round(a.least)),
    quantum: Math.max(a.quantum, -63),
    belowAll: a.belowAll || low === -Infinity,
    aboveAll: a.belowAll || a.aboveAll || high === Infinity,
  });
}

/** Of the values, those up to a magnitude, from another one on; undefined where there are none. */
export function ofMagnitude(a: Range, atLeast: number, atMost: number): Range | undefined {
  const isFinite = atMost <= largest;
  const least = Math.max(a.least, atLeast);
  const [low, high] = [Math.max(a.low, -atMost), Math.min(a.high, atMost)];
  if (low > high || (atLeast > 0 && Math.max(-low, high) < least)) {
    return !isFinite && (a.belowAll || a.aboveAll) ? { ...a, low: 0, high: 0 } : undefined;
  }
  const { from, ...rest } = a;
  const isSettled = from === undefined || least >= leastNormal;
  return tightened({
    ...rest,
    least,
    low: low >= 0 && atLeast > 0 ? Math.max(low, least) : low,
    high: high <= 0 && atLeast > 0 ? Math.min(high, -least) : high,
    belowAll: a.belowAll && !isFinite,
    aboveAll: a.aboveAll && !isFinite,
    ...(isSettled ? {} : { from }),
  });
}

/** Of the finite values, those between two numbers; undefined where there are none. */
export function between(a: Range, low: number, high: number, belowAll: boolean, aboveAll: boolean): Range | undefined {
  const range = {
    ...a,
    low: Math.max(a.low, low),
    high: Math.min(a.high, high),
    belowAll: a.belowAll && belowAll,
    aboveAll: a.aboveAll && aboveAll,
  };
  if (range.low <= range.high) return tightened(range);
  return range.belowAll || range.aboveAll ? { ...range, low: 0, high: 0 } : undefined;
}

/**
 * The sums of so many items at most, where they are so few and so alike that no addition rounds; undefined otherwise.
 */
export function sumOf(state: Range, count: number, leaf: Range): Range | undefined {
  const size = count * Math.max(-leaf.low, leaf.high);
  if (
    leaf.belowAll ||
    leaf.aboveAll ||
    leaf.quantum === Infinity ||
    size > 2 ** (leaf.quantum + full) ||
    state.belowAll ||
    state.aboveAll
  )
    return undefined;
  return tightened({
    ...state,
    low: Math.min(0, count * leaf.low),
    high: Math.max(0, count * leaf.high),
    quantum: leaf.quantum,
    bits: full,
    ...marksOf(state, leaf),
  });
}
