import { batch, extent, flush, gather, kernel, model } from "../../dsl/index.ts";

/**
 * Rotary position embedding, half-split: element i of a head turns with element i + dim/2 by the angle that the
 * token's position and i stand for. The tables come from the host (runtime/model/rotary.ts).
 */
export const rotary = kernel({
  axes: { token: batch, head: model, dim: model, half: model, place: model },
  inputs: {
    x: "f32[token, head, dim]",
    position: "u32[token]",
    cosine: "f32[place, half]",
    sine: "f32[place, half]",
  },
  output: "f32[token, head, dim]",
  body({ x, position, cosine, sine }, { token, head, dim, half }) {
    const pair = dim % extent(half);
    const cos = flush(gather(cosine, position(token), pair), 2 ** -40);
    const sin = flush(gather(sine, position(token), pair), 2 ** -40);
    // What is this small is zero once it is rounded to bf16, and its products would not be normal numbers.
    const low = flush(x(token, head, pair), 2 ** -60);
    const high = flush(x(token, head, pair + extent(half)), 2 ** -60);
    return dim < extent(half) ? low * cos - high * sin : high * cos + low * sin;
  },
});
