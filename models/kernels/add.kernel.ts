import { batch, flush, kernel, model } from "../../dsl/index.ts";

/** Smaller summands count as zero: their last bits, and so what two of them leave, might not be normal numbers. */
const leastSummand = 2 ** -102;

/** Adds a layer's output to the residual stream. */
export const add = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]", y: "f32[token, channel]" },
  output: "f32[token, channel]",
  body: ({ x, y }, { token, channel }) =>
    flush(x(token, channel), leastSummand) + flush(y(token, channel), leastSummand),
});
