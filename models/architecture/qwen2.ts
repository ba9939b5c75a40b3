/** Qwen2 and 2.5: queries, keys and values have a bias. Source: the Qwen2 technical report (arXiv 2407.10671). */
import { maxHeads, maxHeadSize, type Architecture } from "./architecture.ts";

export const qwen2: Architecture = {
  modelType: "qwen2",
  read(fields) {
    // The architecture implies the bias; a file that denies it is another one.
    fields.only("attention_bias", [true], true);
    return {
      keyValueHeads: fields.count("num_key_value_heads", maxHeads),
      headSize: fields.has("head_dim") ? fields.count("head_dim", maxHeadSize) : undefined,
      defaultRotaryBase: undefined,
      queryKeyNorm: false,
      queryKeyValueBias: true,
    };
  },
};
