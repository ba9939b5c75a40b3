import { batch, exp, kernel, max, model, sum } from "treefold";

/** Each row's logits as probabilities. A maximum is the same in any order; the sum has the order of its tree. */
export const softmax = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  output: "f32[token, id]",
  body({ logits }, { token, id }) {
    const largest = max(id, "lanes 64 chain, pairwise", (i) => logits(token, i));
    const weight = (i: number) => exp(logits(token, i) - largest);
    return weight(id) / sum(id, "lanes 64 chain, pairwise", weight);
  },
});
