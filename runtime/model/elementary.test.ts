import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exponential, logarithm, sineCosine } from "./elementary.ts";

/** Correctly rounded values, computed with 200 bits by mpmath. */
const sines: readonly [angle: number, sine: number, cosine: number][] = [
  [0, 0, 1],
  [0.5, 0.479425538604203, 0.8775825618903728],
  [1, 0.8414709848078965, 0.5403023058681398],
  [3, 0.1411200080598672, -0.9899924966004454],
  [22, -0.008851309290403876, -0.9999608263946371],
  [355, -3.014435335948845e-5, -0.999999999545659],
  [1000.25, 0.9403086681560692, 0.3403228005740423],
  [2047, -0.9683193119086263, 0.24971525821383958],
  [65537, -0.23347843820694436, -0.9723619793535976],
  [103993, -1.9129335778423752e-5, 0.9999999998170342],
  [131071, -0.5752416837547893, -0.8179834993879491],
  [1048575, -0.6156211730587509, 0.7880422395289275],
];
const exponentials: readonly [x: number, value: number][] = [
  [-87, 1.6458114310822737e-38],
  [-13.122363377404328, 2.000000000000001e-6],
  [-9.210340371976182, 0.00010000000000000009],
  [-0.5756462732485115, 0.5623413251903491],
  [-0.1, 0.9048374180359595],
  [0, 1],
  [1e-9, 1.000000001],
  [0.34, 1.4049475905635938],
  [1, 2.718281828459045],
  [88, 1.6516362549940018e38],
];
const logarithms: readonly [x: number, value: number][] = [
  [1e-300, -690.7755278982137],
  [0.7071067811865475, -0.34657359027997275],
  [0.7071067811865476, -0.3465735902799726],
  [0.999999, -1.000000500029089e-6],
  [1, 0],
  [1.0000001, 9.999999505838704e-8],
  [1.5, 0.4054651081081644],
  [2, 0.6931471805599453],
  [3, 1.0986122886681098],
  [10000, 9.210340371976184],
  [500000, 13.122363377404328],
  [1e300, 690.7755278982137],
];

function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-15 * Math.abs(expected));
}

describe("double precision from + - * / alone", () => {
  it.each(sines)("sine and cosine of %d", (angle, sine, cosine) => {
    expectClose(sineCosine(angle).sine, sine);
    expectClose(sineCosine(angle).cosine, cosine);
    expectClose(sineCosine(-angle).sine, -sine);
    expectClose(sineCosine(-angle).cosine, cosine);
  });
  it.each(exponentials)("exponential of %d", (x, value) => expectClose(exponential(x), value));
  it.each(logarithms)("logarithm of %d", (x, value) => expectClose(logarithm(x), value));

  it("agrees with the engine's own functions everywhere", () => {
    const real = (min: number, max: number) => fc.double({ min, max, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(real(-(2 ** 20), 2 ** 20), (angle) => {
        const { sine, cosine } = sineCosine(angle);
        expectClose(sine, Math.sin(angle));
        expectClose(cosine, Math.cos(angle));
      }),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(real(-700, 700), (x) => expectClose(exponential(x), Math.exp(x))),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(real(1e-300, 1e300), (x) => expectClose(logarithm(x), Math.log(x))),
      { numRuns: 5000 },
    );
  });

  it("refuses what it has no precision for", () => {
    expect(() => sineCosine(2 ** 20 + 1)).toThrow(RangeError);
    expect(() => sineCosine(NaN)).toThrow(RangeError);
    expect(() => exponential(1000)).toThrow(RangeError);
    expect(() => logarithm(0)).toThrow(RangeError);
    expect(() => logarithm(-1)).toThrow(RangeError);
  });
});
