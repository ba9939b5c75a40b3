/** Where elements lie in a buffer's words (runtime/artifact.ts, Layout): this side's own reading of it. */
import type { Integers } from "./integers.ts";
import type { Word } from "./term.ts";

export interface TensorShape {
  readonly shape: readonly number[];
  readonly storage: "f32" | "bf16" | "u32" | "i32";
  readonly blocks?: readonly number[];
}

/** Sizes of the blocks along each axis: rows of 16-bit elements are padded to pairs, all else is as it is. */
function blocksOf({ shape, storage, blocks }: TensorShape): readonly number[] {
  return blocks ?? shape.map((_, axis) => (storage === "bf16" && axis === shape.length - 1 ? 2 : 1));
}

/** The words that a tensor takes. */
export function wordsOf(tensor: TensorShape): number {
  const blocks = blocksOf(tensor);
  const slots = tensor.shape.reduce(
    (total, extent, axis) => total * Math.ceil(extent / blocks[axis]!) * blocks[axis]!,
    1,
  );
  return tensor.storage === "bf16" ? Math.ceil(slots / 2) : slots;
}

/** The slot of an element: blocks are row-major over the tensor, and so are the elements of a block. */
export function slotOf(integers: Integers, tensor: TensorShape, indices: readonly Word[]): Word {
  const blocks = blocksOf(tensor);
  let slot: Word = 0;
  let stride = 1;
  for (let axis = blocks.length - 1; axis >= 0; axis--) {
    slot = integers.add(slot, integers.multiply(integers.remainder(indices[axis]!, blocks[axis]!), stride));
    stride *= blocks[axis]!;
  }
  for (let axis = blocks.length - 1; axis >= 0; axis--) {
    slot = integers.add(slot, integers.multiply(integers.divide(indices[axis]!, blocks[axis]!), stride));
    stride *= Math.ceil(tensor.shape[axis]! / blocks[axis]!);
  }
  return slot;
}

/**
 * The word of an element, and which half of it holds a 16-bit one. Along a row pairs lie in a word; no sum wraps that a
 * place in the tensor does not.
 */
export function wordOf(integers: Integers, tensor: TensorShape, indices: readonly Word[]): { word: Word; half: Word } {
  const { shape, storage, blocks } = tensor;
  if (storage !== "bf16") return { word: slotOf(integers, tensor, indices), half: 0 };
  if (blocks !== undefined || shape.length === 0) {
    const slot = slotOf(integers, tensor, indices);
    return { word: integers.divide(slot, 2), half: integers.remainder(slot, 2) };
  }
  const last = indices.at(-1)!;
  const pairs = { shape: [...shape.slice(0, -1), Math.ceil(shape.at(-1)! / 2)], storage: "u32" } as const;
  return {
    word: slotOf(integers, pairs, [...indices.slice(0, -1), integers.divide(last, 2)]),
    half: integers.remainder(last, 2),
  };
}

/** The first element of a word of a row-major tensor. */
export function pointOf({ shape, storage }: TensorShape, word: number): number[] {
  let rest = word;
  const indices: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const perWord = storage === "bf16" && axis === shape.length - 1 ? 2 : 1;
    const extent = Math.ceil(shape[axis]! / perWord);
    indices.unshift((rest % extent) * perWord);
    rest = Math.floor(rest / extent);
  }
  return indices;
}
