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
  const slots = tensor.shape.reduce((total, extent, axis) => total * Math.ceil(extent / blocks[axis]!) * blocks[axis]!, 1);
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
