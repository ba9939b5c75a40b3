/** Counting answers and comparing logprobs, on answers that are made up. */
import { describe, expect, test } from "vitest";
import { countAnswers, groupAnswers, survival, type Answer } from "./experiment-answers.ts";
import { compareScores, klShortcomings, type KlSide } from "./experiment-kl.ts";
import { shortcomings, type DistinctRun, type Side } from "./experiment-distinct.ts";

function answer(
  ids: readonly number[],
  {
    text = ids.join(" "),
    logprobs = ids.map((id) => -0.1 * (id + 1)),
  }: Partial<{ text: string; logprobs: readonly number[] }> = {},
): Answer {
  return { ids, text, logprobs: Float32Array.from(logprobs) };
}

/** The answer with one bit of one logprob changed: the lowest one. */
function flipped(of: Answer, at: number): Answer {
  const logprobs = of.logprobs.slice();
  new Uint32Array(logprobs.buffer)[at]! ^= 1;
  return { ...of, logprobs };
}

describe("answers", () => {
  const one = answer([5, 6, 7, 8]);
  test("that are equal are one", () => {
    expect(countAnswers([one, answer([5, 6, 7, 8]), one])).toEqual({
      requests: 3,
      distinct: 1,
      distinctLogprobs: 1,
      firstDivergence: null,
    });
  });

  test("are counted by text, and part at the first token that is not in all of them", () => {
    expect(countAnswers([one, answer([5, 6, 7, 9]), answer([5, 1, 7, 8]), one])).toEqual({
      requests: 4,
      distinct: 3,
      distinctLogprobs: 3,
      firstDivergence: 1,
    });
    expect(countAnswers([answer([5, 6, 7]), one]).firstDivergence).toBe(3);
    expect(countAnswers([one, answer([5, 6, 7])]).firstDivergence).toBe(3);
  });

  test("with other ids of the same text part, too", () => {
    expect(countAnswers([answer([5, 6], { text: "a" }), answer([5, 7], { text: "a" })])).toMatchObject({
      distinct: 1,
      firstDivergence: 1,
    });
  });

  test("differ by one bit of one logprob, or by the sign of a zero", () => {
    for (let at = 0; at < 4; at++)
      expect(countAnswers([one, flipped(one, at), one])).toEqual({
        requests: 3,
        distinct: 1,
        distinctLogprobs: 2,
        firstDivergence: null,
      });
    expect(countAnswers([answer([1], { logprobs: [0] }), answer([1], { logprobs: [-0] })]).distinctLogprobs).toBe(2);
  });

  test("are grouped, the most common one first, and leave it where they leave it", () => {
    const groups = groupAnswers([answer([5, 1]), one, answer([5, 6, 9]), one, one, answer([5, 1])]);
    expect(groups).toEqual([
      { text: "5 6 7 8", requests: 3, partsAt: null },
      { text: "5 1", requests: 2, partsAt: 1 },
      { text: "5 6 9", requests: 1, partsAt: 2 },
    ]);
    expect(survival(groups, 4)).toEqual([6, 6, 4, 3, 3]);
  });
});

describe("logprobs of a trainer", () => {
  const samples = [
    { ids: [1, 2, 3, 4], logprobs: Float32Array.of(-1, -2) },
    { ids: [9, 8], logprobs: Float32Array.of(-0.5) },
  ];
  // Of the ids but the first: the prompt's are not compared.
  const equal = [-7, -1, -2, -0.5];

  test("that are the sampler's are at no distance", () => {
    expect(compareScores(samples, Float32Array.from(equal))).toEqual({ kl: 0, differentBits: 0, tokens: 3 });
  });

  test("are at the distance that k3 says", () => {
    const { kl, differentBits, tokens } = compareScores(samples, Float32Array.from([-7, -1.5, -2, 0]));
    expect({ differentBits, tokens }).toEqual({ differentBits: 2, tokens: 3 });
    expect(kl).toBeCloseTo((Math.exp(-0.5) - 1 + 0.5 + Math.exp(0.5) - 1 - 0.5) / 3, 12);
  });

  test("differ by one bit", () => {
    const scores = Float32Array.from(equal);
    new Uint32Array(scores.buffer)[2]! ^= 1;
    const found = compareScores(samples, scores);
    expect(found.differentBits).toBe(1);
    expect(found.kl).toBeGreaterThan(0);
    expect(() => compareScores(samples, scores.slice(1))).toThrow(RangeError);
  });

  test("have to be the sampler's with our kernels, and others with ordinary ones", () => {
    const side = (kl: number, differentBits: number): KlSide => ({ kl, differentBits, tokens: 10 });
    expect(klShortcomings({ ours: side(0, 0), ordinary: side(1e-9, 3) })).toEqual([]);
    expect(klShortcomings({ ours: side(0, 1), ordinary: side(1e-9, 3) })).toHaveLength(1);
    expect(klShortcomings({ ours: side(0, 0), ordinary: side(0, 0) })).toHaveLength(1);
  });
});

describe("runs", () => {
  const side = (counts: Partial<Side> = {}): Side => ({
    requests: 500,
    distinct: 1,
    distinctLogprobs: 1,
    firstDivergence: null,
    seconds: 1,
    ...counts,
  });
  const run = (changes: Partial<DistinctRun> = {}): DistinctRun => ({
    temperature: 0,
    ours: side(),
    ordinary: side({ distinct: 4, distinctLogprobs: 9, firstDivergence: 3 }),
    batchSizes: { mean: 20, different: 30, sizes: {} },
    preemptions: 1,
    prefixHits: 1,
    ...changes,
  });

  test("show what they are to show, or it is said what they don't", () => {
    expect(shortcomings([run(), run({ ordinary: side() })], 500)).toEqual([]);
    expect(shortcomings([run({ ours: side({ distinct: 2 }) })], 500)).toEqual([
      expect.stringMatching(/^temperature 0: .*2 answers/),
    ]);
    expect(shortcomings([run({ ours: side({ distinctLogprobs: 2 }) })], 500)).toHaveLength(1);
    expect(shortcomings([run({ ordinary: side() }), run({ ordinary: side({ distinctLogprobs: 9 }) })], 500)).toEqual([
      expect.stringMatching(/^ordinary kernels gave one answer/),
    ]);
  });

  test("need batches of many sizes, unless there are few requests", () => {
    const small = run({ batchSizes: { mean: 15.9, different: 19, sizes: {} } });
    expect(shortcomings([small], 200)).toHaveLength(2);
    expect(shortcomings([small], 199)).toEqual([]);
    expect(shortcomings([run({ preemptions: 0 })], 200)).toEqual([
      expect.stringMatching(/^temperature 0: no request was interrupted/),
    ]);
    expect(shortcomings([run({ ours: side({ firstDivergence: 7 }) })], 5)).toHaveLength(1);
  });
});
