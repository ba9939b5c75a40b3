/**
 * `config.json` of a checkpoint, read for the architectures that are supported. A field that would change the
 * arithmetic in a way that is not implemented is refused by name and value; it is never ignored.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RotaryOptions } from "../rotary.ts";
import { CheckpointError } from "./error.ts";

export interface ModelConfig {
  readonly architecture: "qwen3";
  readonly vocabulary: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly queryHeads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly normEpsilon: number;
  /** As models/rotary.ts takes them. */
  readonly rotary: RotaryOptions;
  readonly maxPositions: number;
  /** The head's weight is the embedding's. */
  readonly tiedHead: boolean;
  /** Ids that end a completion. */
  readonly endIds: readonly number[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads one JSON object of a checkpoint. */
export async function readJsonObject(directory: string, name: string): Promise<Record<string, unknown>> {
  const file = join(directory, name);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new CheckpointError(file, null, `cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      `give a checkpoint directory that holds ${name}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(file, null, `is not JSON (${(cause as Error).message})`, "copy or download the file again");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CheckpointError(file, null, "is not a JSON object", "copy or download the file again");
  }
  return value as Record<string, unknown>;
}

/** @throws CheckpointError naming the field and its value */
export async function readConfig(directory: string): Promise<ModelConfig> {
  const fields = await readJsonObject(directory, "config.json");
  const reader = new FieldReader(join(directory, "config.json"), fields);
  reader.only("model_type", ["qwen3"], undefined);
  reader.only("hidden_act", ["silu"], "silu");
  reader.only("attention_bias", [false], false);
  reader.only("use_sliding_window", [false], false);
  reader.only("quantization_config", [null], null);
  reader.only("rope_scaling", [null], null);
  const layers = reader.count("num_hidden_layers");
  reader.layerTypes(layers);
  const queryHeads = reader.count("num_attention_heads");
  const keyValueHeads = reader.count("num_key_value_heads");
  if (queryHeads % keyValueHeads !== 0) {
    reader.refuse("num_key_value_heads", `${keyValueHeads} does not divide num_attention_heads, ${queryHeads}`, "each key/value head serves a whole number of query heads");
  }
  const headSize = reader.count("head_dim");
  if (headSize % 2 !== 0) reader.refuse("head_dim", `${headSize} is odd`, "rotary embedding turns pairs of channels");
  return {
    architecture: "qwen3",
    vocabulary: reader.count("vocab_size"),
    hidden: reader.count("hidden_size"),
    intermediate: reader.count("intermediate_size"),
    layers, queryHeads, keyValueHeads, headSize,
    normEpsilon: reader.positive("rms_norm_eps"),
    rotary: { headSize, base: reader.rotaryBase() },
    maxPositions: reader.count("max_position_embeddings"),
    tiedHead: reader.only("tie_word_embeddings", [true, false], false) === true,
    endIds: await readEndIds(directory, reader),
  };
}

/** generation_config.json, where there is one, says last what ends a completion. */
async function readEndIds(directory: string, config: FieldReader): Promise<readonly number[]> {
  let generation: FieldReader | undefined;
  try {
    generation = new FieldReader(join(directory, "generation_config.json"), await readJsonObject(directory, "generation_config.json"));
  } catch (error) {
    if (!(error instanceof CheckpointError && error.fault.includes("ENOENT"))) throw error;
  }
  return generation?.has("eos_token_id") === true ? generation.ids("eos_token_id") : config.ids("eos_token_id");
}

class FieldReader {
  constructor(private readonly file: string, private readonly fields: Fields) {}

  has(name: string): boolean {
    return (this.fields[name] ?? null) !== null;
  }

  refuse(name: string, fault: string, fix: string): never {
    throw new CheckpointError(this.file, name, fault, fix);
  }

  /** The field's value, which must be one of those supported. */
  only<T>(name: string, supported: readonly T[], absent: T | undefined): T {
    const value = name in this.fields ? this.fields[name] : absent;
    if (value === undefined) return this.refuse(name, "is missing", "give an unabridged Hugging Face config.json");
    if (!supported.includes(value as T)) {
      return this.refuse(name, `${shortJson(value)} is not supported`, `use a checkpoint with ${supported.map((item) => JSON.stringify(item)).join(" or ")}`);
    }
    return value as T;
  }

  number(fields: Fields, name: string, where: string, accept: (value: number) => boolean, expected: string): number {
    const value = fields[name];
    if (value === undefined) return this.refuse(where, "is missing", "give an unabridged Hugging Face config.json");
    if (typeof value !== "number" || !accept(value)) return this.refuse(where, `${shortJson(value)} is not ${expected}`, "correct config.json");
    return value;
  }
  count(name: string): number {
    return this.number(this.fields, name, name, (value) => Number.isSafeInteger(value) && value > 0 && value < 2 ** 31, "a positive integer");
  }
  positive(name: string): number {
    return this.number(this.fields, name, name, (value) => value > 0 && Number.isFinite(value), "a positive number");
  }

  /** transformers 5 nests it in `rope_parameters`; transformers 4 has `rope_theta` at the top. */
  rotaryBase(): number {
    const accept = (value: number): boolean => value > 1 && Number.isFinite(value);
    const nested = this.fields["rope_parameters"] ?? null;
    if (nested === null) return this.number(this.fields, "rope_theta", "rope_theta", accept, "a number above 1");
    if (typeof nested !== "object") return this.refuse("rope_parameters", `${shortJson(nested)} is not an object`, "correct config.json");
    const parameters = nested as Fields;
    if ((parameters["rope_type"] ?? "default") !== "default") {
      return this.refuse("rope_parameters.rope_type", `${shortJson(parameters["rope_type"])} is not supported`, `use a checkpoint with "default"`);
    }
    if ((parameters["partial_rotary_factor"] ?? 1) !== 1) {
      return this.refuse("rope_parameters.partial_rotary_factor", `${shortJson(parameters["partial_rotary_factor"])} is not supported`, "use a checkpoint that rotates whole heads");
    }
    return this.number(parameters, "rope_theta", "rope_parameters.rope_theta", accept, "a number above 1");
  }

  layerTypes(layers: number): void {
    const types = this.fields["layer_types"] ?? null;
    if (types === null) return;
    if (!Array.isArray(types) || types.length !== layers) {
      this.refuse("layer_types", `${shortJson(types)} does not name ${layers} layers`, "correct config.json");
    }
    const other = types.findIndex((type) => type !== "full_attention");
    if (other >= 0) this.refuse(`layer_types[${other}]`, `${shortJson(types[other])} is not supported`, `use a checkpoint with "full_attention" only`);
  }

  ids(name: string): readonly number[] {
    const value = this.fields[name] ?? [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    if (!ids.every((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0)) {
      return this.refuse(name, `${shortJson(value)} is not a token id or a list of them`, "correct the file");
    }
    return ids;
  }
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
