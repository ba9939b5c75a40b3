/**
 * The claims, and what holds results to them: their references are right, documents state them, and what is wrong is
 * found.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bitsOfF32, f32OfBits } from "../../dsl/expr.ts";
import { roundBf16 } from "../../dsl/numbers.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import { evaluate } from "../evaluator.ts";
import { type ArgumentsName, fill } from "./arguments.ts";
import { type Claim, claims, functionNames } from "./claims.ts";
import { compare, emptyTally, holds, merge, type Tally } from "./compare.ts";
import { erf, erfc, roundToEight, sigmoid } from "./reference.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("references", () => {
  /**
   * erfc by Simpson's rule over the tail that matters, with steps so small that the rule errs by less than a double
   * does.
   */
  const integrated = (x: number): number => {
    const steps = 40_000;
    const width = Math.min(6.2, 20 / x);
    let [total, lost] = [0, 0];
    for (let i = 0; i <= steps; i++) {
      const u = (width * i) / steps;
      // Thousands of roundings would show, so that what each loses is added to the next.
      const term = (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(-2 * x * u - u * u) + lost;
      lost = term - (total + term - total);
      total += term;
    }
    return (((total * width) / steps / 3) * Math.exp(-x * x) * 2) / Math.sqrt(Math.PI);
  };

  test("erf and erfc are the integrals", () => {
    for (let x = 0; x < 13; x += 0.0473) {
      expect(Math.abs(erfc(x) / integrated(x) - 1), `erfc(${x})`).toBeLessThan(2 ** -44);
      expect(Math.abs(erf(x) + integrated(x) - 1), `erf(${x})`).toBeLessThan(2 ** -46);
      expect([erf(-x), erfc(-x)]).toEqual([-erf(x), 1 + erf(x)].map((value) => expect.closeTo(value, 15)));
    }
    // Of a tiny argument the first term is all.
    for (const x of [1e-3, 1e-10, 2 ** -120])
      expect(Math.abs(((erf(x) / (x - x ** 3 / 3 + x ** 5 / 10)) * Math.sqrt(Math.PI)) / 2 - 1)).toBeLessThan(1e-15);
    expect([erf(Infinity), erf(-Infinity), erfc(Infinity), erfc(-Infinity), erf(NaN), erfc(NaN), sigmoid(NaN)]).toEqual(
      [1, -1, 0, 2, NaN, NaN, NaN],
    );
  });

  test("eight bits are rounded to the nearest, ties to even", () => {
    const wrong: number[] = [];
    for (let bits = 0x24000000; bits < 0x7f800000; bits += 9973) {
      for (const one of [bits, (bits & 0xffff0000) | 0x8000, (bits & 0xffff0000) | 0x7fff, (bits | 0x80000000) >>> 0]) {
        if (bitsOfF32(roundToEight(f32OfBits(one))) !== roundBf16(one)) wrong.push(one);
      }
    }
    expect(wrong).toEqual([]);
    expect([roundToEight(Infinity), roundToEight(-0), roundToEight(NaN)]).toEqual([Infinity, -0, NaN]);
  });
});

test("the device is asked for the arguments that the host compares", () => {
  const { kernels } = readKernels(join(root, "spec", "sweep", "arguments.kernel.ts"));
  expect(kernels.map(({ name }) => name)).toEqual(["consecutive", "exponentPairs", "fractionPairs", "randomPairs"]);
  for (const kernel of kernels) {
    for (const [first, stride] of [
      [0, 1],
      [4294966000, 1021],
    ] as const) {
      const [x, y] = [new Uint32Array(5000), new Uint32Array(5000)];
      fill(kernel.name as ArgumentsName, first, stride, x, y);
      const made = evaluate(kernel, { extents: { i: x.length }, inputs: {}, parameters: { first, stride } });
      expect(kernel.outputs.length === 1 ? [made["output"], new Uint32Array(5000)] : [made["x"], made["y"]]).toEqual([
        x,
        y,
      ]);
    }
  }
});

/** What is found where the evaluator and the device both give these results. */
function found(claim: Claim, x: readonly number[], results: readonly number[], device = results): Tally {
  const tally = emptyTally();
  const arrays = { x: Uint32Array.from(x), y: new Uint32Array(x.length).fill(0x40400000) };
  compare(
    claim,
    { place: 0, ...arrays, evaluator: Uint32Array.from(results), device: Uint32Array.from(device) },
    tally,
  );
  return tally;
}

