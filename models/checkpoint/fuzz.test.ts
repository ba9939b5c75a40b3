/**
 * Damaged checkpoints, 2,400 of them: each is refused by a CheckpointError of one line, or read as an independent
 * reader reads it; never anything else.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpackElements } from "../../runtime/index.ts";
import { safetensors, type Tensor } from "../../spec/fixtures/rewrite.ts";
import { listWeights, mapWeights, weightsOf } from "../architecture/weights.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { ModelConfig } from "./config.ts";
import { CheckpointError } from "./error.ts";
import { tries } from "../../spec/fixtures/effort.ts";

const fields = {
  model_type: "qwen3",
  hidden_act: "silu",
  attention_bias: false,
  vocab_size: 5,
  hidden_size: 4,
  intermediate_size: 3,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 2,
  rms_norm_eps: 1e-6,
  max_position_embeddings: 16,
  tie_word_embeddings: false,
  rope_theta: 10000,
  rope_scaling: null,
  sliding_window: null,
  use_sliding_window: false,
  layer_types: ["full_attention"],
  torch_dtype: "bfloat16",
  eos_token_id: 1,
};
const shapes: Record<string, number[]> = {
  "model.embed_tokens.weight": [5, 4],
  "model.norm.weight": [4],
  "lm_head.weight": [5, 4],
  "model.layers.0.input_layernorm.weight": [4],
  "model.layers.0.post_attention_layernorm.weight": [4],
  "model.layers.0.self_attn.q_proj.weight": [4, 4],
  "model.layers.0.self_attn.k_proj.weight": [2, 4],
  "model.layers.0.self_attn.v_proj.weight": [2, 4],
  "model.layers.0.self_attn.q_norm.weight": [2],
  "model.layers.0.self_attn.k_norm.weight": [2],
  "model.layers.0.self_attn.o_proj.weight": [4, 4],
  "model.layers.0.mlp.gate_proj.weight": [3, 4],
  "model.layers.0.mlp.up_proj.weight": [3, 4],
  "model.layers.0.mlp.down_proj.weight": [4, 3],
};
const tensors = Object.entries(shapes).map(([name, shape], at): Tensor => {
  const patterns = Uint16Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    (_, index) => 0x3c00 + 37 * index + 129 * at,
  );
  return { name, shape, dtype: "BF16", bytes: new Uint8Array(patterns.buffer) };
});
const sound = safetensors(tensors);
const headerBytes = Number(new DataView(sound.buffer, sound.byteOffset).getBigUint64(0, true));
const header = JSON.parse(new TextDecoder().decode(sound.subarray(8, 8 + headerBytes))) as Record<
  string,
  Record<string, unknown>
>;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-fuzz-"));
});
afterAll(() => rm(directory, { recursive: true }));

interface Read {
  readonly config: ModelConfig;
  readonly weights: ReadonlyMap<string, Uint32Array>;
}

/** Reads everything that a model would; undefined where that was refused as it should be. */
async function read(): Promise<Read | undefined> {
  let checkpoint: Checkpoint | undefined;
  try {
    checkpoint = await Checkpoint.open(directory);
    const opened = checkpoint;
    const declared = weightsOf(opened.config);
    opened.check(listWeights(declared));
    const weights = new Map<string, Uint32Array>();
    await mapWeights(declared, async (declaration) => {
      const storage = await opened.storageOf(declaration);
      for await (const { rows, words } of opened.read(declaration, storage)) {
        weights.set(declaration.name, unpackElements({ storage, shape: [rows, declaration.shape.at(-1)!] }, words));
      }
    });
    return { config: opened.config, weights };
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(/^[^\n\r]{1,2000}; fix: [^\n\r]+$/);
    return undefined;
  } finally {
    await checkpoint?.close();
  }
}

/** What a file says, read without any of the checks. */
function valuesOf(file: Uint8Array): Map<string, number[]> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const entries = JSON.parse(new TextDecoder().decode(file.subarray(8, start))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const value = (dtype: string, at: number): number => {
    if (dtype === "F32") return view.getFloat32(at, true);
    const pattern = view.getUint16(at, true);
    if (dtype === "BF16") return new Float32Array(Uint32Array.of(pattern << 16).buffer)[0]!;
    const [sign, exponent, fraction] = [pattern >> 15 ? -1 : 1, (pattern >> 10) & 31, pattern & 1023];
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  };
  return new Map(
    Object.entries(entries)
      .filter(([name]) => name !== "__metadata__")
      .map(
        ([
          name,
          {
            dtype,
            data_offsets: [begin, end],
          },
        ]) => {
          const size = dtype === "F32" ? 4 : 2;
          return [
            name,
            Array.from({ length: (end - begin) / size }, (_, index) => value(dtype, start + begin + index * size)),
          ];
        },
      ),
  );
}

