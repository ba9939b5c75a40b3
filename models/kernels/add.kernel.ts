import { batch, kernel, model } from "../../dsl/index.ts";

/** Adds a layer's output to the residual stream. */
export const add = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]", y: "f32[token, channel]" },
  output: "f32[token, channel]",
  body: ({ x, y }, { token, channel }) => x(token, channel) + y(token, channel),
});
