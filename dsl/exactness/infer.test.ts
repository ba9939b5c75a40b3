/**
 * Ranges hold what is computed, and a kernel in which nothing is found is computed alike where subnormal numbers are
 * flushed.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryKernel } from "../../spec/arbitraries/kernels.ts";
import { tries } from "../../spec/fixtures/effort.ts";
import { extentsOf, kernels, sizedKernels } from "../../spec/fixtures/schedule-kernels.ts";
import { bitAlgebra } from "../bits.ts";
import { Denotation, type Algebra } from "../denotation.ts";
import { f32OfBits } from "../expr.ts";
import type { Expr, Kernel } from "../ir.ts";
import { roundBf16 } from "../numbers.ts";
import { readKernels } from "../reader/index.ts";
import { childrenOf, collect, rootsOf } from "../visit.ts";
import { Inference } from "./infer.ts";
import { claimed, claimOf } from "./library.ts";
import { findDisagreement } from "./portability.ts";
import { significantBits } from "./significant-bits.ts";
import { anything, between, exponentOf, type Range, quantumOf } from "./range.ts";

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0)!, 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

/** Bits of every exponent, or of ordinary numbers; integers are small, as bounds that are not cut off have to be. */
function elements(seed: number, ordinary: boolean): Parameters<typeof bitAlgebra>[2] {
  return ({ input, storage, type }, indices) => {
    const random = hash(`${seed} ${input} ${indices.join(" ")}`);
    if (type !== "f32") return random % 5;
    const bits = ordinary
      ? (random & 0x80ffffff) | ((118 + (random % 18)) << 23)
      : random % 9 === 0
        ? [0, 0x80000000, 1, 0x007fffff, 0x00800000, 0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00000][
            (random >>> 8) % 9
          ]!
        : random;
    return storage === "bf16" ? roundBf16(bits >>> 0) : bits >>> 0;
  };
}

function parameters(seed: number): Record<string, number> {
  return new Proxy<Record<string, number>>({}, { get: (_, name) => hash(`${seed} ${String(name)}`) % 7 });
}

function holds(range: Range, expr: Expr, bits: number): boolean {
  if (expr.type === "bool") return true;
  const value = expr.type === "f32" ? f32OfBits(bits) : expr.type === "i32" ? bits | 0 : bits;
  if (expr.type === "f32" && !Number.isFinite(value)) return bits >= 0x80000000 ? range.belowAll : range.aboveAll;
  if (value === 0) return range.low <= 0 && range.high >= 0;
  const isSized = value >= range.low && value <= range.high && Math.abs(value) >= range.least;
  const quantum = quantumOf(value);
  return (
    isSized &&
    quantum >= range.quantum &&
    (expr.type !== "f32" || exponentOf(Math.abs(value)) - quantum + 1 <= range.bits)
  );
}

/** The expressions that have a value at a point of the output. */
function closedOf(kernel: Kernel): Set<Expr> {
  const isClosed = ({ free }: Expr): boolean => [...free].every(({ kind }) => kind !== "item");
  return collect(rootsOf(kernel), (expr) => childrenOf(expr).filter(isClosed));
}

function checkRanges(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number, ordinary: boolean): void {
  const inference = new Inference();
  const denotation = new Denotation(bitAlgebra(extents, parameters(seed), elements(seed, ordinary)));
  const scope = kernel.axes.reduce<ReturnType<typeof denotation.bind> | undefined>(
    (outer, { name }) =>
      denotation.bind(
        kernel.pool.axisVariable(name),
        hash(`${seed} at ${name}`) % Math.max(1, extents[name] ?? 1),
        outer,
      ),
    undefined,
  );
  for (const expr of closedOf(kernel)) {
    const bits = denotation.valueOf(expr, scope);
    const range = inference.rangeOf(expr);
    if (expr.type === "f32") expect(range.bits).toBeLessThanOrEqual(significantBits(expr));
    if (!holds(range, expr, bits))
      expect.fail(
        `${kernel.name}: ${expr.kind} ${expr.id} is ${expr.type === "f32" ? f32OfBits(bits) : bits}, not in ${JSON.stringify({ ...range, from: undefined })}`,
      );
  }
}

/**
 * A device that flushes what is subnormal, before and after each float operation; `wasFinite` turns false where one
 * overflows.
 */
