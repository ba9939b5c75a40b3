/**
 * `config.json` of a checkpoint, in the form of transformers 4 or 5, read for the architectures that are supported. A
 * field that would change the arithmetic in a way that is not implemented is refused by name and value; it is never
 * ignored.
 */
import { join } from "node:path";
import { architectures } from "../architecture/index.ts";
import type { RunConfig } from "../../runtime/model/manifest.ts";
import { FieldReader } from "./fields.ts";
import { ifPresent, readJsonObject } from "./json.ts";

/** What ends a completion, first of all; needed where there is a tokenizer (tokenizer.ts). */
export const generationFile = "generation_config.json";

/** What the runtime needs to know of a model, and what else decides its code and kernels. */
export interface ModelConfig extends RunConfig {
  readonly normEpsilon: number;
  /** The head's weight is the embedding's. */
  readonly tiedHead: boolean;
  /** Each head's queries and keys are normalised before they are rotated. */
  readonly queryKeyNorm: boolean;
  /** The projections to queries, keys and values add a bias. */
  readonly queryKeyValueBias: boolean;
}

/** @throws CheckpointError naming the field and its value */
export async function readConfig(directory: string): Promise<ModelConfig> {
  const fields = new FieldReader(join(directory, "config.json"), await readJsonObject(directory, "config.json"));
  const modelType = fields.only(
    "model_type",
    architectures.map((architecture) => architecture.modelType),
  );
  fields.only("hidden_act", ["silu"], "silu");
  for (const name of [
    "quantization_config",
    "final_logit_softcapping",
    "attn_logit_softcapping",
    "attention_multiplier",
    "residual_multiplier",
    "embedding_multiplier",
    "logits_scaling",
  ]) {
    fields.only(name, [null]);
  }
  // Rotary embedding over several axes, for images.
  fields.only("use_mrope", [false], false);
  // What the weights are stored as is read from their own file; this is only checked.
  for (const name of ["dtype", "torch_dtype"]) fields.only(name, [null, "bfloat16", "float16", "float32"]);
  const layers = fields.count("num_hidden_layers", 2 ** 12);
  fields.fullAttention(layers);
  const hidden = fields.count("hidden_size", 2 ** 20);
  const vocabulary = fields.count("vocab_size", 2 ** 24);
  const queryHeads = fields.count("num_attention_heads", 2 ** 12);
  const traits = architectures.find((architecture) => architecture.modelType === modelType)!.read(fields);
  const { keyValueHeads } = traits;
  if (queryHeads % keyValueHeads !== 0) {
    fields.refuse(
      "num_key_value_heads",
      `${keyValueHeads} does not divide num_attention_heads, ${queryHeads}`,
      "each key/value head serves a whole number of query heads",
    );
  }
  const headSize = traits.headSize ?? hidden / queryHeads;
  if (!Number.isInteger(headSize)) {
    fields.refuse(
      "hidden_size",
      `${hidden} is not a multiple of num_attention_heads, ${queryHeads}`,
      "correct config.json, or give head_dim",
    );
  }
  if (headSize % 2 !== 0) fields.refuse("head_dim", `${headSize} is odd`, "rotary embedding turns pairs of channels");
  return {
    architecture: modelType,
    vocabulary,
    hidden,
    intermediate: fields.count("intermediate_size", 2 ** 20),
    layers,
    queryHeads,
    keyValueHeads,
    headSize,
    normEpsilon: fields.number("rms_norm_eps", "a number from 1e-30 to 1", (value) => value >= 1e-30 && value <= 1),
    rotary: { headSize, ...fields.rotary(traits.defaultRotaryBase) },
    maxPositions: fields.count("max_position_embeddings", 2 ** 20),
    tiedHead: fields.only("tie_word_embeddings", [true, false], false),
    queryKeyNorm: traits.queryKeyNorm,
    queryKeyValueBias: traits.queryKeyValueBias,
    endIds: await readEndIds(directory, fields, vocabulary),
  };
}

/** generation_config.json, where there is one, says last what ends a completion. */
async function readEndIds(directory: string, config: FieldReader, vocabulary: number): Promise<readonly number[]> {
  const fields = await ifPresent(readJsonObject(directory, generationFile));
  const files = [config, ...(fields === undefined ? [] : [new FieldReader(join(directory, generationFile), fields)])];
  for (const file of files) file.otherIds(vocabulary);
  // Those of each file are looked at, whether they count or not: one that the model lacks is another model's.
  const given = files.filter((file) => file.has("eos_token_id")).map((file) => file.ids("eos_token_id", vocabulary));
  return given.at(-1) ?? [];
}
