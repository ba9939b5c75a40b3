/**
 * Pages of the KV cache. A page holds the keys and values of `pageSize` consecutive positions of one sequence; which
 * page it is never shows in a result, since pages are only addressed.
 */

import { RuntimeError } from "../errors.ts";

/** Positions a page holds. */
export const pageSize = 16;

/** The cache has no room for what a step would append. Nothing of that step was taken. */
export class CacheFullError extends RuntimeError {
  constructor(
    readonly wantedPages: number,
    readonly freePages: number,
  ) {
    super({
      where: "KV cache",
      what: `it is full: ${wantedPages} more pages of ${pageSize} positions are needed and ${freePages} are free`,
      fix: "close a sequence or make a larger cache",
    });
  }
}

/**
 * Hands out each free page to one owner, and counts those that share it since; the page is free again when the last has
 * given it back.
 */
export class PageAllocator {
  readonly #free: number[];
  readonly #owners: Uint32Array;
  /** Called with the pages that have just become free. */
  onFreed: (pages: readonly number[]) => void = () => undefined;

  constructor(readonly pages: number) {
    // The lowest page is handed out first.
    this.#free = Array.from({ length: pages }, (_, index) => pages - 1 - index);
    this.#owners = new Uint32Array(pages);
  }

  get freePages(): number {
    return this.#free.length;
  }

  /** How many hold the page; 0 where it is free, or there is none. */
  ownersOf(page: number): number {
    return this.#owners[page] ?? 0;
  }

  /** All or nothing. @throws CacheFullError */
  take(count: number): number[] {
    if (count > this.#free.length) throw new CacheFullError(count, this.#free.length);
    const pages = this.#free.splice(this.#free.length - count).reverse();
    for (const page of pages) this.#owners[page] = 1;
    return pages;
  }

  /**
   * Another owner for each of the pages, which someone has to hold. Throws, changing nothing, if one of them is free.
   */
  share(pages: readonly number[]): void {
    if (!pages.every((page) => this.ownersOf(page) > 0))
      throw new Error(`pages [${pages.join(", ")}] are to be shared, but not all of them are taken`);
    for (const page of pages) this.#owners[page]!++;
  }

  /** One owner fewer for each of the pages. Throws, changing nothing, if one of them is not taken. */
  give(pages: readonly number[]): void {
    if (new Set(pages).size !== pages.length || !pages.every((page) => this.ownersOf(page) > 0)) {
      throw new Error(
        `pages [${pages.join(", ")}] are given back, but not all of them are taken: a sequence was closed twice`,
      );
    }
    const freed = pages.filter((page) => --this.#owners[page]! === 0);
    this.#free.push(...freed.toReversed());
    if (freed.length > 0) this.onFreed(freed);
  }
}

/** A sequence whose keys and values lie in the cache: how many positions there are, and in which pages. */
export class CachedSequence {
  readonly #pages: number[] = [];
  #length = 0;

  constructor(private readonly allocator: PageAllocator) {}

  /** Whether its pages are this allocator's. */
  isOf(allocator: PageAllocator): boolean {
    return this.allocator === allocator;
  }

  /** Positions whose keys and values are in the cache. */
  get length(): number {
    return this.#length;
  }
  /** Page of positions 0 to 15, of 16 to 31, and so on. */
  get pages(): readonly number[] {
    return this.#pages;
  }

  /** Pages that appending `count` positions would take. */
  pagesWanted(count: number): number {
    return Math.ceil((this.#length + count) / pageSize) - this.#pages.length;
  }

  /** Starts an empty sequence on full pages that another holds: its positions from 0 on are theirs. */
  adopt(pages: readonly number[]): void {
    if (this.#length > 0) throw new Error("a sequence adopts pages only before it has any");
    this.allocator.share(pages);
    this.#pages.push(...pages);
    this.#length = pages.length * pageSize;
  }

  /** Makes room for `count` more positions and gives their slots, `page * pageSize + position % pageSize` each. */
  append(count: number): number[] {
    this.#pages.push(...this.allocator.take(this.pagesWanted(count)));
    const slots = Array.from({ length: count }, (_, index) => {
      const position = this.#length + index;
      return this.#pages[Math.floor(position / pageSize)]! * pageSize + (position % pageSize);
    });
    this.#length += count;
    return slots;
  }

  /** Forgets the positions from `length` on, and gives back the pages that held nothing else. */
  truncate(length: number): void {
    const kept = Math.ceil(length / pageSize);
    if (kept < this.#pages.length) this.allocator.give(this.#pages.splice(kept));
    this.#length = Math.min(this.#length, length);
  }

  /** Gives the pages back; the sequence is empty afterwards. */
  close(): void {
    this.allocator.give(this.#pages.splice(0));
    this.#length = 0;
  }
}