function expectWeights(weights: ReadonlyMap<string, Uint32Array>, file: Uint8Array): void {
  const values = valuesOf(file);
  for (const [name, bits] of weights) {
    const expected = values.get(name)!.map((value) => (Math.abs(value) < 2 ** -56 ? value * 0 : value));
    expect([...new Float32Array(bits.slice().buffer)]).toEqual(expected);
  }
}

const tally = { refused: 0, read: 0 };
function count(result: Read | undefined): void {
  tally[result === undefined ? "refused" : "read"]++;
}

const oddNumber = fc.constantFrom(-1, 0, 1, 2, 0.5, -0, 1e300, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 60);
const oddValue = fc.oneof(
  oddNumber,
  fc.jsonValue({ maxDepth: 3 }),
  fc.array(oddNumber, { maxLength: 4 }),
  fc.constantFrom("BF16", "F16", "F32", "I64", "__proto__", "constructor"),
);
const place = (length: number): fc.Arbitrary<number> => fc.nat({ max: length - 1 });
const pick = <T>(items: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...items);

/** A whole file from another header, of the length announced unless one is given. */
function withHeader(text: string | Uint8Array, length?: bigint): Uint8Array {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const lengthBytes = new Uint8Array(8);
  new DataView(lengthBytes.buffer).setBigUint64(0, length ?? BigInt(bytes.length), true);
  return Uint8Array.from([...lengthBytes, ...bytes, ...sound.subarray(8 + headerBytes)]);
}
const headerText = sound.subarray(8, 8 + headerBytes);
const names = Object.keys(header);

const damagedFile: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .tuple(place(headerBytes), fc.nat({ max: 255 }))
    .map(([at, byte]) => withHeader(headerText.map((old, index) => (index === at ? byte : old)))),
  fc
    .tuple(place(headerBytes), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 6 }))
    .map(([at, added, removed]) =>
      withHeader(Uint8Array.from([...headerText.subarray(0, at), ...added, ...headerText.subarray(at + removed)])),
    ),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((length) => withHeader(headerText, length)),
  fc.integer({ min: -9, max: 9 }).map((more) => withHeader(headerText, BigInt(headerBytes + more))),
  place(sound.length).map((length) => sound.slice(0, length)),
  fc
    .tuple(pick(names), pick(["dtype", "shape", "data_offsets"]), oddValue)
    .map(([name, field, value]) =>
      withHeader(JSON.stringify({ ...header, [name]: { ...header[name], [field]: value } })),
    ),
  fc
    .tuple(pick(names), pick(names))
    .map(([a, b]) => withHeader(JSON.stringify({ ...header, [a]: header[b], [b]: header[a] }))),
  fc
    .tuple(pick(names), fc.oneof(fc.string(), pick(["__proto__", "__metadata__", ...names])))
    .map(([name, other]) =>
      withHeader(new TextDecoder().decode(headerText).replace(JSON.stringify(name), JSON.stringify(other))),
    ),
  fc.tuple(pick(names), oddValue).map(([name, value]) => withHeader(JSON.stringify({ ...header, [name]: value }))),
  fc
    .tuple(place(sound.length - 8 - headerBytes), fc.nat({ max: 255 }))
    .map(([at, byte]) => sound.map((old, index) => (index === 8 + headerBytes + at ? byte : old))),
);

it("reads or refuses damaged files of weights", async () => {
  await writeFile(join(directory, "config.json"), JSON.stringify(fields));
  await fc.assert(
    fc.asyncProperty(damagedFile, async (file) => {
      await writeFile(join(directory, "model.safetensors"), file);
      const result = await read();
      count(result);
      if (result !== undefined) expectWeights(result.weights, file);
    }),
    { numRuns: tries(300, 1200) },
  );
});

