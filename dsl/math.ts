/**
 * Elementary functions, written in the language itself: f32 operations in the order given, and integers.
 *
 * None of them calls a builtin of the device, and all arithmetic sees finite numbers that are zero or normal: special
 * values are recognised and made on the bits, and what would be subnormal is a zero. So the bits are the same
 * wherever f32 addition, subtraction and multiplication are correctly rounded.
 *
 * Subnormal arguments count as zeros. Errors are in ulp, units in the last place of the correctly rounded f32 result,
 * and hold for every other f32, except that what would be subnormal is a zero; math.test.ts checks them on samples,
 * spec/sweep over all arguments. Every NaN that comes out is the canonical one, 0x7fc00000.
 */
import { abs, bitsOf, f32, floor, fromBits, i32, max, min, select, u32 } from "./language.ts";

const SIGN = 0x80000000;
const MAGNITUDE = 0x7fffffff;
const FRACTION = 0x007fffff;
/** 1 x 2^23: the fraction's implied leading one, and the exponent field's unit. */
const IMPLIED = 0x00800000;
const INFINITY = 0x7f800000;
const NOT_A_NUMBER = 0x7fc00000;
const LARGEST = 3.4028234663852886e38;

/** A u32 that holds bits: what an exported function takes where it says so. All others of its arguments are f32. */
type Bits = number;

const LOG2_E = 1.4426950408889634;
/** ln 2 in two parts; the first has 15 significant bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = 1.4286068203094173e-6;

/** Whether x is NaN, told from its bits (drivers fold `x !== x`). */
export function isNaN(x: number): boolean {
  return (bitsOf(x) & MAGNITUDE) > INFINITY;
}

/** Whether x is +infinity or -infinity, told from its bits. */
export function isInfinite(x: number): boolean {
  return (bitsOf(x) & MAGNITUDE) === INFINITY;
}

/** x, or +0 where |x| < `least` (at least 2^-126). Put before a product that would otherwise be subnormal. */
export function flush(x: number, least: number): number {
  return select((bitsOf(x) & MAGNITUDE) < bitsOf(least), 0, x);
}

/**
 * The f32 that an f16 stands for, exactly, from its bits: the low 16 of `bits`, a u32, whose upper half does not count.
 * Subnormals of f16 are ordinary f32 and keep their values (`unpack2x16float` may make zeros of them); infinities and
 * signs of zeros stay. All of it is integer arithmetic, so that every device gives the same.
 */
export function halfToFloat(bits: Bits): number {
  const magnitude = bits & 0x7fff;
  // Below 2^-14 the bits are the fraction: they are shifted until their leading one is where a normal number's stands.
  const by8 = select(magnitude < 0x8, 8, 0);
  const by4 = select(magnitude << by8 < 0x80, by8 + 4, by8);
  const by2 = select(magnitude << by4 < 0x200, by4 + 2, by4);
  const shift = select(magnitude << by2 < 0x400, by2 + 1, by2);
  const subnormal = (magnitude << (shift + 13)) + ((112 - shift) << 23);
  const normal = (magnitude << 13) + (112 << 23);
  const finite = select(magnitude === 0, 0, select(magnitude < 0x400, subnormal, normal));
  const signed = select(magnitude < 0x7c00, finite, INFINITY) | ((bits & 0x8000) << 16);
  return fromBits(select(magnitude > 0x7c00, NOT_A_NUMBER, signed));
}

/**
 * dividend / divisor, correctly rounded; quotients below 2^-126 are zeros. Exact wherever the quotient is an f32.
 * As in IEEE 754: x/0 and infinity/x are infinite, x/infinity is zero, 0/0 and infinity/infinity are NaN.
 */
export function divide(dividend: number, divisor: number): number {
  const sign = (bitsOf(dividend) ^ bitsOf(divisor)) & SIGN;
  const upper = bitsOf(dividend) & MAGNITUDE;
  const lower = bitsOf(divisor) & MAGNITUDE;

  // Long division of the two fractions: a leading one, then three digits of eight bits; the last bit rounds. No tie is
  // possible, since a quotient of 25 significant bits times the divisor has more bits than the dividend.
  const numerator = (upper & FRACTION) | IMPLIED;
  const denominator = (lower & FRACTION) | IMPLIED;
  const shifted = numerator < denominator;
  const rest1 = (select(shifted, numerator << 1, numerator) - denominator) << 8;
  const digit1 = rest1 / denominator;
  const rest2 = (rest1 - digit1 * denominator) << 8;
  const digit2 = rest2 / denominator;
  const rest3 = (rest2 - digit2 * denominator) << 8;
  const digit3 = rest3 / denominator;
  const fraction = (((digit1 << 16) | (digit2 << 8) | digit3) + 1) >> 1;
  const exponent = i32(upper >> 23) - i32(lower >> 23) + select(shifted, 126, 127);

  const finite = select(exponent < 1, 0, select(exponent > 254, INFINITY, (u32(exponent) << 23) + fraction));
  const upperZero = upper < IMPLIED;
  const lowerZero = lower < IMPLIED;
  const magnitude = select(lowerZero || upper >= INFINITY, INFINITY, select(upperZero || lower >= INFINITY, 0, finite));
  const undefinedQuotient = (upperZero && lowerZero) || (isInfinite(dividend) && isInfinite(divisor));
  return fromBits(select(isNaN(dividend) || isNaN(divisor) || undefinedQuotient, NOT_A_NUMBER, sign | magnitude));
}

