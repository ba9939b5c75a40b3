/**
 * Loading and requests in which something fails: a typed error at once, everything freed, and the next request works.
 */
import { cp, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  AllocationError,
  BatchError,
  DeviceLostError,
  NoAdapterError,
  openDevice,
  RequestError,
  TokenizerError,
  type Device,
  type Model,
  type Piece,
} from "../runtime/index.ts";
import { bitsOf } from "../spec/fixtures/bits.ts";
import { inCi, some } from "../spec/fixtures/effort.ts";
import { readOracle } from "../spec/fixtures/oracles.ts";
import { DiskCache, userCacheDirectory } from "./disk-cache.ts";
import { compileKernels, type CompiledUse } from "./compile-model.ts";
import type { NamedSource } from "./library-cache.ts";
import { loadCheckpoint, type CheckpointOptions } from "./load.ts";
import { demoDirectory } from "./places.ts";

/** Compiles nothing anew wherever a test has its cache of libraries. */
const artifacts = new DiskCache<CompiledUse>(join(userCacheDirectory(), "artifacts"));
const source: NamedSource = {
  name: "treefold",
  kernels: (uses, options) => compileKernels(uses, { ...options, cache: artifacts }),
};
const { directory: oracle } = await readOracle("llama3");
const load = (options: CheckpointOptions = {}): Promise<Model> => loadCheckpoint(oracle, { source, ...options });
const ids = (count: number, seed = 1): number[] =>
  Array.from({ length: count }, (_, index) => 2 + ((index * 37 + seed * 101) % 300));

let device: Device;
let root: string;
beforeAll(async () => {
  device = await openDevice();
  root = await mkdtemp(join(tmpdir(), "treefold-faults-"));
});
afterAll(async () => {
  device.dispose();
  await rm(root, { recursive: true });
});
afterEach(() => vi.unstubAllEnvs());
/** A folder of this test's own for libraries, and one for what is temporary. */
async function ownFolders(): Promise<{ cache: string; temporary: string }> {
  const folder = await mkdtemp(join(root, "own-"));
  const folders = { cache: join(folder, "cache"), temporary: join(folder, "tmp") };
  await mkdir(folders.temporary);
  vi.stubEnv("TREEFOLD_CACHE", folders.cache);
  vi.stubEnv("TMPDIR", folders.temporary);
  return folders;
}

describe("a model on a device of its own", () => {
  it("ends a request at once when the device is lost in the middle of it, and can be disposed of", async () => {
    const model = await load();
    const seen: Piece[] = [];
    const generating = (async () => {
      for await (const piece of model.generate(ids(5), { maxTokens: 400 })) {
        seen.push(piece);
        if (seen.length === 3) setImmediate(() => model.device.gpu.destroy());
      }
    })();
    const [generated, forwarded] = await Promise.allSettled([generating, model.forward([ids(50)])]);
    for (const result of [generated, forwarded]) {
      if (result.status === "rejected") expect(result.reason).toBeInstanceOf(DeviceLostError);
    }
    expect(generated.status).toBe("rejected");
    await expect(model.forward([[1]])).rejects.toThrow(DeviceLostError);
    expect(model.memory().caches).toBe(0);
    model.dispose();
    expect(model.device.memory().total).toBe(0);
    await expect(model.forward([[1]])).rejects.toThrow("it has been disposed of");
  });

  it("ends requests that are under way when it is disposed of", async () => {
    const model = await load();
    const iterator = model.generate(ids(5), { maxTokens: 400 });
    await iterator.next();
    const pending = [iterator.next(), model.forward([ids(100)]), model.generateAll([ids(3), ids(9)])];
    setImmediate(() => model.dispose());
    for (const result of await Promise.allSettled(pending)) {
      if (result.status === "rejected")
        expect(String(result.reason)).toMatch(
          /^RequestError: model 'llama3': it has been disposed of; fix: load it again$/,
        );
    }
    await expect(Promise.all(pending)).rejects.toThrow(RequestError);
    await expect(iterator.next()).resolves.toEqual({ value: undefined, done: true });
    expect(model.device.memory().total).toBe(0);
  });

  it("is loaded twice at once", async () => {
    await ownFolders();
    const [first, second] = await Promise.all([load(), load()]);
    expect(bitsOf((await first.forward([ids(7)]))[0]!)).toEqual(bitsOf((await second.forward([ids(7)]))[0]!));
    first.dispose();
    expect(await second.forward([ids(7)])).toHaveLength(1);
    second.dispose();
  });

  it("needs a driver, and leaves nothing where there is none", async () => {
    const { temporary } = await ownFolders();
    await writeFile(join(root, "icd.json"), "garbage");
    for (const driver of ["/nowhere/icd.json", join(root, "icd.json")]) {
      vi.stubEnv("VK_DRIVER_FILES", driver);
      await expect(load()).rejects.toThrow(NoAdapterError);
    }
    expect(await readdir(temporary)).toEqual([]);
  });
});

