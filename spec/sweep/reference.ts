/**
 * What the elementary functions are in double precision, fast enough for billions of arguments.
 *
 * Math.exp, Math.log and Math.tanh are within a few units of a double's last place, and what is made of them here
 * within some tens; one such unit is 2^-29 of f32's. So a figure of three digits in ulp of f32 is that of the exact
 * function, and only results closer than some 2^-24 ulp to a tie may be counted on its wrong side. Quotients, square
 * roots and f16 need no such argument: a double holds an f16, and a quotient or root of f32 that is rounded to double
 * and then to f32 is what it is when rounded once, since 53 bits are at least twice 24 and two (Figueroa, 1995).
 */

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** Points of the error function's table in a unit, the end of the table, and how many coefficients a point has. */
const perUnit = 64;
const end = 14;
const terms = 12;

/** Around each point k / 64, coefficients of erfc's Taylor series, lowest first. */
const table = Float64Array.from({ length: (end * perUnit + 1) * terms }, (_, at) =>
  at % terms === 0 ? slowErfc(Math.floor(at / terms) / perUnit) : 0,
);
for (let point = 0; point < table.length; point += terms) {
  const t = point / terms / perUnit;
  // The integrand exp(-(t + h)^2) is exp(-t^2) times the sum of a[n] h^n, with a[n + 1] = -(2 t a[n] + 2 a[n - 1]) / (n
  // + 1).
  for (let n = 0, [before, now] = [0, 1]; n + 1 < terms; n++, [before, now] = [now, -(2 * t * now + 2 * before) / n]) {
    table[point + n + 1] = (-TWO_OVER_ROOT_PI * Math.exp(-t * t) * now) / (n + 1);
  }
}

/** erfc at t >= 0: by erf's Maclaurin series, or as a continued fraction. */
function slowErfc(t: number): number {
  if (t < 1) {
    let [term, total] = [t, t];
    for (let n = 1; n < 40; n++) total += (term *= (-t * t) / n) / (2 * n + 1);
    return 1 - total * TWO_OVER_ROOT_PI;
  }
  let fraction = 0;
  for (let n = 500; n > 0; n--) fraction = n / 2 / (t + fraction);
  return Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction);
}

/** erfc at t >= 0, within 2^-44 of itself; 0 from 13.9 on, where it is below 2^-280. */
function upperErfc(t: number): number {
  if (t >= end - 0.1) return 0;
  const nearest = Math.round(t * perUnit);
  const h = t - nearest / perUnit;
  const at = nearest * terms;
  let value = table[at + terms - 1]!;
  for (let n = terms - 2; n >= 0; n--) value = value * h + table[at + n]!;
  return value;
}

/** The error function. */
export function erf(x: number): number {
  const t = Math.abs(x);
  if (t < 0.5) {
    const s = x * x;
    // 1 / (n! (2n + 1)) with alternating signs; the next term is below 2^-57 of the first.
    const tail =
      1 / 9360 + s * (-1 / 75600 + s * (1 / 685440 + s * (-1 / 6894720 + s * (1 / 76204800 - s / 918086400))));
    return (
      TWO_OVER_ROOT_PI *
      x *
      (1 + s * (-1 / 3 + s * (1 / 10 + s * (-1 / 42 + s * (1 / 216 + s * (-1 / 1320 + s * tail))))))
    );
  }
  const magnitude = 1 - upperErfc(t);
  return x < 0 ? -magnitude : x === x ? magnitude : NaN;
}

/** 1 - erf(x), without cancellation. */
export function erfc(x: number): number {
  return x < 0 ? 2 - upperErfc(-x) : x === x ? upperErfc(x) : NaN;
}

export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const power = Math.exp(x);
  return power / (1 + power);
}

const halfUnit = 2 ** -24;

/** The number that the low 16 of some bits are as an f16. */
export function half(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  const magnitude =
    exponent === 31
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * halfUnit
        : (1024 + fraction) * 2 ** (exponent - 25);
  return (bits & 0x8000) === 0 ? magnitude : -magnitude;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * The nearest number of eight significant bits to one from 2^-126 on, ties to even; infinite where that is 2^128 or
 * more.
 */
export function roundToEight(x: number): number {
  if (x === 0 || x - x !== 0) return x;
  double[0] = x;
  // The last of eight places: the power of two that the number has, over 2^7.
  words[1] = (words[1]! & 0x7ff00000) - (7 << 20);
  words[0] = 0;
  // Among integers from 2^52 on there is nothing between, so that the addition rounds.
  const rounded = (Math.abs(x) / double[0]! + 2 ** 52 - 2 ** 52) * double[0]!;
  return Math.sign(x) * (rounded < 2 ** 128 ? rounded : Infinity);
}
