/** What can go wrong in an engine: a typed error at once, for the request that it concerns, and nobody else's bits or pages. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import {
  BatchError, DeviceLostError, Engine, EngineClosedError, NotFiniteError, openDevice, OverloadError, PageTableError, RequestError, SamplingError,
  type Device, type EngineOptions, type EngineRequest, type EngineToken, type Model, type StepReport, type Submission,
} from "../../runtime/index.ts";
import { bitsOf } from "../fixtures/bits.ts";
import { oracleDirectory } from "../fixtures/oracles.ts";

const directory = oracleDirectory("qwen3");
let device: Device;
let model: Model;
beforeAll(async () => {
  device = await openDevice();
  model = await loadCheckpoint(directory, { device });
});
afterAll(() => {
  model.dispose();
  device.dispose();
});

const promptOf = (length: number, seed = 1): number[] => Array.from({ length }, (_, at) => (at * 37 + seed * 11 + 2) % 320);
const request = (length: number, maxTokens: number, more: Partial<EngineRequest> = {}): EngineRequest => ({ prompt: promptOf(length), maxTokens, ignoreEnd: true, ...more });

/** Ids and logprob bits of a request that has an engine to itself. */
async function alone(of: EngineRequest): Promise<string> {
  const engine = new Engine(model);
  try {
    return await told(engine.submit(of));
  } finally {
    await engine.close();
  }
}
async function told(submission: Submission): Promise<string> {
  const { completions } = await submission.result();
  return JSON.stringify(completions.map(({ ids, logprobs }) => [ids, [...bitsOf(logprobs)]]));
}

/** Runs with an engine whose pages must all be free, and whose queue empty, in the end. */
async function withEngine<Result>(options: EngineOptions, use: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = new Engine(model, { poison: true, ...options });
  try {
    const result = await use(engine);
    engine.forgetPrefixes();
    const { pages, waiting, running } = engine.statistics();
    expect({ free: pages.free, waiting, running }).toEqual({ free: pages.total, waiting: 0, running: 0 });
    return result;
  } finally {
    await engine.close();
  }
}

/** Waits for the engine's step number `step`. */
function steps(): { readonly onStep: (report: StepReport) => void; at(step: number, act: () => void): void } {
  const acts = new Map<number, () => void>();
  return { onStep: ({ step }) => acts.get(step)?.(), at: (step, act) => acts.set(step, act) };
}

describe("the queue", () => {
  it("refuses what is too much at once, and serves the others", async () => {
    await withEngine({ maxRunning: 2, maxWaiting: 5 }, async (engine) => {
      const taken: Submission[] = [];
      const refused: unknown[] = [];
      const started = performance.now();
      for (let index = 0; index < 200; index++) {
        try {
          taken.push(engine.submit(request(5, 3)));
        } catch (error) {
          refused.push(error);
        }
      }
      expect(performance.now() - started).toBeLessThan(1000);
      // Two may run, and five wait.
      expect(taken.length).toBe(7);
      expect(refused.every((error) => error instanceof OverloadError)).toBe(true);
      expect(String(refused[0])).toBe("OverloadError: engine: its queue holds 7 completions and has room for 0 more, and 1 is asked for. fix: send the request again when others are done, or give the engine a larger maxWaiting");
      const expected = await alone(request(5, 3));
      for (const submission of taken) expect(await told(submission)).toBe(expected);
      expect(engine.statistics().requests).toMatchObject({ submitted: 7, finished: 7, refused: 193 });
      expect(() => engine.submit(request(5, 3, { n: 8 }))).toThrow("request: n is 8, and the engine takes 7 completions at a time. fix: ask for fewer, or give the engine a larger maxWaiting");
      expect(await told(engine.submit(request(5, 3, { n: 7 })))).toBe(await alone(request(5, 3, { n: 7 })));
    });
  });

  it("lets higher priorities go first, and equal ones in turn", async () => {
    await withEngine({ maxRunning: 1 }, async (engine) => {
      const order: number[] = [];
      const all = [0, 0, 5, 1, 5].map((priority, index) => engine.submit(request(4, 2, { priority })).result().then(() => order.push(index)));
      await Promise.all(all);
      expect(order).toEqual([2, 4, 3, 0, 1]);
    });
  });
});

