import { batch, f32, kernel, max, model, reduce, reducer } from "treefold";

/** The count, the mean and the sum of squared deviations of some numbers, merged with those of others (Chan, Golub and LeVeque, 1983). */
const moments = reducer({
  state: { n: "u32", mean: "f32", m2: "f32" },
  identity: { n: 0, mean: 0, m2: 0 },
  combine(left, right) {
    const n = left.n + right.n;
    const share = f32(right.n) / f32(max(n, 1));
    const delta = right.mean - left.mean;
    return {
      n,
      mean: left.mean + delta * share,
      m2: left.m2 + right.m2 + delta * delta * f32(left.n) * share,
    };
  },
});

/** Mean and variance of each row in one pass over it. */
export const variance = kernel({
  axes: { row: batch, column: model },
  inputs: { x: "f32[row, column]" },
  outputs: { mean: "f32[row]", variance: "f32[row]" },
  body({ x }, { row, column }) {
    const { n, mean, m2 } = reduce(column, "lanes 16 chain, pairwise", moments, (c) => ({
      n: 1,
      mean: x(row, c),
      m2: 0,
    }));
    return { mean, variance: m2 / f32(n) };
  },
});
