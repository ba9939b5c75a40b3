import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listWeights, weightsOf } from "../architecture/weights.ts";
import { demoDirectory } from "../places.ts";
import { Checkpoint, type WeightDeclaration } from "./checkpoint.ts";
import { readConfig } from "./config.ts";
import { CheckpointError } from "./error.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-checkpoint-"));
  for (const name of ["config.json", "generation_config.json", "model.safetensors"])
    await copyFile(join(demoDirectory, name), join(directory, name));
});
afterEach(() => rm(directory, { recursive: true }));

async function edit(name: string, changes: Record<string, unknown>): Promise<void> {
  const fields = JSON.parse(await readFile(join(directory, name), "utf8")) as Record<string, unknown>;
  await writeFile(join(directory, name), JSON.stringify({ ...fields, ...changes }));
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => {
      throw new Error("no fault was found");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  return (error as Error).message.replaceAll(directory, "DIR");
}

describe("config.json", () => {
  it("reads the demo's", async () => {
    expect(await readConfig(demoDirectory)).toEqual({
      architecture: "qwen3",
      vocabulary: 2048,
      hidden: 192,
      intermediate: 512,
      layers: 6,
      queryHeads: 6,
      keyValueHeads: 2,
      headSize: 32,
      normEpsilon: 1e-6,
      rotary: { headSize: 32, base: 10000 },
      maxPositions: 2048,
      tiedHead: true,
      queryKeyNorm: true,
      queryKeyValueBias: false,
      endIds: [0],
    });
  });

  const absent = "is missing; fix: give an unabridged Hugging Face config.json";
  const llama3 = {
    rope_type: "llama3",
    rope_theta: 5,
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  const refusals: [Record<string, unknown>, string][] = [
    [
      { model_type: "mistral" },
      `model_type: "mistral" is not supported; fix: use a checkpoint with "qwen3" or "qwen2" or "llama"`,
    ],
    [
      { model_type: ["qwen3"] },
      `model_type: ["qwen3"] is not supported; fix: use a checkpoint with "qwen3" or "qwen2" or "llama"`,
    ],
    [{ model_type: undefined }, `model_type: ${absent}`],
    [{ hidden_act: "gelu" }, `hidden_act: "gelu" is not supported; fix: use a checkpoint with "silu"`],
    [
      { dtype: "int8" },
      `dtype: "int8" is not supported; fix: use a checkpoint with null or "bfloat16" or "float16" or "float32"`,
    ],
    [
      { torch_dtype: 16 },
      `torch_dtype: 16 is not supported; fix: use a checkpoint with null or "bfloat16" or "float16" or "float32"`,
    ],
    [{ attention_bias: true }, "attention_bias: true is not supported; fix: use a checkpoint with false"],
    [{ model_type: "llama", mlp_bias: true }, "mlp_bias: true is not supported; fix: use a checkpoint with false"],
    [
      { model_type: "qwen2", attention_bias: false },
      "attention_bias: false is not supported; fix: use a checkpoint with true",
    ],
    [{ use_sliding_window: true }, "use_sliding_window: true is not supported; fix: use a checkpoint with false"],
    [
      { use_sliding_window: undefined, sliding_window: 4096 },
      "sliding_window: 4096 is not supported; fix: use a checkpoint with null",
    ],
    [
      { quantization_config: { bits: 4 } },
      `quantization_config: {"bits":4} is not supported; fix: use a checkpoint with null`,
    ],
    [
      { rope_scaling: { type: "yarn" } },
      `rope_scaling: {"type":"yarn"} is not supported; fix: use a checkpoint with null`,
    ],
    [
      { rope_parameters: undefined, rope_theta: 5, rope_scaling: { type: "yarn" } },
      `rope_scaling.type: "yarn" is not supported; fix: use a checkpoint with "default" or "llama3"`,
    ],
    [
      { rope_parameters: undefined, rope_theta: 5, rope_scaling: { rope_type: "dynamic", type: "default" } },
      `rope_scaling.rope_type: "dynamic" is not supported; fix: use a checkpoint with "default" or "llama3"`,
    ],
    [
      { rope_parameters: undefined, rope_theta: 5, rope_scaling: "linear" },
      `rope_scaling: "linear" is not an object; fix: correct config.json`,
    ],
    [
      { rope_parameters: { rope_type: "longrope", rope_theta: 5 } },
      `rope_parameters.rope_type: "longrope" is not supported; fix: use a checkpoint with "default" or "llama3"`,
    ],
    [{ rope_parameters: { ...llama3, factor: undefined } }, `rope_parameters.factor: ${absent}`],
    [
      { rope_parameters: { ...llama3, factor: 0 } },
      "rope_parameters.factor: 0 is not a number from 1 to 1e6; fix: correct config.json",
    ],
    [
      { rope_parameters: { ...llama3, high_freq_factor: 1 } },
      "rope_parameters.high_freq_factor: 1 is not a number above low_freq_factor, 1, and up to 1e6; fix: correct " +
        "config.json",
    ],
    [{ rope_parameters: { rope_type: "default" } }, `rope_parameters.rope_theta: ${absent}`],
    [
      { rope_parameters: { rope_theta: 1e4, partial_rotary_factor: 0.5 } },
      "rope_parameters.partial_rotary_factor: 0.5 is not supported; fix: use a checkpoint with 1",
    ],
    [
      { rope_parameters: { full_attention: { rope_theta: 1e4 } } },
      `rope_parameters.full_attention: {"rope_theta":10000} is not supported; fix: use a checkpoint with one ` +
        "rotary embedding for all layers",
    ],
    [{ rope_parameters: { rope_theta: 1e4, factor: 2 } }, `rope_parameters.rope_type: ${absent}`],
    [{ use_mrope: true }, "use_mrope: true is not supported; fix: use a checkpoint with false"],
    [{ rope_theta: 5 }, "rope_theta: 5 contradicts rope_parameters.rope_theta, 10000; fix: correct config.json"],
    [{ rope_parameters: null }, `rope_theta: ${absent}`],
    [
      { layer_types: ["full_attention"] },
      `layer_types: ["full_attention"] does not name 6 layers; fix: correct config.json`,
    ],
    [
      { layer_types: [1, 2, 3, 4, 5, 6].map((layer) => (layer === 4 ? "sliding_attention" : "full_attention")) },
      `layer_types[3]: "sliding_attention" is not supported; fix: use a checkpoint with "full_attention" only`,
    ],
    [{ hidden_size: 0 }, "hidden_size: 0 is not an integer from 1 to 1048576; fix: correct config.json"],
    [{ hidden_size: "192" }, `hidden_size: "192" is not an integer from 1 to 1048576; fix: correct config.json`],
    [{ num_attention_heads: -6 }, "num_attention_heads: -6 is not an integer from 1 to 4096; fix: correct config.json"],
    [
      { num_hidden_layers: 2 ** 31 },
      "num_hidden_layers: 2147483648 is not an integer from 1 to 4096; fix: correct config.json",
    ],
    [{ vocab_size: 1.5 }, "vocab_size: 1.5 is not an integer from 1 to 16777216; fix: correct config.json"],
    [{ head_dim: 33 }, "head_dim: 33 is odd; fix: rotary embedding turns pairs of channels"],
    [
      { model_type: "llama", head_dim: null, hidden_size: 193 },
      "hidden_size: 193 is not a multiple of num_attention_heads, 6; fix: correct config.json, or give head_dim",
    ],
    [
      { num_key_value_heads: 4 },
      "num_key_value_heads: 4 does not divide num_attention_heads, 6; fix: each key/value head serves a whole " +
        "number of query heads",
    ],
    [{ rms_norm_eps: -1 }, "rms_norm_eps: -1 is not a number from 1e-30 to 1; fix: correct config.json"],
    [{ tie_word_embeddings: 1 }, "tie_word_embeddings: 1 is not supported; fix: use a checkpoint with true or false"],
  ];
  it.each(refusals)("refuses %j", async (changes, expected) => {
    await edit("config.json", changes);
    expect(await refusal(readConfig(directory))).toBe(`DIR/config.json: ${expected}`);
  });

  it("takes the rotary base where transformers 4 puts it", async () => {
    await edit("config.json", { rope_parameters: undefined, rope_theta: 1e6 });
    expect((await readConfig(directory)).rotary).toEqual({ headSize: 32, base: 1e6 });
  });

  it("takes Llama 3's stretching where transformers 4 and 5 put it", async () => {
    const { rope_theta, ...scaling } = llama3;
    const expected = {
      headSize: 32,
      base: 5,
      scaling: { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 64 },
    };
    await edit("config.json", { model_type: "llama", rope_parameters: llama3 });
    expect((await readConfig(directory)).rotary).toEqual(expected);
    await edit("config.json", { rope_parameters: scaling, rope_theta });
    expect((await readConfig(directory)).rotary).toEqual(expected);
    await edit("config.json", { rope_parameters: undefined, rope_theta, rope_scaling: scaling });
    expect((await readConfig(directory)).rotary).toEqual(expected);
  });

  it("fills in what the first configurations of Llama leave out", async () => {
    await edit("config.json", {
      model_type: "llama",
      rope_parameters: undefined,
      num_key_value_heads: undefined,
      head_dim: undefined,
    });
    expect(await readConfig(directory)).toMatchObject({
      rotary: { headSize: 32, base: 10000 },
      keyValueHeads: 6,
      queryKeyNorm: false,
      queryKeyValueBias: false,
    });
    await edit("config.json", {
      model_type: "qwen2",
      attention_bias: undefined,
      rope_theta: 5,
      num_key_value_heads: 2,
      sliding_window: 4096,
    });
    expect(await readConfig(directory)).toMatchObject({ headSize: 32, queryKeyNorm: false, queryKeyValueBias: true });
  });

  it("takes what ends a completion from generation_config.json first", async () => {
    await edit("generation_config.json", { eos_token_id: [3, 4] });
    expect((await readConfig(directory)).endIds).toEqual([3, 4]);
    await edit("generation_config.json", { eos_token_id: "x" });
    expect(await refusal(readConfig(directory))).toBe(
      `DIR/generation_config.json: eos_token_id: "x" is not a token id or a list of them; fix: correct the file`,
    );
    await rm(join(directory, "generation_config.json"));
    expect((await readConfig(directory)).endIds).toEqual([0]);
  });

  const noIds = "is not a token id or a list of them; fix: correct the file";
  const beyond =
    "is beyond the vocabulary, whose ids go from 0 to 2047; fix: take the file from the same checkpoint as the " +
    "weights, or correct the id";
  it.each<[string, string, unknown, string]>([
    ["generation_config.json", "eos_token_id", 151645, `151645 ${beyond}`],
    ["generation_config.json", "eos_token_id", 2048, `2048 ${beyond}`],
    ["generation_config.json", "eos_token_id", [0, 2047, 2048], `2048 ${beyond}`],
    ["config.json", "eos_token_id", 128009, `128009 ${beyond}`],
    ["config.json", "eos_token_id", [2048], `2048 ${beyond}`],
    ["generation_config.json", "eos_token_id", -1, `-1 ${noIds}`],
    ["generation_config.json", "eos_token_id", [0, -2], `[0,-2] ${noIds}`],
    ["config.json", "eos_token_id", 0.5, `0.5 ${noIds}`],
    ["config.json", "eos_token_id", "0", `"0" ${noIds}`],
    ["generation_config.json", "eos_token_id", ["0"], `["0"] ${noIds}`],
    ["generation_config.json", "eos_token_id", [[0]], `[[0]] ${noIds}`],
    ["generation_config.json", "eos_token_id", true, `true ${noIds}`],
    ["generation_config.json", "eos_token_id", { id: 0 }, `{"id":0} ${noIds}`],
    ["generation_config.json", "eos_token_id", [null], `[null] ${noIds}`],
    ["config.json", "bos_token_id", 128000, `128000 ${beyond}`],
    ["generation_config.json", "bos_token_id", 2048, `2048 ${beyond}`],
    ["config.json", "pad_token_id", 151643, `151643 ${beyond}`],
    ["generation_config.json", "pad_token_id", -3, `-3 ${noIds}`],
  ])("refuses an id that the vocabulary lacks: %s, %s %j", async (file, name, id, expected) => {
    await edit(file, { [name]: id });
    expect(await refusal(readConfig(directory))).toBe(`DIR/${file}: ${name}: ${expected}`);
  });

  it("takes the vocabulary's last id, padding of -1, and no ids", async () => {
    await edit("config.json", { pad_token_id: -1, bos_token_id: null });
    await edit("generation_config.json", { eos_token_id: [2047], pad_token_id: null });
    expect((await readConfig(directory)).endIds).toEqual([2047]);
    for (const name of ["config.json", "generation_config.json"]) await edit(name, { eos_token_id: null });
    expect((await readConfig(directory)).endIds).toEqual([]);
  });

  it("says what is wrong with the file itself", async () => {
    await writeFile(join(directory, "config.json"), "[1]");
    expect(await refusal(readConfig(directory))).toBe(
      "DIR/config.json: is not a JSON object; fix: copy or download the file again",
    );
    await writeFile(join(directory, "config.json"), Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d));
    expect(await refusal(readConfig(directory))).toContain(
      "DIR/config.json: is not JSON (The encoded data was not valid",
    );
    await writeFile(join(directory, "config.json"), `{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`);
    expect(await refusal(readConfig(directory))).toBe(
      "DIR/config.json: is nested more than 32 deep; fix: copy or download the file again",
    );
    await writeFile(join(directory, "config.json"), '{"vocab_size": 1, "vocab\\u005fsize": 2}');
    expect(await refusal(readConfig(directory))).toBe(
      "DIR/config.json: has the name 'vocab_size' twice in one object; fix: copy or download the file again",
    );
    await writeFile(join(directory, "config.json"), '{\n"a\u001b[31m": x\n}');
    expect(await refusal(readConfig(directory))).not.toMatch(/[\n\u001b]/);
    await rm(join(directory, "config.json"));
    await mkdir(join(directory, "config.json"));
    expect(await refusal(readConfig(directory))).toContain("DIR/config.json: is a directory, not a file; ");
    await rm(join(directory, "config.json"), { recursive: true });
    expect(await refusal(readConfig(directory))).toBe(
      "DIR/config.json: cannot be read (ENOENT); fix: give a checkpoint directory that holds config.json",
    );
  });
});

const norm: WeightDeclaration = { name: "model.norm.weight", shape: [192], storage: "smallest" };

async function read(checkpoint: Checkpoint, declaration: WeightDeclaration): Promise<Uint32Array> {
  const storage = await checkpoint.storageOf(declaration);
  const words: number[] = [];
  for await (const chunk of checkpoint.read(declaration, storage)) words.push(...chunk.words);
  return Uint32Array.from(words);
}

/** Overwrites the bf16 elements at the end of the file, which are those of model.norm.weight. */
async function patchNorm(patterns: readonly number[]): Promise<void> {
  const file = join(directory, "model.safetensors");
  const bytes = await readFile(file);
  patterns.forEach((pattern, index) => bytes.writeUInt16LE(pattern, bytes.length - 2 * 192 + 2 * index));
  await writeFile(file, bytes);
}

describe("checkpoint", () => {
  it("refuses a directory that is none", async () => {
    expect(await refusal(Checkpoint.open(join(directory, "absent")))).toBe(
      "DIR/absent: there is no such directory; fix: give the directory that holds config.json and model.safetensors",
    );
    expect(await refusal(Checkpoint.open(join(directory, "config.json")))).toContain(
      "DIR/config.json: is not a directory; ",
    );
    await rm(join(directory, "model.safetensors"));
    expect(await refusal(Checkpoint.open(directory))).toBe(
      "DIR/model.safetensors: cannot be read (ENOENT); fix: give a checkpoint directory that holds model.safetensors",
    );
    await mkdir(join(directory, "model.safetensors"));
    expect(await refusal(Checkpoint.open(directory))).toContain("DIR/model.safetensors: is a directory, not a file; ");
  });

  it("finds a weight's fault before reading data", async () => {
    const checkpoint = await Checkpoint.open(directory);
    const others = listWeights(weightsOf(checkpoint.config)).filter(({ name }) => name !== norm.name);
    const faultOf = (...declarations: WeightDeclaration[]): string => {
      try {
        checkpoint.check([...others, ...declarations]);
      } catch (error) {
        return (error as CheckpointError).message.replaceAll(directory, "DIR");
      }
      return "none";
    };
    expect(faultOf(norm)).toBe("none");
    expect(faultOf({ ...norm, name: "absent" })).toBe(
      "DIR/model.safetensors: tensor 'absent': is missing; fix: check that config.json and the weights belong together",
    );
    expect(faultOf({ ...norm, shape: [191] })).toBe(
      "DIR/model.safetensors: tensor 'model.norm.weight': has shape [192], but config.json asks for [191]; fix: " +
        "check that config.json and the weights belong together",
    );
    expect(faultOf()).toBe(
      "DIR/model.safetensors: tensor 'model.norm.weight': belongs to no qwen3 as config.json describes it; fix: " +
        "check that config.json and the weights belong together",
    );
    await checkpoint.close();
  });

  it("settles weights that exact products could not take", async () => {
    // 2^-57, -2^-57, 2^-56, the largest below 2^54, a subnormal.
    await patchNorm([0x2300, 0xa300, 0x2380, 0x5a7f, 0x8001]);
    const checkpoint = await Checkpoint.open(directory);
    expect([...new Uint16Array((await read(checkpoint, norm)).buffer, 0, 5)]).toEqual([
      0, 0x8000, 0x2380, 0x5a7f, 0x8000,
    ]);
    await checkpoint.close();
  });

  it.each([
    [0x5a80, "18014398509481984"],
    [0xff80, "-Infinity"],
    [0x7fc0, "NaN"],
  ])("refuses the weight %i", async (pattern, value) => {
    await patchNorm([0, pattern]);
    const checkpoint = await Checkpoint.open(directory);
    expect(await refusal(read(checkpoint, norm))).toBe(
      `DIR/model.safetensors: tensor 'model.norm.weight': element 1 is ${value}, and weights must be below 2^54 ` +
        "in magnitude; fix: check the training run or the conversion",
    );
    await checkpoint.close();
  });
});