describe("cancelling", () => {
  const phases: Readonly<Record<string, number>> = { "in its prompt": 0, "in the middle of it": 2, "at its first token": 4, "while it decodes": 7 };
  it.each(Object.keys(phases))("%s gives the pages back, and touches nobody", async (phase) => {
    const clock = steps();
    await withEngine({ tokensPerStep: 16, onStep: clock.onStep }, async (engine) => {
      const other = engine.submit(request(6, 12));
      const mine = engine.submit(request(60, 30, { seed: 3, temperature: 0.5 }));
      const seen: EngineToken[] = [];
      clock.at(phases[phase]!, () => {
        mine.cancel();
        mine.cancel();
      });
      for await (const token of mine) seen.push(token);
      expect(seen.length).toBeLessThan(12);
      expect(await told(other)).toBe(await alone(request(6, 12)));
      expect(engine.statistics().requests).toMatchObject({ finished: 1, cancelled: 1, failed: 0 });
      mine.cancel();
      expect(engine.statistics().requests.cancelled).toBe(1);
    });
  });

  it("in the queue takes nothing", async () => {
    await withEngine({ maxRunning: 1 }, async (engine) => {
      const running = engine.submit(request(6, 6));
      const waiting = engine.submit(request(6, 6));
      waiting.cancel();
      expect(engine.statistics().waiting).toBe(1);
      expect(await waiting.result()).toMatchObject({ completions: [{ ids: [], text: "", finish: "cancelled" }] });
      expect(await told(running)).toBe(await alone(request(6, 6)));
    });
  });

  it("by leaving the loop, and by a signal, whose reason is thrown", async () => {
    await withEngine({}, async (engine) => {
      for await (const { id } of engine.submit(request(6, 50))) {
        expect(id).toBeGreaterThanOrEqual(0);
        break;
      }
      const controller = new AbortController();
      const submission = engine.submit(request(6, 50, { signal: controller.signal }));
      const reading = (async () => {
        for await (const { position } of submission) if (position === 8) controller.abort(new Error("enough"));
      })();
      await expect(reading).rejects.toThrow("enough");
      expect(() => engine.submit(request(6, 5, { signal: controller.signal }))).toThrow("enough");
      await until(() => engine.statistics().running === 0);
    });
  });

  it("two hundred requests at once, at random times", async () => {
    let step = 0;
    const live: Submission[] = [];
    await withEngine({ pages: 12, tokensPerStep: 24, onStep: () => { step++; if (step % 2 === 0) live[(step * 7) % live.length]?.cancel(); } }, async (engine) => {
      const wanted = request(9, 4);
      const expected = await alone(wanted);
      for (let index = 0; index < 200; index++) live.push(engine.submit(wanted));
      const results = await Promise.all(live.map(async (submission) => told(submission)));
      const cut = results.filter((result) => result !== expected);
      // Those that were cut short are beginnings of the same.
      const [[ids]] = JSON.parse(expected) as [[number[]]];
      for (const result of cut) {
        const [[begun]] = JSON.parse(result) as [[number[]]];
        expect(ids.slice(0, begun.length)).toEqual(begun);
      }
      expect(engine.statistics().requests.cancelled).toBe(cut.length);
      expect(cut.length).toBeGreaterThan(10);
    });
  });
});

describe("pages", () => {
  it("run out: someone waits and computes again, to the same bits", async () => {
    const wanted = [request(30, 30), request(31, 30, { temperature: 0.8, seed: 5 }), request(14, 30, { n: 2, temperature: 1, seed: 9 })];
    const expected: string[] = [];
    for (const one of wanted) expected.push(await alone(one));
    for (const prefixCache of [true, false]) {
      await withEngine({ pages: 6, prefixCache }, async (engine) => {
        expect(await Promise.all(wanted.map((one) => told(engine.submit(one))))).toEqual(expected);
        expect(engine.statistics().preemptions).toBeGreaterThan(1);
      });
    }
  });

  it("that there are not enough of for one request: it is refused at once", async () => {
    await withEngine({ pages: 3 }, async (engine) => {
      expect(() => engine.submit(request(40, 10))).toThrow(RequestError);
      expect(() => engine.submit(request(40, 10))).toThrow(
        "request: its prompt of 40 ids and 10 more take 4 pages of 16 positions, and the engine has 3. fix: shorten the prompt, lower maxTokens, or give the engine more pages");
      expect(await told(engine.submit(request(40, 9)))).toBe(await alone(request(40, 9)));
    });
  });

  it("that are another's: the step is refused before it runs", async () => {
    await withEngine({}, async (engine) => {
      const made = vi.spyOn(model, "createPool");
      const leaky = new Engine(model);
      const { allocator } = made.mock.results[0]!.value as ReturnType<Model["createPool"]>;
      made.mockRestore();
      // The planted fault: everybody is given the same page.
      const take = allocator.take.bind(allocator);
      let first: number | undefined;
      allocator.take = (count) => {
        const pages = take(count);
        if (count !== 1) return pages;
        first ??= pages[0]!;
        return [first];
      };
      allocator.give = () => undefined;
      const [one, other] = await Promise.allSettled([leaky.submit(request(5, 3)).result(), leaky.submit(request(6, 3)).result()]);
      expect([one, other].map(({ status }) => status)).toContain("rejected");
      for (const outcome of [one, other]) if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(PageTableError);
      await leaky.close();
      expect(await told(engine.submit(request(5, 3)))).toBe(await alone(request(5, 3)));
    });
  });
});

