import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { demoDirectory } from "../places.ts";
import { Checkpoint, type WeightDeclaration } from "./checkpoint.ts";
import { readConfig } from "./config.ts";
import { CheckpointError } from "./error.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-checkpoint-"));
  for (const name of ["config.json", "generation_config.json", "model.safetensors"]) await copyFile(join(demoDirectory, name), join(directory, name));
});
afterEach(() => rm(directory, { recursive: true }));

async function edit(name: string, changes: Record<string, unknown>): Promise<void> {
  const fields = JSON.parse(await readFile(join(directory, name), "utf8")) as Record<string, unknown>;
  await writeFile(join(directory, name), JSON.stringify({ ...fields, ...changes }));
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(() => { throw new Error("no fault was found"); }, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(CheckpointError);
  return (error as Error).message.replaceAll(directory, "DIR");
}

describe("config.json", () => {
  it("reads the demo's", async () => {
    expect(await readConfig(demoDirectory)).toEqual({
      architecture: "qwen3", vocabulary: 2048, hidden: 192, intermediate: 512, layers: 6, queryHeads: 6, keyValueHeads: 2, headSize: 32,
      normEpsilon: 1e-6, rotary: { headSize: 32, base: 10000 }, maxPositions: 2048, tiedHead: true, endIds: [0],
    });
  });

  const refusals: [Record<string, unknown>, string][] = [
    [{ model_type: "llama" }, `model_type: "llama" is not supported; fix: use a checkpoint with "qwen3"`],
    [{ model_type: undefined }, "model_type: is missing; fix: give an unabridged Hugging Face config.json"],
    [{ hidden_act: "gelu" }, `hidden_act: "gelu" is not supported; fix: use a checkpoint with "silu"`],
    [{ attention_bias: true }, "attention_bias: true is not supported; fix: use a checkpoint with false"],
    [{ use_sliding_window: true }, "use_sliding_window: true is not supported; fix: use a checkpoint with false"],
    [{ quantization_config: { bits: 4 } }, `quantization_config: {"bits":4} is not supported; fix: use a checkpoint with null`],
    [{ rope_scaling: { type: "yarn" } }, `rope_scaling: {"type":"yarn"} is not supported; fix: use a checkpoint with null`],
    [{ rope_parameters: { rope_type: "llama3", rope_theta: 5 } }, `rope_parameters.rope_type: "llama3" is not supported; fix: use a checkpoint with "default"`],
    [{ rope_parameters: { rope_type: "default" } }, "rope_parameters.rope_theta: is missing; fix: give an unabridged Hugging Face config.json"],
    [{ rope_parameters: null }, "rope_theta: is missing; fix: give an unabridged Hugging Face config.json"],
    [{ layer_types: ["full_attention"] }, `layer_types: ["full_attention"] does not name 6 layers; fix: correct config.json`],
    [{ layer_types: [1, 2, 3, 4, 5, 6].map((layer) => (layer === 4 ? "sliding_attention" : "full_attention")) },
      `layer_types[3]: "sliding_attention" is not supported; fix: use a checkpoint with "full_attention" only`],
    [{ hidden_size: 0 }, "hidden_size: 0 is not a positive integer; fix: correct config.json"],
    [{ hidden_size: "192" }, `hidden_size: "192" is not a positive integer; fix: correct config.json`],
    [{ head_dim: 33 }, "head_dim: 33 is odd; fix: rotary embedding turns pairs of channels"],
    [{ num_key_value_heads: 4 }, "num_key_value_heads: 4 does not divide num_attention_heads, 6; fix: each key/value head serves a whole number of query heads"],
    [{ rms_norm_eps: -1 }, "rms_norm_eps: -1 is not a positive number; fix: correct config.json"],
  ];
  it.each(refusals)("refuses %j", async (changes, expected) => {
    await edit("config.json", changes);
    expect(await refusal(readConfig(directory))).toBe(`DIR/config.json: ${expected}`);
  });

  it("takes the rotary base where transformers 4 puts it", async () => {
    await edit("config.json", { rope_parameters: undefined, rope_theta: 1e6 });
    expect((await readConfig(directory)).rotary.base).toBe(1e6);
  });

  it("takes what ends a completion from generation_config.json first", async () => {
    await edit("generation_config.json", { eos_token_id: [3, 4] });
    expect((await readConfig(directory)).endIds).toEqual([3, 4]);
    await edit("generation_config.json", { eos_token_id: "x" });
    expect(await refusal(readConfig(directory))).toBe(`DIR/generation_config.json: eos_token_id: "x" is not a token id or a list of them; fix: correct the file`);
    await rm(join(directory, "generation_config.json"));
    expect((await readConfig(directory)).endIds).toEqual([0]);
  });

  it("says what is wrong with the file itself", async () => {
    await writeFile(join(directory, "config.json"), "[1]");
    expect(await refusal(readConfig(directory))).toBe("DIR/config.json: is not a JSON object; fix: copy or download the file again");
    await rm(join(directory, "config.json"));
    expect(await refusal(readConfig(directory))).toBe("DIR/config.json: cannot be read (ENOENT); fix: give a checkpoint directory that holds config.json");
  });
});

const norm: WeightDeclaration = { name: "model.norm.weight", shape: [192] };

/** Overwrites the bf16 elements at the end of the file, which are those of model.norm.weight. */
async function patchNorm(patterns: readonly number[]): Promise<void> {
  const file = join(directory, "model.safetensors");
  const bytes = await readFile(file);
  patterns.forEach((pattern, index) => bytes.writeUInt16LE(pattern, bytes.length - 2 * 192 + 2 * index));
  await writeFile(file, bytes);
}

describe("checkpoint", () => {
  it("refuses a directory that is none, and shards", async () => {
    expect(await refusal(Checkpoint.open(join(directory, "absent")))).toBe(
      "DIR/absent: there is no such directory; fix: give the directory that holds config.json and model.safetensors");
    expect(await refusal(Checkpoint.open(join(directory, "config.json")))).toContain("DIR/config.json: is not a directory; ");
    await writeFile(join(directory, "model.safetensors.index.json"), "{}");
    expect(await refusal(Checkpoint.open(directory))).toContain("a checkpoint in several shards is not supported; ");
  });

  it("finds a weight's fault before reading data", async () => {
    const checkpoint = await Checkpoint.open(directory);
    const faultOf = (declaration: WeightDeclaration): string => {
      try {
        checkpoint.check([norm, declaration]);
      } catch (error) {
        return (error as CheckpointError).message.replaceAll(directory, "DIR");
      }
      return "none";
    };
    expect(faultOf(norm)).toBe("none");
    expect(faultOf({ name: "absent", shape: [1] })).toBe(
      "DIR/model.safetensors: tensor 'absent': is missing; fix: check that config.json and the weights belong together");
    expect(faultOf({ ...norm, shape: [191] })).toBe(
      "DIR/model.safetensors: tensor 'model.norm.weight': has shape [192], but config.json asks for [191]; fix: check that config.json and the weights belong together");
    await checkpoint.close();
  });

  it("settles weights that exact products could not take", async () => {
    // 2^-57, -2^-57, 2^-56, the largest below 2^54, a subnormal.
    await patchNorm([0x2300, 0xa300, 0x2380, 0x5a7f, 0x8001]);
    const checkpoint = await Checkpoint.open(directory);
    expect([...(await checkpoint.read(norm)).subarray(0, 5)]).toEqual([0, 0x8000, 0x2380, 0x5a7f, 0x8000]);
    await checkpoint.close();
  });

  it.each([[0x5a80, "18014398509481984"], [0xff80, "-Infinity"], [0x7fc0, "NaN"]])("refuses the weight %i", async (pattern, value) => {
    await patchNorm([0, pattern]);
    const checkpoint = await Checkpoint.open(directory);
    expect(await refusal(checkpoint.read(norm))).toBe(
      `DIR/model.safetensors: tensor 'model.norm.weight': element 1 is ${value}, and weights must be below 2^54 in magnitude; fix: check the training run or the conversion`);
    await checkpoint.close();
  });

  it("hashes what it read", async () => {
    const hashOf = async (): Promise<string> => {
      const checkpoint = await Checkpoint.open(directory);
      await checkpoint.read(norm);
      await checkpoint.close();
      return checkpoint.sha256;
    };
    const before = await hashOf();
    expect(await hashOf()).toBe(before);
    await patchNorm([0x3f80]);
    expect(await hashOf()).not.toBe(before);
  });
});
