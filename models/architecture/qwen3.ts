/**
 * Qwen3: a decoder of RMSNorm, grouped-query attention with normalised, rotated queries and keys, and SiLU-gated
 * feed-forward layers. Source: the Qwen3 technical report (arXiv 2505.09388) and the layout of its Hugging Face checkpoints.
 *
 * The residual stream is f32; every product's operands are bf16, rounded once where they become operands; sums are f32.
 */
import type { ModelConfig } from "../checkpoint/config.ts";
import type { WeightDeclaration } from "../checkpoint/checkpoint.ts";
import type { KernelUse } from "../compile-model.ts";
import type { Machine } from "../machine.ts";
import { pageSize } from "../pages.ts";

/** The kernels that a model of this configuration runs. */
export function qwen3Kernels(config: ModelConfig) {
  const { vocabulary, hidden, intermediate, queryHeads, keyValueHeads, headSize: dim, maxPositions } = config;
  const linear = (out: number, inner: number): KernelUse => ({ module: "linear", kernel: "linear", extents: { out, inner } });
  const perHead = (module: string, kernel: string, head: number, more: Record<string, number> = {}): KernelUse =>
    ({ module, kernel, extents: { head, dim, ...more } });
  const turn = { half: dim / 2, place: maxPositions };
  return {
    embed: { module: "embedding", kernel: "embedding", extents: { vocabulary, channel: hidden } },
    norm: { module: "rmsNorm", kernel: "rmsNorm", extents: { channel: hidden } },
    projectQueries: linear(queryHeads * dim, hidden),
    projectKeyValues: linear(keyValueHeads * dim, hidden),
    normQueries: perHead("rmsNorm", "rmsNormHeads", queryHeads),
    normKeys: perHead("rmsNorm", "rmsNormHeads", keyValueHeads),
    rotateQueries: perHead("rotary", "rotary", queryHeads, turn),
    rotateKeys: perHead("rotary", "rotary", keyValueHeads, turn),
    store: { module: "storeRows", kernel: "storeRows", extents: { kvHead: keyValueHeads, dim } },
    attend: perHead("attention", "attention", queryHeads, { kvHead: keyValueHeads, page: pageSize }),
    projectAttended: linear(hidden, queryHeads * dim),
    widen: linear(intermediate, hidden),
    gate: { module: "swiGlu", kernel: "swiGlu", extents: { channel: intermediate } },
    narrow: linear(hidden, intermediate),
    add: { module: "add", kernel: "add", extents: { channel: hidden } },
    select: { module: "selectRows", kernel: "selectRows", extents: { channel: hidden } },
    head: linear(vocabulary, hidden),
    argmax: { module: "logits", kernel: "argmax", extents: { id: vocabulary } },
  } satisfies Record<string, KernelUse>;
}

interface Layer<Value> {
  readonly inputNorm: Value; // bf16 [hidden]
  readonly queries: Value; // bf16 [queryHeads * headSize, hidden]
  readonly keys: Value; // bf16 [keyValueHeads * headSize, hidden]
  readonly values: Value; // the same
  readonly queryNorm: Value; // bf16 [headSize]
  readonly keyNorm: Value; // bf16 [headSize]
  readonly attended: Value; // bf16 [hidden, queryHeads * headSize]
  readonly feedForwardNorm: Value; // bf16 [hidden]
  readonly gate: Value; // bf16 [intermediate, hidden]
  readonly up: Value; // the same
  readonly down: Value; // bf16 [hidden, intermediate]
}

export interface Weights<Value> {
  readonly embedding: Value; // bf16 [vocabulary, hidden]
  readonly layers: readonly Layer<Value>[];
  readonly norm: Value; // bf16 [hidden]
  readonly head: Value; // bf16 [vocabulary, hidden]
}

