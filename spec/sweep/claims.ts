/**
 * What dsl/math.ts states of each function: the one table that its tests, the sweep over all arguments and, through
 * claims.test.ts, docs/language.md share.
 */
import { erf, erfc, half, roundToEight, sigmoid } from "./reference.ts";

/**
 * What errors are counted in: the last place of a result of so many significant bits, or 2^-22 of the argument's
 * magnitude.
 */
export type Unit = "ulp" | "ulp of bf16" | "2^-22 |x|";

export interface Claim {
  /** What its arguments are: the bits of one f32 or of two, or an integer whose low half is an f16. */
  readonly takes: "f32" | "two f32" | "f16";
  /**
   * The exact function in double precision, of arguments that are zero, normal, infinite or NaN; -0 where a result's
   * sign is said.
   */
  readonly reference: (x: number, y: number) => number;
  /** The largest error in `unit`. At 0.5 every result is the correctly rounded one, at 0 the exact one. */
  readonly bound: number;
  readonly unit: Unit;
  /** Arguments whose result is a zero although the exact one is not. */
  readonly zeroAt?: (x: number) => boolean;
  /** Whether only the magnitude of a zero is said. */
  readonly anyZero?: true;
}

const rootTwoOverPi = Math.sqrt(2 / Math.PI);
const isTiny = (x: number): boolean => Math.abs(x) < 2 ** -100 || x === -Infinity;

export const claims = {
  reciprocal: { takes: "f32", bound: 0.5, unit: "ulp", reference: (x) => 1 / x },
  divide: { takes: "two f32", bound: 0.5, unit: "ulp", reference: (x, y) => x / y },
  sqrt: { takes: "f32", bound: 0.5, unit: "ulp", reference: (x) => (x === 0 ? 0 : Math.sqrt(x)) },
  rsqrt: { takes: "f32", bound: 0.51, unit: "ulp", reference: (x) => (x === 0 ? Infinity : 1 / Math.sqrt(x)) },
  exp: { takes: "f32", bound: 1, unit: "ulp", reference: (x) => Math.exp(x) },
  log: { takes: "f32", bound: 1, unit: "ulp", reference: (x) => Math.log(x) },
  sigmoid: { takes: "f32", bound: 2.5, unit: "ulp", reference: sigmoid },
  silu: {
    takes: "f32",
    bound: 3.5,
    unit: "ulp",
    reference: (x) => x * sigmoid(x),
    zeroAt: (x) => Math.abs(x) < 2 ** -100 || x < Math.fround(-87.33654),
    anyZero: true,
  },
  tanh: { takes: "f32", bound: 1.5, unit: "ulp", reference: (x) => Math.tanh(x) },
  erf: { takes: "f32", bound: 1.5, unit: "ulp", reference: erf, zeroAt: (x) => Math.abs(x) < 2 ** -120 },
  gelu: {
    takes: "f32",
    bound: 1,
    unit: "2^-22 |x|",
    reference: (x) => x * 0.5 * erfc(-x * Math.SQRT1_2),
    zeroAt: isTiny,
    anyZero: true,
  },
  geluTanh: {
    takes: "f32",
    bound: 1,
    unit: "2^-22 |x|",
    reference: (x) => x * sigmoid(2 * rootTwoOverPi * (x + 0.044715 * x * x * x)),
    zeroAt: isTiny,
    anyZero: true,
  },
  bf16: { takes: "f32", bound: 0.5, unit: "ulp of bf16", reference: (x) => x, zeroAt: (x) => Math.abs(x) < 2 ** -56 },
  halfToFloat: { takes: "f16", bound: 0, unit: "ulp", reference: half },
} as const satisfies Readonly<Record<string, Claim>>;

export type FunctionName = keyof typeof claims;
export const functionNames = Object.keys(claims) as FunctionName[];

/** What a correctly rounded result is, for the exact one. */
export function nearestFor({ unit }: Claim): (exact: number) => number {
  return unit === "ulp of bf16" ? roundToEight : Math.fround;
}
