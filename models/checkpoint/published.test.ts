/** The configurations of models that were published, as facts: each must be read, and read right. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readConfig, type ModelConfig } from "./config.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-published-"));
});
afterAll(() => rm(directory, { recursive: true }));

type Fields = Record<string, unknown>;
const harmless = { attention_dropout: 0.0, hidden_act: "silu", initializer_range: 0.02, use_cache: true };
const llama = {
  ...harmless,
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  attention_bias: false,
  mlp_bias: false,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
};
const llama3 = {
  ...llama,
  bos_token_id: 128000,
  eos_token_id: 128001,
  torch_dtype: "bfloat16",
  rope_theta: 500000.0,
  vocab_size: 128256,
};
const stretched = (factor: number): Fields => ({
  factor,
  high_freq_factor: 4.0,
  low_freq_factor: 1.0,
  original_max_position_embeddings: 8192,
  rope_type: "llama3",
});
const qwen = {
  ...harmless,
  bos_token_id: 151643,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  torch_dtype: "bfloat16",
  use_sliding_window: false,
};
const qwen2 = { ...qwen, architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", eos_token_id: 151643 };
const qwen3 = {
  ...qwen,
  architectures: ["Qwen3ForCausalLM"],
  model_type: "qwen3",
  attention_bias: false,
  eos_token_id: 151645,
  head_dim: 128,
  max_position_embeddings: 40960,
  rope_scaling: null,
  sliding_window: null,
  vocab_size: 151936,
};

/** Sizes in the order in which configurations are compared by eye. */
function expected(
  architecture: string,
  [hidden, intermediate, layers, queryHeads, keyValueHeads, headSize]: readonly number[],
  more: Partial<ModelConfig>,
): Partial<ModelConfig> {
  return {
    architecture,
    hidden: hidden!,
    intermediate: intermediate!,
    layers: layers!,
    queryHeads: queryHeads!,
    keyValueHeads: keyValueHeads!,
    headSize: headSize!,
    queryKeyNorm: architecture === "qwen3",
    queryKeyValueBias: architecture === "qwen2",
    normEpsilon: architecture === "llama" ? 1e-5 : 1e-6,
    ...more,
  };
}

