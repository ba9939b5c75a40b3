/** Checkpoints of many sizes and forms, made here: each is read whole, and every value is the one that was written. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bitsOfF32 } from "../../dsl/expr.ts";
import { unpackElements } from "../../runtime/index.ts";
import { f16Of, safetensors, type Dtype, type Tensor } from "../../spec/fixtures/rewrite.ts";
import { listWeights, weightsOf } from "../architecture/weights.ts";
import { Checkpoint } from "./checkpoint.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-forms-"));
});
afterAll(() => rm(directory, { recursive: true }));

interface Form {
  readonly type: "llama" | "qwen2" | "qwen3";
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: readonly [queries: number, keyValues: number];
  /** Given as `head_dim`; absent where the heads share the width. */
  readonly headSize?: number;
  readonly tied?: boolean;
  readonly dtypes?: readonly Dtype[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly extra?: readonly Tensor[];
}

/** Exact in bf16 and f16, so that a tensor's dtype never shows in its values. */
const valueAt = (seed: number, index: number): number => (((seed * 31 + index * 7) % 255) - 127) / 64;

function tensor(name: string, shape: readonly number[], dtype: Dtype, seed: number): Tensor {
  const bits = Uint32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) =>
    bitsOfF32(valueAt(seed, index)),
  );
  const bytes =
    dtype === "F32" ? bits : Uint16Array.from(bits, (value) => (dtype === "F16" ? f16Of(value)! : value >>> 16));
  return { name, shape, dtype, bytes: new Uint8Array(bytes.buffer) };
}

/** The tensors of such a model as transformers names and shapes them: written from the formats, not from weights.ts. */
function shapesOf({
  type,
  vocabulary,
  hidden,
  intermediate,
  layers,
  heads: [queries, keyValues],
  headSize = hidden / queries,
  tied = false,
}: Form): [string, number[]][] {
  const projections: [string, number][] = [
    ["q_proj", queries * headSize],
    ["k_proj", keyValues * headSize],
    ["v_proj", keyValues * headSize],
  ];
  return [
    ["model.embed_tokens.weight", [vocabulary, hidden]],
    ...Array.from({ length: layers }, (_, layer): [string, number[]][] =>
      [
        ["input_layernorm.weight", [hidden]],
        ["post_attention_layernorm.weight", [hidden]],
        ...projections.map(([name, rows]): [string, number[]] => [`self_attn.${name}.weight`, [rows, hidden]]),
        ...projections
          .filter(() => type === "qwen2")
          .map(([name, rows]): [string, number[]] => [`self_attn.${name}.bias`, [rows]]),
        ...["q_norm", "k_norm"]
          .filter(() => type === "qwen3")
          .map((name): [string, number[]] => [`self_attn.${name}.weight`, [headSize]]),
        ["self_attn.o_proj.weight", [hidden, queries * headSize]],
        ["mlp.gate_proj.weight", [intermediate, hidden]],
        ["mlp.up_proj.weight", [intermediate, hidden]],
        ["mlp.down_proj.weight", [hidden, intermediate]],
      ].map(([name, shape]) => [`model.layers.${layer}.${name as string}`, shape as number[]]),
    ).flat(),
    ["model.norm.weight", [hidden]],
    ...(tied ? [] : [["lm_head.weight", [vocabulary, hidden]] satisfies [string, number[]]]),
  ];
}

const rotaryBuffer: Tensor = {
  name: "model.layers.0.self_attn.rotary_emb.inv_freq",
  shape: [4],
  dtype: "F32",
  bytes: new Uint8Array(16),
};
const ids: Tensor = { name: "position_ids", shape: [1, 2], dtype: "I64", bytes: new Uint8Array(16) };
const empty: Tensor = { name: "nothing", shape: [0, 3], dtype: "F64", bytes: new Uint8Array() };
const scalar: Tensor = { name: "one", shape: [], dtype: "F32", bytes: new Uint8Array(4) };

