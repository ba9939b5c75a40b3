/**
 * Weights from the dtypes of checkpoints to what kernels read, without rounding: bf16 where that holds every value, f32
 * otherwise. What the arithmetic could not multiply exactly is settled on the way (`settle`).
 */
import { packElements } from "../layout.ts";

export type WeightDtype = "BF16" | "F16" | "F32";
export type WeightStorage = "bf16" | "f32";

export const bytesOfDtype: Readonly<Record<WeightDtype, number>> = { BF16: 2, F16: 2, F32: 4 };

const endianness = new Uint8Array(Uint16Array.of(1).buffer)[0];
if (endianness !== 1)
  throw new Error("checkpoints are little-endian and so must be the processor; fix: use another one");

/** The f32 of each f16 pattern: exact, since f32 holds f16's subnormals as normal numbers. */
let widenedF16: Uint32Array | undefined;
function widenF16(): Uint32Array {
  return (widenedF16 ??= Uint32Array.from({ length: 2 ** 16 }, (_, pattern) => {
    const sign = (pattern & 0x8000) << 16;
    const exponent = (pattern >>> 10) & 0x1f;
    const fraction = pattern & 0x3ff;
    if (exponent === 0x1f) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
    if (exponent > 0) return (sign | ((exponent + 127 - 15) << 23) | (fraction << 13)) >>> 0;
    if (fraction === 0) return sign >>> 0;
    const leading = 31 - Math.clz32(fraction);
    return (sign | ((leading - 24 + 127) << 23) | ((fraction << (23 - leading)) & 0x7fffff)) >>> 0;
  }));
}

/** The f32 bits of elements as they lie in a file. `bytes` starts at the start of its buffer; F32 is not copied. */
export function widen(dtype: WeightDtype, bytes: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  if (dtype === "F32") return new Uint32Array(bytes.buffer);
  const patterns = new Uint16Array(bytes.buffer);
  const bits = new Uint32Array(patterns.length);
  const table = dtype === "F16" ? widenF16() : undefined;
  for (let index = 0; index < bits.length; index++)
    bits[index] = table === undefined ? patterns[index]! << 16 : table[patterns[index]!]!;
  return bits;
}

/**
 * Makes zeros, of their sign, of magnitudes below 2^-56: their products might be subnormal. Gives the first index
 * whose magnitude is 2^54 or more, infinite or NaN, which no kernel takes; -1 where there is none.
 */
export function settle(bits: Uint32Array): number {
  for (let index = 0; index < bits.length; index++) {
    const exponent = (bits[index]! >>> 23) & 0xff;
    if (exponent < 127 - 56) bits[index]! &= 0x80000000;
    else if (exponent >= 127 + 54) return index;
  }
  return -1;
}

/** `settle` for bf16 patterns, which most weights are. */
export function settlePatterns(patterns: Uint16Array): number {
  for (let index = 0; index < patterns.length; index++) {
    const exponent = (patterns[index]! >>> 7) & 0xff;
    if (exponent < 127 - 56) patterns[index]! &= 0x8000;
    else if (exponent >= 127 + 54) return index;
  }
  return -1;
}

/** Whether bf16 holds every one of these settled f32 values. */
export function fitsBf16(bits: Uint32Array): boolean {
  let lost = 0;
  for (let index = 0; index < bits.length; index++) lost |= bits[index]!;
  return (lost & 0xffff) === 0;
}

/** Whole rows of a weight (the last axis is a row), as bytes of its file, at the start of a buffer of their own. */
export interface RowsOfWeight {
  readonly firstRow: number;
  readonly rows: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is read from disk at a time, if no row is longer. */
const chunkBytes = 2 ** 24;

/** A weight's rows, as many at a time as a chunk holds. */
export async function* rowsOf(
  { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: WeightDtype },
  read: (offset: number, length: number) => Promise<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<RowsOfWeight> {
  const rowBytes = shape.at(-1)! * bytesOfDtype[dtype];
  const allRows = shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
  const most = Math.max(1, Math.floor(chunkBytes / rowBytes));
  for (let firstRow = 0; firstRow < allRows; firstRow += most) {
    const rows = Math.min(most, allRows - firstRow);
    yield { firstRow, rows, bytes: await read(firstRow * rowBytes, rows * rowBytes) };
  }
}

/** The words of a tensor's buffer; or the first element that no kernel takes, or that bf16 does not hold. */
export type ConvertedRows =
  | { readonly words: Uint32Array<ArrayBuffer> }
  | { readonly words?: undefined; readonly refused: number }
  | { readonly words?: undefined; readonly inexact: true };

/**
 * Rows as words of a tensor's buffer: magnitudes below 2^-56 are zeros of their sign, and nothing is rounded. Takes the
 * bytes over.
 */
export function convertRows(
  { rows, bytes }: RowsOfWeight,
  rowLength: number,
  dtype: WeightDtype,
  storage: WeightStorage,
): ConvertedRows {
  if (dtype === "BF16" && storage === "bf16" && rowLength % 2 === 0) {
    const refused = settlePatterns(new Uint16Array(bytes.buffer));
    return refused >= 0 ? { refused } : { words: new Uint32Array(bytes.buffer) };
  }
  const bits = widen(dtype, bytes);
  const refused = settle(bits);
  if (refused >= 0) return { refused };
  if (storage === "bf16" && !fitsBf16(bits)) return { inexact: true };
  return { words: packElements({ storage, shape: [rows, rowLength] }, bits) };
}

/** A refused element, as messages show it. */
export function valueText(dtype: WeightDtype, bytes: Uint8Array<ArrayBuffer>, index: number): string {
  const size = bytesOfDtype[dtype];
  return String(new Float32Array(widen(dtype, bytes.slice(index * size, (index + 1) * size)).buffer)[0]);
}
