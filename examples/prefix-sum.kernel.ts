import { batch, kernel, model, sum, upTo } from "treefold";

/** Running totals. The total at a column is a tree over the columns up to it, so columns after it can't change its bits. */
export const prefixSum = kernel({
  axes: { row: batch, column: model },
  inputs: { x: "f32[row, column]" },
  output: "f32[row, column]",
  body: ({ x }, { row, column }) => sum(upTo(column, column), "chain 16, chain", (c) => x(row, c)),
});