function flushing(plain: Algebra<number>, flushes: boolean, seen: { wasFinite: boolean }): Algebra<number> {
  const flush = (bits: number): number => ((bits & 0x7f800000) === 0 && flushes ? (bits & 0x80000000) >>> 0 : bits);
  const noted = (bits: number): number => {
    if ((bits & 0x7f800000) === 0x7f800000) seen.wasFinite = false;
    return flush(bits);
  };
  return {
    ...plain,
    load: (load, indices) => {
      const bits = plain.load(load, indices);
      if (load.type === "f32" && (bits & 0x7f800000) === 0x7f800000) seen.wasFinite = false;
      return bits;
    },
    unary: (operator, type, operand) =>
      type === "f32" && ["negate", "absolute", "floor"].includes(operator)
        ? noted(plain.unary(operator, type, flush(operand)))
        : plain.unary(operator, type, operand),
    binary: (operator, type, left, right) => {
      if (type !== "f32" || operator === "minimum" || operator === "maximum")
        return plain.binary(operator, type, left, right);
      const result = plain.binary(operator, type, flush(left), flush(right));
      return operator === "add" || operator === "subtract" || operator === "multiply" ? noted(result) : result;
    },
  };
}

/** Whether every device gives the outputs' bits on these inputs, so far as they are promised. */
function agrees(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number): boolean {
  const seen = { wasFinite: true };
  const stored = [true, false].map((flushes) => {
    const denotation = new Denotation(
      flushing(bitAlgebra(extents, parameters(seed), elements(seed, false)), flushes, seen),
    );
    const scope = kernel.axes.reduce<ReturnType<typeof denotation.bind> | undefined>(
      (outer, { name }) => denotation.bind(kernel.pool.axisVariable(name), 0, outer),
      undefined,
    );
    return kernel.outputs.map(({ value, storage }) => {
      const bits = denotation.valueOf(value, scope);
      return storage === "bf16" ? roundBf16(bits) : bits;
    });
  });
  return !seen.wasFinite || stored[0]!.every((bits, position) => bits === stored[1]![position]);
}

/** A kernel of one expression over what it mentions of two f32 inputs, a bf16 one and a parameter. */
function read(body: string): Kernel {
  const mentioned = (declared: Readonly<Record<string, string>>): string =>
    Object.entries(declared)
      .filter(([name]) => new RegExp(`\\b${name}\\b`).test(body))
      .map(([name, type]) => `${name}: "${type}"`)
      .join(", ");
  const source = `import { abs, batch, bf16, bitsOf, exp, f32, floor, flush, isNaN, kernel, max, min, model, select, silu, sum } from "treefold";
export const one = kernel({
  axes: { token: batch, channel: model },
  inputs: { ${mentioned({ x: "f32[token, channel]", y: "f32[token, channel]", w: "bf16[channel]" })} }, params: { ${mentioned({ p: "f32" })} },
  output: "f32[token, channel]",
  body: ({ ${["x", "y", "w", "p"].filter((name) => mentioned({ [name]: "" }) !== "").join(", ")} }, { token, channel }) => ${body},
});`;
  const { kernels: found, diagnostics } = readKernels("one.kernel.ts", { source });
  expect(diagnostics).toEqual([]);
  return found[0]!;
}

