/**
 * An engine's memory: pages that run out, that are another's, that hold NaN, and buffers that the device has no room
 * for.
 */
import { describe, expect, it, vi } from "vitest";
import { loadCheckpoint } from "../../models/load.ts";
import {
  AllocationError,
  Engine,
  NotFiniteError,
  PageTableError,
  RequestError,
  type Model,
} from "../../runtime/index.ts";
import { directory, promptOf, request, smallEngine, steps, told } from "../fixtures/small-engine.ts";

const small = smallEngine();
const { alone, withEngine } = small;

describe("pages", () => {
  it("run out: someone waits and computes again, to the same bits", async () => {
    const wanted = [
      request(30, 30),
      request(31, 30, { temperature: 0.8, seed: 5 }),
      request(14, 30, { n: 2, temperature: 1, seed: 9 }),
    ];
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
        "request: its prompt of 40 ids and 10 more take 4 pages of 16 positions, and the engine has 3; fix: " +
          "shorten the prompt, lower maxTokens, or give the engine more pages",
      );
      expect(await told(engine.submit(request(40, 9)))).toBe(await alone(request(40, 9)));
    });
  });

  it("that are another's: the step is refused before it runs", async () => {
    await withEngine({}, async (engine) => {
      const made = vi.spyOn(small.model, "createPool");
      const leaky = new Engine(small.model);
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
      const [one, other] = await Promise.allSettled([
        leaky.submit(request(5, 3)).result(),
        leaky.submit(request(6, 3)).result(),
      ]);
      expect([one, other].map(({ status }) => status)).toContain("rejected");
      for (const outcome of [one, other])
        if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(PageTableError);
      await leaky.close();
      expect(await told(engine.submit(request(5, 3)))).toBe(await alone(request(5, 3)));
    });
  });

  it("that the device has no memory for end the engine at its first step, and not the model", async () => {
    // The driver's own answer, and in place of it what it says when memory is short.
    const { gpu } = small.device;
    const answer = gpu.popErrorScope.bind(gpu);
    const short = vi.spyOn(gpu, "popErrorScope").mockImplementationOnce(async () => {
      await answer();
      return { message: "out of memory" } as GPUError;
    });
    const engine = new Engine(small.model);
    short.mockRestore();
    const asked = await Promise.allSettled([
      engine.submit(request(5, 3)).result(),
      engine.submit(request(6, 3)).result(),
    ]);
    for (const outcome of asked)
      expect(outcome.status === "rejected" && outcome.reason).toBeInstanceOf(AllocationError);
    expect(() => engine.submit(request(5, 3))).toThrow(
      /^engine: it has ended: tensor 'keys of layer 0': .* has no \d+ bytes left/,
    );
    await engine.close();
    await withEngine({}, async (other) => {
      expect(await told(other.submit(request(5, 3)))).toBe(await alone(request(5, 3)));
    });
  });

  it("are NaN as soon as they are free, where that is asked for", async () => {
    for (const poison of [true, false]) {
      const made = vi.spyOn(small.model, "createPool");
      const engine = new Engine(small.model, { poison, prefixCache: false, pages: 3 });
      const cache = made.mock.results[0]!.value as ReturnType<Model["createPool"]>;
      made.mockRestore();
      await engine.submit(request(30, 10)).result();
      const held = await Promise.all(
        cache.layers.flatMap(({ keys, values }) => [keys.readElements(), values.readElements()]),
      );
      for (const elements of held) expect(elements.every((bits) => (bits & 0x7fffffff) > 0x7f800000)).toBe(poison);
      await engine.close();
    }
  });
});

describe("buffers that a step has no memory for", () => {
  const wanted = [
    request(10, 8),
    request(12, 8, { temperature: 0.8, seed: 2, prompt: promptOf(12, 4) }),
    request(40, 8),
  ];

  it("are found at once: who goes on without them goes on, and who needs too much fails alone", async () => {
    const [first, second] = [await alone(wanted[0]!), await alone(wanted[1]!)];
    // A model that has no memory yet, so that each step asks for its own.
    const fresh = await loadCheckpoint(directory, { device: small.device });
    const allocate = small.device.allocate.bind(small.device);
    const asked = vi.spyOn(small.device, "allocate").mockImplementation((purpose, label, words, usage) => {
      if (label === "tensor 'ids'" && words > 24)
        throw new AllocationError({ where: label, what: "no room for so much", fix: "ask for less" });
      return allocate(purpose, label, words, usage);
    });
    const engine = new Engine(fresh, { poison: true });
    try {
      const [one, other, large] = await Promise.allSettled(wanted.map((of) => told(engine.submit(of))));
      expect([one, other]).toEqual([first, second].map((value) => ({ status: "fulfilled", value })));
      expect(large!.status === "rejected" && large!.reason).toBeInstanceOf(AllocationError);
      expect(engine.statistics().requests).toMatchObject({ finished: 2, failed: 1 });
      engine.forgetPrefixes();
      expect(engine.statistics().pages).toMatchObject({ free: engine.statistics().pages.total });
    } finally {
      asked.mockRestore();
      await engine.close();
      fresh.dispose();
    }
  });

  it("are missed by the driver later: the step is done again, to the same bits", async () => {
    const expected: string[] = [];
    for (const of of wanted) expected.push(await alone(of));
    const fresh = await loadCheckpoint(directory, { device: small.device });
    let engine: Engine | undefined;
    const { gpu } = small.device;
    const answer = gpu.popErrorScope.bind(gpu);
    const allocate = small.device.allocate.bind(small.device);
    let missed = 0;
    const asked = vi.spyOn(small.device, "allocate").mockImplementation((purpose, label, words, usage) => {
      if (label !== "tensor 'ids'" || missed > 0) return allocate(purpose, label, words, usage);
      missed++;
      const short = vi.spyOn(gpu, "popErrorScope").mockImplementationOnce(async () => {
        await answer();
        return { message: "out of memory" } as GPUError;
      });
      const buffer = allocate(purpose, label, words, usage);
      short.mockRestore();
      return buffer;
    });
    try {
      engine = new Engine(fresh, { poison: true });
      expect(await Promise.all(wanted.map((of) => told(engine!.submit(of))))).toEqual(expected);
      expect(missed).toBe(1);
      expect(engine.statistics().requests).toMatchObject({ finished: 3, failed: 0 });
    } finally {
      asked.mockRestore();
      await engine?.close();
      fresh.dispose();
    }
  });
});

it("NaN in one request's keys: that request fails alone", async () => {
  const made = vi.spyOn(small.model, "createPool");
  const clock = steps();
  await withEngine({ onStep: clock.onStep }, async (engine) => {
    const cache = made.mock.results.at(-1)!.value as ReturnType<Model["createPool"]>;
    const [wrong, right] = [
      engine.submit(request(20, 12)),
      engine.submit({ ...request(20, 12), prompt: promptOf(20, 2) }),
    ];
    // The first request has the first pages.
    clock.at(3, () => cache.poison([0]));
    const outcome = wrong.result();
    await expect(outcome).rejects.toBeInstanceOf(NotFiniteError);
    await expect(outcome).rejects.toThrow(
      "request 1: the logits at position 23 hold a NaN or an infinity, so that there is no token for position 24",
    );
    expect(await told(right)).toBe(await alone({ ...request(20, 12), prompt: promptOf(20, 2) }));
    // What it left behind is found by nobody.
    engine.forgetPrefixes();
    expect(await told(engine.submit(request(20, 12)))).toBe(await alone(request(20, 12)));
  });
  made.mockRestore();
});