describe("a model on a device that others use", () => {
  it("frees what it had when it is disposed of in the middle of a request", async () => {
    const before = device.memory().tensors;
    const model = await load({ device });
    const other = await load({ device });
    const expected = bitsOf((await other.forward([ids(60)]))[0]!);
    const pending = [model.forward([ids(200)]), model.forward([ids(3)])];
    setImmediate(() => model.dispose());
    const results = await Promise.allSettled(pending);
    expect(results[1]!.status).toBe("rejected");
    for (const result of results) if (result.status === "rejected") expect(result.reason).toBeInstanceOf(RequestError);
    expect(bitsOf((await other.forward([ids(60)]))[0]!)).toEqual(expected);
    other.dispose();
    expect(device.memory().tensors).toBe(before);
  });

  it("stops loading in each phase when it is aborted, and leaves nothing", async () => {
    const { cache, temporary } = await ownFolders();
    const before = device.memory().tensors;
    const phases = new Set<string>();
    (await load({ device, progress: (what) => phases.add(what) })).dispose();
    expect(phases.size).toBeGreaterThan(10);
    const reason = new Error("enough");
    for (const phase of some("phases in which loading is aborted", 4, [...phases])) {
      // What is kept is used again, so that the building is only seen without.
      await rm(cache, { recursive: true, force: true });
      const controller = new AbortController();
      const loading = load({
        device,
        signal: controller.signal,
        progress: (what) => {
          if (what === phase) controller.abort(reason);
        },
      });
      await expect(loading).rejects.toBe(reason);
      expect(device.memory().tensors).toBe(before);
    }
    // The same with a library that is only temporary.
    await rm(cache, { recursive: true, force: true });
    await writeFile(cache, "");
    const controller = new AbortController();
    const progress = (what: string): void => {
      if (what.startsWith("uploading the weights")) controller.abort(reason);
    };
    await expect(load({ device, signal: controller.signal, progress })).rejects.toBe(reason);
    expect(await readdir(temporary)).toEqual([]);
  });

  it("gives each of several requests at once what it gets alone, though one is aborted and another fails", async () => {
    const model = await load({ device });
    const collect = async (prompt: readonly number[], signal?: AbortSignal): Promise<number[]> => {
      const result: number[] = [];
      for await (const { id } of model.generate(prompt, { maxTokens: 20, ...(signal === undefined ? {} : { signal }) }))
        result.push(id);
      return result;
    };
    const alone = await collect(ids(9, 3));
    const logits = bitsOf((await model.forward([ids(30, 4)]))[0]!);
    const controller = new AbortController();
    const [kept, aborted, refused, forwarded] = await Promise.allSettled([
      collect(ids(9, 3)),
      collect(ids(40, 5), controller.signal),
      collect([1, 999]),
      model.forward([ids(30, 4)], { chunk: 7 }).finally(() => controller.abort()),
    ]);
    expect(kept).toEqual({ status: "fulfilled", value: alone });
    expect(aborted).toMatchObject({ status: "rejected", reason: { name: "AbortError" } });
    expect(refused).toMatchObject({ status: "rejected", reason: { name: "BatchError" } });
    expect(bitsOf((forwarded as PromiseFulfilledResult<Float32Array<ArrayBuffer>[]>).value[0]!)).toEqual(logits);
    expect(model.memory().caches).toBe(0);
    model.dispose();
  });
});

