import {
  batch,
  bf16,
  bitsOf,
  exp,
  extent,
  flush,
  gather,
  kernel,
  max,
  model,
  reduce,
  reducer,
  runs,
  select,
  sequence,
  sum,
  upTo,
} from "../../dsl/index.ts";

/**
 * A state's value times exp(own maximum - common maximum). One of the two factors is exactly 1 and must change nothing.
 */
function rescale(value: number, factor: number): number {
  return select(factor === 1, value, flush(value, 2 ** -62) * flush(factor, 2 ** -40));
}

/** -0 becomes +0, so that skipping a run that contributes nothing and evaluating it give the same bits. */
function plusZero(x: number): number {
  return select(bitsOf(x) === 0x80000000, 0, x);
}

/**
 * Softmax-weighted sums of runs of keys: the maximum score so far, the sum of exp(score - maximum), and that of the
 * weighted values (Milakov and Gimelshein, arXiv 1805.02867).
 */
export const onlineSoftmax = reducer({
  state: { m: "f32", l: "f32", acc: "f32" },
  identity: { m: -(2 ** 126), l: 0, acc: 0 },
  combine(left, right) {
    const m = max(left.m, right.m);
    const before = exp(left.m - m);
    const after = exp(right.m - m);
    return {
      m,
      l: plusZero(rescale(left.l, before) + rescale(right.l, after)),
      acc: plusZero(rescale(left.acc, before) + rescale(right.acc, after)),
    };
  },
});

/**
 * Causal attention with grouped queries over paged keys and values. Key j of the request in `row` lies in slot
 * pages(row, j / page) * page + j % page of the pools, `page` being the extent of the axis of that name. Runs of 64
 * keys are cut at absolute positions, so that prefill, chunked prefill and decode have one tree.
 */
export const attention = kernel({
  axes: {
    token: batch,
    row: batch,
    slot: batch,
    block: sequence,
    key: sequence,
    head: model,
    kvHead: model,
    dim: model,
    page: model,
  },
  inputs: {
    q: "f32[token, head, dim]",
    keys: "bf16[slot, kvHead, dim]",
    values: "bf16[slot, kvHead, dim]",
    position: "u32[token]",
    rowOf: "placement u32[token]",
    pages: "placement u32[row, block]",
  },
  params: { scale: "f32" },
  output: "bf16[token, head, dim]",
  body({ q, keys, values, position, rowOf, pages, scale }, { token, head, kvHead, dim, page, key }) {
    const shared = head / (extent(head) / extent(kvHead));
    const slotOf = (k: number) => gather(pages, rowOf(token), k / extent(page)) * extent(page) + (k % extent(page));
    const factor = flush(scale, 2 ** -40);
    const score = (k: number) =>
      flush(
        sum(dim, "lanes 4 chain, pairwise", (d) => bf16(q(token, head, d)) * gather(keys, slotOf(k), shared, d)),
        2 ** -60,
      ) * factor;

    const { l, acc } = reduce(runs(upTo(key, position(token)), 64), "chain", onlineSoftmax, (run) => {
      const m = max(run, "chain", score);
      const weight = (k: number) => exp(score(k) - m);
      return {
        m,
        l: sum(run, "chain", weight),
        acc: sum(run, "chain", (k) => bf16(weight(k)) * gather(values, slotOf(k), shared, dim)),
      };
    });
    return acc / l;
  },
});
