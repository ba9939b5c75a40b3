import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluate } from "../spec/evaluator.ts";
import { binaryBits, bitAlgebra, unaryBits } from "./bits.ts";
import { Denotation } from "./denotation.ts";
import { bitsOfF32, f32OfBits } from "./expr.ts";
import { readKernels } from "./reader/index.ts";

const unary = [
  "reciprocal", "sqrt", "rsqrt", "exp", "log", "sigmoid", "silu", "tanh", "erf", "gelu", "geluTanh",
] as const;
const { kernels, diagnostics } = readKernels(fileURLToPath(new URL("../spec/fixtures/elementary.kernel.ts", import.meta.url)));

/** The results' bits for arguments given as bits. */
function run(name: string, x: Uint32Array, y?: Uint32Array): Uint32Array {
  const kernel = kernels.find((candidate) => candidate.name === name);
  if (kernel === undefined) throw new Error(`no kernel ${name}: ${diagnostics.map((one) => one.message).join("; ")}`);
  const results = evaluate(kernel, { extents: { i: x.length }, inputs: y === undefined ? { x } : { x, y } });
  return results[kernel.outputs[0]!.name]!;
}

/** What one function gives for one number. */
function at(name: (typeof unary)[number], x: number): number {
  return f32OfBits(run(`${name}Of`, Uint32Array.of(bitsOfF32(x)))[0]!);
}

const SMALLEST = 2 ** -126;
const LARGEST = 3.4028234663852886e38;
const QUIET = 0x7fc00000;
const special = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x00800001, 0x3f7fffff, 0x3f800000, 0x3f800001, 0xbf800000,
  0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00000, 0xffffffff,
];

/** Every exponent and both signs evenly, and every special value: 140,000 arguments, the same each time. */
function sample(): Uint32Array {
  const bits = new Uint32Array(140_000);
  bits.set(special);
  let state = 0x2545f491;
  for (let i = special.length; i < bits.length; i++) {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    bits[i] = i % 2 === 0 ? state : ((i << 22) & 0xff800000) | (state & 0x007fffff);
  }
  return bits;
}
const everywhere = sample();

/** All arguments between two positive ones, thinned out to about 120,000, of both signs. */
function between(low: number, high: number): Uint32Array {
  const [from, to] = [bitsOfF32(low), bitsOfF32(high)];
  const count = Math.min(60_000, to - from + 1);
  const bits = new Uint32Array(2 * count);
  for (let i = 0; i < count; i++) {
    bits[2 * i] = from + Math.floor((to - from) * i / Math.max(1, count - 1));
    bits[2 * i + 1] = (bits[2 * i]! | 0x80000000) >>> 0;
  }
  return bits;
}

/** The distance between neighbouring f32 at a normal number. */
function ulp(value: number): number {
  let exponent = Math.floor(Math.log2(Math.abs(value)));
  if (2 ** exponent > Math.abs(value)) exponent--;
  return 2 ** (Math.max(-126, exponent) - 23);
}

interface Claim {
  readonly reference: (x: number) => number;
  readonly ulps: number;
  /** Arguments whose result is a zero although the exact one is not. */
  readonly zeroAt?: (x: number) => boolean;
  readonly dense?: readonly [low: number, high: number];
}

/** The error function in double precision: its Maclaurin series, or a continued fraction of its complement. */
function erf(x: number): number {
  const t = Math.abs(x);
  if (t < 2.5) {
    let [term, total] = [x, x];
    for (let n = 1; n < 80; n++) total += (term *= -x * x / n) / (2 * n + 1);
    return total * 2 / Math.sqrt(Math.PI);
  }
  if (t > 7) return Math.sign(x);
  let fraction = 0;
  for (let n = 80; n > 0; n--) fraction = (n / 2) / (t + fraction);
  return Math.sign(x) * (1 - Math.exp(-t * t) / Math.sqrt(Math.PI) / (t + fraction));
}
const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));

