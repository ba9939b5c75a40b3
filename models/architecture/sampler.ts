/**
 * How a token is chosen, in parts that runtime/model/sampler.ts runs as requests ask for them (spec/contract.md,
 * "Sampling"). Each part is a function of a generated model. `rows` are those of logits.
 */
import { settingColumns, wordColumns } from "../../runtime/model/sampling.ts";
import type { Extent, Machine } from "../machine.ts";

/** What of a model's configuration is needed here. */
interface Sizes {
  readonly vocabulary: number;
}

type Tensors<Names extends string, Value> = Readonly<Record<Names, Value>>;

const token = "rows";
const setting = settingColumns;
const word = wordColumns;
/** Weights and scores share their memory: the former have gone into the threshold when the latter are computed. */
const ofEachId = "of each id";

/**
 * Writes the largest of each row's logits, f32 [rows], and whether nothing can be chosen in it, u32 [rows]; gives the
 * former.
 */
export function summary<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { logits, largest, unusable }: Tensors<"logits" | "largest" | "unusable", Value>,
): Value {
  machine.run({ module: "logprobs", kernel: "rowSummary", extents: { id } }, { logits, largest, unusable }, { token });
  return largest;
}

/** f32 [rows] */
export function logTotal<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { logits, largest }: Tensors<"logits" | "largest", Value>,
): Value {
  const output = machine.temporary("log total", "f32", [token]);
  machine.run({ module: "logprobs", kernel: "logTotal", extents: { id } }, { logits, largest, output }, { token });
  return output;
}

/** f32 [rows], of one id in each row. */
export function logprob<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  {
    logits,
    ids: idOf,
    largest,
    logTotal: logTotalOf,
    output,
  }: Tensors<"logits" | "ids" | "largest" | "logTotal" | "output", Value>,
): Value {
  machine.run(
    { module: "logprobs", kernel: "logprob", extents: { id } },
    { logits, idOf, largest, logTotalOf, output },
    { token },
  );
  return output;
}

/** u32 [rows] */
export function nextLikely<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { logits, previous, output }: Tensors<"logits" | "previous" | "output", Value>,
): Value {
  machine.run(
    { module: "logprobs", kernel: "nextLikely", extents: { id } },
    { logits, gathered: logits, previous, output },
    { token },
  );
  return output;
}

/** f32 [rows, vocabulary] */
export function scaled<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { logits, settings }: Tensors<"logits" | "settings", Value>,
): Value {
  const output = machine.temporary("scaled", "f32", [token, id]);
  machine.run(
    { module: "sampling", kernel: "scaleLogits", extents: { id, setting } },
    { logits, settings, output },
    { token },
  );
  return output;
}

/** Overwrites scaled logits; gives them. */
export function edited<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  {
    logits,
    scaled: output,
    settings,
    rowOf,
    placeOf,
    ids: idOf,
    seenAndCount,
    bias,
  }: Tensors<"logits" | "scaled" | "settings" | "rowOf" | "placeOf" | "ids" | "seenAndCount" | "bias", Value>,
): Value {
  const extents: Record<string, Extent> = { token, entry: "entries", place: "places" };
  machine.run(
    { module: "sampling", kernel: "editLogits", extents: { id, setting } },
    { logits, settings, rowOf, placeOf, idOf, seenAndCount, bias, output: machine.reshape(output, ["places"]) },
    extents,
  );
  return output;
}

/** f32 [rows, vocabulary] */
export function weights<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { scaled: logits, largest }: Tensors<"scaled" | "largest", Value>,
): Value {
  const output = machine.temporary(ofEachId, "f32", [token, id]);
  machine.run({ module: "sampling", kernel: "weights", extents: { id } }, { logits, largest, output }, { token });
  return output;
}

/** u32 [rows] */
export function narrowCount<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  { scaled: logits, words, prefix, output }: Tensors<"scaled" | "words" | "prefix" | "output", Value>,
): Value {
  machine.run(
    { module: "sampling", kernel: "narrowCount", extents: { id, word } },
    { logits, words, prefix, output },
    { token },
    { shift: "shift" },
  );
  return output;
}

/** u32 [rows] */
export function narrowMass<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  {
    scaled: logits,
    weights: weight,
    settings,
    floor: floorOf,
    prefix,
    output,
  }: Tensors<"scaled" | "weights" | "settings" | "floor" | "prefix" | "output", Value>,
): Value {
  const mass = (name: string): Value => machine.temporary(name, "f32", [token]);
  const masses = { all: mass("mass"), a: mass("mass of 1"), b: mass("mass of 2"), c: mass("mass of 3") };
  machine.run(
    { module: "sampling", kernel: "massesOf", extents: { id } },
    { logits, weight, floorOf, prefix, ...masses },
    { token },
    { shift: "shift" },
  );
  machine.run(
    { module: "sampling", kernel: "narrowMass", extents: { setting } },
    { ...masses, settings, floorOf, prefix, output },
    { token },
    { shift: "shift" },
  );
  return output;
}

/** f32 [rows, vocabulary]; the largest of a row is at the chosen id. What weights() gave is gone. */
export function scores<Value>(
  machine: Machine<Value>,
  { vocabulary: id }: Sizes,
  {
    scaled: logits,
    largest,
    threshold,
    settings,
    words,
  }: Tensors<"scaled" | "largest" | "threshold" | "settings" | "words", Value>,
): Value {
  const output = machine.temporary(ofEachId, "f32", [token, id]);
  machine.run(
    { module: "sampling", kernel: "scores", extents: { id, setting, word } },
    { logits, largest, threshold, settings, words, output },
    { token },
  );
  return output;
}
