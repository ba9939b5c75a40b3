import { batch, flush, kernel, model, silu } from "../../dsl/index.ts";

/** The gated product of a feed-forward layer, silu(gate) * up; factors below 2^-51 count as zero. */
export const swiGlu = kernel({
  axes: { token: batch, channel: model },
  inputs: { gate: "f32[token, channel]", up: "f32[token, channel]" },
  output: "bf16[token, channel]",
  body: ({ gate, up }, { token, channel }) =>
    flush(silu(gate(token, channel)), 2 ** -51) * flush(up(token, channel), 2 ** -51),
});