type Fields = Record<string, unknown>;
const oddFields: fc.Arbitrary<string> = pick([
  ...Object.keys(fields),
  "rope_parameters",
  "mlp_bias",
  "dtype",
  "quantization_config",
  "partial_rotary_factor",
]);
const rope = fc.record(
  {
    rope_type: pick<unknown>(["default", "llama3", "yarn", null, 3]),
    rope_theta: oddNumber,
    factor: oddNumber,
    low_freq_factor: oddNumber,
    high_freq_factor: oddNumber,
    original_max_position_embeddings: oddNumber,
  },
  { requiredKeys: [] },
);
const damagedConfig: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(oddFields, fc.oneof(oddValue, rope)).map(([name, value]) => JSON.stringify({ ...fields, [name]: value })),
  fc
    .tuple(oddFields, oddNumber, oddFields, oddNumber)
    .map(([a, x, b, y]) => JSON.stringify({ ...fields, [a]: x, [b]: y })),
  oddFields.map((name) => JSON.stringify({ ...fields, [name]: undefined })),
  pick(["llama", "qwen2", "mistral"]).map((type) => JSON.stringify({ ...fields, model_type: type })),
  fc
    .tuple(place(JSON.stringify(fields).length), fc.string({ maxLength: 2 }))
    .map(([at, text]) => JSON.stringify(fields).slice(0, at) + text + JSON.stringify(fields).slice(at + 1)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);

it("reads or refuses damaged configurations", async () => {
  await writeFile(join(directory, "model.safetensors"), sound);
  await fc.assert(
    fc.asyncProperty(damagedConfig, async (text) => {
      await writeFile(join(directory, "config.json"), text);
      const result = await read();
      count(result);
      if (result === undefined) return;
      const { config } = result;
      const given = JSON.parse(text) as Fields & { rope_parameters?: Fields };
      // All sizes are those of the weights, whatever the file left out.
      expect(config).toMatchObject({
        architecture: given["model_type"],
        vocabulary: 5,
        hidden: 4,
        intermediate: 3,
        layers: 1,
        queryHeads: 2,
        headSize: 2,
        keyValueHeads: 1,
        normEpsilon: given["rms_norm_eps"],
        maxPositions: given["max_position_embeddings"],
        tiedHead: given["tie_word_embeddings"] ?? false,
        queryKeyNorm: given["model_type"] === "qwen3",
        queryKeyValueBias: given["model_type"] === "qwen2",
      });
      expect(config.rotary.base).toBe(given.rope_parameters?.["rope_theta"] ?? given["rope_theta"] ?? 10000);
      expect(config.endIds).toEqual([given["eos_token_id"] ?? []].flat());
      expectWeights(result.weights, sound);
    }),
    { numRuns: tries(200, 900) },
  );
});

it("reads or refuses damaged indices", async () => {
  await writeFile(join(directory, "config.json"), JSON.stringify(fields));
  const half = tensors.length / 2;
  const shards: Record<string, Uint8Array> = {
    "a.safetensors": safetensors(tensors.slice(0, half)),
    "b.safetensors": safetensors(tensors.slice(half)),
  };
  for (const [name, file] of Object.entries(shards)) await writeFile(join(directory, name), file);
  const map = Object.fromEntries(
    tensors.map(({ name }, index) => [name, index < half ? "a.safetensors" : "b.safetensors"]),
  );
  const text = JSON.stringify({ metadata: {}, weight_map: map });
  const path = fc.oneof(
    oddValue,
    pick([
      "a.safetensors",
      "b.safetensors",
      "./a.safetensors",
      "../a.safetensors",
      "/a.safetensors",
      "c.safetensors",
      "a.safetensors\0",
    ]),
  );
  const damagedIndex = fc.oneof(
    fc.tuple(pick(names), path).map(([name, value]) => JSON.stringify({ weight_map: { ...map, [name]: value } })),
    fc.tuple(fc.string(), path).map(([name, value]) => JSON.stringify({ weight_map: { ...map, [name]: value } })),
    pick(names).map((name) => JSON.stringify({ weight_map: { ...map, [name]: undefined } })),
    fc
      .tuple(place(text.length), fc.string({ maxLength: 2 }))
      .map(([at, other]) => text.slice(0, at) + other + text.slice(at + 1)),
    oddValue.map((value) => JSON.stringify({ weight_map: value })),
  );
  await fc.assert(
    fc.asyncProperty(damagedIndex, async (index) => {
      await writeFile(join(directory, "model.safetensors.index.json"), index);
      const result = await read();
      count(result);
      if (result !== undefined) expectWeights(result.weights, sound);
    }),
    { numRuns: tries(80, 300) },
  );
  expect(await readFile(join(directory, "a.safetensors"))).toEqual(Buffer.from(shards["a.safetensors"]!));
});

it("did both often", () => {
  console.log(`${tally.refused} refused, ${tally.read} read`);
  expect(Math.min(tally.refused, tally.read)).toBeGreaterThan(tries(20, 100));
});