describe("a consumer that stops reading", () => {
  it("pauses its own request, and no other", async () => {
    const clock = steps();
    await withEngine({ maxUnread: 4, pages: 8, onStep: clock.onStep }, async (engine) => {
      const slow = engine.submit(request(20, 40));
      const reading = slow[Symbol.asyncIterator]();
      const first = await reading.next();
      for (let index = 0; index < 3; index++) expect(await told(engine.submit(request(30, 30, { seed: index, temperature: 1 })))).toBe(await alone(request(30, 30, { seed: index, temperature: 1 })));
      const { paused, requests } = engine.statistics();
      expect({ paused, finished: requests.finished }).toEqual({ paused: 1, finished: 3 });
      const ids = [(first.value as EngineToken).id];
      for (let next = await reading.next(); next.done !== true; next = await reading.next()) ids.push(next.value.id);
      const [[expected]] = JSON.parse(await alone(request(20, 40))) as [[number[]]];
      expect(ids).toEqual(expected);
    });
  });

  it("keeps no place that another could have", async () => {
    await withEngine({ maxUnread: 3, maxRunning: 1 }, async (engine) => {
      const abandoned = [1, 2, 3].map((seed) => engine.submit(request(5, 30, { seed, temperature: 1 })));
      expect(await told(engine.submit(request(6, 12)))).toBe(await alone(request(6, 12)));
      expect(engine.statistics()).toMatchObject({ paused: 3 });
      expect(await told(abandoned[1]!)).toBe(await alone(request(5, 30, { seed: 2, temperature: 1 })));
      for (const submission of abandoned) submission.cancel();
    });
  });

  it("reads it once", async () => {
    await withEngine({}, async (engine) => {
      const submission = engine.submit(request(5, 3));
      const first = submission.result();
      await expect(submission.result()).rejects.toBeInstanceOf(RequestError);
      expect((await first).completions[0]!.ids.length).toBe(3);
    });
  });
});

