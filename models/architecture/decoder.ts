/**
 * The forward pass that the architectures share: a decoder of RMSNorm, causal grouped-query attention with rotated
 * queries and keys, and SiLU-gated feed-forward layers. How they differ (Traits, architecture.ts) is in the
 * configuration.
 *
 * The residual stream is f32; every product's operands are bf16, rounded once where they become operands; sums are f32.
 * A matrix that bf16 does not hold is f32, and its products are rounded to f32.
 */
import { pageSize } from "../../runtime/model/pages.ts";
import type { ModelConfig } from "../checkpoint/config.ts";
import type { KernelUse, Machine, StepExtent } from "../machine.ts";
import type { Layer, Weight, Weights } from "./weights.ts";

/** The keys and values of one layer: bf16 [slots, keyValueHeads, headSize] each. */
export interface LayerCache<Value> {
  readonly keys: Value;
  readonly values: Value;
}

/** What a step brings along: the tables of StepTables (runtime/model/batch.ts) and of rotary.ts. */
export interface StepValues<Value> {
  readonly ids: Value;
  readonly positions: Value;
  readonly slotOf: Value;
  readonly requestOf: Value;
  readonly pages: Value;
  readonly lastTokens: Value;
  /** f32 [maxPositions, headSize / 2] each. */
  readonly cosine: Value;
  readonly sine: Value;
}

/** The residual stream's beginning: each token's row of the embedding, f32 [tokens, hidden]. */
export function embed<Value>(
  machine: Machine<Value>,
  { vocabulary, hidden }: ModelConfig,
  { embedding }: Weights<Weight<Value>>,
  step: StepValues<Value>,
): Value {
  const output = machine.temporary("residual", "f32", ["tokens", hidden]);
  const kernel = embedding.storage === "f32" ? "embeddingF32" : "embedding";
  machine.run(
    { module: "embedding", kernel, extents: { vocabulary, channel: hidden } },
    { table: embedding.value, id: step.ids, output },
    { token: "tokens" },
  );
  return output;
}

/** One layer; gives the residual stream after it. The tokens' keys and values are in the cache afterwards. */
export function runLayer<Value>(
  machine: Machine<Value>,
  config: ModelConfig,
  layer: Layer<Weight<Value>>,
  { keys, values }: LayerCache<Value>,
  step: StepValues<Value>,
  stream: Value,
): Value {
  const { hidden, intermediate, queryHeads, keyValueHeads, headSize: dim, normEpsilon: epsilon } = config;
  const temporary = machine.temporary.bind(machine);
  const token = "tokens";

  /** [tokens, heads * headSize] seen as heads, normalised where the architecture does, and rotated. */
  const turned = (what: string, x: Value, head: number, gain: Weight<Value> | undefined): Value => {
    const shape = [token, head, dim] as const;
    let heads = machine.reshape(x, shape);
    if (gain !== undefined) {
      const output = temporary(`${what} normed`, "f32", shape);
      machine.run(
        { module: "rmsNorm", kernel: "rmsNormHeads", extents: { head, dim } },
        { x: heads, gain: gain.value, output },
        { token },
        { epsilon },
      );
      heads = output;
    }
    const output = temporary(`${what} rotated`, "f32", shape);
    const rotary: KernelUse = {
      module: "rotary",
      kernel: "rotary",
      extents: { head, dim, half: dim / 2, place: config.maxPositions },
    };
    machine.run(
      rotary,
      { x: heads, position: step.positions, cosine: step.cosine, sine: step.sine, output },
      { token },
    );
    return output;
  };
  const store = (x: Value, output: Value): void => {
    const use: KernelUse = { module: "storeRows", kernel: "storeRows", extents: { kvHead: keyValueHeads, dim } };
    machine.run(
      use,
      { x: machine.reshape(x, [token, keyValueHeads, dim]), place: step.slotOf, output },
      { token, slot: "slots" },
    );
  };
  /** No kernel writes what it reads, so the stream goes back and forth between two values. */
  const sum = (name: string, x: Value, y: Value): Value => {
    const output = temporary(name, "f32", [token, hidden]);
    machine.run({ module: "add", kernel: "add", extents: { channel: hidden } }, { x, y, output }, { token });
    return output;
  };

  const x = norm(machine, config, stream, layer.inputNorm, token);
  const queries = linear(machine, "queries", x, hidden, layer.queries, queryHeads * dim, token, layer.queryBias);
  const newKeys = linear(machine, "new keys", x, hidden, layer.keys, keyValueHeads * dim, token, layer.keyBias);
  const newValues = linear(machine, "new values", x, hidden, layer.values, keyValueHeads * dim, token, layer.valueBias);
  const q = turned("queries", queries, queryHeads, layer.queryNorm);
  store(turned("keys", newKeys, keyValueHeads, layer.keyNorm), keys);
  store(newValues, values);
  const attended = temporary("attended", "bf16", [token, queryHeads, dim]);
  machine.run(
    {
      module: "attention",
      kernel: "attention",
      extents: { head: queryHeads, dim, kvHead: keyValueHeads, page: pageSize },
    },
    { q, keys, values, position: step.positions, rowOf: step.requestOf, pages: step.pages, output: attended },
    { token, row: "requests", block: "pagesPerRequest", slot: "slots", key: "keys" },
    { scale: attentionScale(dim) },
  );
  const attendedRows = machine.reshape(attended, [token, queryHeads * dim]);
  const middle = sum(
    "residual after attention",
    stream,
    linear(machine, "projected", attendedRows, queryHeads * dim, layer.attended, hidden, token),
  );

  const y = norm(machine, config, middle, layer.feedForwardNorm, token);
  const gate = linear(machine, "gate", y, hidden, layer.gate, intermediate, token);
  const up = linear(machine, "up", y, hidden, layer.up, intermediate, token);
  const gated = temporary("gated", "bf16", [token, intermediate]);
  machine.run(
    { module: "swiGlu", kernel: "swiGlu", extents: { channel: intermediate } },
    { gate, up, output: gated },
    { token },
  );
  return sum("residual", middle, linear(machine, "projected", gated, intermediate, layer.down, hidden, token));
}

