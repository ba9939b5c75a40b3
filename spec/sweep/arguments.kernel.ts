/**
 * The arguments of a sweep, made on the device as bits of f32, so that they need not be sent there. `arguments.ts`
 * makes the same on the host. Each is a function of an index, `first` + i * `stride` modulo 2^32.
 */
import { kernel, model, select } from "../../dsl/index.ts";

const FRACTION = 0x007fffff;

/** All bit patterns in order. */
export const consecutive = kernel({
  axes: { i: model },
  inputs: {},
  params: { first: "u32", stride: "u32" },
  output: "u32[i]",
  body: ({ first, stride }, { i }) => first + i * stride,
});

/** 2^30 pairs of 2^15 patterns: each sign and exponent with 64 fractions. */
export const exponentPairs = kernel({
  axes: { i: model },
  inputs: {},
  params: { first: "u32", stride: "u32" },
  outputs: { x: "u32[i]", y: "u32[i]" },
  body: ({ first, stride }, { i }) => {
    const index = first + i * stride;
    return { x: onLattice((index >> 15) & 0x7fff), y: onLattice(index & 0x7fff) };
  },
});

/** 2^30 pairs of 2^15 numbers in [1, 2), one at a random place in each 2^15th of the interval. */
export const fractionPairs = kernel({
  axes: { i: model },
  inputs: {},
  params: { first: "u32", stride: "u32" },
  outputs: { x: "u32[i]", y: "u32[i]" },
  body: ({ first, stride }, { i }) => {
    const index = first + i * stride;
    return { x: inUnit((index >> 15) & 0x7fff), y: inUnit(index & 0x7fff) };
  },
});

/** Up to 2^32 pairs of any bits: the first of each pair differs from all others'. */
export const randomPairs = kernel({
  axes: { i: model },
  inputs: {},
  params: { first: "u32", stride: "u32" },
  outputs: { x: "u32[i]", y: "u32[i]" },
  body: ({ first, stride }, { i }) => {
    const x = mixed(first + i * stride);
    return { x, y: mixed(x + 0x9e3779b9) };
  },
});

/** A bijection of u32 that leaves no pattern: the end of MurmurHash3. */
function mixed(n: number): number {
  const a = (n ^ (n >> 16)) * 0x85ebca6b;
  const b = (a ^ (a >> 13)) * 0xc2b2ae35;
  return b ^ (b >> 16);
}

/**
 * Of 64 fractions half lie around 1 and 3/2, where quotients are close to powers of two and to ties; the others are
 * random.
 */
function onLattice(point: number): number {
  const place = point & 63;
  const around = ((place & 15) - 8 + select(place < 16, 0, 0x400000)) & FRACTION;
  return ((point >> 6) << 23) | select(place < 32, around, mixed(point) & FRACTION);
}

function inUnit(point: number): number {
  return 0x3f800000 | (point << 8) | (mixed(point) & 0xff);
}
