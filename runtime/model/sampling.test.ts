import { describe, expect, it } from "vitest";
import { RequestError } from "../errors.ts";
import {
  checkSampling,
  History,
  SamplingError,
  seedOfCompletion,
  threefry,
  type SamplingParameters,
} from "./sampling.ts";

describe("checkSampling", () => {
  it("fills in what is absent: greedy, and nothing else", () => {
    expect(checkSampling({}, 10)).toEqual({
      temperature: 0,
      topK: 0,
      topP: 1,
      minP: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      logitBias: {},
      seed: 0n,
      topLogprobs: 0,
    });
    expect(checkSampling({ temperature: undefined, seed: undefined } as object, 10)).toEqual(checkSampling({}, 10));
  });

  it("takes -0 for 0: a kernel that compares bits would leave out every id", () => {
    expect(Object.is(checkSampling({ minP: -0 }, 10).minP, 0)).toBe(true);
  });

  it("takes every bound that is said to be one", () => {
    for (const parameters of [
      {
        temperature: 0.01,
        topK: 2 ** 32 - 1,
        topP: 1,
        minP: 0,
        presencePenalty: -2,
        frequencyPenalty: -2,
        repetitionPenalty: 0.01,
        topLogprobs: 20,
        seed: 2n ** 64n - 1n,
        logitBias: { 0: -100, 9: 100 },
      },
      {
        temperature: 100,
        topP: 1e-30,
        minP: 0.999,
        presencePenalty: 2,
        frequencyPenalty: 2,
        repetitionPenalty: 10,
        seed: Number.MAX_SAFE_INTEGER,
      },
    ])
      expect(checkSampling(parameters, 10)).toEqual({
        ...checkSampling({}, 10),
        ...parameters,
        seed: BigInt(parameters.seed),
      });
  });

  const refused: [SamplingParameters | Record<string, unknown>, RegExp][] = [
    [
      { temperature: NaN },
      /^sampling parameter 'temperature': temperature is NaN; fix: give a number: 0, or from 0\.01 to 100$/,
    ],
    [{ temperature: -1 }, /temperature is -1/],
    [{ temperature: 0.001 }, /temperature is 0\.001/],
    [{ temperature: 101 }, /temperature is 101/],
    [{ temperature: Infinity }, /temperature is Infinity/],
    [{ temperature: "1" }, /temperature is of type string, not a number/],
    [{ temperature: null }, /temperature is null/],
    [{ topK: 1.5 }, /topK is 1\.5/],
    [{ topK: -1 }, /topK is -1/],
    [{ topK: 2 ** 32 }, /topK is 4294967296/],
    [{ topP: 0 }, /topP is 0/],
    [{ topP: 1.01 }, /topP is 1\.01/],
    [{ topP: NaN }, /topP is NaN/],
    [{ minP: 1 }, /minP is 1/],
    [{ minP: -0.1 }, /minP is -0\.1/],
    [{ presencePenalty: 2.1 }, /presencePenalty is 2\.1/],
    [{ frequencyPenalty: -2.1 }, /frequencyPenalty is -2\.1/],
    [{ repetitionPenalty: 0 }, /repetitionPenalty is 0/],
    [{ repetitionPenalty: 10.1 }, /repetitionPenalty is 10\.1/],
    [{ topLogprobs: 21 }, /topLogprobs is 21/],
    [{ topLogprobs: 0.5 }, /topLogprobs is 0\.5/],
    [{ seed: -1 }, /seed is -1/],
    [{ seed: 2n ** 64n }, /seed is 18446744073709551616/],
    [{ seed: 2 ** 53 }, /seed is 9007199254740992.*bigint/],
    [{ seed: 1.5 }, /seed is 1\.5/],
    [{ seed: "1" }, /seed is of type string/],
    [{ logitBias: { 10: 1 } }, /'10' is no token id.*0 to 9/],
    [{ logitBias: { x: 1 } }, /'x' is no token id/],
    [{ logitBias: { "-1": 1 } }, /'-1' is no token id/],
    [{ logitBias: { "01": 1 } }, /'01' is no token id/],
    [{ logitBias: { 1: 101 } }, /logitBias\[1\] is 101/],
    [{ logitBias: { 1: NaN } }, /logitBias\[1\] is NaN/],
    [{ logitBias: [1] }, /logitBias is a list/],
    [{ logitBias: null }, /logitBias is null/],
  ];
  it.each(refused)("refuses %o", (parameters, message) => {
    expect(() => checkSampling(parameters, 10)).toThrow(SamplingError);
    expect(() => checkSampling(parameters, 10)).toThrow(message);
  });

  it("refuses what is misspelt", () => {
    expect(() => checkSampling({ temprature: 1 } as object, 10)).toThrow(RequestError);
    expect(() => checkSampling({ temprature: 1 } as object, 10)).toThrow(
      /there is no 'temprature' \(did you mean 'temperature'\?\)/,
    );
    expect(() => checkSampling(null as never, 10)).toThrow(/null is no object/);
  });
});

describe("threefry", () => {
  it("gives Random123's known answers", () => {
    expect(threefry(0, 0, 0, 0)).toEqual([0x6b200159, 0x99ba4efe]);
    expect(threefry(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(threefry(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toEqual([0xc4923a9c, 0x483df7a0]);
  });

  it("makes seeds of completions: the first keeps its own, the others differ", () => {
    const seed = 0x0123456789abcdefn;
    expect(seedOfCompletion(seed, 0)).toBe(seed);
    const seeds = Array.from({ length: 1000 }, (_, completion) => seedOfCompletion(seed, completion));
    expect(new Set(seeds).size).toBe(1000);
    expect(seeds.every((one) => one >= 0n && one < 2n ** 64n)).toBe(true);
    expect(seedOfCompletion(seed, 1)).not.toBe(seedOfCompletion(seed + 1n, 1));
  });
});

describe("History", () => {
  it("counts the output, and knows what prompt or output hold", () => {
    const history = new History([3, 1, 3]);
    history.add(5);
    history.add(5);
    history.add(1);
    expect([0, 1, 3, 5].map((id) => [history.count(id), history.seen(id)])).toEqual([
      [0, false],
      [1, true],
      [0, true],
      [2, true],
    ]);
    expect([[...history.prompt], [...history.output]]).toEqual([
      [3, 1],
      [5, 1],
    ]);
  });
});
