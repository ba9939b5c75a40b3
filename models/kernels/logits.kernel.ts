import { argmax as argmaxOver, batch, exp, kernel, log, max, model, sum } from "../../dsl/index.ts";

/** The most likely id of each row; the lowest of those that tie. */
export const argmax = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  output: "u32[token]",
  body: ({ logits }, { token, id }) => argmaxOver(id, "lanes 64 chain, pairwise", (i) => logits(token, i)),
});

/** The logarithm of each id's probability. */
export const logSoftmax = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  output: "f32[token, id]",
  body({ logits }, { token, id }) {
    const largest = max(id, "lanes 64 chain, pairwise", (i) => logits(token, i));
    const total = sum(id, "lanes 64 chain, pairwise", (i) => exp(logits(token, i) - largest));
    return logits(token, id) - largest - log(total);
  },
});
