/**
 * What the functions of math.ts give. Each holds for every argument, and inside of them all arithmetic sees zero and
 * normal numbers only, as math.ts says and math.test.ts tries; intervals alone can't show that of Newton's iterations
 * and of long division. A function that is not listed is judged by its text.
 */
import { anything, exponentOf, largest, leastNormal, type Range, tightened } from "./range.ts";

const normal: Range = { ...anything, least: leastNormal };

function within(low: number, high: number, more: Partial<Range> = {}): Range {
  return tightened({ ...normal, low, high, ...more });
}

function isSpecial(range: Range): boolean {
  return range.belowAll || range.aboveAll;
}

/** What is not finite gives what is not finite. */
function bounded(x: Range, low: number, high: number, more: Partial<Range> = {}): Range {
  return within(low, high, { belowAll: isSpecial(x), aboveAll: isSpecial(x), ...more });
}

/** |dividend| / |divisor| lies between these powers of two; a divisor may be zero. */
function quotient(x: Range, y: Range): Range {
  const most =
    sizeOf(x) === 0 || y.least === Infinity
      ? 0
      : 2 ** Math.min(128, exponentOf(sizeOf(x)) + 1 - exponentOf(Math.max(y.least, leastNormal)));
  const least =
    x.least === Infinity
      ? Infinity
      : Math.max(leastNormal, 2 ** (exponentOf(Math.max(x.least, leastNormal)) - exponentOf(sizeOf(y) || 1) - 1));
  const isPositive = x.low >= 0 && y.low >= 0;
  const mayBeSpecial = isSpecial(x) || isSpecial(y) || mayBeZero(y) || most > largest;
  const size = Math.min(most, largest);
  return within(isPositive ? 0 : -size, size, { least, belowAll: mayBeSpecial, aboveAll: mayBeSpecial });
}

function sizeOf(range: Range): number {
  return Math.max(-range.low, range.high);
}

/** Subnormal arguments count as zeros. */
function mayBeZero(range: Range): boolean {
  return range.least < leastNormal || (range.low <= 0 && range.high >= 0);
}

/** e to a bound, above what any rounding of it gives. */
function above(exponent: number): number {
  return Math.min(largest, 2 ** Math.min(128, Math.ceil(exponent * 1.4426950408889634 + 0.001)));
}

const claims: Readonly<Record<string, (...args: readonly Range[]) => Range>> = {
  divide: (x, y) => quotient(x!, y!),
  reciprocal: (x) => quotient(within(1, 1, { belowAll: false, aboveAll: false }), x!),
  halfToFloat: () =>
    tightened({ low: -65504, high: 65504, least: 2 ** -24, quantum: -24, bits: 11, belowAll: true, aboveAll: true }),
  // A root's exponent is half of its argument's.
  sqrt: (x) =>
    within(0, 2 ** 64, {
      least: 2 ** -63,
      belowAll: x!.low < 0 || isSpecial(x!),
      aboveAll: x!.low < 0 || isSpecial(x!),
    }),
  rsqrt: (x) =>
    within(0, 2 ** 63, {
      least: 2 ** -64,
      belowAll: x!.low < 0 || isSpecial(x!),
      aboveAll: x!.low < 0 || mayBeZero(x!) || isSpecial(x!),
    }),
  exp: (x) => within(0, above(x!.high), { belowAll: isSpecial(x!), aboveAll: isSpecial(x!) || x!.high > 88 }),
  log: (x) => bounded(x!, -128, 128, { belowAll: true, aboveAll: x!.low < 0 || isSpecial(x!) }),
  sigmoid: (x) => bounded(x!, 0, 1),
  silu: (x) => bounded(x!, -1, Math.max(1, sizeOf(x!))),
  tanh: (x) => bounded(x!, -1, 1),
  erf: (x) => bounded(x!, -1, 1),
  gelu: (x) => bounded(x!, -1, Math.max(1, sizeOf(x!))),
  geluTanh: (x) => bounded(x!, -1, Math.max(1, sizeOf(x!))),
};

/** What a function of math.ts gives; undefined where its text says more. */
export function claimOf(name: string, args: readonly Range[]): Range | undefined {
  return Object.hasOwn(claims, name) ? claims[name]!(...args) : undefined;
}

export const claimed: readonly string[] = Object.keys(claims);