describe("a lost device", () => {
  const phases: Readonly<Record<string, number>> = { "before the first step": -1, "in a prompt": 1, "while decoding": 8 };
  it.each(Object.keys(phases))("%s ends every request with its own error, and the engine", async (phase) => {
    const own = await openDevice();
    const fragile = await loadCheckpoint(directory, { device: own });
    const clock = steps();
    const engine = new Engine(fragile, { tokensPerStep: 16, onStep: clock.onStep, poison: true });
    clock.at(phases[phase]!, () => own.gpu.destroy());
    const all = [request(60, 20), request(5, 20), request(5, 20, { n: 2 })].map((one) => engine.submit(one).result());
    if (phases[phase] === -1) own.gpu.destroy();
    for (const outcome of await Promise.allSettled(all)) expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DeviceLostError) as unknown });
    expect(() => engine.submit(request(5, 5))).toThrow(EngineClosedError);
    expect(engine.statistics()).toMatchObject({ waiting: 0, running: 0 });
    await engine.close();
    fragile.dispose();
    own.dispose();
  });

  it.each(Object.keys(phases))("%s: with 'reopen', everybody goes on to the same bits", async (phase) => {
    const own = await openDevice();
    const fragile = await loadCheckpoint(directory, { device: own });
    const clock = steps();
    let opened = 0;
    const engine = new Engine(fragile, {
      tokensPerStep: 16, onStep: clock.onStep, poison: true, reopen: async () => {
        opened++;
        return loadCheckpoint(directory);
      },
    });
    clock.at(phases[phase]!, () => own.gpu.destroy());
    const wanted = [request(60, 20), request(5, 20, { temperature: 0.9, seed: 2 }), request(5, 20, { n: 2, temperature: 1 })];
    const all = wanted.map((one) => told(engine.submit(one)));
    if (phases[phase] === -1) own.gpu.destroy();
    const expected = [];
    for (const one of wanted) expected.push(await alone(one));
    expect(await Promise.all(all)).toEqual(expected);
    expect(opened).toBe(1);
    expect(await told(engine.submit(wanted[0]!))).toBe(expected[0]);
    await engine.close();
    fragile.dispose();
    own.dispose();
  });

  it("while nothing is asked for: the next request is told, or goes on elsewhere", async () => {
    for (const reopens of [false, true]) {
      const own = await openDevice();
      const fragile = await loadCheckpoint(directory, { device: own });
      const engine = new Engine(fragile, reopens ? { reopen: async () => loadCheckpoint(directory) } : {});
      const expected = await told(engine.submit(request(5, 5)));
      own.gpu.destroy();
      const next = told(engine.submit(request(5, 5)));
      if (reopens) expect(await next).toBe(expected);
      else await expect(next).rejects.toBeInstanceOf(DeviceLostError);
      await engine.close();
      fragile.dispose();
      own.dispose();
    }
  });

  it("requests that come while it is opened again, and devices that are lost one after another", async () => {
    const own = await openDevice();
    const fragile = await loadCheckpoint(directory, { device: own });
    const expected = await alone(request(5, 5));
    let meanwhile: Promise<string> | undefined;
    let opened = 0;
    let latest: Model | undefined;
    const engine = new Engine(fragile, {
      reopen: async () => {
        const next = latest = await loadCheckpoint(directory);
        meanwhile ??= told(engine.submit(request(5, 5)));
        // After the first, each new one is lost before it has done anything.
        if (++opened > 1) next.device.gpu.destroy();
        return next;
      },
    });
    const asked = told(engine.submit(request(5, 5)));
    own.gpu.destroy();
    expect([await asked, await meanwhile]).toEqual([expected, expected]);
    const doomed = engine.submit(request(5, 400)).result();
    latest!.device.gpu.destroy();
    await expect(doomed).rejects.toBeInstanceOf(DeviceLostError);
    expect(opened).toBe(4);
    await engine.close();
    fragile.dispose();
    own.dispose();
  });

  it("and a model that can't be opened again: everybody is told", async () => {
    const own = await openDevice();
    const fragile = await loadCheckpoint(directory, { device: own });
    const engine = new Engine(fragile, { reopen: async () => Promise.reject(new Error("no more devices")) });
    const asked = engine.submit(request(5, 20)).result();
    own.gpu.destroy();
    await expect(asked).rejects.toThrow("no more devices");
    expect(() => engine.submit(request(5, 5))).toThrow(EngineClosedError);
    await engine.close();
    fragile.dispose();
    own.dispose();
  });
});

it("NaN in one request's keys: that request fails alone", async () => {
  const made = vi.spyOn(model, "createPool");
  const clock = steps();
  await withEngine({ onStep: clock.onStep }, async (engine) => {
    const cache = made.mock.results.at(-1)!.value as ReturnType<Model["createPool"]>;
    const [wrong, right] = [engine.submit(request(20, 12)), engine.submit({ ...request(20, 12), prompt: promptOf(20, 2) })];
    // The first request has the first pages.
    clock.at(3, () => cache.poison([0]));
    const outcome = wrong.result();
    await expect(outcome).rejects.toBeInstanceOf(NotFiniteError);
    await expect(outcome).rejects.toThrow("request 1: the logits at position 23 hold a NaN or an infinity, so that there is no token for position 24");
    expect(await told(right)).toBe(await alone({ ...request(20, 12), prompt: promptOf(20, 2) }));
    // What it left behind is found by nobody.
    engine.forgetPrefixes();
    expect(await told(engine.submit(request(20, 12)))).toBe(await alone(request(20, 12)));
  });
  made.mockRestore();
});