describe("results", () => {
  const one = 0x3f800000;
  const third = 0x3eaaaaab;

  test("that are right are accepted", () => {
    const tally = found(
      claims.divide,
      [one, 0, 0x80000000, 0x7f800000, 0x7fc00001, 0xff800000, 1],
      [third, 0, 0x80000000, 0x7f800000, 0x7fc00000, 0xff800000, 0],
    );
    expect(tally).toMatchObject({
      arguments: 7,
      different: 0,
      wrong: 0,
      misrounded: 0,
      examples: [],
      worst: { place: 0, x: one, y: 0x40400000, result: third },
    });
    expect(tally.worst!.error).toBeCloseTo(1 / 3, 6);
    expect(holds(tally, claims.divide)).toBe(true);
  });

  test("of which a device has another bit are found", () => {
    const tally = found(claims.divide, [one, one], [third, third], [third, third ^ 1]);
    expect(tally).toMatchObject({
      different: 1,
      wrong: 0,
      misrounded: 0,
      examples: [{ x: one, result: third ^ 1, expected: "the evaluator's 0x3eaaaaab" }],
    });
    expect(holds(tally, claims.divide)).toBe(false);
  });

  test("that are not the nearest are found where the nearest is claimed", () => {
    const tally = found(claims.divide, [one], [third - 1]);
    expect(tally).toMatchObject({ different: 0, wrong: 0, misrounded: 1 });
    expect(holds(tally, claims.divide)).toBe(false);
    expect(holds(found(claims.bf16, [0x3f808000], [0x3f810000]), claims.bf16)).toBe(false);
    expect(holds(found(claims.bf16, [0x3f808000], [one]), claims.bf16)).toBe(true);
  });

  test("beyond the bound are found, and those within a larger one are not", () => {
    const nearest = bitsOfF32(Math.exp(1));
    const tally = found(claims.exp, [one], [nearest + 2]);
    expect(tally.worst!.error).toBeGreaterThan(1.5);
    expect([holds(tally, claims.exp), holds(tally, { ...claims.exp, bound: 2.5 })]).toEqual([false, true]);
    const gelu = found(claims.gelu, [bitsOfF32(2)], [bitsOfF32(1 + erf(Math.SQRT2)) + 5]);
    expect([holds(gelu, claims.gelu), holds(gelu, { ...claims.gelu, bound: 1.5 })]).toEqual([false, true]);
  });

  test.each<[string, Claim, argument: number, result: number]>([
    ["another NaN", claims.exp, 0x7fc00000, 0x7fc00001],
    ["a NaN with a sign", claims.exp, 0xffc00000, 0xffc00000],
    ["a number in place of NaN", claims.log, 0xbf800000, 0],
    ["NaN in place of a number", claims.exp, one, 0x7fc00000],
    ["infinity in place of a number", claims.exp, bitsOfF32(88.7), 0x7f800000],
    ["the largest number in place of infinity", claims.exp, bitsOfF32(89), 0x7f7fffff],
    ["infinity of the other sign", claims.log, 0, 0x7f800000],
    ["a zero of the other sign", claims.tanh, 0x80000000, 0],
    ["a negative zero", claims.sqrt, 0x80000000, 0x80000000],
    ["a number in place of zero", claims.exp, bitsOfF32(-88), 0x00800000],
    ["a subnormal", claims.exp, bitsOfF32(-88), 0x00400000],
    ["a zero in place of a number", claims.sigmoid, bitsOfF32(-80), 0],
    ["a subnormal's own root", claims.rsqrt, 0x00400000, 0x5f800000],
    ["a subnormal where the error is the argument's", claims.gelu, bitsOfF32(-20), 0x80400000],
    ["infinity where the error is the argument's", claims.gelu, bitsOfF32(3e38), 0x7f800000],
    ["an upper half that counts", claims.halfToFloat, 0x00010001, 0x3f800000],
  ])("%s is found", (_, claim, argument, result) => {
    const tally = found(claim, [argument], [result]);
    expect(tally.wrong + tally.misrounded).toBe(1);
    expect(holds(tally, claim)).toBe(false);
  });

  test("of threads are added, and of equal errors the first is kept", () => {
    const tally = found(claims.divide, [one], [third]);
    const later = { ...found(claims.divide, [one], [third - 1], [third]), worst: { ...tally.worst!, place: 7 } };
    const total = emptyTally();
    for (const part of [later, tally, emptyTally()]) merge(total, part);
    expect(total).toMatchObject({ arguments: 2, different: 1, misrounded: 1, worst: { place: 0 } });
    expect(holds(emptyTally(), claims.divide)).toBe(false);
  });
});

describe("documents state the bounds:", () => {
  const stated = (claim: Claim): string =>
    claim.bound === 0
      ? "exact"
      : claim.bound === 0.5
        ? "correctly rounded"
        : claim.unit === "ulp"
          ? `${claim.bound} ulp`
          : "2^-22 |x|";

  test("docs/language.md", () => {
    const table = /^## Functions$(.*?)^## /ms.exec(readFileSync(join(root, "docs", "language.md"), "utf8"))![1]!;
    const bounds = Object.fromEntries(
      [...table.matchAll(/^\| (`.*?) \| (.*?) \| /gm)].flatMap(([, calls, bound]) =>
        [...calls!.matchAll(/`(\w+)\(/g)].map(([, name]) => [
          name,
          bound!.replaceAll("\\|", "|").replace("2⁻²² · ", "2^-22 "),
        ]),
      ),
    );
    // Rounding to bf16 has a section of its own.
    expect(bounds).toMatchObject(
      Object.fromEntries(functionNames.filter((name) => name !== "bf16").map((name) => [name, stated(claims[name])])),
    );
  });

  test("dsl/math.ts", () => {
    const text = readFileSync(join(root, "dsl", "math.ts"), "utf8");
    for (const name of functionNames.filter((one) => one !== "bf16")) {
      const comment = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\nexport function ${name}\\(`).exec(text)![1]!;
      expect(comment.replaceAll(/\n \* /g, " "), name).toContain(stated(claims[name]));
    }
  });
});
