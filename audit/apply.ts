/**
 * The operations of terms on bits, by number: searches for counterexamples evaluate expressions millions of times. What
 * each gives is the reference arithmetic (dsl/bits.ts); evaluate.test.ts compares the two.
 */
import { canonicalNaN } from "../dsl/bits.ts";
import { fmaBits } from "./fma.ts";
import type { TermKind } from "./term.ts";

/** A value for each of many terms, as its bits and as the float that they are. */
export interface Bits {
  readonly words: Uint32Array;
  readonly floats: Float32Array;
}

export function bitsFor(count: number): Bits {
  const words = new Uint32Array(count);
  return { words, floats: new Float32Array(words.buffer) };
}

const kinds: readonly TermKind[] = [
  "add",
  "rawAdd",
  "subtract",
  "rawSubtract",
  "multiply",
  "rawMultiply",
  "fma",
  "rawFma",
  "fromBits",
  "canonical",
  "bits",
  "negate",
  "magnitude",
  "roundBf16",
  "maximumByBits",
  "minimumByBits",
  "lessFloat",
  "lessEqualFloat",
  "equalFloat",
  "not",
  "both",
  "either",
  "select",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
  "less",
  "equal",
  "product",
  "minimum",
  "maximum",
  "divide",
  "remainder",
];
const numbers: Readonly<Partial<Record<TermKind, number>>> = Object.fromEntries(
  kinds.map((kind, at) => [kind, at + 1]),
);

/** The number of an operation; 0 where `apply` has none. */
export const operationOf = (kind: TermKind): number => numbers[kind] ?? 0;

const isNaNBits = (bits: number): boolean => (bits & 0x7fffffff) > 0x7f800000;
/** Ordered as floats are, as unsigned integers; all NaNs are one. */
const orderKey = (bits: number): number =>
  isNaNBits(bits) ? 0xffc00000 : (bits & 0x80000000) !== 0 ? ~bits >>> 0 : (bits | 0x80000000) >>> 0;
const canonical = (bits: number): number => (isNaNBits(bits) ? canonicalNaN : bits);

/** Puts at `at` what an operation gives for the values at its operands' places. */
export function apply(operation: number, { words, floats }: Bits, at: number, a: number, b: number, c: number): void {
  switch (operation) {
    // A double holds sums and products so exactly that rounding it to f32 is the one rounding.
    case 1:
    case 2:
      floats[at] = floats[a]! + floats[b]!;
      break;
    case 3:
    case 4:
      floats[at] = floats[a]! - floats[b]!;
      break;
    case 5:
    case 6:
      floats[at] = floats[a]! * floats[b]!;
      break;
    case 7:
    case 8:
      words[at] = fmaBits(words[a]!, words[b]!, words[c]!);
      return;
    case 9:
    case 10:
      words[at] = canonical(words[a]!);
      return;
    case 11:
      words[at] = words[a]!;
      return;
    case 12:
      words[at] = isNaNBits(words[a]!) ? canonicalNaN : words[a]! ^ 0x80000000;
      return;
    case 13:
      words[at] = isNaNBits(words[a]!) ? canonicalNaN : words[a]! & 0x7fffffff;
      return;
    case 14:
      words[at] = roundedBf16(words[a]!);
      return;
    case 15:
      words[at] = canonical(orderKey(words[a]!) > orderKey(words[b]!) ? words[a]! : words[b]!);
      return;
    case 16:
      words[at] = canonical(orderKey(words[a]!) < orderKey(words[b]!) ? words[a]! : words[b]!);
      return;
    case 17:
      words[at] = floats[a]! < floats[b]! ? 1 : 0;
      return;
    case 18:
      words[at] = floats[a]! <= floats[b]! ? 1 : 0;
      return;
    case 19:
      words[at] = floats[a]! === floats[b]! ? 1 : 0;
      return;
    case 20:
      words[at] = 1 - words[a]!;
      return;
    case 21:
    case 24:
      words[at] = words[a]! & words[b]!;
      return;
    case 22:
    case 25:
      words[at] = words[a]! | words[b]!;
      return;
    case 23:
      words[at] = words[a] !== 0 ? words[b]! : words[c]!;
      return;
    case 26:
      words[at] = words[a]! ^ words[b]!;
      return;
    case 27:
      words[at] = words[a]! << (words[b]! & 31);
      return;
    case 28:
      words[at] = words[a]! >>> (words[b]! & 31);
      return;
    case 29:
      words[at] = words[a]! < words[b]! ? 1 : 0;
      return;
    case 30:
      words[at] = words[a]! === words[b]! ? 1 : 0;
      return;
    case 31:
      words[at] = Math.imul(words[a]!, words[b]!);
      return;
    case 32:
      words[at] = Math.min(words[a]!, words[b]!);
      return;
    case 33:
      words[at] = Math.max(words[a]!, words[b]!);
      return;
    // WGSL: x / 0 is x, and x % 0 is 0.
    case 34:
      words[at] = words[b] === 0 ? words[a]! : Math.floor(words[a]! / words[b]!);
      return;
    case 35:
      words[at] = words[b] === 0 ? 0 : words[a]! % words[b]!;
      return;
  }
  if (isNaNBits(words[at]!)) words[at] = canonicalNaN;
}

function roundedBf16(bits: number): number {
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return canonicalNaN;
  if (magnitude < 0x23800000) return bits & 0x80000000;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
}
