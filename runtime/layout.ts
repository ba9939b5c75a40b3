/**
 * How elements lie in a buffer's words (artifact.ts, Layout). Elements are handed over one u32 each, row-major
 * and unpadded: f32 and integers by their bits, bf16 by the bits of its value widened to f32.
 */
import { bitsOf, type Elements, ElementsError } from "./elements.ts";
import { isPacked, padded, shiftOf, type StorageType, vectorWords, wordsFor } from "./storage.ts";

export interface TensorLayout {
  readonly shape: readonly number[];
  readonly storage: StorageType;
  /** Sizes of the blocks that each axis is cut into; row-major where absent. */
  readonly blocks?: readonly number[];
}

const product = (factors: readonly number[]): number => factors.reduce((total, factor) => total * factor, 1);

/** The number of elements, padding not counted. */
export function elementsOf(layout: TensorLayout): number {
  return product(layout.shape);
}

/** The number of slots that elements and padding take: whole words of them. */
function slotsOf({ shape, storage, blocks }: TensorLayout): number {
  if (blocks !== undefined) {
    const slots = product(shape.map((extent, axis) => Math.ceil(extent / blocks[axis]!) * blocks[axis]!));
    return padded(storage, slots);
  }
  return product(shape.slice(0, -1)) * padded(storage, shape.at(-1) ?? 1);
}

/** The number of u32 words that a buffer of this layout holds. */
export function wordsOf(layout: TensorLayout): number {
  return wordsFor(layout.storage, slotsOf(layout));
}

/** The bytes that so many words take in a buffer and in a binding: whole vec4s, and at least one. */
export function bindingBytes(words: number): number {
  return Math.max(1, Math.ceil(words / vectorWords)) * vectorWords * 4;
}

/**
 * How a tensor's buffer is cut along its outermost axis: the fewest rows that have words of their own, and their bytes.
 * That is a row, in blocks a row of blocks. Throws a RangeError for a tensor without axes.
 */
export function rowsOf({ shape, storage, blocks }: TensorLayout): { readonly rows: number; readonly bytes: number } {
  if (shape.length === 0) throw new RangeError("a tensor without axes has no rows");
  const rows = blocks?.[0] ?? 1;
  const words = wordsOf({ shape: [2 * rows, ...shape.slice(1)], storage, ...(blocks && { blocks }) });
  // Two of them may share a word in the middle.
  return words % 2 === 0 ? { rows, bytes: words * 2 } : { rows: 2 * rows, bytes: words * 4 };
}

/** Whether slot i holds element i: nothing is padded and nothing is rearranged. */
function isPlain({ shape, storage, blocks }: TensorLayout): boolean {
  const row = shape.at(-1) ?? 1;
  return blocks === undefined && padded(storage, row) === row;
}

/** Calls `visit` with each maximal run of consecutive elements that lie in consecutive slots. */
function forEachRun(layout: TensorLayout, visit: (element: number, slot: number, length: number) => void): void {
  const elements = elementsOf(layout);
  if (elements === 0) return;
  if (isPlain(layout)) return visit(0, 0, elements);
  const { shape, storage, blocks } = layout;
  const row = shape.at(-1) ?? 1;
  if (blocks === undefined) {
    for (let element = 0, slot = 0; element < elements; element += row, slot += padded(storage, row))
      visit(element, slot, row);
    return;
  }
  const counts = shape.map((extent, axis) => Math.ceil(extent / blocks[axis]!));
  const blockSize = product(blocks);
  const width = blocks.at(-1) ?? 1;
  const index = shape.map(() => 0);
  for (let element = 0; element < elements; ) {
    let block = 0;
    let inside = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      block = block * counts[axis]! + Math.floor(index[axis]! / blocks[axis]!);
      inside = inside * blocks[axis]! + (index[axis]! % blocks[axis]!);
    }
    const last = shape.length - 1;
    const length = Math.min(width, row - (index[last] ?? 0));
    visit(element, block * blockSize + inside, length);
    element += length;
    if (last < 0) continue;
    index[last]! += length;
    for (let axis = last; axis > 0 && index[axis] === shape[axis]; axis--) {
      index[axis] = 0;
      index[axis - 1]!++;
    }
  }
}

/**
 * Words of the buffer from elements; padding is zero. Throws an ElementsError on what is no array for the layout's
 * type, on a wrong number of elements, and on a bf16 element whose low half is not zero, since it would be cut off.
 */
export function packElements(layout: TensorLayout, given: Elements): Uint32Array<ArrayBuffer> {
  const elements = bitsOf(layout.storage, given);
  const expected = elementsOf(layout);
  if (elements.length !== expected)
    throw new ElementsError(`${elements.length} elements given for a tensor of ${expected}`, oneEach);
  const words = new Uint32Array(wordsOf(layout));
  if (!isPacked(layout.storage)) {
    forEachRun(layout, (element, slot, length) => words.set(elements.subarray(element, element + length), slot));
    return words;
  }
  const halves = new Uint16Array(words.buffer);
  const shift = shiftOf(layout.storage);
  let lost = 0;
  forEachRun(layout, (element, slot, length) => {
    for (let i = 0; i < length; i++) {
      const bits = elements[element + i]!;
      lost |= bits;
      halves[slot + i] = bits >>> shift;
    }
  });
  if ((lost & (2 ** shift - 1)) !== 0) throw new ElementsError(`${notBf16(elements)!} is not a bf16 value`, oneEach);
  return words;
}

const oneEach =
  "give one u32 for each element, row-major; bf16 as the bits of the value rounded to bf16 and widened to f32";

/** The first of these elements that bf16 does not have, in words; undefined where there is none. */
export function notBf16(elements: Uint32Array): string | undefined {
  const wrong = elements.findIndex((bits) => (bits & 0xffff) !== 0);
  return wrong < 0 ? undefined : `element ${wrong} (bits 0x${elements[wrong]!.toString(16).padStart(8, "0")})`;
}

/** Elements from the words of the buffer; padding is dropped. */
export function unpackElements(layout: TensorLayout, words: Uint32Array): Uint32Array<ArrayBuffer> {
  const elements = new Uint32Array(elementsOf(layout));
  if (!isPacked(layout.storage)) {
    forEachRun(layout, (element, slot, length) => elements.set(words.subarray(slot, slot + length), element));
    return elements;
  }
  const halves = new Uint16Array(words.buffer, words.byteOffset, words.length * 2);
  const scale = 2 ** shiftOf(layout.storage);
  forEachRun(layout, (element, slot, length) => {
    for (let i = 0; i < length; i++) elements[element + i] = halves[slot + i]! * scale;
  });
  return elements;
}

export function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}
