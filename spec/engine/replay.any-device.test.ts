/** A schedule's replay: the same steps and answers each time, silence jumped over, and everybody's end. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import { demoDirectory } from "../../models/places.ts";
import { SamplingError, type Model } from "../../runtime/index.ts";
import { replay, type Arrival } from "./replay.ts";

let model: Model;
beforeAll(async () => {
  model = await loadCheckpoint(demoDirectory);
});
afterAll(() => model.dispose());

const prompt = [1, 2, 3, 4, 5];
const arrivals: readonly Arrival[] = [
  { step: 1000, request: { prompt, maxTokens: 3, ignoreEnd: true } },
  { step: 0, request: { prompt, maxTokens: 6, ignoreEnd: true } },
  { step: 2, request: { prompt: [9, 8], maxTokens: 100, ignoreEnd: true, temperature: 1 }, cancelAt: 4 },
  { step: 2, request: { prompt: [7], maxTokens: 2, ignoreEnd: true, temperature: 1, n: 2 } },
];

test("is the same each time", async () => {
  const [first, second] = [await replay(model, {}, arrivals), await replay(model, { tokensPerStep: 64 }, arrivals)];
  const counted = (run: typeof first): object[] => run.steps.map(({ milliseconds: _, ...counts }) => counts);
  expect(counted(second)).toEqual(counted(first));
  expect(second.results).toEqual(first.results);
  expect(first.results.map(({ completions }) => completions.map(({ ids, finish }) => [ids.length, finish]))).toEqual([
    [[3, "length"]],
    [[6, "length"]],
    [[2, "cancelled"]],
    [
      [2, "length"],
      [2, "length"],
    ],
  ]);
  // Six steps, in which a second completion waits for its prompt, and after a silence that took none, three.
  expect(first.steps.map(({ decoding }) => decoding)).toEqual([0, 1, 1, 3, 2, 1, 0, 1, 1]);
  expect(first.statistics).toMatchObject({
    running: 0,
    waiting: 0,
    requests: { submitted: 4, finished: 3, cancelled: 1 },
  });
});

test("tells how far it is, and throws what its listener throws", async () => {
  const done: number[] = [];
  await replay(model, {}, arrivals, { onStep: (_, count) => done.push(count) });
  expect(done.at(-1)).toBeGreaterThanOrEqual(3);
  await expect(
    replay(model, {}, arrivals, {
      onStep: () => {
        throw new Error("enough");
      },
    }),
  ).rejects.toThrow("enough");
});

test("throws what refuses a request, at first or later", async () => {
  const wrong = { prompt, temperature: -1 };
  await expect(replay(model, {}, [...arrivals, { step: 0, request: wrong }])).rejects.toThrow(SamplingError);
  await expect(replay(model, {}, [...arrivals, { step: 3, request: wrong }])).rejects.toThrow(SamplingError);
  expect(await replay(model, {}, [])).toMatchObject({ results: [], steps: [] });
});
