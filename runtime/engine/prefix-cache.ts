/**
 * Full pages by the ids whose keys and values they hold, so that requests that begin alike share them. A page's
 * contents depend on all ids up to its last, so it is found along a path of whole pages from the first. Ids are
 * compared, not hashes.
 */
import { pageSize, type PageAllocator } from "../model/pages.ts";

interface Node {
  readonly page: number;
  readonly key: string;
  readonly parent: Node | undefined;
  readonly id: number;
  children: number;
  used: number;
}

export class PrefixCache {
  readonly #allocator: PageAllocator;
  readonly #nodes = new Map<string, Node>();
  #next = 1;
  #clock = 0;

  constructor(allocator: PageAllocator) {
    this.#allocator = allocator;
  }

  /** Pages that it holds. */
  get pages(): number {
    return this.#nodes.size;
  }

  /** Pages that would be free if it let go of them: those that nobody else holds, nor any page that they lead to. */
  get evictable(): number {
    const needed = new Set<Node>();
    for (const node of this.#nodes.values()) {
      if (this.#allocator.ownersOf(node.page) === 1) continue;
      for (let at: Node | undefined = node; at !== undefined && !needed.has(at); at = at.parent) needed.add(at);
    }
    return this.#nodes.size - needed.size;
  }

  /**
   * The pages of the longest known beginning of `ids`, one id at least being left over: the last one's logits are
   * wanted.
   */
  match(ids: readonly number[]): number[] {
    return this.#walk(ids, ids.length - 1).map(({ page }) => page);
  }

  /**
   * Remembers the full pages of a sequence that holds `ids`; where a page with these ids is known, it stays the known
   * one.
   */
  insert(ids: readonly number[], pages: readonly number[]): void {
    const known = this.#walk(ids, ids.length);
    let parent = known.at(-1);
    for (let index = known.length; (index + 1) * pageSize <= ids.length; index++) {
      const key = keyOf(parent, ids, index);
      const page = pages[index]!;
      this.#allocator.share([page]);
      const node: Node = { page, key, parent, id: this.#next++, children: 0, used: ++this.#clock };
      this.#nodes.set(key, node);
      if (parent !== undefined) parent.children++;
      parent = node;
    }
  }

  /**
   * Lets go of pages that nobody else holds, those first that were not used for longest, until so many are free or
   * there is none left.
   */
  evict(wanted: number): void {
    while (this.#allocator.freePages < wanted) {
      // A page of which others still lead on is not let go of before them.
      let oldest: Node | undefined;
      for (const node of this.#nodes.values()) {
        if (
          node.children === 0 &&
          this.#allocator.ownersOf(node.page) === 1 &&
          (oldest === undefined || node.used < oldest.used)
        )
          oldest = node;
      }
      if (oldest === undefined) return;
      this.#drop(oldest);
    }
  }

  /** Lets go of all. */
  clear(): void {
    for (const { page } of this.#nodes.values()) this.#allocator.give([page]);
    this.#nodes.clear();
  }

  #walk(ids: readonly number[], most: number): Node[] {
    const found: Node[] = [];
    for (let index = 0; (index + 1) * pageSize <= most; index++) {
      const node = this.#nodes.get(keyOf(found.at(-1), ids, index));
      if (node === undefined) break;
      node.used = ++this.#clock;
      found.push(node);
    }
    return found;
  }

  #drop(node: Node): void {
    this.#nodes.delete(node.key);
    if (node.parent !== undefined) node.parent.children--;
    this.#allocator.give([node.page]);
  }
}

function keyOf(parent: Node | undefined, ids: readonly number[], index: number): string {
  return `${parent?.id ?? 0}:${ids.slice(index * pageSize, (index + 1) * pageSize).join(",")}`;
}
