import { batch, extent, f32, flush, kernel, model, rsqrt, sum } from "../../dsl/index.ts";

/**
 * Smaller values count as zero, as do smaller normalised ones and gains: their squares or products might be subnormal.
 */
const leastSquared = 2 ** -51;
const leastSummand = 2 ** -102;
const leastNormalised = 2 ** -70;
const leastGain = 2 ** -56;

/** Scales each row of the residual stream to a root mean square of one, then by `gain`. */
export const rmsNorm = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]", gain: "f32[channel]" },
  params: { epsilon: "f32" },
  output: "bf16[token, channel]",
  body({ x, gain, epsilon }, { token, channel }) {
    const value = (c: number) => flush(x(token, c), leastSquared);
    const meanSquare = sum(channel, "lanes 64 chain, pairwise", (c) => value(c) * value(c)) / f32(extent(channel));
    return (
      flush(value(channel) * rsqrt(flush(meanSquare, leastSummand) + flush(epsilon, leastSummand)), leastNormalised) *
      flush(gain(channel), leastGain)
    );
  },
});

/** The same for each head of each token: queries and keys before they are rotated, hence f32. */
export const rmsNormHeads = kernel({
  axes: { token: batch, head: model, dim: model },
  inputs: { x: "f32[token, head, dim]", gain: "f32[dim]" },
  params: { epsilon: "f32" },
  output: "f32[token, head, dim]",
  body({ x, gain, epsilon }, { token, head, dim }) {
    const value = (d: number) => flush(x(token, head, d), leastSquared);
    const meanSquare = sum(dim, "lanes 64 chain, pairwise", (d) => value(d) * value(d)) / f32(extent(dim));
    return (
      flush(value(dim) * rsqrt(flush(meanSquare, leastSummand) + flush(epsilon, leastSummand)), leastNormalised) *
      flush(gain(dim), leastGain)
    );
  },
});
