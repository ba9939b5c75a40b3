import { batch, extent, f32, flush, kernel, model, rsqrt, sum } from "treefold";

/** Rows of a mean square of one, times `gain`. `flush` keeps numbers away that some devices make zero. */
export const rmsNorm = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]", gain: "f32[channel]" },
  params: { epsilon: "f32" },
  output: "f32[token, channel]",
  body({ x, gain, epsilon }, { token, channel }) {
    const value = (c: number) => flush(x(token, c), 2 ** -51);
    const squares = sum(channel, "lanes 64 chain, pairwise", (c) => value(c) * value(c));
    const scale = rsqrt(flush(squares / f32(extent(channel)), 2 ** -102) + flush(epsilon, 2 ** -102));
    return flush(value(channel) * scale, 2 ** -70) * flush(gain(channel), 2 ** -56);
  },
});