describe("ranges", () => {
  test("hold every value of the models' and the fixtures' kernels", () => {
    for (const name of sizedKernels) {
      for (let seed = 0; seed < 6; seed++)
        checkRanges(kernels.get(name)!, extentsOf(name, { rows: 2, items: 5, width: 3 }), seed, seed % 2 === 0);
    }
  });

  test("hold every value of random kernels", () => {
    fc.assert(
      fc.property(arbitraryKernel(), fc.nat(1000), fc.boolean(), ({ kernel, extentsAt }, seed, ordinary) => {
        checkRanges(kernel, extentsAt(2, 5), seed, ordinary);
      }),
      { numRuns: tries(8, 200) },
    );
  });

  test.each(claimed.map((name) => [name]))("%s gives what is claimed of it", (name) => {
    const { kernels: elementary } = readKernels(
      new URL("../../spec/fixtures/elementary.kernel.ts", import.meta.url).pathname,
    );
    const kernel = elementary.find((one) => one.name === `${name}Of`)!;
    const call = kernel.outputs[0]!.value;
    if (call.kind !== "call") return expect.fail(`${name}Of is no call`);
    const arity = call.arguments.length;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.nat(0xffffffff)), {
          minLength: arity,
          maxLength: arity,
        }),
        (drawn) => {
          const ordered = drawn.map((three) =>
            three
              .map((bits) => (Number.isNaN(f32OfBits(bits)) ? 0x3f800000 : bits))
              .toSorted((a, b) => f32OfBits(a) - f32OfBits(b)),
          );
          const ranges = ordered.map(([low, , high]) => {
            const [from, to] = [f32OfBits(low!), f32OfBits(high!)];
            return (
              between(
                anything,
                Math.max(from, -3.4028234663852886e38),
                Math.min(to, 3.4028234663852886e38),
                from === -Infinity,
                to === Infinity,
              ) ?? anything
            );
          });
          const claim = claimOf(name, ranges)!;
          const denotation = new Denotation(bitAlgebra({}, {}, () => 0));
          for (const at of [0, 1, 2]) {
            const bits = denotation.valueOf(
              kernel.pool.call(
                call.callee,
                ordered.map((three, index) => kernel.pool.constant(call.callee.parameters[index]!.type, three[at]!)),
              ),
            );
            if (!holds(claim, call, bits))
              expect.fail(
                `${name} of ${ordered.map((three) => f32OfBits(three[at]!)).join(", ")} is ${f32OfBits(bits)}, not in ${JSON.stringify(claim)}`,
              );
          }
        },
      ),
      { numRuns: 700 },
    );
  });

  test("know what a bf16, a flush, a clamp and a whole number are", () => {
    const rangeOf = (body: string): Range => new Inference().rangeOf(read(body).outputs[0]!.value);
    expect(rangeOf("w(channel) * bf16(x(token, channel))")).toMatchObject({ bits: 16, quantum: -126 });
    expect(rangeOf("bf16(y(token, channel)) * bf16(x(token, channel))")).toMatchObject({
      bits: 16,
      quantum: -126,
      least: 2 ** -112,
    });
    expect(rangeOf("flush(x(token, channel), 2 ** -51) * flush(y(token, channel), 2 ** -51)")).toMatchObject({
      bits: 24,
      quantum: -125,
      least: 2 ** -102,
    });
    expect(rangeOf("flush(x(token, channel), 2 ** -51)")).toMatchObject({ bits: 24, quantum: -74, least: 2 ** -51 });
    expect(rangeOf("floor(max(min(x(token, channel), 89), -88) * 1.5)")).toMatchObject({
      low: -132,
      high: 133,
      bits: 8,
      quantum: 0,
      belowAll: false,
      aboveAll: false,
    });
    expect(rangeOf("f32(channel % 8) * 0.25")).toMatchObject({ low: 0, high: 1.75, bits: 3, quantum: -2, least: 0.25 });
    expect(rangeOf("select(x(token, channel) > 0, x(token, channel), 1)")).toMatchObject({
      low: 2 ** -149,
      aboveAll: true,
      belowAll: false,
    });
    expect(rangeOf('sum(channel, "chain", (c) => x(token, c) > 0 ? 1.0 : 0.0) / 3')).toMatchObject({ least: 2 ** -2 });
  });
});

