/**
 * The demo model on a device: as near to float64 as it should be, and bit for bit what the reference evaluator gives.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BatchError, CacheFullError, openDevice, type Device, type Model } from "../runtime/index.ts";
import reference from "../spec/fixtures/kjv-reference.json" with { type: "json" };
import { bitsOf } from "../spec/fixtures/bits.ts";
import { doesForAll } from "../spec/fixtures/effort.ts";
import { ReferenceModel } from "../spec/reference-model.ts";
import { loadCheckpoint } from "./load.ts";
import { ordinary as ordinaryKernels } from "./ordinary.ts";
import { demoDirectory } from "./places.ts";

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await openDevice();
  model = await loadCheckpoint(demoDirectory, { device });
});
afterAll(() => {
  model.dispose();
  device.dispose();
});

/** Largest error of the last logits, and the sum of the prompt's own token logprobs, in double precision. */
function accuracy(
  logits: Float32Array,
  ids: readonly number[],
  expected: readonly number[],
): { error: number; logprobs: number } {
  const vocabulary = expected.length;
  const row = (position: number): Float32Array => logits.subarray(position * vocabulary, (position + 1) * vocabulary);
  const error = Math.max(...row(ids.length - 1).map((value, id) => Math.abs(value - expected[id]!)));
  const logprobs = ids.slice(1).reduce((total, id, position) => {
    const values = row(position);
    const largest = Math.max(...values);
    return total + values[id]! - largest - Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  }, 0);
  return { error, logprobs };
}

describe("the demo model", () => {
  // The control must be no worse: its hashes differ because of the order of its sums, and for no other reason.
  it.each([
    ["Treefold's", false],
    ["ordinary", true],
  ] as const)(
    "by %s kernels is within PyTorch's own bf16 error of float64, and its logprobs within 1%%",
    async (_, ordinary) => {
      const tested = ordinary ? await loadCheckpoint(demoDirectory, { device, source: ordinaryKernels }) : model;
      for (const { prompt, ids, last_logits_float64, token_logprobs_float64, max_abs_err_of_torch_bf16 } of reference) {
        const [logits] = await tested.forward([ids]);
        const { error, logprobs } = accuracy(logits!, ids, last_logits_float64);
        const expected = token_logprobs_float64.reduce((total, logprob) => total + logprob, 0);
        console.log(
          `'${prompt}': error ${error.toFixed(4)} of ${max_abs_err_of_torch_bf16.toFixed(4)}, logprobs off by ` +
            `${(100 * Math.abs(logprobs / expected - 1)).toFixed(3)}%`,
        );
        expect(error).toBeLessThanOrEqual(max_abs_err_of_torch_bf16);
        expect(Math.abs(logprobs - expected)).toBeLessThanOrEqual(0.01 * Math.abs(expected));
      }
      if (ordinary) tested.dispose();
    },
  );

  it("gives the reference evaluator's bits", async () => {
    const evaluator = await ReferenceModel.load(demoDirectory);
    const prompts = reference.map(({ ids }) => ids);
    const results = await model.forward(prompts);
    prompts.forEach((ids, index) => expect(bitsOf(results[index]!)).toEqual(evaluator.forward(ids)));
  });

  it("goes on with float64's most likely id", async () => {
    const completions = await model.generateAll(
      reference.map(({ ids }) => ids),
      { maxTokens: 1 },
    );
    expect(completions.map(({ ids }) => ids)).toEqual(
      reference.map(({ ids, greedy_ids_float64 }) => [greedy_ids_float64[ids.length]]),
    );
  });

  it("ends a completion at an end-of-sequence id, and gives that id, too", async () => {
    const { ids } = reference[3]!;
    const [completion] = await model.generateAll([ids], { maxTokens: 200 });
    expect(completion!.ids.indexOf(0)).toBe(completion!.ids.length - 1);
    expect(completion!.ids.length).toBeLessThan(200);
  });

  // It takes hundreds of steps.
  if (!doesForAll) console.log("Prompts that are generated together are tried on another driver.");
  it.runIf(doesForAll)("generates each prompt as if it were alone, while others end before it", async () => {
    const prompts = [reference[3]!, reference[0]!, reference[5]!].map(({ ids }) => ids);
    const together = await model.generateAll(prompts, { maxTokens: 45 });
    expect(together[0]!.ids.at(-1)).toBe(0);
    for (const [index, ids] of prompts.entries())
      expect(together[index]).toEqual((await model.generateAll([ids], { maxTokens: 45 }))[0]);
  });

  it("stops at the model's last position", async () => {
    const directory = await mkdtemp(join(tmpdir(), "treefold-model-"));
    await cp(demoDirectory, directory, { recursive: true });
    const config = JSON.parse(await readFile(join(directory, "config.json"), "utf8")) as object;
    await writeFile(join(directory, "config.json"), JSON.stringify({ ...config, max_position_embeddings: 8 }));
    const limited = await loadCheckpoint(directory, { device });
    const { ids } = reference[0]!;
    const [completion] = await limited.generateAll([ids], { maxTokens: 64 });
    // The last of them follows the last position, and has none itself.
    expect(completion).toEqual((await model.generateAll([ids], { maxTokens: 8 - ids.length + 1 }))[0]);
    limited.dispose();
    await rm(directory, { recursive: true });
  });

  it("refuses what is no batch, and stays usable", async () => {
    const cache = model.createCache([8]);
    const sequence = cache.open();
    const refused = async (ids: readonly number[], message: RegExp): Promise<void> => {
      const promise = model.stepLogits(cache, [{ sequence, ids }], "last");
      await expect(promise).rejects.toThrow(BatchError);
      await expect(promise).rejects.toThrow(message);
    };
    await refused([], /sequence 0 of the batch has no ids; fix: give at least one/);
    await refused([0, 2048], /sequence 0 of the batch has id 2048 at position 1; fix: ids go from 0 to 2047/);
    await refused([1.5], /has id 1\.5 at position 0/);
    await refused(Array(2049).fill(1), /has 2049 ids where 2048 fit/);
    await expect(model.stepLogits(cache, [], "all")).rejects.toThrow(/the batch is empty/);
    await expect(
      model.stepLogits(
        cache,
        [
          { sequence, ids: [1] },
          { sequence, ids: [2] },
        ],
        "all",
      ),
    ).rejects.toThrow(/twice/);
    await expect(model.stepLogits(cache, [{ sequence, ids: Array(17).fill(1) }], "all")).rejects.toThrow(
      CacheFullError,
    );
    expect(sequence.length).toBe(0);
    const [logits] = await model.stepLogits(cache, [{ sequence, ids: reference[0]!.ids }], "last");
    expect(logits).toEqual((await model.forward([reference[0]!.ids]))[0]!.slice(-model.config.vocabulary));
    cache.dispose();
  });

  it("gives one fingerprint for one model on one device, and another for other kernels", async () => {
    const again = await loadCheckpoint(demoDirectory, { device });
    expect(again.fingerprint).toBe(model.fingerprint);
    again.dispose();
    const ordinary = await loadCheckpoint(demoDirectory, { device, source: ordinaryKernels });
    expect(ordinary.fingerprint).not.toBe(model.fingerprint);
    ordinary.dispose();
  });
});
