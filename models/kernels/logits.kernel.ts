import { argmax as argmaxOver, batch, exp, flush, kernel, log, max, model, sum } from "../../dsl/index.ts";

/** The most likely id of each row; the lowest of those that tie. */
export const argmax = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  output: "u32[token]",
  body: ({ logits }, { token, id }) => argmaxOver(id, "lanes 64 chain, pairwise", (i) => logits(token, i)),
});

/** Smaller logits count as zero: what two of them leave might not be a normal number. */
const leastSummand = 2 ** -102;

/** The logarithm of each id's probability. */
export const logSoftmax = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  output: "f32[token, id]",
  body({ logits }, { token, id }) {
    const logit = (i: number) => flush(logits(token, i), leastSummand);
    const largest = max(id, "lanes 64 chain, pairwise", logit);
    const total = sum(id, "lanes 64 chain, pairwise", (i) => exp(logit(i) - largest));
    return logit(id) - largest - flush(log(total), leastSummand);
  },
});