describe("findings", () => {
  const thresholds = fc.array(fc.integer({ min: -126, max: -20 }), { minLength: 5, maxLength: 5 });
  const shapes = [
    (a: number, b: number, c: number) =>
      `flush(x(token, channel), 2 ** ${a}) * flush(y(token, channel), 2 ** ${b}) + flush(w(channel), 2 ** ${c})`,
    (a: number, b: number, c: number) =>
      `flush(flush(x(token, channel), 2 ** ${a}) * flush(y(token, channel), 2 ** ${b}), 2 ** ${c})`,
    (a: number, b: number, c: number, d: number) =>
      `flush(flush(x(token, channel), 2 ** ${a}) - flush(y(token, channel), 2 ** ${b}), 2 ** ${c}) * flush(p, 2 ** ${d})`,
    (a: number, b: number) =>
      `sum(channel, "pairwise", (c) => flush(x(token, c), 2 ** ${a}) * flush(y(token, c), 2 ** ${b}))`,
    (a: number, b: number, c: number) =>
      `select(flush(x(token, channel), 2 ** ${a}) * bf16(y(token, channel)) < 2 ** ${b}, flush(exp(flush(x(token, channel), 2 ** ${c})) * bf16(y(token, channel)), 2 ** -126), 0)`,
    (a: number, b: number) => `floor(flush(x(token, channel), 2 ** ${a}) * flush(silu(y(token, channel)), 2 ** ${b}))`,
    (a: number) =>
      `isNaN(x(token, channel) * flush(y(token, channel), 2 ** ${a})) ? 0 : abs(flush(x(token, channel), 2 ** ${a}))`,
  ] as const;

  test("where there are none, devices that flush give the same", () => {
    const counts = { none: 0, some: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...shapes), thresholds, fc.nat(100), (shape, [a, b, c, d], seed) => {
        const kernel = read(shape(a!, b!, c!, d!));
        const found = findDisagreement(kernel);
        counts[found === undefined ? "none" : "some"]++;
        for (let at = 0; at < 40; at++)
          if (!agrees(kernel, { token: 1, channel: 3 }, 100 * seed + at) && found === undefined)
            expect.fail(`seed ${100 * seed + at} tells flushing devices apart`);
      }),
      { numRuns: 80 },
    );
    expect(counts.none).toBeGreaterThan(10);
    expect(counts.some).toBeGreaterThan(10);
  });

  test("neither do the elementary functions", () => {
    const { kernels: elementary } = readKernels(
      new URL("../../spec/fixtures/elementary.kernel.ts", import.meta.url).pathname,
    );
    for (const kernel of elementary) {
      expect(findDisagreement(kernel)).toBeUndefined();
      for (let seed = 0; seed < 500; seed++)
        if (!agrees(kernel, { i: 1 }, seed)) expect.fail(`${kernel.name} at seed ${seed}`);
    }
  });

  test("say what may be how small, where, and what to write", () => {
    const reasonOf = (body: string): string => findDisagreement(read(body))?.reason ?? "none";
    expect(findDisagreement(read("x(token, channel) * x(token, channel)"))).toEqual({
      reason:
        "x(token, channel) * x(token, channel) may be as small as 2^-298, which some devices flush to zero; put flush(…, 2 ** -51) around x(token, channel)",
      location: { file: "one.kernel.ts", line: 6, column: 40 },
    });
    expect(reasonOf("flush(x(token, channel), 2 ** -51) * flush(y(token, channel), 2 ** -51)")).toBe("none");
    expect(reasonOf("flush(x(token, channel), 2 ** -51) * flush(y(token, channel), 2 ** -100)")).toContain("2^-151");
    expect(reasonOf('sum(channel, "chain", (c) => x(token, c))')).toBe(
      "the sum over 'channel' of x(token, c) may be as small as 2^-149, which some devices flush to zero; put flush(…, 2 ** -102) around x(token, c)",
    );
    expect(reasonOf('sum(channel, "chain", (c) => flush(x(token, c), 2 ** -102))')).toBe("none");
    expect(reasonOf('sum(channel, "chain", (c) => flush(x(token, c), 2 ** -104))')).toContain("2^-127");
    expect(reasonOf("floor(x(token, channel))")).toBe(
      "x(token, channel) may be as small as 2^-149, which some devices flush to zero before floor(x(token, channel)); put flush(…, 2 ** -126) around x(token, channel)",
    );
    expect(reasonOf("x(token, channel) < y(token, channel) ? 1 : 0")).toContain(
      "before x(token, channel) < y(token, channel)",
    );
    expect(
      reasonOf(
        "(bitsOf(flush(x(token, channel), 2 ** -70) * flush(y(token, channel), 2 ** -70)) & 0x7fffffff) < 5 ? 1.0 : 0.0",
      ),
    ).toContain("2^-140");
    expect(
      reasonOf(
        "(bitsOf(flush(x(token, channel), 2 ** -70) * flush(y(token, channel), 2 ** -70)) & 0x7fffffff) < 0x00800000 ? 1.0 : 0.0",
      ),
    ).toBe("none");
    expect(reasonOf("max(x(token, channel), bf16(p))")).toBe("none");
    expect(reasonOf("x(token, channel) / y(token, channel)")).toBe("none");
  });
});
