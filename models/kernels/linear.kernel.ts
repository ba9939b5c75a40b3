import { batch, flush, kernel, model, sum } from "../../dsl/index.ts";

/** x times the transposed weight. Products of bf16 are exact in f32; only the sums round. */
export const linear = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", weight: "bf16[out, inner]" },
  output: "f32[token, out]",
  body: ({ x, weight }, { token, out, inner }) => sum(inner, "chain 128, chain", (k) => x(token, k) * weight(out, k)),
});

/** The last bits of a smaller bias might not be normal numbers. */
const leastSummand = 2 ** -102;

/** The same, plus a bias for each output. */
export const linearBias = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", weight: "bf16[out, inner]", bias: "f32[out]" },
  output: "f32[token, out]",
  body: ({ x, weight, bias }, { token, out, inner }) =>
    sum(inner, "chain 128, chain", (k) => x(token, k) * weight(out, k)) + flush(bias(out), leastSummand),
});