describe("a device with too little memory", () => {
  it("loads nothing", async () => {
    // The embedding has 40,960 bytes.
    const small = await openDevice({ limits: { maxBufferBytes: 40_000 } });
    await expect(load({ device: small })).rejects.toThrow(AllocationError);
    expect(small.memory().tensors).toBe(0);
    small.dispose();
  });

  it("refuses a request and runs the next one", async () => {
    // A row of logits has 1,280 bytes, and a position of the cache 32.
    const small = await openDevice({ limits: { maxBufferBytes: 100_000 } });
    const model = await load({ device: small });
    const weights = small.memory().tensors;
    const expected = bitsOf((await model.forward([ids(40)]))[0]!);
    const cache = model.createCache([200]);
    const sequence = cache.open();
    await model.stepLogits(cache, [{ sequence, ids: ids(20) }], "all");
    await expect(model.stepLogits(cache, [{ sequence, ids: ids(170) }], "all")).rejects.toThrow(AllocationError);
    expect(sequence.length).toBe(20);
    expect(cache.allocator.freePages).toBe(13 - 2);
    expect(small.memory().tensors).toBe(weights + model.memory().caches);
    expect(bitsOf((await model.stepLogits(cache, [{ sequence, ids: ids(40).slice(20) }], "all"))[0]!)).not.toEqual(
      expected,
    );
    sequence.truncate(0);
    expect(bitsOf((await model.stepLogits(cache, [{ sequence, ids: ids(40) }], "all"))[0]!)).toEqual(expected);
    cache.dispose();

    expect(() => model.createCache(Array(200).fill(50))).toThrow(BatchError);
    expect(model.memory().caches).toBe(0);
    expect(small.memory().tensors).toBe(weights + model.memory().temporaries);
    expect(bitsOf((await model.forward([ids(40)]))[0]!)).toEqual(expected);
    model.dispose();
    expect(small.memory().tensors).toBe(0);
    small.dispose();
  });
});

describe("a library in the cache", () => {
  const damages: [string, (folder: string) => Promise<unknown>][] = [
    ["without its manifest", (folder) => rm(join(folder, "manifest.json"))],
    ["with half a manifest", (folder) => truncate(join(folder, "manifest.json"), 5000)],
    ["without its program", (folder) => rm(join(folder, "forward.js"))],
    ["with another program", (folder) => writeFile(join(folder, "forward.js"), "export const nothing = 1;")],
    ["with a package.json that is none", (folder) => writeFile(join(folder, "package.json"), "{")],
    ["without its kernels", (folder) => rm(join(folder, "kernels"), { recursive: true })],
    [
      "with a cut kernel",
      async (folder) =>
        truncate(
          join(folder, "kernels", (await readdir(join(folder, "kernels"))).find((name) => name.endsWith(".wgsl"))!),
          100,
        ),
    ],
    [
      "that is empty",
      async (folder) => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
      },
    ],
    [
      "that is a file",
      async (folder) => {
        await rm(folder, { recursive: true });
        await writeFile(folder, "");
      },
    ],
  ];
  it.each(some("ways to damage a library in the cache", 3, damages))(
    "%s is made again, and nobody is told",
    async (_, damage) => {
      const { cache, temporary } = await ownFolders();
      (await load({ device })).dispose();
      const [name] = await readdir(join(cache, "libraries"));
      await damage(join(cache, "libraries", name!));
      const before = device.memory().tensors;
      const model = await load({ device });
      expect(bitsOf((await model.forward([ids(3)]))[0]!)).toHaveLength(3 * 320);
      model.dispose();
      expect(device.memory().tensors).toBe(before);
      expect(await readdir(join(cache, "libraries"))).toEqual([name]);
      expect(await readdir(temporary)).toEqual([]);
    },
  );

  it("is done without where no cache can be written", async () => {
    const { temporary } = await ownFolders();
    vi.stubEnv("TREEFOLD_CACHE", join(temporary, "..", "file"));
    await writeFile(join(temporary, "..", "file"), "");
    const model = await load({ device });
    expect(await readdir(temporary)).toEqual([]);
    expect(await model.forward([[1, 2]])).toHaveLength(1);
    model.dispose();
  });

  it("is one checkpoint's, whose weights may change only before it is loaded", async () => {
    const copy = join(root, "changing");
    await cp(oracle, copy, { recursive: true });
    let truncated: Promise<void> | undefined;
    const change = (what: string): void => {
      if (what.startsWith("uploading the weights")) truncated ??= truncate(join(copy, "model.safetensors"), 100_000);
    };
    await expect(loadCheckpoint(copy, { source, device, progress: change })).rejects.toThrow(
      /model\.safetensors: it ends at byte|does not have the values/,
    );
    await truncated;
  });
});

