import { batch, gather, kernel, model } from "../../dsl/index.ts";

/** Picks rows, such as the last of each sequence, for the layers that need no others. */
export const selectRows = kernel({
  axes: { row: batch, token: batch, channel: model },
  inputs: { x: "f32[token, channel]", tokenOf: "placement u32[row]" },
  output: "f32[row, channel]",
  body: ({ x, tokenOf }, { row, channel }) => gather(x, tokenOf(row), channel),
});
