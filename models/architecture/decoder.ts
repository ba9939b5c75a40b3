/**
 * The forward pass that the architectures share: a decoder of RMSNorm, causal grouped-query attention with rotated queries
 * and keys, and SiLU-gated feed-forward layers. How they differ (Traits, architecture.ts) is in the configuration.
 *
 * The residual stream is f32; every product's operands are bf16, rounded once where they become operands; sums are f32.
 * A matrix that bf16 does not hold is f32, and its products are rounded to f32.
 */
import type { ModelConfig } from "../checkpoint/config.ts";
import type { WeightStorage } from "../../runtime/model/convert.ts";
import { keyOf, type KernelUse } from "../compile-model.ts";
import type { Machine } from "../machine.ts";
import { pageSize } from "../../runtime/model/pages.ts";
import { replaceWeights, type Weight, type Weights } from "./weights.ts";

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
export function forward<Value>(machine: Machine<Value>, config: ModelConfig, weights: Weights<Weight<Value>>, step: Step<Value>, wanted: Wanted): Value {
  const { hidden, intermediate, vocabulary, queryHeads, keyValueHeads, headSize: dim } = config;
  const { tokens: token, requests: row } = step;
  const epsilon = config.normEpsilon;
  const temporary = machine.temporary.bind(machine);

  const linear = (name: string, x: Value, inner: number, weight: Weight<Value>, out: number, bias?: Weight<Value>, rows = token): Value => {
    const output = temporary(name, "f32", [rows, out]);
    const module = weight.storage === "f32" ? "linearF32" : "linear";
    const kernel = bias === undefined ? module : weight.storage === "f32" ? "linearBiasF32" : "linearBias";
    const tensors = { x, weight: weight.value, output, ...(bias === undefined ? {} : { bias: bias.value }) };
    machine.run({ module, kernel, extents: { out, inner } }, tensors, { token: rows });
    return output;
  };
  const norm = (x: Value, gain: Weight<Value>, rows = token): Value => {
    const output = temporary("normed", "bf16", [rows, hidden]);
    machine.run({ module: "rmsNorm", kernel: "rmsNorm", extents: { channel: hidden } }, { x, gain: gain.value, output }, { token: rows }, { epsilon });
    return output;
  };
  /** [token, heads * headSize] seen as heads, normalised where the architecture does, and rotated. */
  const turned = (what: string, x: Value, head: number, gain: Weight<Value> | undefined): Value => {
    const shape = [token, head, dim];
    let heads = machine.reshape(x, shape);
    if (gain !== undefined) {
      const output = temporary(`${what} normed`, "f32", shape);
      machine.run({ module: "rmsNorm", kernel: "rmsNormHeads", extents: { head, dim } }, { x: heads, gain: gain.value, output }, { token }, { epsilon });
      heads = output;
    }
    const output = temporary(`${what} rotated`, "f32", shape);
    const rotary: KernelUse = { module: "rotary", kernel: "rotary", extents: { head, dim, half: dim / 2, place: config.maxPositions } };
    machine.run(rotary, { x: heads, position: step.positions, cosine: step.cosine, sine: step.sine, output }, { token });
    return output;
  };
  const store = (x: Value, output: Value): void => {
    const use: KernelUse = { module: "storeRows", kernel: "storeRows", extents: { kvHead: keyValueHeads, dim } };
    machine.run(use, { x: machine.reshape(x, [token, keyValueHeads, dim]), place: step.slotOf, output }, { token, slot: step.slots });
  };

  // The residual stream goes back and forth between two buffers, since no kernel writes what it reads.
  let stream = temporary("residual 0", "f32", [token, hidden]);
  let parity = 0;
  const addToStream = (y: Value): void => {
    parity = 1 - parity;
    const output = temporary(`residual ${parity}`, "f32", [token, hidden]);
    machine.run({ module: "add", kernel: "add", extents: { channel: hidden } }, { x: stream, y, output }, { token });
    stream = output;
  };

  const embedding = weights.embedding.storage === "f32" ? "embeddingF32" : "embedding";
  machine.run({ module: "embedding", kernel: embedding, extents: { vocabulary, channel: hidden } },
    { table: weights.embedding.value, id: step.ids, output: stream }, { token });
  weights.layers.forEach((layer, index) => {
    const { keys, values } = step.cache[index]!;
    const x = norm(stream, layer.inputNorm);
    const queries = linear("queries", x, hidden, layer.queries, queryHeads * dim, layer.queryBias);
    const newKeys = linear("keys", x, hidden, layer.keys, keyValueHeads * dim, layer.keyBias);
    const newValues = linear("values", x, hidden, layer.values, keyValueHeads * dim, layer.valueBias);
    const q = turned("queries", queries, queryHeads, layer.queryNorm);
    store(turned("keys", newKeys, keyValueHeads, layer.keyNorm), keys);
    store(newValues, values);
    const attended = temporary("attended", "bf16", [token, queryHeads, dim]);
    machine.run(
      { module: "attention", kernel: "attention", extents: { head: queryHeads, dim, kvHead: keyValueHeads, page: pageSize } },
      { q, keys, values, position: step.positions, rowOf: step.requestOf, pages: step.pages, output: attended },
      { token, row, block: step.pagesPerRequest, slot: step.slots, key: step.pagesPerRequest * pageSize },
      { scale: attentionScale(dim) },
    );
    const attendedRows = machine.reshape(attended, [token, queryHeads * dim]);
    addToStream(linear("projected", attendedRows, queryHeads * dim, layer.attended, hidden));

    const y = norm(stream, layer.feedForwardNorm);
    const gate = linear("gate", y, hidden, layer.gate, intermediate);
    const up = linear("up", y, hidden, layer.up, intermediate);
    const gated = temporary("gated", "bf16", [token, intermediate]);
    machine.run({ module: "swiGlu", kernel: "swiGlu", extents: { channel: intermediate } }, { gate, up, output: gated }, { token });
    addToStream(linear("projected", gated, intermediate, layer.down, hidden));
  });

  let rows = token;
  if (wanted === "last") {
    rows = row;
    const output = temporary("selected", "f32", [row, hidden]);
    machine.run({ module: "selectRows", kernel: "selectRows", extents: { channel: hidden } }, { x: stream, tokenOf: step.lastTokens, output }, { token, row });
    stream = output;
  }
  return linear("logits", norm(stream, weights.norm, rows), hidden, weights.head, vocabulary, undefined, rows);
}