/** The checkpoint's tensors by the names above; a tied head is the embedding's own declaration. */
export function qwen3Weights(config: ModelConfig): Weights<WeightDeclaration> {
  const { vocabulary, hidden, intermediate, queryHeads, keyValueHeads, headSize } = config;
  const embedding: WeightDeclaration = { name: "model.embed_tokens.weight", shape: [vocabulary, hidden] };
  const layer = (index: number): Layer<WeightDeclaration> => {
    const weight = (name: string, ...shape: number[]): WeightDeclaration => ({ name: `model.layers.${index}.${name}.weight`, shape });
    return {
      inputNorm: weight("input_layernorm", hidden),
      queries: weight("self_attn.q_proj", queryHeads * headSize, hidden),
      keys: weight("self_attn.k_proj", keyValueHeads * headSize, hidden),
      values: weight("self_attn.v_proj", keyValueHeads * headSize, hidden),
      queryNorm: weight("self_attn.q_norm", headSize),
      keyNorm: weight("self_attn.k_norm", headSize),
      attended: weight("self_attn.o_proj", hidden, queryHeads * headSize),
      feedForwardNorm: weight("post_attention_layernorm", hidden),
      gate: weight("mlp.gate_proj", intermediate, hidden),
      up: weight("mlp.up_proj", intermediate, hidden),
      down: weight("mlp.down_proj", hidden, intermediate),
    };
  };
  return {
    embedding,
    layers: Array.from({ length: config.layers }, (_, index) => layer(index)),
    norm: { name: "model.norm.weight", shape: [hidden] },
    head: config.tiedHead ? embedding : { name: "lm_head.weight", shape: [vocabulary, hidden] },
  };
}

/** All of them, in the order of the computation. */
export function weightsOf<Value>({ embedding, layers, norm, head }: Weights<Value>): Value[] {
  return [embedding, ...layers.flatMap((layer) => Object.values<Value>({ ...layer })), norm, head];
}

/** The same weights as other values, made one after another. */
export async function mapWeights<From, To>(weights: Weights<From>, change: (from: From) => Promise<To>): Promise<Weights<To>> {
  const embedding = await change(weights.embedding);
  const layers: Layer<To>[] = [];
  for (const layer of weights.layers) {
    const changed: Partial<Record<keyof Layer<To>, To>> = {};
    for (const name of Object.keys(layer) as (keyof Layer<From>)[]) changed[name] = await change(layer[name]);
    layers.push(changed as Layer<To>);
  }
  return { embedding, layers, norm: await change(weights.norm), head: await change(weights.head) };
}

/** The keys and values of one layer: bf16 [slot, keyValueHeads, headSize] each. */
export interface LayerCache<Value> {
  readonly keys: Value;
  readonly values: Value;
}

/** Everything of a step that is neither weights nor configuration. */
export interface Step<Value> {
  readonly tokens: number;
  readonly requests: number;
  readonly pagesPerRequest: number;
  /** Slots of the cache. */
  readonly slots: number;
  readonly cache: readonly LayerCache<Value>[];
  /** f32 [maxPositions, headSize / 2] each; see models/rotary.ts. */
  readonly cosine: Value;
  readonly sine: Value;
  /** The tables of StepTables (batch.ts). */
  readonly ids: Value;
  readonly positions: Value;
  readonly slotOf: Value;
  readonly requestOf: Value;
  readonly pages: Value;
  readonly lastTokens: Value;
}

/** Which logits a step computes: of every token, or of each request's last. */
export type Wanted = "all" | "last";

