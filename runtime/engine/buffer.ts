/**
 * Between an engine and one consumer: items in order, then an end or an error. Whoever fills it is told when it is
 * full.
 */

export class Buffer<Item> {
  readonly #items: Item[] = [];
  readonly #limit: number;
  #end: { readonly error?: unknown } | undefined;
  #waiting: (() => void) | undefined;
  /** Called whenever there is room again, after it was full. */
  onRoom: () => void = () => undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  get full(): boolean {
    return this.#items.length >= this.#limit;
  }

  /** After its end nothing more comes in. */
  push(item: Item): void {
    if (this.#end !== undefined) return;
    this.#items.push(item);
    this.#wake();
  }

  /** What is in it is still handed out, and then the end or the error. The first call counts. */
  end(fault?: { readonly error: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = fault ?? {};
    this.#wake();
  }

  /** The next item; undefined at the end. @throws the error that it ended with */
  async take(): Promise<Item | undefined> {
    while (this.#items.length === 0 && this.#end === undefined)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    const wasFull = this.full;
    const item = this.#items.shift();
    if (wasFull && !this.full) this.onRoom();
    if (item === undefined && this.#end !== undefined && "error" in this.#end) throw this.#end.error;
    return item;
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
