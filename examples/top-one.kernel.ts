import { argmax, batch, kernel, max, model } from "treefold";

/** The largest of each row and where it is; the first of those that tie. */
export const topOne = kernel({
  axes: { row: batch, column: model },
  inputs: { x: "f32[row, column]" },
  outputs: { value: "f32[row]", place: "u32[row]" },
  body: ({ x }, { row, column }) => ({
    value: max(column, "lanes 32 chain, pairwise", (c) => x(row, c)),
    place: argmax(column, "lanes 32 chain, pairwise", (c) => x(row, c)),
  }),
});
