/**
 * Generated libraries as their users load them: every row of a batch against its own run alone, for each architecture;
 * streaming, cancelling, memory; and what happens where a file is not what it was.
 */
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  BatchError,
  loadModel,
  ModelFileError,
  openDevice,
  RequestError,
  type Device,
  type LoadOptions,
  type Model,
  type Program,
} from "../runtime/index.ts";
import { bitsOf } from "../spec/fixtures/bits.ts";
import { inCi, tries } from "../spec/fixtures/effort.ts";
import { readOracle } from "../spec/fixtures/oracles.ts";
import { addBiases, asF32, rewriteCheckpoint, type RewriteOptions } from "../spec/fixtures/rewrite.ts";
import { ReferenceModel } from "../spec/reference-model.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { buildLibrary } from "./build/library.ts";
import { writeLibrary } from "./build/write.ts";
import { loadCheckpoint } from "./load.ts";
import { ordinary } from "./ordinary.ts";
import { demoDirectory } from "./places.ts";

let device: Device;
let directory: string;
beforeAll(async () => {
  device = await openDevice();
  directory = await mkdtemp(join(tmpdir(), "treefold-library-test-"));
});
afterAll(async () => {
  device.dispose();
  await rm(directory, { recursive: true });
});

async function build(
  checkpoint: string,
  to: string,
  options: Parameters<typeof buildLibrary>[1] = {},
): Promise<string> {
  const folder = join(directory, to);
  await writeLibrary(await buildLibrary(checkpoint, options), folder, { weights: true });
  return folder;
}

/** What `load` of the library's index.js does, here with the runtime's sources. */
async function load(folder: string, options: LoadOptions = {}): Promise<Model> {
  const program = (await import(/* @vite-ignore */ pathToFileURL(join(folder, "forward.js")).href)) as Program;
  return loadModel(() => Promise.resolve(program), folder, { device, ...options });
}

/** What neither Llama nor Qwen2 has. */
const isNormOfHeads = (name: string): boolean => /\.[qk]_norm\./.test(name);

const ids = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => (index * 37 + seed * 101 + ((index * index * seed) % 53)) % 200);
const sequences = [4, 1, 17, 3, 9, 2, 5, 8, 12, 3].map((length, seed) => ids(length, seed));

