/**
 * Qwen3: each head's queries and keys are normalised; no bias. Source: the Qwen3 technical report (arXiv 2505.09388).
 */
import { maxHeads, maxHeadSize, type Architecture } from "./architecture.ts";

export const qwen3: Architecture = {
  modelType: "qwen3",
  read(fields) {
    fields.only("attention_bias", [false], false);
    return {
      keyValueHeads: fields.count("num_key_value_heads", maxHeads),
      headSize: fields.count("head_dim", maxHeadSize),
      defaultRotaryBase: undefined,
      queryKeyNorm: true,
      queryKeyValueBias: false,
    };
  },
};