/** 1 / x, correctly rounded; +-0 gives an infinity and infinities a zero of the same sign. */
export function reciprocal(x: number): number {
  return divide(1, x);
}

/** m = x / 4^n in [1, 4), for a normal positive x. */
function quarterScaled(bits: number): number {
  return fromBits((bits & FRACTION) | ((128 - ((bits >> 23) & 1)) << 23));
}

/** 1 / sqrt(m) within 2 ulp, for m in [1, 4): a seed from the bits, then Newton's iteration. */
function roughReciprocalRoot(m: number): number {
  const half = 0.5 * m;
  const y0 = fromBits(0x5f3759df - (bitsOf(m) >> 1));
  const y1 = y0 * (1.5 - half * y0 * y0);
  const y2 = y1 * (1.5 - half * y1 * y1);
  return y2 * (1.5 - half * y2 * y2);
}

/** m x 2^46 modulo 2^32, from the bits of x. */
function radicand(bits: number): number {
  return ((bits & FRACTION) | IMPLIED) << (24 - ((bits >> 23) & 1));
}

/**
 * The square root, correctly rounded, so that perfect squares are exact. sqrt(+-0) is +0, sqrt(infinity) infinity, and
 * that of anything below zero NaN.
 */
export function sqrt(x: number): number {
  const bits = bitsOf(x);
  const m = quarterScaled(bits);
  const y = roughReciprocalRoot(m);
  // A candidate, in units of 2^-23. m x 2^46 - root^2 is small, so 32 bits hold it exactly; it gives the nearest
  // root to within one, and then decides: root is nearest when -root < rest <= root.
  const candidate = i32(m * y * 2 ** 23);
  const candidateRest = i32(radicand(bits)) - candidate * candidate;
  const root = candidate + i32(floor(f32(candidateRest) * (y * 2 ** -24) + 0.5));
  const rest = i32(radicand(bits)) - root * root;
  const nearest = select(rest > root, root + 1, select(rest <= -root, root - 1, root));
  const finite = (u32(nearest) & FRACTION) | ((((bits >> 23) + 127) >> 1) << 23);
  return fromBits(rootSpecials(bits, 0, INFINITY, finite));
}

/**
 * 1 / sqrt(x), within 0.51 ulp and exact for powers of 4. rsqrt(+-0) is +infinity, rsqrt(infinity) +0, and that of
 * anything below zero NaN.
 */
export function rsqrt(x: number): number {
  const bits = bitsOf(x);
  const m = quarterScaled(bits);
  const y = roughReciprocalRoot(m);
  // With s near sqrt(m): 1/sqrt(m) is y + y * ((1 - s*y) - (m - s*s) * y*y / 2), but for squares of the two small
  // differences. As integers modulo 2^32 they are exact: s in units of 2^-23, y in units of 2^-24.
  const s = i32(m * y * 2 ** 23);
  const product = s * i32(y * 2 ** 24);
  const square = s * s;
  const correction = f32(-product) - f32(i32(radicand(bits)) - square) * (y * y);
  const root = y + y * (correction * 2 ** -47);
  const halfExponent = (i32(bits >> 23) - 127) >> 1;
  return fromBits(rootSpecials(bits, INFINITY, 0, bitsOf(root) - (u32(halfExponent) << 23)));
}

/** A root's bits, for an argument of any bits: what it is at zero, at infinity, below zero, and otherwise. */
function rootSpecials(bits: number, atZero: number, atInfinity: number, otherwise: number): number {
  const positive = select(bits < INFINITY, otherwise, select(bits === INFINITY, atInfinity, NOT_A_NUMBER));
  return select((bits & MAGNITUDE) < IMPLIED, atZero, positive);
}

/**
 * e to the x, within 1 ulp. exp(0) is exactly 1; below -87.33654 (2^-126's logarithm) exactly +0; above 88.72283
 * (the largest f32's) +infinity.
 */
export function exp(x: number): number {
  const clamped = max(min(x, 89), -88);
  const inside = flush(clamped, 2 ** -30);
  const exponent = floor(inside * LOG2_E + 0.5);
  const r = inside - exponent * LN2_HIGH - exponent * LN2_LOW;
  const tail =
    0.499999930507 + r * (0.166665147914 + r * (0.0416684567915 + r * (0.00836941883152 + r * 0.00138131443539)));
  const power = 1 + (r + r * r * tail);
  const scaled = bitsOf(power) + (u32(i32(exponent)) << 23);
  const finite = select(inside < -87.33654, 0, select(inside > 88.72283, INFINITY, scaled));
  return fromBits(select(isNaN(x), NOT_A_NUMBER, finite));
}

