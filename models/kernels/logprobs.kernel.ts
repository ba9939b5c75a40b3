/**
 * Logarithms of probabilities, of chosen ids and the most likely ones: the same bits as logSoftmax's, without all the
 * others.
 */
import { argmax, batch, bitsOf, exp, flush, gather, kernel, log, max, model, select, sum } from "../../dsl/index.ts";
import { orderKey } from "./gumbel.ts";

/** Smaller logits count as zero: what two of them leave might not be a normal number. */
const leastSummand = 2 ** -102;
/** Larger ones are refused: edited and scaled, they might not be finite. NaN and infinities have larger bits, too. */
const MOST = 2 ** 100;

/** Each row's largest logit, and whether it holds one that nothing can be chosen by (1, else 0). */
export const rowSummary = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]" },
  outputs: { largest: "f32[token]", unusable: "u32[token]" },
  body({ logits }, { token, id }) {
    const largest = max(id, "lanes 256 chain, pairwise", (i) => logits(token, i));
    const magnitude = max(id, "lanes 256 chain, pairwise", (i) => bitsOf(logits(token, i)) & 0x7fffffff);
    return { largest, unusable: select(magnitude >= bitsOf(MOST), 1, 0) };
  },
});

/** The logarithm of the sum of exp(logit - largest). */
export const logTotal = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]", largest: "f32[token]" },
  output: "f32[token]",
  body: ({ logits, largest }, { token, id }) =>
    flush(
      log(
        sum(id, "lanes 64 chain, pairwise", (i) =>
          exp(flush(logits(token, i), leastSummand) - flush(largest(token), leastSummand)),
        ),
      ),
      leastSummand,
    ),
});

/** The logarithm of the probability of one id in each row. */
export const logprob = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]", idOf: "u32[token]", largest: "f32[token]", logTotalOf: "f32[token]" },
  output: "f32[token]",
  body: ({ logits, idOf, largest, logTotalOf }, { token }) =>
    flush(gather(logits, token, idOf(token)), leastSummand) -
    flush(largest(token), leastSummand) -
    flush(logTotalOf(token), leastSummand),
});

/**
 * The most likely id of those after `previous` in the order of falling logits and, of equals, rising ids; of all where
 * it is no id. The logits are bound twice: what is gathered from can't be read in vectors.
 */
export const nextLikely = kernel({
  axes: { token: batch, id: model },
  inputs: { logits: "f32[token, id]", gathered: "f32[token, id]", previous: "u32[token]" },
  output: "u32[token]",
  body({ logits, gathered, previous }, { token, id }) {
    const last = previous(token);
    const bound = select(last === 0xffffffff, 0xffffffff, orderKey(gather(gathered, token, last)));
    // Keys of finite numbers are far from the largest u32, so that one more is possible.
    const isNext = (i: number) => orderKey(logits(token, i)) < bound + select(i > last, 1, 0);
    return argmax(id, "lanes 256 chain, pairwise", (i) => select(isNext(i), orderKey(logits(token, i)), 0));
  },
});
