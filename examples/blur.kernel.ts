import { batch, gather, kernel, model, sum } from "treefold";

/** A picture blurred by 5 × 5 weights that are a product of two rows of weights. Beyond the edges all is black. */
export const blur = kernel({
  axes: { image: batch, y: model, x: model, dy: model, dx: model },
  inputs: { pixels: "f32[image, y, x]", column: "f32[dy]", row: "f32[dx]" },
  output: "f32[image, y, x]",
  body: ({ pixels, column, row }, { image, y, x, dy, dx }) =>
    sum(dy, "chain", (i) => column(i) * sum(dx, "chain", (j) => row(j) * gather(pixels, image, y + i - 2, x + j - 2))),
});
