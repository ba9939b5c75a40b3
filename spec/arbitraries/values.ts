/**
 * Expressions of random kernels, as text in the language, and what is known of their values. The contract promises bits
 * where all values are zero or normal; so that this holds for every kernel that is made here, each float carries a
 * magnitude that it stays below and a quantum that it is a multiple of.
 */
export type Type = "f32" | "u32" | "i32";

/** A float that is a multiple of 2^quantum, of magnitude at most 2^magnitude. */
export interface Range {
  readonly quantum: number;
  readonly magnitude: number;
}

export interface Value {
  readonly text: string;
  readonly type: Type;
  /** Of floats. */
  readonly range: Range;
  /** The output axes that the value differs along. */
  readonly axes: ReadonlySet<string>;
}

/** Multiples of a smaller quantum may be subnormal. */
export const leastQuantum = -126;
/** Values beyond this are not multiplied. */
const mostMagnitude = 100;

export const noRange: Range = { quantum: 0, magnitude: 0 };
/**
 * What spec/inputs.ts gives: magnitudes from 2^-26 up, below 2^5, with all significant bits; parameters in [2^-8, 1).
 */
export const inputRange = { f32: { quantum: -49, magnitude: 5 }, bf16: { quantum: -33, magnitude: 5 } } as const;
export const parameterRange: Range = { quantum: -31, magnitude: 0 };

export function value(type: Type, text: string, range: Range, ...parts: readonly Pick<Value, "axes">[]): Value {
  return { text, type, range, axes: new Set(parts.flatMap(({ axes }) => [...axes])) };
}

export const float = (text: string, range: Range, ...parts: readonly Pick<Value, "axes">[]): Value =>
  value("f32", text, range, ...parts);
export const integer = (type: "u32" | "i32", text: string, ...parts: readonly Pick<Value, "axes">[]): Value =>
  value(type, text, noRange, ...parts);

/** Zero, or at least 2^-40: what a division or an exponential leaves in between would soon be subnormal. */
export function flushed(text: string, magnitude: number, ...parts: readonly Value[]): Value {
  return float(`flush(${text}, 2 ** -40)`, { quantum: -63, magnitude }, ...parts);
}

/** The same with eight significant bits, and zero below 2^-56. */
export function rounded(x: Value): Value {
  return float(`bf16(${x.text})`, { quantum: Math.max(x.range.quantum, -63), magnitude: x.range.magnitude + 1 }, x);
}

/** Held between -2^magnitude and 2^magnitude. */
export function clamped(x: Value, magnitude: number): Value {
  if (x.range.magnitude <= magnitude) return x;
  return float(
    `min(max(${x.text}, -(2 ** ${magnitude})), 2 ** ${magnitude})`,
    { quantum: x.range.quantum, magnitude },
    x,
  );
}

export function sum(operator: "+" | "-", left: Value, right: Value): Value {
  const range = {
    quantum: Math.min(left.range.quantum, right.range.quantum),
    magnitude: Math.max(left.range.magnitude, right.range.magnitude) + 1,
  };
  return float(`(${left.text} ${operator} ${right.text})`, range, left, right);
}

/** A product, of factors that are rounded or held smaller first where it could become subnormal or infinite. */
export function product(left: Value, right: Value): Value {
  const quantum = left.range.quantum + right.range.quantum;
  if (quantum < leastQuantum)
    return left.range.quantum < right.range.quantum ? product(rounded(left), right) : product(left, rounded(right));
  if (left.range.magnitude + right.range.magnitude > mostMagnitude)
    return product(clamped(left, 40), clamped(right, 40));
  return float(
    `(${left.text} * ${right.text})`,
    { quantum, magnitude: left.range.magnitude + right.range.magnitude },
    left,
    right,
  );
}

/** What may stand for either. */
export function eitherRange(left: Range, right: Range): Range {
  return { quantum: Math.min(left.quantum, right.quantum), magnitude: Math.max(left.magnitude, right.magnitude) };
}