/** The most likely id of each row of logits: u32 [row]. */
export function argmax<Value>(machine: Machine<Value>, { vocabulary }: ModelConfig, logits: Value, rows: number): Value {
  const output = machine.temporary("most likely", "u32", [rows]);
  machine.run({ module: "logits", kernel: "argmax", extents: { id: vocabulary } }, { logits, output }, { token: rows });
  return output;
}

/** 1 / sqrt(headSize), rounded to f32 once. */
function attentionScale(headSize: number): number {
  return Math.fround(1 / Math.sqrt(headSize));
}

/** The kernels that a model runs, each once: found by walking through a step on a machine that only notes them. */
export function kernelsOf(config: ModelConfig, storages: Weights<WeightStorage>): KernelUse[] {
  const uses = new Map<string, KernelUse>();
  const noting: Machine<null> = { temporary: () => null, reshape: () => null, run: (use) => void uses.set(keyOf(use), use) };
  const step: Step<null> = {
    tokens: 1, requests: 1, pagesPerRequest: 1, slots: pageSize, cache: storages.layers.map(() => ({ keys: null, values: null })),
    cosine: null, sine: null, ids: null, positions: null, slotOf: null, requestOf: null, pages: null, lastTokens: null,
  };
  const weights = replaceWeights(storages, (storage) => ({ value: null, storage }));
  argmax(noting, config, forward(noting, config, weights, step, "last"), 1);
  return [...uses.values()];
}