const scaling = (factor: number) => ({
  factor,
  lowFrequencyFactor: 1,
  highFrequencyFactor: 4,
  originalPositions: 8192,
});
const published: [string, Fields, Fields | undefined, Partial<ModelConfig>][] = [
  [
    "Llama-2-7b",
    {
      ...harmless,
      architectures: ["LlamaForCausalLM"],
      model_type: "llama",
      bos_token_id: 1,
      eos_token_id: 2,
      hidden_size: 4096,
      intermediate_size: 11008,
      max_position_embeddings: 4096,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 32,
      pretraining_tp: 1,
      rms_norm_eps: 1e-5,
      rope_scaling: null,
      tie_word_embeddings: false,
      torch_dtype: "float16",
      transformers_version: "4.31.0.dev0",
      vocab_size: 32000,
    },
    undefined,
    expected("llama", [4096, 11008, 32, 32, 32, 128], {
      vocabulary: 32000,
      maxPositions: 4096,
      tiedHead: false,
      endIds: [2],
      rotary: { headSize: 128, base: 10000 },
    }),
  ],
  [
    "Meta-Llama-3-8B",
    {
      ...llama3,
      hidden_size: 4096,
      intermediate_size: 14336,
      max_position_embeddings: 8192,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      rope_scaling: null,
    },
    undefined,
    expected("llama", [4096, 14336, 32, 32, 8, 128], {
      vocabulary: 128256,
      maxPositions: 8192,
      tiedHead: false,
      endIds: [128001],
      rotary: { headSize: 128, base: 500000 },
    }),
  ],
  [
    "Llama-3.1-8B-Instruct",
    {
      ...llama3,
      eos_token_id: [128001, 128008, 128009],
      hidden_size: 4096,
      intermediate_size: 14336,
      max_position_embeddings: 131072,
      num_attention_heads: 32,
      num_hidden_layers: 32,
      num_key_value_heads: 8,
      rope_scaling: stretched(8.0),
    },
    { bos_token_id: 128000, do_sample: true, eos_token_id: [128001, 128008, 128009], temperature: 0.6, top_p: 0.9 },
    expected("llama", [4096, 14336, 32, 32, 8, 128], {
      maxPositions: 131072,
      endIds: [128001, 128008, 128009],
      rotary: { headSize: 128, base: 500000, scaling: scaling(8) },
    }),
  ],
  [
    "Llama-3.2-1B",
    {
      ...llama3,
      head_dim: 64,
      hidden_size: 2048,
      intermediate_size: 8192,
      max_position_embeddings: 131072,
      num_attention_heads: 32,
      num_hidden_layers: 16,
      num_key_value_heads: 8,
      rope_scaling: stretched(32.0),
      tie_word_embeddings: true,
    },
    undefined,
    expected("llama", [2048, 8192, 16, 32, 8, 64], {
      tiedHead: true,
      rotary: { headSize: 64, base: 500000, scaling: scaling(32) },
    }),
  ],
  [
    "Llama-3.2-1B, saved by transformers 5",
    {
      ...llama3,
      rope_theta: undefined,
      torch_dtype: undefined,
      dtype: "bfloat16",
      head_dim: 64,
      hidden_size: 2048,
      intermediate_size: 8192,
      max_position_embeddings: 131072,
      num_attention_heads: 32,
      num_hidden_layers: 16,
      num_key_value_heads: 8,
      rope_parameters: { ...stretched(32.0), rope_theta: 500000.0 },
      tie_word_embeddings: true,
      pad_token_id: null,
    },
    undefined,
    expected("llama", [2048, 8192, 16, 32, 8, 64], {
      tiedHead: true,
      rotary: { headSize: 64, base: 500000, scaling: scaling(32) },
    }),
  ],
  [
    "Qwen2-0.5B",
    {
      ...qwen2,
      hidden_size: 896,
      intermediate_size: 4864,
      max_position_embeddings: 131072,
      max_window_layers: 24,
      num_attention_heads: 14,
      num_hidden_layers: 24,
      num_key_value_heads: 2,
      sliding_window: 131072,
      tie_word_embeddings: true,
      vocab_size: 151936,
    },
    undefined,
    expected("qwen2", [896, 4864, 24, 14, 2, 64], {
      vocabulary: 151936,
      maxPositions: 131072,
      tiedHead: true,
      endIds: [151643],
      rotary: { headSize: 64, base: 1e6 },
    }),
  ],
  [
    "Qwen2-7B",
    {
      ...qwen2,
      hidden_size: 3584,
      intermediate_size: 18944,
      max_position_embeddings: 131072,
      max_window_layers: 28,
      num_attention_heads: 28,
      num_hidden_layers: 28,
      num_key_value_heads: 4,
      sliding_window: 131072,
      tie_word_embeddings: false,
      vocab_size: 152064,
    },
    undefined,
    expected("qwen2", [3584, 18944, 28, 28, 4, 128], {
      vocabulary: 152064,
      tiedHead: false,
      rotary: { headSize: 128, base: 1e6 },
    }),
  ],
  [
    "Qwen2.5-0.5B-Instruct",
    {
      ...qwen2,
      eos_token_id: 151645,
      hidden_size: 896,
      intermediate_size: 4864,
      max_position_embeddings: 32768,
      max_window_layers: 21,
      num_attention_heads: 14,
      num_hidden_layers: 24,
      num_key_value_heads: 2,
      sliding_window: 32768,
      tie_word_embeddings: true,
      use_mrope: false,
      vocab_size: 151936,
    },
    { eos_token_id: [151645, 151643], pad_token_id: 151643, repetition_penalty: 1.1 },
    expected("qwen2", [896, 4864, 24, 14, 2, 64], { maxPositions: 32768, endIds: [151645, 151643] }),
  ],
  [
    "Qwen3-0.6B",
    {
      ...qwen3,
      hidden_size: 1024,
      intermediate_size: 3072,
      max_window_layers: 28,
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 8,
      tie_word_embeddings: true,
    },
    { bos_token_id: 151643, eos_token_id: [151645, 151643], top_k: 20 },
    expected("qwen3", [1024, 3072, 28, 16, 8, 128], {
      vocabulary: 151936,
      maxPositions: 40960,
      tiedHead: true,
      endIds: [151645, 151643],
      rotary: { headSize: 128, base: 1e6 },
    }),
  ],
  [
    "Qwen3-1.7B",
    {
      ...qwen3,
      hidden_size: 2048,
      intermediate_size: 6144,
      max_window_layers: 28,
      num_attention_heads: 16,
      num_hidden_layers: 28,
      num_key_value_heads: 8,
      tie_word_embeddings: true,
    },
    undefined,
    expected("qwen3", [2048, 6144, 28, 16, 8, 128], { tiedHead: true, endIds: [151645] }),
  ],
  [
    "Qwen3-8B",
    {
      ...qwen3,
      hidden_size: 4096,
      intermediate_size: 12288,
      max_window_layers: 36,
      num_attention_heads: 32,
      num_hidden_layers: 36,
      num_key_value_heads: 8,
      tie_word_embeddings: false,
    },
    undefined,
    expected("qwen3", [4096, 12288, 36, 32, 8, 128], { tiedHead: false }),
  ],
  [
    "Qwen3-8B, saved by transformers 5",
    {
      ...qwen3,
      rope_theta: undefined,
      torch_dtype: undefined,
      rope_scaling: undefined,
      dtype: "bfloat16",
      rope_parameters: { rope_theta: 1000000, rope_type: "default", partial_rotary_factor: 1.0 },
      layer_types: Array<string>(36).fill("full_attention"),
      hidden_size: 4096,
      intermediate_size: 12288,
      max_window_layers: 36,
      num_attention_heads: 32,
      num_hidden_layers: 36,
      num_key_value_heads: 8,
      tie_word_embeddings: false,
      pad_token_id: null,
    },
    undefined,
    expected("qwen3", [4096, 12288, 36, 32, 8, 128], { rotary: { headSize: 128, base: 1e6 } }),
  ],
];

