/**
 * Elementary functions in double precision, built on + - * / and the bits of a number alone. JavaScript engines round
 * those alike, and `Math.sin`, `Math.exp` and `Math.pow` each in their own way, so tables that go into a model's bits
 * are computed with these. Relative errors stay below 1e-15.
 */

/** ln 2 and pi/2 in parts whose low bits are zero, so that their products with a small integer are exact. */
const LN2 = [0.6931471805598903, 5.497923018708371e-14] as const;
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21] as const;

const view = new DataView(new ArrayBuffer(8));

/** 2^exponent, for exponents of normal numbers. */
function powerOfTwo(exponent: number): number {
  view.setUint32(0, (exponent + 1023) << 20);
  view.setUint32(4, 0);
  return view.getFloat64(0);
}

/** Horner's scheme; coefficients from the lowest power up. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i]!;
  return value;
}

/** 1 / (first! ), 1 / ((first + step)!), … with signs that alternate where `sign` is -1. */
function factorialSeries(first: number, step: number, terms: number, sign: 1 | -1): number[] {
  const series: number[] = [];
  let factorial = 1;
  for (let n = 2; n <= first; n++) factorial *= n;
  for (let i = 0, n = first; i < terms; i++) {
    series.push((sign === -1 && i % 2 === 1 ? -1 : 1) / factorial);
    for (let k = 0; k < step; k++) factorial *= ++n;
  }
  return series;
}

const expSeries = factorialSeries(2, 1, 13, 1);
const sineSeries = factorialSeries(3, 2, 9, -1);
const cosineSeries = factorialSeries(4, 2, 8, -1);
const logSeries = Array.from({ length: 11 }, (_, i) => 2 / (2 * i + 3));

/** e to the x, for |x| below 708. */
export function exponential(x: number): number {
  if (!(Math.abs(x) < 708)) throw new RangeError(`exponential(${x}): the argument must lie within ±708`);
  const n = Math.floor(x / LN2[0] + 0.5);
  const r = x - n * LN2[0] - n * LN2[1];
  return (1 + (r + r * r * polynomial(r, expSeries))) * powerOfTwo(n);
}

/** The natural logarithm of a positive normal number. */
export function logarithm(x: number): number {
  if (!(x >= 2 ** -1022 && x < Infinity))
    throw new RangeError(`logarithm(${x}): the argument must be a positive normal number`);
  view.setFloat64(0, x);
  let exponent = (view.getUint32(0) >>> 20) - 1023;
  let m = x / powerOfTwo(exponent);
  if (m > 1.4142135623730951) [m, exponent] = [m / 2, exponent + 1];
  // ln m = 2 atanh(s) = 2s + s^3 * series(s^2)
  const s = (m - 1) / (m + 1);
  return exponent * LN2[0] + (2 * s + (s * s * s * polynomial(s * s, logSeries) + exponent * LN2[1]));
}

/** Sine and cosine of an angle in radians, for magnitudes up to 2^20. */
export function sineCosine(angle: number): { readonly sine: number; readonly cosine: number } {
  if (!(Math.abs(angle) <= 2 ** 20)) throw new RangeError(`sineCosine(${angle}): the angle must lie within ±2^20`);
  const quadrant = Math.floor(angle / HALF_PI[0] + 0.5);
  const r = angle - quadrant * HALF_PI[0] - quadrant * HALF_PI[1] - quadrant * HALF_PI[2];
  const square = r * r;
  const sine = r - r * square * polynomial(square, sineSeries);
  const cosine = 1 - (0.5 * square - square * square * polynomial(square, cosineSeries));
  switch (((quadrant % 4) + 4) % 4) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: -sine };
    case 2:
      return { sine: -sine, cosine: -cosine };
    default:
      return { sine: -cosine, cosine: sine };
  }
}
