import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CachedSequence, CacheFullError, PageAllocator, pageSize } from "./pages.ts";

describe("the page allocator", () => {
  it("never gives a slot to two, loses no page, and refuses whole steps only", () => {
    const action = fc.oneof(
      fc.record({ sequence: fc.nat({ max: 5 }), append: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ sequence: fc.nat({ max: 5 }), append: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), fc.array(action, { maxLength: 40 }), (pages, actions) => {
        const allocator = new PageAllocator(pages);
        const sequences = Array.from({ length: 6 }, () => new CachedSequence(allocator));
        /** Which position of which sequence each slot holds. */
        const slots = new Map<number, string>();
        for (const { sequence: index, append } of actions) {
          const sequence = sequences[index]!;
          if (append === 0) {
            sequence.close();
            for (const [slot, owner] of slots) if (owner.startsWith(`${index}:`)) slots.delete(slot);
            continue;
          }
          const before = { length: sequence.length, free: allocator.freePages, wanted: sequence.pagesWanted(append) };
          if (before.wanted > before.free) {
            expect(() => sequence.append(append)).toThrow(CacheFullError);
            expect({ length: sequence.length, free: allocator.freePages }).toEqual({
              length: before.length,
              free: before.free,
            });
            continue;
          }
          sequence.append(append).forEach((slot, offset) => {
            expect(slots.has(slot)).toBe(false);
            slots.set(slot, `${index}:${before.length + offset}`);
          });
        }
        // What the page tables say is where the slots are.
        sequences.forEach((sequence, index) => {
          for (let position = 0; position < sequence.length; position++) {
            const slot = sequence.pages[Math.floor(position / pageSize)]! * pageSize + (position % pageSize);
            expect(slots.get(slot)).toBe(`${index}:${position}`);
          }
        });
        expect(slots.size).toBe(sequences.reduce((total, sequence) => total + sequence.length, 0));
        for (const sequence of sequences) sequence.close();
        expect(allocator.freePages).toBe(pages);
        expect(new Set(allocator.take(pages)).size).toBe(pages);
      }),
    );
  });

  it("refuses a page that is not taken", () => {
    const allocator = new PageAllocator(4);
    const [page] = allocator.take(1);
    expect(() => allocator.give([page!, page!])).toThrow(/not all of them are taken/);
    allocator.give([page!]);
    expect(() => allocator.give([page!])).toThrow(/not all of them are taken/);
    expect(allocator.freePages).toBe(4);
  });
});