/** The rows of each request's last token: f32 [requests, hidden] out of [tokens, hidden]. */
export function selectLast<Value>(
  machine: Machine<Value>,
  { hidden }: ModelConfig,
  step: StepValues<Value>,
  stream: Value,
): Value {
  const output = machine.temporary("selected", "f32", ["requests", hidden]);
  machine.run(
    { module: "selectRows", kernel: "selectRows", extents: { channel: hidden } },
    { x: stream, tokenOf: step.lastTokens, output },
    { token: "tokens", row: "requests" },
  );
  return output;
}

/** The logits of rows of the stream after the last layer: f32 [rows, vocabulary] of [rows, hidden]. */
export function logitsOf<Value>(
  machine: Machine<Value>,
  config: ModelConfig,
  weights: Weights<Weight<Value>>,
  stream: Value,
): Value {
  const normed = norm(machine, config, stream, weights.norm, "rows");
  return linear(machine, "logits", normed, config.hidden, weights.head, config.vocabulary, "rows");
}

/** The most likely id of each row of logits, the lowest of equals: u32 [rows]. */
export function argmax<Value>(
  machine: Machine<Value>,
  { vocabulary }: Pick<ModelConfig, "vocabulary">,
  logits: Value,
): Value {
  const output = machine.temporary("most likely", "u32", ["rows"]);
  machine.run(
    { module: "logits", kernel: "argmax", extents: { id: vocabulary } },
    { logits, output },
    { token: "rows" },
  );
  return output;
}

function linear<Value>(
  machine: Machine<Value>,
  name: string,
  x: Value,
  inner: number,
  weight: Weight<Value>,
  out: number,
  rows: StepExtent,
  bias?: Weight<Value>,
): Value {
  const output = machine.temporary(name, "f32", [rows, out]);
  const module = weight.storage === "f32" ? "linearF32" : "linear";
  const kernel = bias === undefined ? module : weight.storage === "f32" ? "linearBiasF32" : "linearBias";
  const tensors = { x, weight: weight.value, ...(bias === undefined ? {} : { bias: bias.value }), output };
  machine.run({ module, kernel, extents: { out, inner } }, tensors, { token: rows });
  return output;
}

function norm<Value>(
  machine: Machine<Value>,
  { hidden, normEpsilon: epsilon }: ModelConfig,
  x: Value,
  gain: Weight<Value>,
  rows: StepExtent,
): Value {
  const output = machine.temporary("normed", "bf16", [rows, hidden]);
  machine.run(
    { module: "rmsNorm", kernel: "rmsNorm", extents: { channel: hidden } },
    { x, gain: gain.value, output },
    { token: rows },
    { epsilon },
  );
  return output;
}

/** 1 / sqrt(headSize), rounded to f32 once. */
function attentionScale(headSize: number): number {
  return Math.fround(1 / Math.sqrt(headSize));
}