/** One step. Gives logits, f32 [token or request, vocabulary]; the step's keys and values are in the cache afterwards. */
export function qwen3Forward<Value>(machine: Machine<Value>, config: ModelConfig, weights: Weights<Value>, step: Step<Value>, wanted: Wanted): Value {
  const { hidden, intermediate, vocabulary, queryHeads, keyValueHeads, headSize } = config;
  const kernels = qwen3Kernels(config);
  const { tokens: token, requests: row } = step;
  const epsilon = config.normEpsilon;
  const temporary = machine.temporary.bind(machine);

  const linear = (use: KernelUse, x: Value, weight: Value, output: Value, rows = token): Value => {
    machine.run(use, { x, weight, output }, { token: rows });
    return output;
  };
  const norm = (x: Value, gain: Value, rows = token): Value => {
    const output = temporary("normed", "bf16", [rows, hidden]);
    machine.run(kernels.norm, { x, gain, output }, { token: rows }, { epsilon });
    return output;
  };
  /** [token, heads * headSize] seen as heads, normalised and rotated. */
  const turned = (what: string, x: Value, heads: number, gain: Value, normalise: KernelUse, rotate: KernelUse): Value => {
    const shape = [token, heads, headSize];
    const normed = temporary(`${what} normed`, "f32", shape);
    machine.run(normalise, { x: machine.reshape(x, shape), gain, output: normed }, { token }, { epsilon });
    const output = temporary(`${what} rotated`, "f32", shape);
    machine.run(rotate, { x: normed, position: step.positions, cosine: step.cosine, sine: step.sine, output }, { token });
    return output;
  };
  const store = (x: Value, output: Value): void =>
    machine.run(kernels.store, { x: machine.reshape(x, [token, keyValueHeads, headSize]), place: step.slotOf, output }, { token, slot: step.slots });

  // The residual stream goes back and forth between two buffers, since no kernel writes what it reads.
  let stream = temporary("residual 0", "f32", [token, hidden]);
  let parity = 0;
  const addToStream = (y: Value): void => {
    parity = 1 - parity;
    const output = temporary(`residual ${parity}`, "f32", [token, hidden]);
    machine.run(kernels.add, { x: stream, y, output }, { token });
    stream = output;
  };

  machine.run(kernels.embed, { table: weights.embedding, id: step.ids, output: stream }, { token });
  weights.layers.forEach((layer, index) => {
    const { keys, values } = step.cache[index]!;
    const x = norm(stream, layer.inputNorm);
    const keyValueShape = [token, keyValueHeads * headSize];
    const queries = linear(kernels.projectQueries, x, layer.queries, temporary("queries", "f32", [token, queryHeads * headSize]));
    const newKeys = linear(kernels.projectKeyValues, x, layer.keys, temporary("keys", "f32", keyValueShape));
    const newValues = linear(kernels.projectKeyValues, x, layer.values, temporary("values", "f32", keyValueShape));
    const q = turned("queries", queries, queryHeads, layer.queryNorm, kernels.normQueries, kernels.rotateQueries);
    store(turned("keys", newKeys, keyValueHeads, layer.keyNorm, kernels.normKeys, kernels.rotateKeys), keys);
    store(newValues, values);
    const attended = temporary("attended", "bf16", [token, queryHeads, headSize]);
    machine.run(
      kernels.attend,
      { q, keys, values, position: step.positions, rowOf: step.requestOf, pages: step.pages, output: attended },
      { token, row, block: step.pagesPerRequest, slot: step.slots, key: step.pagesPerRequest * pageSize },
      { scale: attentionScale(headSize) },
    );
    const attendedRows = machine.reshape(attended, [token, queryHeads * headSize]);
    addToStream(linear(kernels.projectAttended, attendedRows, layer.attended, temporary("projected", "f32", [token, hidden])));

    const y = norm(stream, layer.feedForwardNorm);
    const gate = linear(kernels.widen, y, layer.gate, temporary("gate", "f32", [token, intermediate]));
    const up = linear(kernels.widen, y, layer.up, temporary("up", "f32", [token, intermediate]));
    const gated = temporary("gated", "bf16", [token, intermediate]);
    machine.run(kernels.gate, { gate, up, output: gated }, { token });
    addToStream(linear(kernels.narrow, gated, layer.down, temporary("projected", "f32", [token, hidden])));
  });

  let rows = token;
  if (wanted === "last") {
    rows = row;
    const output = temporary("selected", "f32", [row, hidden]);
    machine.run(kernels.select, { x: stream, tokenOf: step.lastTokens, output }, { token, row });
    stream = output;
  }
  return linear(kernels.head, norm(stream, weights.norm, rows), weights.head, temporary("logits", "f32", [rows, vocabulary]), rows);
}

/** The most likely id of each row of logits: u32 [row]. */
export function qwen3Argmax<Value>(machine: Machine<Value>, config: ModelConfig, logits: Value, rows: number): Value {
  const output = machine.temporary("most likely", "u32", [rows]);
  machine.run(qwen3Kernels(config).argmax, { logits, output }, { token: rows });
  return output;
}

/** 1 / sqrt(headSize), rounded to f32 once. */
function attentionScale(headSize: number): number {
  return Math.fround(1 / Math.sqrt(headSize));
}
