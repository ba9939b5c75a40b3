/** What the self-test asks of a device (spec/probes.ts), one question a kernel. */
import {
  batch,
  divide,
  exp,
  f32,
  halfToFloat,
  i32,
  isInfinite,
  isNaN,
  kernel,
  log,
  max,
  min,
  model,
  rsqrt,
  select,
  sum,
  u32,
} from "../../dsl/index.ts";

export const sums = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]" },
  output: "f32[i]",
  body: ({ x, y }, { i }) => x(i) + y(i),
});
export const products = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]" },
  output: "f32[i]",
  body: ({ x, y }, { i }) => x(i) * y(i),
});
/** Zero or what y lost, where x is large; y, where a compiler simplifies it. */
export const remainders = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]" },
  output: "f32[i]",
  body: ({ x, y }, { i }) => x(i) + y(i) - x(i),
});
/** Rounded twice; once where it is contracted to a fused operation. */
export const multiplyAdds = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]", z: "f32[i]" },
  output: "f32[i]",
  body: ({ x, y, z }, { i }) => x(i) * y(i) + z(i),
});
/** x times the sum of the others, where a compiler factors it. */
export const commonFactors = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]", z: "f32[i]" },
  output: "f32[i]",
  body: ({ x, y, z }, { i }) => x(i) * y(i) + x(i) * z(i),
});

export const chains = kernel({
  axes: { row: batch, k: model },
  inputs: { x: "f32[row, k]" },
  output: "f32[row]",
  body: ({ x }, { row, k }) => sum(k, "chain 8, chain", (at) => x(row, at)),
});
/** Each row's own start, and summands that are the same for all. */
export const uniformChains = kernel({
  axes: { row: batch, k: model },
  inputs: { x: "f32[k]", start: "f32[row]" },
  output: "f32[row]",
  body: ({ x, start }, { row, k }) => sum(k, "chain 8, chain", (at) => (at === 0 ? start(row) : x(at))),
});
/** As matrix products are: exact products of bf16, summed. */
export const chainsOfProducts = kernel({
  axes: { row: batch, out: model, k: model },
  inputs: { x: "bf16[row, k]", w: "bf16[out, k]" },
  output: "f32[row, out]",
  body: ({ x, w }, { row, out, k }) => sum(k, "chain 8, chain", (at) => x(row, at) * w(out, at)),
});
export const pairs = kernel({
  axes: { row: batch, k: model },
  inputs: { x: "f32[row, k]" },
  output: "f32[row]",
  body: ({ x }, { row, k }) => sum(k, "lanes 4 chain, pairwise", (at) => x(row, at)),
});

/** Bits that are only moved: infinities, subnormal numbers and zeros as they are, NaN as the one NaN. */
export const moves = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]" },
  output: "f32[i]",
  body: ({ x }, { i }) => x(i),
});
export const zeros = kernel({
  axes: { row: batch, k: model },
  inputs: { x: "f32[row, k]" },
  outputs: { total: "f32[row]", largest: "f32[row]", smallest: "f32[row]" },
  body: ({ x }, { row, k }) => ({
    total: sum(k, "chain", (at) => x(row, at)),
    largest: max(k, "chain", (at) => x(row, at)),
    smallest: min(x(row, 0), x(row, 1)),
  }),
});
/** 1 for NaN, 2 for an infinity, 0 for a number. */
export const specials = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]" },
  output: "u32[i]",
  body: ({ x }, { i }) => select(isNaN(x(i)), 1, select(isInfinite(x(i)), 2, 0)),
});
export const integers = kernel({
  axes: { i: batch },
  inputs: { a: "u32[i]", b: "u32[i]" },
  outputs: { product: "u32[i]", left: "u32[i]", right: "u32[i]", signed: "i32[i]", quotient: "u32[i]", rest: "u32[i]" },
  body: ({ a, b }, { i }) => ({
    product: a(i) * b(i),
    left: a(i) << (b(i) & 31),
    right: a(i) >> (b(i) & 31),
    signed: i32(a(i)) >> (b(i) & 31),
    quotient: a(i) / (b(i) | 1),
    rest: a(i) % (b(i) | 1),
  }),
});
export const conversions = kernel({
  axes: { i: batch },
  inputs: { a: "u32[i]", x: "f32[i]" },
  outputs: { unsigned: "f32[i]", signed: "f32[i]", whole: "u32[i]", integer: "i32[i]", half: "f32[i]" },
  body: ({ a, x }, { i }) => ({
    unsigned: f32(a(i)),
    signed: f32(i32(a(i))),
    whole: u32(x(i)),
    integer: i32(x(i)),
    half: halfToFloat(a(i)),
  }),
});
/** The library's functions. */
export const functions = kernel({
  axes: { i: batch },
  inputs: { x: "f32[i]", y: "f32[i]" },
  outputs: { power: "f32[i]", logarithm: "f32[i]", root: "f32[i]", quotient: "f32[i]" },
  body: ({ x, y }, { i }) => ({
    power: exp(x(i)),
    logarithm: log(x(i)),
    root: rsqrt(x(i)),
    quotient: divide(y(i), x(i)),
  }),
});
