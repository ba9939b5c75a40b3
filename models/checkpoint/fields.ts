/** The fields of a configuration file, each checked where it is read: a refusal names the field and its value. */
import type { Llama3Scaling } from "../../runtime/model/rotary.ts";
import { CheckpointError } from "./error.ts";
import { isRecord, shortJson } from "./json.ts";

export type Fields = Readonly<Record<string, unknown>>;

const incomplete = "give an unabridged Hugging Face config.json";

export class FieldReader {
  constructor(
    readonly file: string,
    private readonly fields: Fields,
    private readonly prefix = "",
  ) {}

  /** Whether the field is there, and not null. */
  has(name: string): boolean {
    return this.#value(name) !== null;
  }

  /** Own fields only: a file may name one `constructor`. */
  #value(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? (this.fields[name] ?? null) : null;
  }

  refuse(name: string, fault: string, fix: string): never {
    throw new CheckpointError(this.file, this.prefix + name, fault, fix);
  }
  #unsupported(name: string, value: unknown, supported: string): never {
    return this.refuse(name, `${shortJson(value)} is not supported`, `use a checkpoint with ${supported}`);
  }

  /** The field's value, which must be one of those supported; null and absent count as `absent`, if that is given. */
  only<T>(name: string, supported: readonly T[], absent?: T): T {
    const value = this.#value(name);
    if (value === null && absent !== undefined) return absent;
    if (value === null && !supported.includes(null as T)) return this.refuse(name, "is missing", incomplete);
    if (!supported.includes(value as T))
      return this.#unsupported(name, value, supported.map((item) => JSON.stringify(item)).join(" or "));
    return value as T;
  }

  number(name: string, expected: string, accept: (value: number) => boolean, absent?: number): number {
    const value = this.#value(name);
    if (value === null) return absent ?? this.refuse(name, "is missing", incomplete);
    if (typeof value !== "number" || !accept(value))
      return this.refuse(name, `${shortJson(value)} is not ${expected}`, "correct config.json");
    return value;
  }
  /** An integer from 1 to `most`. */
  count(name: string, most: number, absent?: number): number {
    return this.number(
      name,
      `an integer from 1 to ${most}`,
      (value) => Number.isInteger(value) && value >= 1 && value <= most,
      absent,
    );
  }

  /** One token id, or a list of them, all of them the vocabulary's; none where the field is absent. */
  ids(name: string, vocabulary: number): readonly number[] {
    const value = this.#value(name) ?? [];
    const ids: unknown[] = Array.isArray(value) ? value : [value];
    if (!ids.every((id): id is number => Number.isSafeInteger(id) && (id as number) >= 0)) {
      return this.refuse(name, `${shortJson(value)} is not a token id or a list of them`, "correct the file");
    }
    const beyond = ids.find((id) => id >= vocabulary);
    if (beyond !== undefined) {
      this.refuse(
        name,
        `${beyond} is beyond the vocabulary, whose ids go from 0 to ${vocabulary - 1}`,
        "take the file from the same checkpoint as the weights, or correct the id",
      );
    }
    return ids;
  }

  /**
   * Ids that are not used, but tell a file of another checkpoint. Old files of Llama say -1 where there is no padding.
   */
  otherIds(vocabulary: number): void {
    this.ids("bos_token_id", vocabulary);
    if (this.#value("pad_token_id") !== -1) this.ids("pad_token_id", vocabulary);
  }

  /** No layer but those with full attention. */
  fullAttention(layers: number): void {
    this.only("use_sliding_window", [false], false);
    // Qwen's configurations give a window's size even where it is not used, and then say so.
    if (this.#value("use_sliding_window") !== false) this.only("sliding_window", [null]);
    const types = this.#value("layer_types");
    if (types === null) return;
    if (!Array.isArray(types) || types.length !== layers) {
      return this.refuse("layer_types", `${shortJson(types)} does not name ${layers} layers`, "correct config.json");
    }
    const other = types.findIndex((type) => type !== "full_attention");
    if (other >= 0) this.#unsupported(`layer_types[${other}]`, types[other], `"full_attention" only`);
  }

  /**
   * transformers 5 has all of it in `rope_parameters`; transformers 4 `rope_theta`, and `rope_scaling` where there is
   * any.
   */
  rotary(absentBase?: number): { readonly base: number; readonly scaling?: Llama3Scaling } {
    this.only("partial_rotary_factor", [1], 1);
    const nested = this.#nested("rope_parameters");
    if (nested === undefined) {
      const old = this.#nested("rope_scaling");
      return { base: this.#base(absentBase), ...(old === undefined ? {} : old.#scaling()) };
    }
    this.only("rope_scaling", [null]);
    const base = nested.has("rope_theta") || !this.has("rope_theta") ? nested.#base(absentBase) : this.#base();
    if (this.has("rope_theta") && this.#base() !== base) {
      this.refuse(
        "rope_theta",
        `${shortJson(this.#value("rope_theta"))} contradicts rope_parameters.rope_theta, ${base}`,
        "correct config.json",
      );
    }
    return { base, ...nested.#scaling() };
  }
  #base(absent?: number): number {
    return this.number("rope_theta", "a number above 1 and up to 1e12", (value) => value > 1 && value <= 1e12, absent);
  }
  #nested(name: string): FieldReader | undefined {
    const value = this.#value(name);
    if (value === null) return undefined;
    if (!isRecord(value)) return this.refuse(name, `${shortJson(value)} is not an object`, "correct config.json");
    const perLayerType = Object.keys(value).find((key) => isRecord(value[key]));
    if (perLayerType !== undefined)
      this.#unsupported(`${name}.${perLayerType}`, value[perLayerType], "one rotary embedding for all layers");
    return new FieldReader(this.file, value, `${this.prefix}${name}.`);
  }
  #scaling(): { readonly scaling?: Llama3Scaling } {
    this.only("partial_rotary_factor", [1], 1);
    // Old files call it `type`.
    const name = this.has("rope_type") || !this.has("type") ? "rope_type" : "type";
    // Without a type, what else is there would be passed over.
    if (!this.has(name) && this.has("factor")) this.refuse(name, "is missing", incomplete);
    if (this.only(name, ["default", "llama3"], "default") === "default") return {};
    const factor = this.number("factor", "a number from 1 to 1e6", (value) => value >= 1 && value <= 1e6);
    const low = this.number("low_freq_factor", "a positive number up to 1e6", (value) => value > 0 && value <= 1e6);
    const high = this.number(
      "high_freq_factor",
      `a number above low_freq_factor, ${low}, and up to 1e6`,
      (value) => value > low && value <= 1e6,
    );
    const originalPositions = this.count("original_max_position_embeddings", 2 ** 20);
    return { scaling: { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } };
  }
}
