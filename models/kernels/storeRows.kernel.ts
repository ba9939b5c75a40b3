import { batch, kernel, model, scatter } from "../../dsl/index.ts";

/** Rounds each token's keys (or values) to bf16 and writes them to the token's own slot of the pool. */
export const storeRows = kernel({
  axes: { token: batch, slot: batch, kvHead: model, dim: model },
  inputs: { x: "f32[token, kvHead, dim]", place: "unique placement u32[token]" },
  output: "bf16[slot, kvHead, dim]",
  body: ({ x, place }, { token, kvHead, dim }) => scatter([place(token), kvHead, dim], x(token, kvHead, dim)),
});
