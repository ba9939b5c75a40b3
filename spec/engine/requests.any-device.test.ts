/** What a request may ask for, and gets: on the demo, which has a tokenizer. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import { demoDirectory } from "../../models/places.ts";
import {
  Engine,
  openDevice,
  type Device,
  type EngineCompletion,
  type EngineRequest,
  type EngineToken,
  type Model,
} from "../../runtime/index.ts";
import { seedOfCompletion } from "../../runtime/model/sampling.ts";
import { bitsOf } from "../fixtures/bits.ts";
import { effort } from "../fixtures/effort.ts";

let device: Device;
let model: Model;
let engine: Engine;
beforeAll(async () => {
  device = await openDevice();
  model = await loadCheckpoint(demoDirectory, { device });
  engine = new Engine(model, { poison: true });
});
afterAll(async () => {
  await engine.close();
  model.dispose();
  device.dispose();
});

if (effort === "quick") console.log("A prompt as long as the model takes is run in CI.");
const prompt = "The LORD is my shepherd;";
async function complete(request: EngineRequest): Promise<EngineCompletion[]> {
  return [...(await engine.submit(request).result()).completions];
}
async function one(request: EngineRequest): Promise<EngineCompletion> {
  return (await complete(request))[0]!;
}

it("greedily gives what generate gives, and its text piece by piece", async () => {
  const [plain] = await model.generateAll([prompt], { maxTokens: 24 });
  const pieces: EngineToken[] = [];
  for await (const token of engine.submit({ prompt, maxTokens: 24 })) pieces.push(token);
  expect(pieces.map(({ id }) => id)).toEqual(plain!.ids);
  expect(pieces.map(({ text }) => text).join("")).toBe(plain!.text);
  expect(pieces.map(({ position }) => position)).toEqual(
    plain!.ids.map((_, at) => model.tokenizer.encode(prompt).length + at),
  );
  expect(pieces.map(({ finish }) => finish).filter(Boolean)).toEqual(["length"]);
});

describe("ends", () => {
  it("before a stop string, wherever ids cut it", async () => {
    const { text, ids } = await one({ prompt, maxTokens: 24, ignoreEnd: true });
    for (const [from, length] of [
      [3, 1],
      [5, 4],
      [9, 7],
      [text.length - 3, 3],
    ] as const) {
      const stop = text.slice(from, from + length);
      const stopped = await one({ prompt, maxTokens: 24, ignoreEnd: true, stop: ["never said", stop] });
      expect(stopped).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish: "end" });
      expect(ids.slice(0, stopped.ids.length)).toEqual(stopped.ids);
    }
    expect(await one({ prompt, maxTokens: 24, ignoreEnd: true, stop: [`${text.slice(-2)} and more`] })).toMatchObject({
      text,
      finish: "length",
    });
  });

  it("with a stop id, which is one of its ids", async () => {
    const { ids } = await one({ prompt, maxTokens: 12 });
    const stopped = await one({ prompt, maxTokens: 12, stopIds: [ids[4]!] });
    expect(stopped).toMatchObject({ ids: ids.slice(0, ids.indexOf(ids[4]!) + 1), finish: "end" });
  });

  it.skipIf(effort === "quick")("at the model's last position", async () => {
    const { maxPositions } = model.config;
    const long = Array.from({ length: maxPositions - 2 }, (_, at) => (at * 31) % 2048);
    expect(await one({ prompt: long, maxTokens: 10, ignoreEnd: true })).toMatchObject({
      ids: { length: 3 },
      finish: "length",
    });
  });
});

it("completions: the first is the request's own, the others are those of seeds made of its seed", async () => {
  const request: EngineRequest = {
    prompt: `${prompt} I shall not want. He maketh me`,
    maxTokens: 10,
    temperature: 0.9,
    seed: 77n,
  };
  const before = engine.statistics().tokens.cached;
  const all = await complete({ ...request, n: 4 });
  expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThan(1);
  // Three of them found the prompt's first page.
  expect(engine.statistics().tokens.cached - before).toBeGreaterThanOrEqual(48);
  for (const [index, { ids, logprobs }] of all.entries()) {
    const alone = await one({ ...request, seed: seedOfCompletion(77n, index) });
    expect({ ids, bits: bitsOf(logprobs) }).toEqual({ ids: alone.ids, bits: bitsOf(alone.logprobs) });
  }
  expect(seedOfCompletion(77n, 0)).toBe(77n);
});

it("logprobs are score's, and the most likely ids come with them", async () => {
  const promptIds = model.tokenizer.encode(prompt);
  const tokens: EngineToken[] = [];
  for await (const token of engine.submit({ prompt, maxTokens: 8, temperature: 1, seed: 5, topLogprobs: 4 }))
    tokens.push(token);
  const [scores] = await model.score([[...promptIds, ...tokens.map(({ id }) => id)]]);
  expect(tokens.map(({ logprob }) => logprob)).toEqual([...scores!.slice(promptIds.length - 1)]);
  const [logits] = await model.forward([[...promptIds, ...tokens.map(({ id }) => id)]]);
  for (const [at, { top, id, logprob }] of tokens.entries()) {
    const row = logits!.subarray((promptIds.length - 1 + at) * 2048, (promptIds.length + at) * 2048);
    const order = Array.from(row.keys()).sort((left, right) => row[right]! - row[left]! || left - right);
    expect(top.map((likely) => likely.id)).toEqual(order.slice(0, 4));
    expect(top.map((likely) => likely.logprob)).toEqual(
      top.map((likely) => likely.logprob).toSorted((left, right) => right - left),
    );
    const own = top.find((likely) => likely.id === id);
    if (own !== undefined) expect(own.logprob).toBe(logprob);
  }
});

describe("edits", () => {
  it("a bias rules an id out, or in", async () => {
    const { ids } = await one({ prompt, maxTokens: 1 });
    expect((await one({ prompt, maxTokens: 1, logitBias: { [ids[0]!]: -100 } })).ids).not.toEqual(ids);
    expect((await one({ prompt, maxTokens: 3, logitBias: { 1234: 100 }, ignoreEnd: true })).ids).toEqual([
      1234, 1234, 1234,
    ]);
    // And its logprob is of the model's own logits.
    const [score] = await model.score([[...model.tokenizer.encode(prompt), 1234]]);
    expect((await one({ prompt, maxTokens: 1, logitBias: { 1234: 100 } })).logprobs[0]).toBe(score!.at(-1));
  });

  it("penalties keep it from saying the same again", async () => {
    const bias = { 1234: 20 };
    const request: EngineRequest = { prompt, maxTokens: 6, ignoreEnd: true, logitBias: bias };
    const times = ({ ids }: EngineCompletion): number => ids.filter((id) => id === 1234).length;
    expect(times(await one(request))).toBe(6);
    expect(
      times(await one({ ...request, repetitionPenalty: 10, frequencyPenalty: 2, presencePenalty: 2 })),
    ).toBeLessThan(6);
  });

  it("cuts leave the likeliest token: top-k 1, min-p near 1 or top-p near 0 makes a hot request greedy", async () => {
    const { ids } = await one({ prompt, maxTokens: 10 });
    for (const cut of [{ topK: 1 }, { minP: 0.999 }, { topP: 1e-6 }])
      expect((await one({ prompt, maxTokens: 10, temperature: 2, seed: 9, ...cut })).ids).toEqual(ids);
    expect((await one({ prompt, maxTokens: 10, temperature: 2, seed: 9 })).ids).not.toEqual(ids);
  });
});

it("says what it has done", async () => {
  const reports: number[] = [];
  const counted = new Engine(model, { maxRunning: 4, onStep: ({ tokens }) => reports.push(tokens) });
  await Promise.all(
    Array.from({ length: 6 }, async (_, index) =>
      counted.submit({ prompt: [index, 5, 9], maxTokens: 5, ignoreEnd: true }).result(),
    ),
  );
  const { requests, tokens, batch, steps, tokensPerSecond, millisecondsToFirstToken, waiting, running } =
    counted.statistics();
  expect({ requests, generated: tokens.generated, prefilled: tokens.prefilled, waiting, running, steps }).toEqual({
    requests: { submitted: 6, finished: 6, cancelled: 0, failed: 0, refused: 0 },
    generated: 30,
    prefilled: 18,
    waiting: 0,
    running: 0,
    steps: reports.length,
  });
  // Each id but a completion's last is computed once.
  expect(reports.reduce((total, count) => total + count, 0)).toBe(18 + 24);
  expect(Object.entries(batch.sizes).reduce((total, [size, count]) => total + Number(size) * count, 0)).toBe(24);
  expect(batch.mean).toBeGreaterThan(1);
  expect(Math.min(tokensPerSecond, millisecondsToFirstToken.median)).toBeGreaterThan(0);
  expect(millisecondsToFirstToken.largest).toBeGreaterThanOrEqual(millisecondsToFirstToken.median);
  await counted.close();
});