/**
 * The natural logarithm, within 1 ulp; log(1) is exactly 0. log(+-0) is -infinity, log(infinity) infinity, and that
 * of anything below zero NaN.
 */
export function log(x: number): number {
  const bits = bitsOf(x);
  const positive = bits >= IMPLIED && bits < INFINITY;
  const safe = select(positive, bits, 0x3f800000);
  // x = 2^k * (1 + f), with 1 + f between the roots of 1/2 and 2 (0x3f3504f3 is sqrt(1/2)).
  const k = i32(safe - 0x3f3504f3) >> 23;
  const f = fromBits(safe - (u32(k) << 23)) - 1;
  const early = 0.333333317079 + f * (-0.25000821031 + f * (0.200012268535 + f * -0.166233574079));
  const late = 0.142017584478 + f * (-0.131601823479 + f * (0.127615745624 + f * -0.0763449384591));
  const square = f * f;
  const tail = square * f * (early + square * square * late);
  const finite = f32(k) * LN2_HIGH + (f - (0.5 * square - (tail + f32(k) * LN2_LOW)));
  const special = select((bits & MAGNITUDE) < IMPLIED, SIGN + INFINITY, select(bits === INFINITY, bits, NOT_A_NUMBER));
  return fromBits(select(positive, bitsOf(finite), special));
}

/** 1 / (1 + exp(-x)), within 2.5 ulp; exactly +0 below -87.33654, exactly 1/2 at 0. */
export function sigmoid(x: number): number {
  const decay = exp(-min(abs(x), 88));
  const share = divide(select(bitsOf(x) >= SIGN, decay, 1), 1 + decay);
  return fromBits(select(isNaN(x), NOT_A_NUMBER, bitsOf(share)));
}

/** x * share, for a share that is 0 at -infinity and 1 at +infinity: there the product is -0 and +infinity. */
function gated(x: number, share: number): number {
  const product = max(min(flush(x, 2 ** -100), LARGEST), -LARGEST) * share;
  return fromBits(select(isNaN(x), NOT_A_NUMBER, select(bitsOf(x) === INFINITY, INFINITY, bitsOf(product))));
}

/** x * sigmoid(x), within 3.5 ulp; a zero where |x| < 2^-100 or x is below the f32 nearest to -87.33654. */
export function silu(x: number): number {
  return gated(x, sigmoid(max(min(x, 88), -88)));
}

/** The hyperbolic tangent, within 1.5 ulp; odd, exactly +-1 beyond 9.02. */
export function tanh(x: number): number {
  const t = flush(min(abs(x), 10), 2 ** -126);
  const small = flush(t, 2 ** -30);
  const s = small * small;
  const p =
    -0.333332709067 + s * (0.133311200143 + s * (-0.0537113303502 + s * (0.0205426112494 + s * -0.00559375452285)));
  const near = t + small * (s * p);
  const far = 1 - divide(2, exp(2 * t) + 1);
  return withSignOf(x, select(t < 0.5625, near, far));
}

/** The error function, within 1.5 ulp; odd, exactly +-1 beyond 3.92, a zero where |x| < 2^-120. */
export function erf(x: number): number {
  const t = flush(min(abs(x), 4), 2 ** -120);
  const small = flush(t, 2 ** -30);
  const s = small * small;
  const p = 0.0049909807653 + s * -0.0005976896135;
  const near = t + t * (0.128379150037 + s * (-0.376124943181 + s * (0.112818027846 + s * (-0.0267655673924 + s * p))));
  // Further out through erfc(t) = exp(t * polynomial(t)).
  const q = -0.105261593734 + small * (0.0228897856833 + small * (-0.00321489327492 + small * 0.000213976464996));
  const far = 1 - exp(small * (-1.12851431559 + small * (-0.635718485368 + small * q)));
  return withSignOf(x, select(t < 0.921875, near, far));
}

/** A magnitude's bits under the sign of x; NaN where x is NaN. */
function withSignOf(x: number, magnitude: number): number {
  return fromBits(select(isNaN(x), NOT_A_NUMBER, bitsOf(magnitude) | (bitsOf(x) & SIGN)));
}

/** The Gaussian error linear unit, x/2 * (1 + erf(x / sqrt(2))), within 2^-22 |x|; a zero where |x| < 2^-100. */
export function gelu(x: number): number {
  const argument = max(min(flush(x, 2 ** -100), 10), -10) * 0.7071067811865476;
  return gated(x, 0.5 * (1 + erf(argument)));
}

/**
 * GELU's usual approximation x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), within 2^-22 |x|, computed without
 * cancellation as x times a sigmoid; a zero where |x| < 2^-100.
 */
export function geluTanh(x: number): number {
  const inside = max(min(flush(x, 2 ** -60), 12), -12);
  return gated(x, sigmoid(inside * (1.5957691216057308 + 0.07135481282553233 * (inside * inside))));
}
