import { batch, gather, kernel, model } from "../../dsl/index.ts";

/** The table's row for each token's id; zeros for an id that the table does not have. */
export const embedding = kernel({
  axes: { token: batch, vocabulary: model, channel: model },
  inputs: { table: "bf16[vocabulary, channel]", id: "u32[token]" },
  output: "f32[token, channel]",
  body: ({ table, id }, { token, channel }) => gather(table, id(token), channel),
});

/** The same, for a table that bf16 does not hold. */
export const embeddingF32 = kernel({
  axes: { token: batch, vocabulary: model, channel: model },
  inputs: { table: "f32[vocabulary, channel]", id: "u32[token]" },
  output: "f32[token, channel]",
  body: ({ table, id }, { token, channel }) => gather(table, id(token), channel),
});
