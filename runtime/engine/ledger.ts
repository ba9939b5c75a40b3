/**
 * An independent account of what lies in each slot of the pages, which every step is held to before it runs: a sequence
 * reads only slots that hold what its own ids put there, and writes only into pages that nobody else holds.
 */
import type { StepTables } from "../model/batch.ts";
import { pageSize, type PageAllocator } from "../model/pages.ts";
import { PageTableError } from "./errors.ts";

/** One row of a step's page table, and the sequence that it is for. */
export interface LedgerEntry {
  readonly request: number;
  /** Marks of the sequence's ids, up to those that the step appends (`Marks`). */
  readonly marks: readonly number[];
  /** Ids that the step appends. */
  readonly count: number;
}

/** No mark: the slot holds nothing that anybody may read. */
const nothing = -1;

export class Ledger {
  readonly #slots: Float64Array;
  readonly #allocator: PageAllocator;

  constructor(allocator: PageAllocator) {
    this.#allocator = allocator;
    this.#slots = new Float64Array(allocator.pages * pageSize).fill(nothing);
  }

  /**
   * Holds a step's tables to what is known; the slots that it writes count as unknown until `written`. @throws
   * PageTableError
   */
  check(tables: StepTables, entries: readonly LedgerEntry[]): void {
    const { pagesPerRequest } = tables;
    const writers = new Map<number, number>();
    let token = 0;
    entries.forEach(({ request, marks, count }, row) => {
      const slotOf = (position: number): number =>
        tables.pages[row * pagesPerRequest + Math.floor(position / pageSize)]! * pageSize + (position % pageSize);
      const start = marks.length - count;
      for (let position = 0; position < start; position++) {
        if (this.#slots[slotOf(position)] !== marks[position]) {
          throw new PageTableError(
            request,
            `position ${position} would be read from slot ${slotOf(position)}, which holds ` +
              `${this.#slots[slotOf(position)] === nothing ? "nothing" : "other ids' keys and values"}`,
          );
        }
      }
      for (let position = start; position < marks.length; position++, token++) {
        const slot = slotOf(position);
        const page = Math.floor(slot / pageSize);
        if (tables.slots[token] !== slot || tables.requestOf[token] !== row || tables.positions[token] !== position) {
          throw new PageTableError(
            request,
            `the tables disagree about position ${position}: slot ${tables.slots[token]} of row ` +
              `${tables.requestOf[token]}, and slot ${slot} of row ${row}`,
          );
        }
        if (this.#allocator.ownersOf(page) !== 1) {
          throw new PageTableError(
            request,
            `position ${position} would be written into page ${page}, which ` +
              `${this.#allocator.ownersOf(page) === 0 ? "is free" : "others share"}`,
          );
        }
        if ((writers.get(page) ?? row) !== row)
          throw new PageTableError(request, `page ${page} would be written by two requests of one step`);
        writers.set(page, row);
      }
    });
    tables.slots.forEach((slot) => {
      this.#slots[slot] = nothing;
    });
  }

  /** After the step has run. */
  written(tables: StepTables, entries: readonly LedgerEntry[]): void {
    let token = 0;
    for (const { marks, count } of entries) {
      for (const mark of marks.slice(marks.length - count)) this.#slots[tables.slots[token++]!] = mark;
    }
  }

  /** What freed pages held is gone. */
  freed(pages: readonly number[]): void {
    for (const page of pages) this.#slots.fill(nothing, page * pageSize, (page + 1) * pageSize);
  }
}

/**
 * Extends `marks` to one for each id: a number below 2^53 made of all ids up to there, so that equal marks mean equal
 * beginnings.
 */
export function extendMarks(marks: number[], ids: readonly number[]): void {
  for (let position = marks.length; position < ids.length; position++) {
    const before = position === 0 ? 0 : marks[position - 1]!;
    // Two multiplicative hashes side by side, of 27 and 26 bits: an assertion's strength, and all that it has to be.
    const low = (Math.imul((before % 2 ** 27) ^ ids[position]!, 0x9e3779b1) + position) >>> 5;
    const high =
      Math.imul(Math.floor(before / 2 ** 27) + ids[position]! + 1, 0x85ebca6b) ^ Math.imul(position + 1, 0xc2b2ae35);
    marks.push((high >>> 6) * 2 ** 27 + low);
  }
}
