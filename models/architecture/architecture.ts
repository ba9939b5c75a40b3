/** What an architecture's file says: the fields of config.json that are its own, and how its layers differ. */
import type { FieldReader } from "../checkpoint/fields.ts";

export interface Traits {
  readonly keyValueHeads: number;
  /** Channels of a head; undefined where the heads share the residual stream's width. */
  readonly headSize: number | undefined;
  /** `rope_theta` of a configuration in transformers 4 form that does not give it; undefined where it must. */
  readonly defaultRotaryBase: number | undefined;
  /** Each head's queries and keys are normalised before they are rotated. */
  readonly queryKeyNorm: boolean;
  /** The projections to queries, keys and values add a bias. */
  readonly queryKeyValueBias: boolean;
}

export interface Architecture {
  /** `model_type` of config.json. */
  readonly modelType: string;
  /** Reads the fields of its own, and refuses what decoder.ts does not compute. @throws CheckpointError */
  read(fields: FieldReader): Traits;
}

/** Limits that keep sizes sane before any weight's shape has been compared with them. */
export const maxHeads = 2 ** 12;
export const maxHeadSize = 2 ** 12;