// Qwen3's own invariance.device.test.ts tests at length.
describe.runIf(inCi("libraries of Llama and Qwen2 made from the demo")).each(["llama", "qwen2"] as const)(
  "a library of %s",
  (architecture) => {
    let model: Model;
    let control: Model;
    const alone = new Map<string, Uint32Array>();
    const solo = async (sequence: readonly number[]): Promise<Uint32Array> => {
      const key = sequence.join();
      if (!alone.has(key)) alone.set(key, bitsOf((await model.forward([sequence]))[0]!));
      return alone.get(key)!;
    };
    beforeAll(async () => {
      // The demo's weights under each architecture: of larger sums than the oracles', so that their order matters more.
      const rewritings: Record<typeof architecture, RewriteOptions> = {
        llama: { config: { model_type: "llama" }, drop: isNormOfHeads },
        qwen2: { config: { model_type: "qwen2", attention_bias: undefined }, drop: isNormOfHeads, add: addBiases },
      };
      const checkpoint = join(directory, `checkpoint of ${architecture}`);
      await rewriteCheckpoint(demoDirectory, checkpoint, rewritings[architecture]);
      model = await load(await build(checkpoint, architecture));
      control = await load(await build(checkpoint, `ordinary ${architecture}`, { kernels: ordinary.kernels }));
      expect(bitsOf((await model.forward([sequences[3]!]))[0]!)).toEqual(
        (await ReferenceModel.load(checkpoint)).forward(sequences[3]!),
      );
    });
    afterAll(() => {
      model.dispose();
      control.dispose();
    });

    it("loads from its folder where a checkpoint is asked for, with its own kernels or with others", async () => {
      const folder = join(directory, architecture);
      const own = await loadCheckpoint(folder, { device });
      const other = await loadCheckpoint(folder, { device, source: ordinary });
      try {
        expect(own.fingerprint).toBe(model.fingerprint);
        const [ids] = sequences;
        expect(bitsOf((await own.forward([ids!]))[0]!)).toEqual(bitsOf((await model.forward([ids!]))[0]!));
        expect(bitsOf((await other.forward([ids!]))[0]!)).toEqual(bitsOf((await control.forward([ids!]))[0]!));
        expect(other.fingerprint).not.toBe(own.fingerprint);
      } finally {
        own.dispose();
        other.dispose();
      }
    });

    it("gives each row of a ragged batch what it gets alone, at each place and in chunks of 1 and 7", async () => {
      for (const chunk of [1, 7, Infinity]) {
        // By single ids it takes most steps; where a row stands in them, the others show.
        for (const turn of chunk === 1 ? [5] : [0, 5, 9]) {
          const batch = [...sequences.slice(turn), ...sequences.slice(0, turn)];
          const results = await model.forward(batch, { chunk });
          for (const [row, sequence] of batch.entries()) expect(bitsOf(results[row]!)).toEqual(await solo(sequence));
        }
      }
    });

    it("gives each row of any batch what it gets alone", async () => {
      const batches = fc.tuple(
        fc.array(fc.constantFrom(...sequences.filter(({ length }) => length < 20)), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1, 3, 7, 40),
      );
      await fc.assert(
        fc.asyncProperty(batches, async ([batch, chunk]) => {
          const results = await model.forward(batch, { chunk });
          for (const [row, sequence] of batch.entries()) expect(bitsOf(results[row]!)).toEqual(await solo(sequence));
        }),
        { numRuns: tries(8, 8, 200), seed: 1 },
      );
    });

    it("would not, were its kernels ordinary ones", async () => {
      // How many rows a step has decides how ordinary kernels split K.
      const crowds = [[], [ids(30, 4)], [ids(90, 5)]];
      let [changed, elements] = [0, 0];
      for (const sequence of sequences.filter(({ length }) => length > 7 && length < 15)) {
        const seen = [bitsOf((await control.forward([sequence], { chunk: 1 }))[0]!)];
        for (const crowd of crowds) seen.push(bitsOf((await control.forward([...crowd, sequence])).at(-1)!));
        changed += seen[0]!.reduce(
          (count, bits, index) => count + (seen.some((other) => other[index] !== bits) ? 1 : 0),
          0,
        );
        elements += seen[0]!.length;
      }
      console.log(`${architecture}: ${changed} of ${elements} logits of ordinary kernels change with the batch`);
      expect(changed / elements).toBeGreaterThan(0.9);
    });
  },
);

describe("a device with less", () => {
  it.runIf(inCi("a model whose weights are bound in ranges"))(
    "binds weights in ranges, takes long prompts and logits in parts, and many requests in waves, unseen",
    async () => {
      // The embedding has 786,432 bytes, a row of logits 8,192, and a cache has room for 1,024 positions.
      const limits = { ...defaultLimits, maxBindingBytes: 2 ** 17 };
      const folder = await build(demoDirectory, "for less", { devices: [limits] });
      const small = await openDevice({ limits: { ...limits, maxBufferBytes: 2 ** 20, maxWorkgroupsPerDimension: 40 } });
      const [here, there] = [await load(folder), await load(folder, { device: small })];
      expect(here.manifest).toEqual(there.manifest);
      expect(there.cachePages * 16).toBe(1024);
      const long = Array.from({ length: 130 }, (_, index) => (index * 7) % 2000);
      const batch = [long.slice(0, 9), long, long.slice(3, 20)];
      const [expected, seen] = [await here.forward(batch), await there.forward(batch)];
      batch.forEach((_, row) => expect(bitsOf(seen[row]!)).toEqual(bitsOf(expected[row]!)));
      const prompts = Array.from({ length: 6 }, (_, index) => long.slice(index, 20 + index));
      Object.defineProperty(there, "cachePages", { value: 4, configurable: true });
      expect(await there.generateAll(prompts, { maxTokens: 2 })).toEqual(
        await here.generateAll(prompts, { maxTokens: 2 }),
      );
      Reflect.deleteProperty(there, "cachePages");
      expect(() => there.createCache([1000, 100])).toThrow(
        /^a cache for 1120 positions, where 1024 fit a binding of .*; fix: run fewer sequences at a time, or shorter ones$/,
      );
      there.dispose();
      expect(small.memory().tensors).toBe(0);
      here.dispose();
      // Built for no such device, it says so.
      await expect(load(await build(demoDirectory, "for more"), { device: small })).rejects.toThrow(
        /^kernel '.*': it needs \d+ bytes of '.*' in one binding; the device binds 131072; fix: use a device with larger limits/,
      );
      small.dispose();
    },
  );
});

