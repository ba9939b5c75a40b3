/** The fused multiplication and addition of f32, rounded once. */
import { canonicalNaN } from "../dsl/bits.ts";
import { bitsOfF32, f32OfBits } from "../dsl/expr.ts";

const double = new Float64Array(1);
const words = new BigInt64Array(double.buffer);

/** The bits of a * b + c. */
export function fmaBits(a: number, b: number, c: number): number {
  // 48 bits of a product are exact in double precision, whose exponents reach as far.
  const product = f32OfBits(a) * f32OfBits(b);
  const addend = f32OfBits(c);
  const sum = product + addend;
  if (Number.isNaN(sum)) return canonicalNaN;
  if (!Number.isFinite(sum)) return bitsOfF32(sum);
  // What the sum leaves (Knuth's two-sum, exact), made visible in its last bit, so that the second rounding is right:
  // rounding to odd.
  const part = sum - product;
  const rest = product - (sum - part) + (addend - part);
  if (rest === 0) return bitsOfF32(sum);
  double[0] = sum;
  if ((words[0]! & 1n) === 0n) words[0]! += rest > 0 === sum > 0 ? 1n : -1n;
  return bitsOfF32(double[0]!);
}
