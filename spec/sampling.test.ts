/**
 * Sampling by the reference evaluator: against a float64 sampler that sorts, known answers, and the distribution that
 * it means.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { f32OfBits } from "../dsl/expr.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { kernelDirectory } from "../models/toolchain.ts";
import {
  checkSampling,
  History,
  threefry,
  type SampleRow,
  type SamplingParameters,
} from "../runtime/model/sampling.ts";
import { evaluate } from "./evaluator.ts";
import { sampleByFloat64 } from "./fixtures/float64-sampler.ts";
import { randomLogits, randomRow } from "./fixtures/sampling-rows.ts";
import { excludedScore, referenceSample } from "./reference-sampler.ts";
import { Random } from "./random.ts";
import { tries } from "./fixtures/effort.ts";

describe("noise", () => {
  const file = `${kernelDirectory}/noise.kernel.ts`;
  const source = `
    import { batch, kernel } from "../../dsl/index.ts";
    import { gumbel, threefry } from "./gumbel.ts";
    export const words = kernel({
      axes: { token: batch },
      inputs: { a: "u32[token]", b: "u32[token]", c: "u32[token]", d: "u32[token]" },
      outputs: { x: "u32[token]", y: "u32[token]" },
      body({ a, b, c, d }, { token }) {
        const found = threefry(a(token), b(token), c(token), d(token));
        return { x: found.a, y: found.b };
      },
    });
    export const noise = kernel({
      axes: { token: batch },
      inputs: { a: "u32[token]", b: "u32[token]" },
      output: "f32[token]",
      body: ({ a, b }, { token }) => gumbel({ a: a(token), b: b(token) }),
    });`;
  const {
    kernels: [words, noise],
    diagnostics,
  } = readKernels(file, { source, typecheck: false });
  const u32 = (...values: number[]): Uint32Array => Uint32Array.from(values);

  it("is threefry's, by Random123's known answers", () => {
    expect(diagnostics).toEqual([]);
    const inputs = {
      a: u32(0, 0xffffffff, 0x13198a2e),
      b: u32(0, 0xffffffff, 0x03707344),
      c: u32(0, 0xffffffff, 0x243f6a88),
      d: u32(0, 0xffffffff, 0x85a308d3),
    };
    const { x, y } = evaluate(words!, { extents: { token: 3 }, inputs });
    expect([x, y]).toEqual([u32(0x6b200159, 0x1cb996fc, 0xc4923a9c), u32(0x99ba4efe, 0xbb002be7, 0x483df7a0)]);
  });

  it("is -log(-log(1 - v)) of both words, down to 2^-64", () => {
    const random = new Random(7, "noise");
    const a = Uint32Array.from({ length: 4000 }, (_, i) =>
      i < 2 ? [0, 0xffffffff][i]! : random.bits() >>> (i % 33 === 32 ? 31 : i % 33),
    );
    const b = Uint32Array.from(a, (_, i) => (i < 2 ? a[i]! : random.bits() >>> 0));
    const { output } = evaluate(noise!, { extents: { token: a.length }, inputs: { a, b } });
    let worst = 0;
    a.forEach((word, i) => {
      const v = Math.min(
        Math.max(Math.fround(word) * 2 ** -32 + Math.fround(b[i]!) * 2 ** -64, 2 ** -64),
        1 - 2 ** -24,
      );
      const expected = -Math.log(-Math.log1p(-v));
      worst = Math.max(worst, Math.abs(f32OfBits(output![i]!) - expected) / Math.max(1, Math.abs(expected)));
    });
    console.log(`noise: relative error at most ${worst.toExponential(2)}`);
    // Of v near 1, where the noise is least, 1 - v has few bits: what is lost there is seldom worth a choice.
    expect(worst).toBeLessThan(2 ** -19);
    expect(f32OfBits(output![0]!)).toBeCloseTo(64 * Math.LN2, 4);
  });
});

describe("against float64", () => {
  it("chooses the same ids, of the same sets", () => {
    const vocabulary = 97;
    let [skipped, tried] = [0, 0];
    const seeds = tries(100, 300);
    for (let seed = 0; seed < seeds; seed++) {
      const random = new Random(seed, "float64");
      const logits = randomLogits(random, vocabulary);
      const row = randomRow(random, vocabulary);
      const found = referenceSample(logits, row);
      const expected = sampleByFloat64(Array.from(logits, f32OfBits), row);
      expect(found.finite).toBe(true);
      // Closer than this, float64 and f32 may rightly differ.
      if (expected.margin < 1e-4) {
        skipped++;
        continue;
      }
      tried++;
      if (row.sampling.temperature !== 0) {
        const kept = Array.from(found.scores.keys()).filter((id) => found.scores[id] !== excludedScore);
        expect(kept, `set of seed ${seed}`).toEqual(expected.kept);
      }
      expect(found.id, `id of seed ${seed}: ${JSON.stringify({ ...row.sampling, seed: String(row.seed) })}`).toBe(
        expected.id,
      );
      expect(f32OfBits(found.logprob)).toBeCloseTo(expected.logprobs[found.id]!, 4);
      expect(found.top.map(({ id }) => id)).toEqual(expected.order.slice(0, row.sampling.topLogprobs));
    }
    console.log(`float64: ${tried} rows agree, ${skipped} are too close to tell (margin below 1e-4)`);
    expect(tried).toBeGreaterThan((seeds * 2) / 3);
  });

  it("keeps ties with the k-th, and with the last that top-p keeps, together", () => {
    const logits = new Uint32Array(Float32Array.from([1, 3, 2, 3, 2, 0, 2, -1]).buffer);
    const kept = (parameters: SamplingParameters): number[] => {
      const { scores } = referenceSample(logits, {
        sampling: checkSampling({ temperature: 1, ...parameters }, 8),
        seed: 1n,
        position: 0,
        history: new History([]),
      });
      return Array.from(scores.keys()).filter((id) => scores[id] !== excludedScore);
    };
    expect(kept({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(kept({ topK: 1 })).toEqual([1, 3]);
    expect(kept({ topK: 3 })).toEqual([1, 2, 3, 4, 6]);
    expect(kept({ topK: 8 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(kept({ topP: 1e-30 })).toEqual([1, 3]);
    expect(kept({ topP: 0.7 })).toEqual([1, 2, 3, 4, 6]);
    expect(kept({ topP: 0.7, topK: 2 })).toEqual([1, 3]);
    expect(kept({ minP: 0.3 })).toEqual([1, 2, 3, 4, 6]);
    expect(kept({ minP: 0.99 })).toEqual([1, 3]);
  });

  it("edits in the order that is written: repetition, frequency, presence, bias", () => {
    const logits = new Uint32Array(Float32Array.from([4, -4, 0.5, 1]).buffer);
    const history = new History([0, 1]);
    [2, 2, 0].forEach((id) => history.add(id));
    const sampling = checkSampling(
      { repetitionPenalty: 2, frequencyPenalty: 0.25, presencePenalty: 0.5, logitBias: { 3: -100, 1: 7 } },
      4,
    );
    const { scores } = referenceSample(logits, { sampling, seed: 0n, position: 0, history });
    expect(Array.from(scores, f32OfBits)).toEqual([4 / 2 - 0.25 - 0.5, -8 + 7, 0.25 - 0.5 - 0.5, -99]);
  });
});

describe("the distribution", () => {
  /** Ids that 20,000 requests with seeds of their own draw, or one request at 20,000 positions. */
  const draw = (logits: readonly number[], rowOf: (draw: number) => Pick<SampleRow, "seed" | "position">): number[] => {
    const bits = new Uint32Array(Float32Array.from(logits).buffer);
    const { kernels } = readKernels(`${kernelDirectory}/sampling.kernel.ts`, { typecheck: false });
    const draws = 20_000;
    const rows = Array.from({ length: draws }, (_, at) => rowOf(at));
    const fill = <T extends Float32Array | Uint32Array>(of: T): Uint32Array => new Uint32Array(of.buffer);
    const { output } = evaluate(kernels.find(({ name }) => name === "scores")!, {
      extents: { token: draws, id: logits.length, setting: 6, word: 4 },
      inputs: {
        logits: Uint32Array.from({ length: draws * logits.length }, (_, at) => bits[at % logits.length]!),
        largest: fill(new Float32Array(draws).fill(Math.max(...logits))),
        threshold: new Uint32Array(draws),
        settings: fill(Float32Array.from(rows.flatMap(() => [1, 0, 0, 1, 0, 0]))),
        words: Uint32Array.from(
          rows.flatMap(({ seed, position }) => [Number(seed & 0xffffffffn), Number(seed >> 32n), position, 0]),
        ),
      },
    });
    const counts = logits.map(() => 0);
    for (let row = 0; row < draws; row++) {
      const scores = Array.from(output!.subarray(row * logits.length, (row + 1) * logits.length), f32OfBits);
      counts[scores.indexOf(Math.max(...scores))]!++;
    }
    return counts;
  };

  const logits = [2, 1.5, 1, 0.5, 0, -0.5, -1, -2, 1.25, -3];
  it.each<[string, (draw: number) => Pick<SampleRow, "seed" | "position">]>([
    ["seeds", (at) => ({ seed: BigInt(at), position: 17 })],
    ["positions", (at) => ({ seed: 0xfeedbeefcafe1234n, position: at })],
    ["high words of seeds", (at) => ({ seed: BigInt(at) << 32n, position: 0 })],
  ])("of 20,000 %s is softmax's", (what, rowOf) => {
    const counts = draw(logits, rowOf);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const square = counts.reduce((sum, count, id) => {
      const expected = (20_000 * Math.exp(logits[id]!)) / total;
      return sum + (count - expected) ** 2 / expected;
    }, 0);
    console.log(`${what}: chi-square ${square.toFixed(2)} with 9 degrees of freedom; 27.9 is exceeded once in 1000`);
    expect(square).toBeLessThan(27.9);
  });

  it("is of each id on its own: pairs of noises are uncorrelated", () => {
    const uniform = (seed: number, position: number, id: number): number =>
      threefry(seed, 0, position, id)[0] / 2 ** 32 - 0.5;
    const correlate = (left: (at: number) => number, right: (at: number) => number): number =>
      Array.from({ length: 20_000 }, (_, at) => left(at) * right(at) * 12).reduce((a, b) => a + b, 0) / 20_000;
    const bound = 4 / Math.sqrt(20_000);
    expect(
      Math.abs(
        correlate(
          (at) => uniform(1, 2, at),
          (at) => uniform(1, 2, at + 1),
        ),
      ),
    ).toBeLessThan(bound);
    expect(
      Math.abs(
        correlate(
          (at) => uniform(1, at, 5),
          (at) => uniform(1, at + 1, 5),
        ),
      ),
    ).toBeLessThan(bound);
    expect(
      Math.abs(
        correlate(
          (at) => uniform(at, 1, 5),
          (at) => uniform(at + 1, 1, 5),
        ),
      ),
    ).toBeLessThan(bound);
  });
});

it("is described by the language's own rules: noise by the row is refused", () => {
  const file = fileURLToPath(new URL("../models/kernels/sampling.kernel.ts", import.meta.url));
  const refused = (from: string, to: string): string[] => {
    const source = readFileSync(file, "utf8");
    expect(source).toContain(from);
    return readKernels(file, { source: source.replace(from, to), typecheck: false }).diagnostics.map(
      ({ code }) => code,
    );
  };
  expect(refused("words(token, POSITION), id)", "words(token, POSITION), token)")).toContain("R004");
  expect(refused("words(token, POSITION), id)", "words(token, POSITION), extent(token))")).not.toEqual([]);
});