const claims: Readonly<Record<string, Claim>> = {
  reciprocal: { reference: (x) => 1 / x, ulps: 0.5, dense: [1, 2] },
  sqrt: { reference: (x) => (x === 0 ? 0 : Math.sqrt(x)), ulps: 0.5, dense: [1, 4] },
  rsqrt: { reference: (x) => (x === 0 ? Infinity : 1 / Math.sqrt(x)), ulps: 0.51, dense: [1, 4] },
  exp: { reference: Math.exp, ulps: 1, dense: [2 ** -24, 88.8] },
  log: { reference: Math.log, ulps: 1, dense: [0.6, 3] },
  sigmoid: { reference: sigmoid, ulps: 2.5, dense: [2 ** -20, 88] },
  silu: {
    reference: (x) => (x === -Infinity ? 0 : x * sigmoid(x)), ulps: 3.5, dense: [2 ** -20, 88],
    zeroAt: (x) => Math.abs(x) < 2 ** -100 || x < -87.33654,
  },
  tanh: { reference: Math.tanh, ulps: 1.5, dense: [2 ** -14, 10] },
  erf: { reference: erf, ulps: 1.5, dense: [2 ** -14, 4.2], zeroAt: (x) => Math.abs(x) < 2 ** -120 },
};

describe("elementary functions", () => {
  it("are read without a diagnostic", () => {
    expect(diagnostics).toEqual([]);
  });

  it.each(Object.entries(claims))("%s keeps to its bound in ulp, makes no subnormal, and knows NaN from its bits", (name, claim) => {
    for (const x of [everywhere, between(...(claim.dense ?? [1, 2]))]) {
      const results = run(`${name}Of`, x);
      let worst = { ulps: 0, at: 0 };
      const wrong: { at: number; got: number; expected: number }[] = [];
      for (let i = 0; i < x.length; i++) {
        const argument = f32OfBits(x[i]!);
        const expected = claim.reference(Math.abs(argument) < SMALLEST ? 0 * argument : argument);
        const got = f32OfBits(results[i]!);
        const rounded = Math.fround(expected);
        if (Number.isNaN(expected)) {
          if (results[i] !== QUIET) wrong.push({ at: x[i]!, got, expected });
        } else if (claim.zeroAt?.(argument) === true || Math.abs(rounded) < SMALLEST) {
          if (got !== 0 && Math.abs(got) !== SMALLEST) wrong.push({ at: x[i]!, got, expected });
        } else if (!Number.isFinite(rounded)) {
          if (got !== rounded) wrong.push({ at: x[i]!, got, expected });
        } else if (!(Math.abs(got) >= SMALLEST && Math.abs(got) <= LARGEST)) {
          wrong.push({ at: x[i]!, got, expected });
        } else {
          const ulps = Math.abs(got - expected) / ulp(expected);
          if (ulps > worst.ulps) worst = { ulps, at: x[i]! };
        }
      }
      expect(wrong.slice(0, 5)).toEqual([]);
      expect(worst.ulps, `at 0x${worst.at.toString(16)}`).toBeLessThanOrEqual(claim.ulps + 1e-6);
    }
  });

  it.each([
    ["gelu", (x: number) => x / 2 * (1 + erf(x / Math.SQRT2))],
    ["geluTanh", (x: number) => x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ] as const)("%s keeps to its bound relative to its argument", (name, reference) => {
    for (const x of [everywhere, between(2 ** -10, 14)]) {
      const results = run(`${name}Of`, x);
      for (let i = 0; i < x.length; i++) {
        const argument = f32OfBits(x[i]!);
        const got = f32OfBits(results[i]!);
        if (Number.isNaN(argument)) expect(results[i]).toBe(QUIET);
        else if (!Number.isFinite(argument)) expect(got === (argument > 0 ? Infinity : 0)).toBe(true);
        else if (Math.abs(argument) < 2 ** -100) expect(got === 0).toBe(true);
        else if (!(Math.abs(got - reference(argument)) <= 2 ** -22 * Math.abs(argument))) expect.fail(`${name}(${argument}) = ${got}`);
      }
    }
  });

  it("divide rounds correctly, and does as IEEE 754 with special values", () => {
    const x = new Uint32Array(200_000);
    const y = new Uint32Array(x.length);
    for (let i = 0; i < x.length; i++) {
      x[i] = everywhere[(i * 7) % everywhere.length]!;
      y[i] = everywhere[(i * 13 + 5) % everywhere.length]!;
      if (i % 3 === 0) {
        // Quotients of numbers close to a power of two are the hardest to round.
        x[i] = 0x3f800000 | (x[i]! & (i % 2 === 0 ? 0x7fffff : 0x7ff));
        y[i] = 0x3f800000 | (y[i]! & 0x7fffff) | (i % 2 === 0 ? 0x7ff000 : 0);
      }
    }
    let at = 0;
    for (const a of special) for (const b of special) [x[at], y[at++]] = [a, b];
    for (let i = 0; i < 1000; i++) [x[at], y[at++]] = [everywhere[i * 11 + 20]!, everywhere[i * 11 + 20]!];
    const results = run("divideOf", x, y);
    const flushed = (bits: number): number => ((bits & 0x7f800000) === 0 ? f32OfBits((bits & 0x80000000) >>> 0) : f32OfBits(bits));
    const wrong: string[] = [];
    for (let i = 0; i < x.length; i++) {
      const exact = flushed(x[i]!) / flushed(y[i]!);
      // Rounding first to double changes no f32 quotient.
      const rounded = Math.fround(exact);
      const tiny = Math.abs(exact) < SMALLEST;
      const expected = Number.isNaN(exact) ? QUIET : bitsOfF32(tiny && Math.abs(rounded) < SMALLEST ? 0 * Math.sign(exact) : rounded);
      const mayFlush = tiny && Math.abs(rounded) === SMALLEST;
      if (results[i] !== expected && !(mayFlush && (results[i]! & 0x7fffffff) === 0)) {
        wrong.push(`${x[i]!.toString(16)} / ${y[i]!.toString(16)} = ${results[i]!.toString(16)}, not ${expected.toString(16)}`);
      }
    }
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it("are exact where it matters", () => {
    expect(at("exp", 0)).toBe(1);
    expect(at("exp", -0)).toBe(1);
    expect(at("exp", -87.34)).toBe(0);
    expect(at("exp", -LARGEST)).toBe(0);
    expect(at("exp", LARGEST)).toBe(Infinity);
    expect(at("log", 1)).toBe(0);
    expect(at("sigmoid", 0)).toBe(0.5);
    expect(at("tanh", 9.1)).toBe(1);
    expect(at("tanh", -0)).toBe(-0);
    expect(at("erf", -4)).toBe(-1);
    for (const root of [1, 2, 3, 5, 1000, 4095, 2 ** -50, 3 * 2 ** 40]) expect(at("sqrt", root * root)).toBe(root);
    for (let n = -62; n <= 62; n++) {
      expect(at("rsqrt", 4 ** n)).toBe(2 ** -n);
      expect(at("reciprocal", 2 ** n)).toBe(2 ** -n);
    }
  });

  it.each([...unary, "divide"])("%s does arithmetic on finite numbers only, none of them subnormal", (name) => {
    const kernel = kernels.find((candidate) => candidate.name === `${name}Of`)!;
    const operands = { x: everywhere.subarray(0, 3000), y: everywhere.subarray(0, 3000).toReversed() };
    const point = kernel.pool.axisVariable("i");
    const exotic = (bits: number): boolean => {
      const exponent = (bits >>> 23) & 0xff;
      return exponent === 0xff || (exponent === 0 && (bits & 0x7fffff) !== 0);
    };
    const found = new Set<string>();
    const algebra = bitAlgebra({ i: 3000 }, {}, (load, [i]) => operands[load.input as "x" | "y"][i!]!);
    const watching = new Denotation<number>({
      ...algebra,
      unary(operator, type, operand) {
        const result = unaryBits(operator, type, operand);
        if ((operator === "floor" || operator === "toF32" || operator === "toI32") && (type === "f32" && exotic(operand) || operator === "toF32" && exotic(result))) {
          found.add(`${operator} ${operand.toString(16)}`);
        }
        return result;
      },
      binary(operator, type, left, right) {
        const result = binaryBits(operator, type, left, right);
        const moves = operator === "minimum" || operator === "maximum";
        const compares = operator.startsWith("less") || operator.endsWith("qual");
        if (type === "f32" && !moves && (exotic(left) || exotic(right) || (!compares && exotic(result)))) {
          found.add(`${operator} ${left.toString(16)} ${right.toString(16)} = ${result.toString(16)}`);
        }
        return result;
      },
    });
    for (let i = 0; i < 3000; i++) watching.valueOf(kernel.outputs[0]!.value, watching.bind(point, i));
    expect([...found].slice(0, 5)).toEqual([]);
  });

  it("tell NaN and infinity from the bits", () => {
    const kinds = run("kindOf", Uint32Array.from(special));
    expect([...kinds]).toEqual(special.map((bits) => (Number.isNaN(f32OfBits(bits)) ? 2 : Number.isFinite(f32OfBits(bits)) ? 0 : 1)));
  });
});
