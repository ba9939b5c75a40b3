import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluate } from "../spec/evaluator.ts";
import { claims, functionNames, type FunctionName } from "../spec/sweep/claims.ts";
import { compare, emptyTally, holds } from "../spec/sweep/compare.ts";
import { binaryBits, bitAlgebra, unaryBits } from "./bits.ts";
import { Denotation } from "./denotation.ts";
import { bitsOfF32, f32OfBits } from "./expr.ts";
import { readKernels } from "./reader/index.ts";

const { kernels, diagnostics } = readKernels(
  fileURLToPath(new URL("../spec/fixtures/elementary.kernel.ts", import.meta.url)),
);

/** The results' bits for arguments given as bits. */
function run(name: string, x: Uint32Array, y?: Uint32Array): Uint32Array {
  const kernel = kernels.find((candidate) => candidate.name === name);
  if (kernel === undefined) throw new Error(`no kernel ${name}: ${diagnostics.map((one) => one.message).join("; ")}`);
  const results = evaluate(kernel, { extents: { i: x.length }, inputs: y === undefined ? { x } : { x, y } });
  return results[kernel.outputs[0]!.name]!;
}

/** Fails unless the evaluator's results are what is claimed. */
function expectClaimed(name: FunctionName, x: Uint32Array, y = new Uint32Array(x.length)): void {
  const claim = claims[name];
  const results = run(`${name}Of`, x, claim.takes === "two f32" ? y : undefined);
  const tally = emptyTally();
  compare(claim, { place: 0, x, y, evaluator: results, device: results }, tally);
  expect(tally.examples).toEqual([]);
  expect(holds(tally, claim), JSON.stringify(tally)).toBe(true);
}

/** What one function gives for one number. */
function at(name: FunctionName, x: number): number {
  return f32OfBits(run(`${name}Of`, Uint32Array.of(bitsOfF32(x)))[0]!);
}

const special = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x00800001, 0x3f7fffff, 0x3f800000, 0x3f800001,
  0xbf800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffc00000, 0xffffffff,
];

/** Every exponent and both signs evenly, and every special value: 140,000 arguments, the same each time. */
function sample(): Uint32Array {
  const bits = new Uint32Array(140_000);
  bits.set(special);
  let state = 0x2545f491;
  for (let i = special.length; i < bits.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
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
    bits[2 * i] = from + Math.floor(((to - from) * i) / Math.max(1, count - 1));
    bits[2 * i + 1] = (bits[2 * i]! | 0x80000000) >>> 0;
  }
  return bits;
}

/** Where a function is tried densely, besides everywhere. */
const dense: Readonly<Partial<Record<FunctionName, readonly [low: number, high: number]>>> = {
  reciprocal: [1, 2],
  sqrt: [1, 4],
  rsqrt: [1, 4],
  exp: [2 ** -24, 88.8],
  log: [0.6, 3],
  sigmoid: [2 ** -20, 88],
  silu: [2 ** -20, 88],
  tanh: [2 ** -14, 10],
  erf: [2 ** -14, 4.2],
  gelu: [2 ** -10, 14],
  geluTanh: [2 ** -10, 14],
  bf16: [2 ** -57, 2 ** -55],
};

describe("elementary functions", () => {
  it("are read without a diagnostic", () => {
    expect(diagnostics).toEqual([]);
  });

  it.each(functionNames.filter((name) => claims[name].takes === "f32"))(
    "%s keeps to its bound, makes no subnormal, and knows NaN from its bits",
    (name) => {
      for (const x of [everywhere, between(...(dense[name] ?? [1, 2]))]) expectClaimed(name, x);
    },
  );

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
    expectClaimed("divide", x, y);
  });

  it("halfToFloat gives what each f16 is, whatever the upper half", () => {
    for (const upper of [0, 0xffff0000, 0x3c000000])
      expectClaimed(
        "halfToFloat",
        Uint32Array.from({ length: 2 ** 16 }, (_, half) => half + upper),
      );
    const bits = Uint32Array.of(
      0x0000,
      0x8000,
      0x0001,
      0x83ff,
      0x0400,
      0x3c00,
      0xc000,
      0x7bff,
      0x7c00,
      0xfc00,
      0x7c01,
      0xffff,
    );
    expect([...run("halfToFloatOf", bits)]).toEqual(
      [0, -0, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 1, -2, 65504, Infinity, -Infinity, NaN, NaN].map((value) =>
        Number.isNaN(value) ? 0x7fc00000 : bitsOfF32(value),
      ),
    );
  });

  it("are exact where it matters", () => {
    const largest = 3.4028234663852886e38;
    expect(at("exp", 0)).toBe(1);
    expect(at("exp", -0)).toBe(1);
    expect(at("exp", -87.34)).toBe(0);
    expect(at("exp", -largest)).toBe(0);
    expect(at("exp", largest)).toBe(Infinity);
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

  it.each(functionNames)("%s does arithmetic on finite numbers only, none of them subnormal", (name) => {
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
        if (
          (operator === "floor" || operator === "toF32" || operator === "toI32") &&
          ((type === "f32" && exotic(operand)) || (operator === "toF32" && exotic(result)))
        ) {
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
    expect([...kinds]).toEqual(
      special.map((bits) => (Number.isNaN(f32OfBits(bits)) ? 2 : Number.isFinite(f32OfBits(bits)) ? 0 : 1)),
    );
  });
});
