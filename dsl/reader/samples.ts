/** Made-up inputs, the same each time, on which a reducer's identity is tried. */
import { bitsOfF32 } from "../expr.ts";
import type { Load } from "../ir.ts";
import { roundBf16 } from "../numbers.ts";

export const smallExtent = 3;

/** Ends of the range, with and without room for a sum of two, zeros and ones; integers have ends of their own. */
const specialFloats = [
  0xff7fffff, 0x7f7fffff, 0xfe800000, 0x7e800000, 0x80000000, 0, 0x00800000, 0x80800000, 0x3f800000, 0xbf800000,
];
const specialIntegers = [0, 0xffffffff, 0x80000000, 0x7fffffff, 1];

/** First ordinary numbers, then the ends of the range, then numbers of one magnitude, from tiny to huge. */
const ordinary = 16;
const bands = Array.from({ length: 25 }, (_, band) => 10 * band - 120);
export const samples = ordinary + specialFloats.length + bands.length;

/** The item for which a leaf is tried; the first one meets each special number. */
export function itemOf(seed: number): number {
  return isSpecial(seed) ? 0 : seed % smallExtent;
}

function isSpecial(seed: number): boolean {
  return seed >= ordinary && seed < ordinary + specialFloats.length;
}

/** An element of an input. */
export function madeUp({ input, type, storage }: Load, indices: readonly number[], seed: number): number {
  const random = hash(`${seed} ${input} ${indices.join(" ")}`);
  const special = seed - ordinary;
  if (type !== "f32") {
    // Most integers are indices or counts, and small.
    if (isSpecial(seed)) return specialIntegers[(special + random) % specialIntegers.length]!;
    return seed >= ordinary && seed % 2 === 0
      ? hash(`${random}`)
      : type === "u32"
        ? random % smallExtent
        : ((random % 15) - 7) >>> 0;
  }
  if (isSpecial(seed))
    return bf16Where(
      storage,
      specialFloats[(special + indices.reduce((sum, index) => sum + index, 0)) % specialFloats.length]!,
    );
  const exponent =
    special < 0 ? ((random >>> 9) % 17) - 8 : bands[special - specialFloats.length]! + ((random >>> 9) % 8);
  return bf16Where(storage, bitsOfF32((random & 1 ? -1 : 1) * (1 + ((random >>> 1) & 0xff) / 256) * 2 ** exponent));
}

/** A bf16 that is no infinity. */
function bf16Where(storage: string, bits: number): number {
  return storage === "bf16" ? roundBf16((bits & 0xffff0000) >>> 0) : bits;
}

export function madeUpParameter(name: string, seed: number): number {
  return (hash(`${seed} ${name}`) % 7) + 1;
}

/** FNV-1a, mixed once more. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0)!, 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
