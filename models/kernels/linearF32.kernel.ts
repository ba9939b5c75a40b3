import { batch, flush, kernel, model, sum } from "../../dsl/index.ts";

/** Smaller weights count as zero: the last bits of their products, and so the sums, might not be normal numbers. */
const leastWeight = 2 ** -46;
const leastSummand = 2 ** -102;

/** x times the transposed weight, for a weight that bf16 does not hold: each product is rounded to f32. */
export const linearF32 = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", weight: "f32[out, inner]" },
  output: "f32[token, out]",
  body: ({ x, weight }, { token, out, inner }) =>
    sum(inner, "chain 128, chain", (k) => x(token, k) * flush(weight(out, k), leastWeight)),
});

/** The same, plus a bias for each output. */
export const linearBiasF32 = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", weight: "f32[out, inner]", bias: "f32[out]" },
  output: "f32[token, out]",
  body: ({ x, weight, bias }, { token, out, inner }) =>
    sum(inner, "chain 128, chain", (k) => x(token, k) * flush(weight(out, k), leastWeight)) +
    flush(bias(out), leastSummand),
});
