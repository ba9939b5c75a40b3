/**
 * What can go wrong beside a request in an engine: a typed error at once, for the request that it concerns, and nobody
 * else's bits or pages.
 */
import { describe, expect, it } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import {
  DeviceLostError,
  Engine,
  EngineClosedError,
  openDevice,
  OverloadError,
  RequestError,
  type EngineToken,
  type Model,
  type Submission,
} from "../../runtime/index.ts";
import { inCi, some } from "../fixtures/effort.ts";
import { directory, request, smallEngine, steps, told } from "../fixtures/small-engine.ts";

const small = smallEngine();
const { alone, withEngine } = small;

describe("the queue", () => {
  it("refuses what is too much at once, and serves the others", async () => {
    await withEngine({ maxRunning: 2, maxWaiting: 5 }, async (engine) => {
      const taken: Submission[] = [];
      const refused: unknown[] = [];
      for (let index = 0; index < 200; index++) {
        try {
          taken.push(engine.submit(request(5, 3)));
        } catch (error) {
          refused.push(error);
        }
      }
      // All at once, before the engine took a step. Two may run, and five wait.
      expect(taken.length).toBe(7);
      expect(refused.every((error) => error instanceof OverloadError)).toBe(true);
      expect(String(refused[0])).toBe(
        "OverloadError: engine: its queue holds 7 completions and has room for 0 more, and 1 is asked for; fix: " +
          "send the request again when others are done, or give the engine a larger maxWaiting",
      );
      const expected = await alone(request(5, 3));
      for (const submission of taken) expect(await told(submission)).toBe(expected);
      expect(engine.statistics().requests).toMatchObject({ submitted: 7, finished: 7, refused: 193 });
      expect(() => engine.submit(request(5, 3, { n: 8 }))).toThrow(
        "request: n is 8, and the engine takes 7 completions at a time; fix: ask for fewer, or give the engine " +
          "a larger maxWaiting",
      );
      expect(await told(engine.submit(request(5, 3, { n: 7 })))).toBe(await alone(request(5, 3, { n: 7 })));
    });
  });

  it("lets higher priorities go first, and equal ones in turn", async () => {
    await withEngine({ maxRunning: 1 }, async (engine) => {
      const order: number[] = [];
      const all = [0, 0, 5, 1, 5].map((priority, index) =>
        engine
          .submit(request(4, 2, { priority }))
          .result()
          .then(() => order.push(index)),
      );
      await Promise.all(all);
      expect(order).toEqual([2, 4, 3, 0, 1]);
    });
  });
});

describe("cancelling", () => {
  const phases: Readonly<Record<string, number>> = {
    "in its prompt": 0,
    "in the middle of it": 2,
    "at its first token": 4,
    "while it decodes": 7,
  };
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

  it.runIf(inCi("two hundred requests, cancelled at random times"))(
    "two hundred requests at once, at random times",
    async () => {
      let step = 0;
      const live: Submission[] = [];
      await withEngine(
        {
          pages: 12,
          tokensPerStep: 24,
          onStep: () => {
            step++;
            if (step % 2 === 0) live[(step * 7) % live.length]?.cancel();
          },
        },
        async (engine) => {
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
        },
      );
    },
  );
});

describe("a consumer that stops reading", () => {
  it("pauses its own request, and no other", async () => {
    const clock = steps();
    await withEngine({ maxUnread: 4, pages: 8, onStep: clock.onStep }, async (engine) => {
      const slow = engine.submit(request(20, 40));
      const reading = slow[Symbol.asyncIterator]();
      const first = await reading.next();
      for (let index = 0; index < 3; index++)
        expect(await told(engine.submit(request(30, 30, { seed: index, temperature: 1 })))).toBe(
          await alone(request(30, 30, { seed: index, temperature: 1 })),
        );
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
  const phases: Readonly<Record<string, number>> = {
    "before the first step": -1,
    "in a prompt": 1,
    "while decoding": 8,
  };
  it.each(some("moments at which a device is lost", 1, Object.keys(phases)))(
    "%s ends every request with its own error, and the engine",
    async (phase) => {
      const own = await openDevice();
      const fragile = await loadCheckpoint(directory, { device: own });
      const clock = steps();
      const engine = new Engine(fragile, { tokensPerStep: 16, onStep: clock.onStep, poison: true });
      clock.at(phases[phase]!, () => own.gpu.destroy());
      const all = [request(60, 20), request(5, 20), request(5, 20, { n: 2 })].map((one) => engine.submit(one).result());
      if (phases[phase] === -1) own.gpu.destroy();
      for (const outcome of await Promise.allSettled(all))
        expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DeviceLostError) as unknown });
      expect(() => engine.submit(request(5, 5))).toThrow(EngineClosedError);
      expect(engine.statistics()).toMatchObject({ waiting: 0, running: 0 });
      await engine.close();
      fragile.dispose();
      own.dispose();
    },
  );

  it.each(some("moments at which a device is lost", 1, Object.keys(phases).reverse()))(
    "%s: with 'reopen', everybody goes on to the same bits",
    async (phase) => {
      const own = await openDevice();
      const fragile = await loadCheckpoint(directory, { device: own });
      const clock = steps();
      let opened = 0;
      const engine = new Engine(fragile, {
        tokensPerStep: 16,
        onStep: clock.onStep,
        poison: true,
        reopen: async () => {
          opened++;
          return loadCheckpoint(directory);
        },
      });
      clock.at(phases[phase]!, () => own.gpu.destroy());
      const wanted = [
        request(60, 20),
        request(5, 20, { temperature: 0.9, seed: 2 }),
        request(5, 20, { n: 2, temperature: 1 }),
      ];
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
    },
  );

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

  it.runIf(inCi("devices that are lost one after another"))(
    "requests that come while it is opened again, and devices that are lost one after another",
    async () => {
      const own = await openDevice();
      const fragile = await loadCheckpoint(directory, { device: own });
      const expected = await alone(request(5, 5));
      let meanwhile: Promise<string> | undefined;
      let opened = 0;
      let latest: Model | undefined;
      const engine = new Engine(fragile, {
        reopen: async () => {
          const next = (latest = await loadCheckpoint(directory));
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
    },
  );

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

it("an observer that throws ends its own request", async () => {
  await withEngine({}, async (engine) => {
    const wrong = engine
      .submit(
        request(5, 5, {
          observe: () => {
            throw new Error("what I saw");
          },
        }),
      )
      .result();
    const right = told(engine.submit(request(5, 5)));
    await expect(wrong).rejects.toThrow("what I saw");
    expect(await right).toBe(await alone(request(5, 5)));
  });
});

it("a closed engine ends its requests, and takes no more", async () => {
  const engine = new Engine(small.model);
  const asked = engine.submit(request(5, 50)).result();
  const failed = expect(asked).rejects.toBeInstanceOf(EngineClosedError);
  await engine.close();
  await engine.close();
  await failed;
  expect(() => engine.submit(request(5, 5))).toThrow(EngineClosedError);
  expect(small.model.memory().caches).toBe(0);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo())
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
}