describe("requests that are none", () => {
  let model: Model;
  beforeAll(async () => {
    model = await loadCheckpoint(demoDirectory, { source, device });
  });
  afterAll(() => model.dispose());
  const generate = (prompt: unknown, options: object = {}): Promise<unknown> =>
    model.generate(prompt as string, options).next();

  const prompts: [string, unknown, typeof BatchError | typeof TokenizerError, string][] = [
    ["empty", "", BatchError, "prompt 0 is empty; fix: give it some text"],
    ["no ids", [], BatchError, "prompt 0 has no ids"],
    ["id -1", [1, -1], BatchError, "prompt 0 has id -1 at position 1; fix: ids go from 0 to 2047"],
    ["an id past the vocabulary", [2048], BatchError, "prompt 0 has id 2048 at position 0"],
    ["a fractional id", [1.5], BatchError, "prompt 0 has id 1.5 at position 0"],
    ["NaN", [NaN], BatchError, "prompt 0 has id NaN at position 0"],
    ["ids with a hole", [1, undefined, 2], BatchError, "prompt 0 has id undefined at position 1"],
    ["nothing", undefined, BatchError, "prompt 0 is undefined, not a list"],
    ["a number", 5, BatchError, "prompt 0 is number, not a list"],
    [
      "more ids than the context",
      Array(2049).fill(1),
      BatchError,
      "prompt 0 has 2049 ids where 2048 fit the model's positions",
    ],
    [
      "a text longer than the context",
      "In the beginning. ".repeat(2000),
      BatchError,
      "ids where 2048 fit the model's positions",
    ],
    ["a million times one character", "a".repeat(1e6), TokenizerError, "more than 16384 times in a row"],
    ["a million spaces", " ".repeat(1e6), TokenizerError, "more than 16384 times in a row"],
    ...(inCi("a prompt of a million characters")
      ? [
          ["two characters, half a million times", "ab".repeat(5e5), BatchError, "fit the model's positions"] as [
            string,
            unknown,
            typeof BatchError,
            string,
          ],
        ]
      : []),
    ["more text than any model takes", "ab".repeat(1e6), TokenizerError, "it has 2000000 characters; fix: "],
    ["half of a surrogate pair", "a\ud800b", TokenizerError, "character 1 is \\ud800, one half of a surrogate pair"],
  ];
  it.each(prompts)("a prompt that is %s", async (_, prompt, kind, message) => {
    const asking = generate(prompt);
    await expect(asking).rejects.toThrow(kind);
    await expect(asking).rejects.toThrow(message);
    expect(model.memory().caches).toBe(0);
  });

  it("options, and lists that are none", async () => {
    for (const maxTokens of [0, -1, 1.5, NaN, Infinity, "5"])
      await expect(generate([1], { maxTokens })).rejects.toThrow(BatchError);
    for (const chunk of [0, -1, 1.5, NaN, "5"])
      await expect(model.forward([[1, 2]], { chunk: chunk as number })).rejects.toThrow(BatchError);
    for (const wrong of [undefined, null, 5, "text", [1, 2], []]) {
      await expect(model.forward(wrong as unknown as number[][])).rejects.toThrow(BatchError);
      await expect(model.generateAll(wrong as unknown as number[][])).rejects.toThrow(BatchError);
    }
  });

  it("but a prompt of white space, control characters or ids alone is one", async () => {
    for (const prompt of some("prompts of white space and control characters", 2, [
      " ",
      "\n\t ",
      "a\0b",
      "\u200b\u{1f600}",
      [0],
    ])) {
      expect((await model.generateAll([prompt], { maxTokens: 2 }))[0]!.ids.length).toBeGreaterThan(0);
    }
    const small = await load({ device });
    expect((await small.generateAll([ids(510)], { maxTokens: 1e300 }))[0]!.ids.length).toBeLessThanOrEqual(3);
    expect((await small.forward([[1, 2, 3]], { chunk: 1e15 }))[0]).toHaveLength(3 * 320);
    small.dispose();
  });
});