describe("a wrong request is refused, and takes nothing", () => {
  const wrong: readonly [what: string, request: unknown, error: new (...args: never[]) => Error][] = [
    ["no prompt", {}, BatchError], ["an empty prompt", { prompt: [] }, BatchError], ["an id beyond the vocabulary", { prompt: [1, 320] }, BatchError],
    ["an id below 0", { prompt: [-1] }, BatchError], ["an id that is a fraction", { prompt: [1.5] }, BatchError], ["NaN for an id", { prompt: [NaN] }, BatchError],
    ["a prompt beyond the model's positions", { prompt: promptOf(513) }, BatchError], ["a prompt that is a number", { prompt: 7 }, BatchError],
    ["text without a tokenizer", { prompt: "In the beginning" }, RequestError], ["an empty text", { prompt: "" }, RequestError],
    ["maxTokens 0", { prompt: [1], maxTokens: 0 }, RequestError], ["maxTokens NaN", { prompt: [1], maxTokens: NaN }, RequestError],
    ["maxTokens as text", { prompt: [1], maxTokens: "5" }, RequestError], ["n 0", { prompt: [1], n: 0 }, RequestError], ["n 1000", { prompt: [1], n: 1000 }, RequestError],
    ["a priority of infinity", { prompt: [1], priority: Infinity }, RequestError], ["a stop id beyond the vocabulary", { prompt: [1], stopIds: [320] }, RequestError],
    ["a stop id that is NaN", { prompt: [1], stopIds: [NaN] }, RequestError], ["stop ids as a number", { prompt: [1], stopIds: 5 }, BatchError],
    ["an empty stop string", { prompt: [1], stop: [""] }, RequestError], ["a stop string that is no list", { prompt: [1], stop: "x" }, RequestError],
    ["a stop string without a tokenizer", { prompt: [1], stop: ["x"] }, RequestError], ["ignoreEnd as text", { prompt: [1], ignoreEnd: "yes" }, RequestError],
    ["a signal that is none", { prompt: [1], signal: {} }, RequestError], ["observe that is no function", { prompt: [1], observe: 1 }, RequestError],
    ["a misspelt name", { prompt: [1], temprature: 1 }, RequestError],
    ["a temperature below 0", { prompt: [1], temperature: -1 }, SamplingError], ["a temperature of NaN", { prompt: [1], temperature: NaN }, SamplingError],
    ["a temperature of 1000", { prompt: [1], temperature: 1000 }, SamplingError], ["a temperature as text", { prompt: [1], temperature: "1" }, SamplingError],
    ["topP 0", { prompt: [1], topP: 0 }, SamplingError], ["topP 1.5", { prompt: [1], topP: 1.5 }, SamplingError], ["topK -1", { prompt: [1], topK: -1 }, SamplingError],
    ["topK 1.5", { prompt: [1], topK: 1.5 }, SamplingError], ["minP 1", { prompt: [1], minP: 1 }, SamplingError], ["a penalty of 3", { prompt: [1], presencePenalty: 3 }, SamplingError],
    ["a repetition penalty of 0", { prompt: [1], repetitionPenalty: 0 }, SamplingError], ["a seed below 0", { prompt: [1], seed: -1 }, SamplingError],
    ["a seed of 2^64", { prompt: [1], seed: 2n ** 64n }, SamplingError], ["a seed that is a fraction", { prompt: [1], seed: 0.5 }, SamplingError],
    ["21 top logprobs", { prompt: [1], topLogprobs: 21 }, SamplingError], ["a bias for an id beyond the vocabulary", { prompt: [1], logitBias: { 320: 1 } }, SamplingError],
    ["a bias of NaN", { prompt: [1], logitBias: { 3: NaN } }, SamplingError], ["a bias of 1000", { prompt: [1], logitBias: { 3: 1000 } }, SamplingError],
    ["a bias that is no object", { prompt: [1], logitBias: 3 }, SamplingError], ["null", null, RequestError],
  ];
  it.each(wrong)("%s", async (_, given, error) => {
    await withEngine({}, async (engine) => {
      let thrown: unknown;
      try {
        engine.submit(given as EngineRequest);
      } catch (caught) {
        thrown = caught;
      }
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).message).toMatch(/fix: ./);
      expect(engine.statistics().requests).toMatchObject({ submitted: 0, refused: 1 });
      return Promise.resolve();
    });
  });

  it("options of an engine, too", () => {
    for (const options of [{ maxRunning: 0 }, { pages: 0 }, { pages: 1e9 }, { tokensPerStep: NaN }, { maxUnread: -1 }, { maxWaiting: "5" }, { maxruning: 5 }, { stepsPerPriority: 0.5 }]) {
      expect(() => new Engine(model, options as EngineOptions)).toThrow(RequestError);
    }
  });
});

it("an observer that throws ends its own request", async () => {
  await withEngine({}, async (engine) => {
    const wrong = engine.submit(request(5, 5, { observe: () => { throw new Error("what I saw"); } })).result();
    const right = told(engine.submit(request(5, 5)));
    await expect(wrong).rejects.toThrow("what I saw");
    expect(await right).toBe(await alone(request(5, 5)));
  });
});

it("a closed engine ends its requests, and takes no more", async () => {
  const engine = new Engine(model);
  const asked = engine.submit(request(5, 50)).result();
  const failed = expect(asked).rejects.toBeInstanceOf(EngineClosedError);
  await engine.close();
  await engine.close();
  await failed;
  expect(() => engine.submit(request(5, 5))).toThrow(EngineClosedError);
  expect(model.memory().caches).toBe(0);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => { setTimeout(resolve, 5); });
}