it.each(published)("reads %s", async (_, config, generation, model) => {
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await rm(join(directory, "generation_config.json"), { force: true });
  if (generation !== undefined) await writeFile(join(directory, "generation_config.json"), JSON.stringify(generation));
  expect(await readConfig(directory)).toMatchObject(model);
});

/** Published models of one of these types that compute otherwise. */
const others: [string, Fields, string][] = [
  [
    "a window (Qwen2 with use_sliding_window)",
    { ...published[6]![1], use_sliding_window: true },
    "use_sliding_window: true",
  ],
  [
    "YaRN (Qwen2.5 for long texts)",
    { ...published[6]![1], rope_scaling: { factor: 4.0, original_max_position_embeddings: 32768, type: "yarn" } },
    'rope_scaling.type: "yarn"',
  ],
  [
    "dynamic scaling (a Llama 2 for long texts)",
    { ...published[0]![1], rope_scaling: { factor: 2.0, type: "dynamic" } },
    'rope_scaling.type: "dynamic"',
  ],
  [
    "linear scaling (a Llama 2 for long texts)",
    { ...published[0]![1], rope_scaling: { factor: 4.0, rope_type: "linear" } },
    'rope_scaling.rope_type: "linear"',
  ],
  ["biases (a Llama of InternLM's form)", { ...published[0]![1], attention_bias: true }, "attention_bias: true"],
  [
    "quantised weights (AWQ)",
    { ...published[6]![1], quantization_config: { bits: 4, quant_method: "awq" } },
    "quantization_config: ",
  ],
  [
    "another type (Mistral)",
    { ...published[1]![1], model_type: "mistral", sliding_window: 4096 },
    'model_type: "mistral"',
  ],
];
it.each(others)("refuses %s", async (_, config, field) => {
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await expect(readConfig(directory)).rejects.toThrow(`config.json: ${field}`);
});
