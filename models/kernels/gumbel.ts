/**
 * Noise that a token's choice is made with: a function of the request's seed, the token's position and the id, and of
 * nothing else. spec/contract.md, "Sampling", says what it is; kernels import it.
 */
import { bitsOf, f32, flush, log, max, min, select } from "../../dsl/index.ts";

/** The parity constant of Threefry's key schedule. */
const PARITY = 0x1bd11bda;
const LARGEST_UNIFORM = 1 - 2 ** -24;
const LEAST_UNIFORM = 2 ** -64;

/** One round: a sum, a rotation by `by` bits, and an exclusive or. u32. */
function round(x: { a: number; b: number }, by: number): { a: number; b: number } {
  const a = x.a + x.b;
  return { a, b: ((x.b << by) | (x.b >> (32 - by))) ^ a };
}

/** Four rounds, and then a word of the key each. u32. */
function rounds(
  x: { a: number; b: number },
  by: { i: number; j: number; k: number; l: number },
  keyA: number,
  keyB: number,
): { a: number; b: number } {
  const y = round(round(round(round(x, by.i), by.j), by.k), by.l);
  return { a: y.a + keyA, b: y.b + keyB };
}

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011; Random123): two
 * words of noise for a key and a counter of two words each. u32.
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): { a: number; b: number } {
  const key2 = key0 ^ key1 ^ PARITY;
  const even = { i: 13, j: 15, k: 26, l: 6 };
  const odd = { i: 17, j: 29, k: 16, l: 24 };
  const x1 = rounds({ a: counter0 + key0, b: counter1 + key1 }, even, key1, key2 + 1);
  const x2 = rounds(x1, odd, key2, key0 + 2);
  const x3 = rounds(x2, even, key0, key1 + 3);
  const x4 = rounds(x3, odd, key1, key2 + 4);
  return rounds(x4, even, key2, key0 + 5);
}

/**
 * Gumbel noise -log(-log(1 - v)) of a uniform v that is made of both words. Small v, which give the large noise that
 * decides, keep 24 significant bits down to 2^-64.
 */
export function gumbel(words: { a: number; b: number }): number {
  const uniform = f32(words.a) * 2 ** -32 + f32(words.b) * 2 ** -64;
  const v = min(max(uniform, LEAST_UNIFORM), LARGEST_UNIFORM);
  const series = v * (1 + v * (0.5 + v * (0.3333333432674408 + v * 0.25)));
  const exponential = select(v < 2 ** -8, series, -log(1 - v));
  return flush(-log(exponential), 2 ** -60);
}

/** A u32 that orders f32 by their bits: smaller numbers have smaller keys, and -0 is below +0. */
export function orderKey(x: number): number {
  return select(bitsOf(x) >= 0x80000000, bitsOf(x) ^ 0xffffffff, bitsOf(x) ^ 0x80000000);
}
