/**
 * Llama 2 and 3: neither bias nor normalised heads; from 3.1 on, rotary frequencies are stretched
 * (runtime/model/rotary.ts). Source: arXiv 2307.09288 and 2407.21783. Files of Llama 2 may lack fields that came later;
 * their values are the ones that hold then.
 */
import { maxHeads, maxHeadSize, type Architecture } from "./architecture.ts";

export const llama: Architecture = {
  modelType: "llama",
  read(fields) {
    fields.only("attention_bias", [false], false);
    fields.only("mlp_bias", [false], false);
    return {
      keyValueHeads: fields.count("num_key_value_heads", maxHeads, fields.count("num_attention_heads", maxHeads)),
      headSize: fields.has("head_dim") ? fields.count("head_dim", maxHeadSize) : undefined,
      defaultRotaryBase: 10000,
      queryKeyNorm: false,
      queryKeyValueBias: false,
    };
  },
};
