import { batch, kernel, model, sum } from "treefold";

/** A linear layer. Products of two bf16 values are exact in f32, so only the additions round. */
export const matmulBias = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", weight: "bf16[out, inner]", bias: "f32[out]" },
  output: "f32[token, out]",
  body: ({ x, weight, bias }, { token, out, inner }) =>
    sum(inner, "chain 32, chain", (k) => x(token, k) * weight(out, k)) + bias(out),
});