describe("a loaded model", () => {
  let model: Model;
  let folder: string;
  beforeAll(async () => {
    folder = await build(demoDirectory, "demo");
    model = await load(folder);
  });
  afterAll(() => model.dispose());

  const collect = async (
    prompt: string | readonly number[],
    options = {},
  ): Promise<{ ids: number[]; text: string }> => {
    const result = { ids: [] as number[], text: "" };
    for await (const { id, text } of model.generate(prompt, options)) {
      result.ids.push(id);
      result.text += text;
    }
    return result;
  };

  it("streams what it completes as a whole", async () => {
    const streamed = await collect("Blessed are the", { maxTokens: 12 });
    expect(streamed.text).toBe(" LORD for ever; and his mercy endureth for ever");
    expect((await model.generateAll(["In the beginning", "Blessed are the"], { maxTokens: 12 }))[1]).toEqual(streamed);
    expect(await collect(model.tokenizer.encode("Blessed are the"), { maxTokens: 12 })).toEqual(streamed);
  });

  it.runIf(inCi("long prompts in several steps"))(
    "feeds long prompts in several steps, and large logits in several slices, unseen",
    async () => {
      const long = Array.from({ length: 100 }, (_, index) => (index * 7) % 2000);
      const whole = await model.forward([long]);
      expect((await model.forward([long], { chunk: 64 }))[0]).toEqual(whole[0]);
      const completion = await model.generateAll([long, long.slice(0, 60)], { maxTokens: 2 });
      const tokens = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(model), "stepTokens")!;
      Object.defineProperty(model, "stepTokens", { value: 48, configurable: true });
      try {
        expect(tokens.get!.call(model)).toBe(2048);
        expect((await model.forward([long]))[0]).toEqual(whole[0]);
        expect(await model.generateAll([long, long.slice(0, 60)], { maxTokens: 2 })).toEqual(completion);
      } finally {
        Reflect.deleteProperty(model, "stepTokens");
      }
    },
  );

  it("stops when it is asked to, and goes on with the next request", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const seen: number[] = [];
    const stopped = (async () => {
      for await (const { id } of model.generate("In the beginning", { maxTokens: 50, signal: controller.signal })) {
        seen.push(id);
        if (seen.length === 3) controller.abort(reason);
      }
    })();
    await expect(stopped).rejects.toBe(reason);
    expect(seen).toHaveLength(3);
    await expect(model.forward([[1, 2]], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(load(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for await (const _ of model.generate("In the beginning")) break; // Leaving the loop ends the request.
    expect(model.memory().caches).toBe(0);
    expect((await collect("Blessed are the", { maxTokens: 2 })).text).toBe(" LORD for");
  });

  it("says its memory, and holds none once it is disposed of", async () => {
    const other = await load(folder);
    await other.forward([[1, 2, 3]]);
    const { weights, temporaries, caches, total } = other.memory();
    // 2.76 million bf16 weights, and rotary tables of 2048 positions by 16 pairs.
    expect(weights).toBeGreaterThan(2 * 2.75e6);
    expect(weights).toBeLessThan(2 * 2.9e6 + 2 * 4 * 2048 * 16);
    expect(temporaries).toBeGreaterThan(0);
    expect({ caches, total }).toEqual({ caches: 0, total: weights + temporaries });
    const cache = other.createCache([17]);
    expect(other.memory().caches).toBe(6 * 2 * 32 * 2 * 32 * 2);
    other.dispose();
    other.dispose();
    expect(other.memory().total).toBe(0);
    await expect(other.forward([[1]])).rejects.toThrow(RequestError);
    await expect(other.stepLogits(cache, [], "all")).rejects.toThrow(
      "model 'kjv-qwen3': it has been disposed of; fix: load it again",
    );
  });

  it.each([
    [{ maxTokens: 0 }, "Blessed", "maxTokens is 0; fix: give a whole number of at least 1"],
    [{ maxTokens: 1.5 }, "Blessed", "maxTokens is 1.5"],
    [{}, [], "prompt 0 has no ids; fix: give at least one"],
    [{}, [2048], "prompt 0 has id 2048 at position 0; fix: ids go from 0 to 2047"],
    [{}, [-1], "prompt 0 has id -1 at position 0"],
    [{}, Array(2049).fill(1), "prompt 0 has 2049 ids where 2048 fit the model's positions; fix: shorten it"],
  ])("refuses, with %j: %#", async (options, prompt, message) => {
    await expect(collect(prompt as string | number[], options)).rejects.toThrow(BatchError);
    await expect(collect(prompt as string | number[], options)).rejects.toThrow(message);
  });
});

describe("a library that is not what it was", () => {
  let whole: string;
  beforeAll(async () => {
    whole = await build((await readOracle("llama3")).directory, "whole");
  });

  const damages: [string, (folder: string) => Promise<void>, RegExp][] = [
    [
      "without a manifest",
      (folder) => rm(join(folder, "manifest.json")),
      /manifest\.json: it cannot be read \(ENOENT\); fix: /,
    ],
    [
      "with half a manifest",
      (folder) => truncate(join(folder, "manifest.json"), 3000),
      /manifest\.json: it is not JSON/,
    ],
    [
      "with another manifest",
      async (folder) =>
        writeFile(
          join(folder, "manifest.json"),
          (await readFile(join(folder, "manifest.json"), "utf8")).replace('"layers": ', '"layers": 1'),
        ),
      /manifest\.json: it does not have the hash that it was written with; fix: build the library again/,
    ],
    [
      "of a later format",
      (folder) => writeFile(join(folder, "manifest.json"), '{"format": "treefold-model 3"}'),
      /its format is 'treefold-model 3', and this runtime reads 'treefold-model 2'/,
    ],
    [
      "with another kernel",
      (folder) => writeFile(join(folder, "kernels", "argmax-id320.from4.wgsl"), "fn main() {}"),
      /argmax-id320\.from4\.wgsl: it does not have the hash that the manifest gives/,
    ],
    [
      "with another program",
      async (folder) =>
        writeFile(
          join(folder, "forward.js"),
          (await readFile(join(folder, "forward.js"), "utf8")).replace(/index < \d+/, "index < 1"),
        ),
      /forward\.js: it does not have the hash that the manifest gives/,
    ],
    [
      "without weights",
      (folder) => rm(join(folder, "weights"), { recursive: true }),
      /model\.safetensors: it cannot be read \(ENOENT\)/,
    ],
    [
      "with half of its weights",
      (folder) => truncate(join(folder, "weights", "model.safetensors"), 100_000),
      /model\.safetensors: it ends at byte \d+, where \d+ more belong; fix: /,
    ],
    [
      "with one other bit in its weights",
      async (folder) => {
        const file = join(folder, "weights", "model.safetensors");
        const bytes = await readFile(file);
        bytes[bytes.length - 1]! ^= 1;
        await writeFile(file, bytes);
      },
      /tensor '.*' does not have the values that the library was built from/,
    ],
    [
      "with other weights",
      async (folder) => {
        await rewriteCheckpoint((await readOracle("llama3")).directory, join(folder, "weights"), {
          encode: (name, bits) =>
            asF32(
              name,
              bits.map((value) => value ^ 0x10000),
            ),
        });
      },
      /tensor '.*' does not have the values|it ends at byte/,
    ],
  ];
  it.each(damages)("%s: says so, and leaves nothing on the device", async (what, damage, message) => {
    const folder = join(directory, `damaged ${what}`);
    await cp(whole, folder, { recursive: true });
    await damage(folder);
    const before = device.memory().tensors;
    await expect(load(folder)).rejects.toThrow(ModelFileError);
    await expect(load(folder)).rejects.toThrow(message);
    expect(device.memory().tensors).toBe(before);
    await rm(folder, { recursive: true });
  });
});