const forms: [string, Form][] = [
  ["one layer and one head", { type: "llama", vocabulary: 7, hidden: 16, intermediate: 5, layers: 1, heads: [1, 1] }],
  [
    "odd head counts and ratio 3",
    { type: "qwen3", vocabulary: 13, hidden: 20, intermediate: 9, layers: 2, heads: [9, 3], headSize: 16 },
  ],
  [
    "ratio 7 and an odd width",
    { type: "qwen2", vocabulary: 301, hidden: 37, intermediate: 11, layers: 1, heads: [14, 2], headSize: 6 },
  ],
  [
    "ratio 8, heads wider than the stream",
    { type: "qwen3", vocabulary: 17, hidden: 10, intermediate: 31, layers: 1, heads: [8, 1], headSize: 64 },
  ],
  [
    "ratio 4, heads of 256 channels",
    { type: "llama", vocabulary: 33, hidden: 12, intermediate: 7, layers: 1, heads: [4, 1], headSize: 256 },
  ],
  [
    "ratio 2, tied",
    { type: "llama", vocabulary: 19, hidden: 24, intermediate: 15, layers: 3, heads: [6, 3], tied: true },
  ],
  [
    "ratio 1, tied, with biases",
    { type: "qwen2", vocabulary: 10, hidden: 12, intermediate: 3, layers: 2, heads: [3, 3], tied: true },
  ],
  [
    "a dtype for each tensor",
    {
      type: "qwen3",
      vocabulary: 11,
      hidden: 9,
      intermediate: 7,
      layers: 2,
      heads: [2, 1],
      headSize: 10,
      dtypes: ["BF16", "F16", "F32"],
    },
  ],
  [
    "a dtype for each tensor, with biases",
    {
      type: "qwen2",
      vocabulary: 11,
      hidden: 10,
      intermediate: 7,
      layers: 2,
      heads: [5, 1],
      dtypes: ["F32", "BF16", "F16"],
    },
  ],
  [
    "buffers of old files, and a head although tied",
    {
      type: "llama",
      vocabulary: 8,
      hidden: 8,
      intermediate: 4,
      layers: 1,
      heads: [2, 2],
      tied: true,
      extra: [rotaryBuffer, ids, empty, scalar, tensor("lm_head.weight", [8, 8], "BF16", 5)],
    },
  ],
  [
    "the fields of Llama 2 only",
    {
      type: "llama",
      vocabulary: 8,
      hidden: 8,
      intermediate: 4,
      layers: 1,
      heads: [2, 2],
      dtypes: ["F16"],
      config: {
        num_key_value_heads: undefined,
        rope_theta: undefined,
        attention_bias: undefined,
        torch_dtype: "float16",
        pretraining_tp: 2,
        rope_scaling: null,
      },
    },
  ],
  [
    "fields that change nothing",
    {
      type: "qwen3",
      vocabulary: 8,
      hidden: 8,
      intermediate: 4,
      layers: 2,
      heads: [2, 1],
      headSize: 4,
      config: {
        use_cache: false,
        attention_dropout: 0.1,
        initializer_range: 0.5,
        sliding_window: 16,
        use_sliding_window: false,
        max_window_layers: 1,
        layer_types: ["full_attention", "full_attention"],
        rope_scaling: null,
        partial_rotary_factor: 1.0,
        mlp_bias: false,
        pad_token_id: -1,
        bos_token_id: null,
        torch_dtype: null,
        _name_or_path: "x",
        auto_map: null,
        eos_token_id: [1, 2, 3],
      },
    },
  ],
];

it.each(forms)("reads %s", async (_, form) => {
  const {
    type,
    heads: [queries, keyValues],
    headSize,
    tied = false,
    dtypes = ["BF16"],
    extra = [],
  } = form;
  await writeFile(
    join(directory, "config.json"),
    JSON.stringify({
      model_type: type,
      vocab_size: form.vocabulary,
      hidden_size: form.hidden,
      intermediate_size: form.intermediate,
      num_hidden_layers: form.layers,
      num_attention_heads: queries,
      num_key_value_heads: keyValues,
      head_dim: headSize,
      tie_word_embeddings: tied,
      rms_norm_eps: 1e-6,
      max_position_embeddings: 64,
      rope_theta: 10000.0,
      hidden_act: "silu",
      eos_token_id: 1,
      ...form.config,
    }),
  );
  const shapes = shapesOf(form);
  const tensors = shapes.map(([name, shape], at) => tensor(name, shape, dtypes[at % dtypes.length]!, at));
  await writeFile(join(directory, "model.safetensors"), safetensors([...extra, ...tensors]));
  const checkpoint = await Checkpoint.open(directory);
  try {
    const { config } = checkpoint;
    expect(config).toMatchObject({
      queryHeads: queries,
      keyValueHeads: keyValues,
      headSize: headSize ?? form.hidden / queries,
      tiedHead: tied,
      rotary: { base: 10000 },
    });
    const declarations = new Map(listWeights(weightsOf(config)).map((declaration) => [declaration.name, declaration]));
    checkpoint.check([...declarations.values()]);
    expect([...declarations.keys()].sort()).toEqual(shapes.map(([name]) => name).sort());
    for (const [at, [name, shape]] of shapes.entries()) {
      const declaration = declarations.get(name)!;
      expect(declaration.shape).toEqual(shape);
      const storage = await checkpoint.storageOf(declaration);
      expect(storage).toBe(declaration.storage === "f32" ? "f32" : "bf16");
      const values: number[] = [];
      for await (const { rows, words } of checkpoint.read(declaration, storage))
        values.push(
          ...new Float32Array(unpackElements({ storage, shape: [rows, shape.at(-1)!] }, words).slice().buffer),
        );
      expect(values).toEqual(values.map((__, index) => valueAt(at, index)));
      expect(values.length).toBe(shape.reduce((a, b) => a * b, 1));
    }
  } finally {
    await checkpoint.close();
  }
});
