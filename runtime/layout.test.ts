import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementsOf, packElements, unpackElements, wordsOf, type TensorLayout } from "./layout.ts";

const axes = fc.array(fc.record({ extent: fc.integer({ min: 0, max: 7 }), block: fc.integer({ min: 1, max: 4 }) }), {
  minLength: 0,
  maxLength: 4,
});
const layouts: fc.Arbitrary<TensorLayout> = fc
  .record({ axes, storage: fc.constantFrom("f32", "bf16", "u32", "i32"), blocked: fc.boolean() })
  .map(({ axes, storage, blocked }) => ({
    storage,
    shape: axes.map(({ extent }) => extent),
    ...(blocked && { blocks: axes.map(({ block }) => block) }),
  }));

function distinctElements(layout: TensorLayout): Uint32Array {
  return Uint32Array.from({ length: elementsOf(layout) }, (_, index) =>
    layout.storage === "bf16" ? (index + 1) << 16 : index + 1,
  );
}

describe("layouts", () => {
  test("unpacking gives back what was packed, and all padding is zero", () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const elements = distinctElements(layout);
        const words = packElements(layout, elements);
        expect(words.length).toBe(wordsOf(layout));
        expect(unpackElements(layout, words)).toEqual(elements);
        const slots = layout.storage === "bf16" ? new Uint16Array(words.buffer) : words;
        expect(slots.filter((slot) => slot !== 0).length).toBe(elements.length);
      }),
      { numRuns: 500 },
    );
  });

  test("a bf16 row of odd length is padded, the lower index in the low half", () => {
    const words = packElements(
      { storage: "bf16", shape: [2, 3] },
      new Uint32Array([1, 2, 3, 4, 5, 6].map((value) => value << 16)),
    );
    expect([...words]).toEqual([0x00020001, 0x00000003, 0x00050004, 0x00000006]);
  });

  test("blocks are row-major over the tensor and inside, short ones padded", () => {
    const words = packElements(
      { storage: "u32", shape: [3, 3], blocks: [2, 2] },
      new Uint32Array([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    );
    expect([...words]).toEqual([1, 2, 4, 5, 3, 0, 6, 0, 7, 8, 0, 0, 9, 0, 0, 0]);
  });

  test("a value that bf16 can't hold is refused", () => {
    expect(() => packElements({ storage: "bf16", shape: [2] }, new Uint32Array([0, 0x3f800001]))).toThrow(
      "element 1 (bits 0x3f800001) is not a bf16 value",
    );
  });
});
