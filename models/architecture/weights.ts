/** The weights of a decoder (decoder.ts) and their names in Hugging Face checkpoints, which the architectures share. */
import type { ModelConfig } from "../checkpoint/config.ts";
import type { WeightDeclaration } from "../checkpoint/checkpoint.ts";
import type { WeightStorage } from "../../runtime/model/convert.ts";

/** A weight for a machine to use. Kernels differ by what their matrix is stored as. */
export interface Weight<Value> {
  readonly value: Value;
  readonly storage: WeightStorage;
}

/** Matrices are bf16 or f32; vectors, which are small and whose kernels are then the same for all, f32. */
export interface Layer<Item> {
  readonly inputNorm: Item; // [hidden]
  readonly queries: Item; // [queryHeads * headSize, hidden]
  readonly keys: Item; // [keyValueHeads * headSize, hidden]
  readonly values: Item; // the same
  readonly queryBias?: Item; // [queryHeads * headSize]; these three with queryKeyValueBias
  readonly keyBias?: Item; // [keyValueHeads * headSize]
  readonly valueBias?: Item; // the same
  readonly queryNorm?: Item; // [headSize]; these two with queryKeyNorm
  readonly keyNorm?: Item; // [headSize]
  readonly attended: Item; // [hidden, queryHeads * headSize]
  readonly feedForwardNorm: Item; // [hidden]
  readonly gate: Item; // [intermediate, hidden]
  readonly up: Item; // the same
  readonly down: Item; // [hidden, intermediate]
}

export interface Weights<Item> {
  readonly embedding: Item; // [vocabulary, hidden]
  readonly layers: readonly Layer<Item>[];
  readonly norm: Item; // [hidden]
  readonly head: Item; // [vocabulary, hidden]
}

/** The checkpoint's tensors by the names above; a tied head is the embedding's own declaration. */
export function weightsOf(config: ModelConfig): Weights<WeightDeclaration> {
  const { vocabulary, hidden, intermediate, headSize } = config;
  const [queryWidth, keyValueWidth] = [config.queryHeads * headSize, config.keyValueHeads * headSize];
  const vector = (name: string, extent: number): WeightDeclaration => ({ name, shape: [extent], storage: "f32" });
  const matrix = (name: string, rows: number, columns: number): WeightDeclaration => ({
    name,
    shape: [rows, columns],
    storage: "smallest",
  });
  const layer = (index: number): Layer<WeightDeclaration> => {
    const at = (name: string): string => `model.layers.${index}.${name}`;
    return {
      inputNorm: vector(at("input_layernorm.weight"), hidden),
      queries: matrix(at("self_attn.q_proj.weight"), queryWidth, hidden),
      keys: matrix(at("self_attn.k_proj.weight"), keyValueWidth, hidden),
      values: matrix(at("self_attn.v_proj.weight"), keyValueWidth, hidden),
      ...(config.queryKeyValueBias
        ? {
            queryBias: vector(at("self_attn.q_proj.bias"), queryWidth),
            keyBias: vector(at("self_attn.k_proj.bias"), keyValueWidth),
            valueBias: vector(at("self_attn.v_proj.bias"), keyValueWidth),
          }
        : {}),
      ...(config.queryKeyNorm
        ? {
            queryNorm: vector(at("self_attn.q_norm.weight"), headSize),
            keyNorm: vector(at("self_attn.k_norm.weight"), headSize),
          }
        : {}),
      attended: matrix(at("self_attn.o_proj.weight"), hidden, queryWidth),
      feedForwardNorm: vector(at("post_attention_layernorm.weight"), hidden),
      gate: matrix(at("mlp.gate_proj.weight"), intermediate, hidden),
      up: matrix(at("mlp.up_proj.weight"), intermediate, hidden),
      down: matrix(at("mlp.down_proj.weight"), hidden, intermediate),
    };
  };
  const embedding = matrix("model.embed_tokens.weight", vocabulary, hidden);
  return {
    embedding,
    layers: Array.from({ length: config.layers }, (_, index) => layer(index)),
    norm: vector("model.norm.weight", hidden),
    head: config.tiedHead ? embedding : matrix("lm_head.weight", vocabulary, hidden),
  };
}

/** All of them, in the order of the computation. */
export function listWeights<Item>({ embedding, layers, norm, head }: Weights<Item>): Item[] {
  return [embedding, ...layers.flatMap((layer) => Object.values<Item>({ ...layer })), norm, head];
}

/** The same weights as other items, made one after another; what is one item, as a tied head is, stays one. */
export async function mapWeights<From, To>(
  weights: Weights<From>,
  make: (from: From) => Promise<To>,
): Promise<Weights<To>> {
  const made = new Map<From, To>();
  for (const item of listWeights(weights)) if (!made.has(item)) made.set(item, await make(item));
  return replaceWeights(weights, (item) => made.get(item)!);
}

/** The same weights, each item replaced. */
export function replaceWeights<From, To>(
  { embedding, layers, norm, head }: Weights<From>,
  replacement: (from: From) => To,
): Weights<To> {
  return {
    embedding: replacement(embedding),
    layers: layers.map(
      (layer) =>
        Object.fromEntries(
          Object.entries<From>({ ...layer }).map(([name, item]) => [name, replacement(item)]),
        ) as unknown as Layer<To>,
    ),
    norm: replacement(norm),
    head: replacement(head),
  };
}
