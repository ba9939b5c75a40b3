/** The keys and values of sequences on a device, in pages. */
import type { Device } from "../device.ts";
import { wordsOf } from "../layout.ts";
import { createTensor, type Tensor } from "../tensor.ts";
import type { RunConfig } from "./manifest.ts";
import { CachedSequence, PageAllocator, pageSize } from "./pages.ts";
import type { LayerCache } from "./program.ts";

export class KvCache {
  readonly allocator: PageAllocator;
  readonly layers: readonly LayerCache[];
  readonly #tensors: Tensor[] = [];
  readonly #disposed: () => void;

  /** @param disposed called once the cache's memory is free again; @throws AllocationError, having freed everything */
  constructor(
    device: Device,
    { layers, keyValueHeads, headSize }: RunConfig,
    pages: number,
    disposed: () => void = () => undefined,
  ) {
    this.allocator = new PageAllocator(pages);
    this.#disposed = disposed;
    const make = (name: string): Tensor => {
      const tensor = createTensor(device, {
        name,
        storage: "bf16",
        shape: [pages * pageSize, keyValueHeads, headSize],
      });
      this.#tensors.push(tensor);
      return tensor;
    };
    try {
      this.layers = Array.from({ length: layers }, (_, layer) => ({
        keys: make(`keys of layer ${layer}`),
        values: make(`values of layer ${layer}`),
      }));
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  /** Bytes on the device. */
  get bytes(): number {
    return this.#tensors.reduce((total, { buffer }) => total + buffer.size, 0);
  }

  /** An empty sequence; close it to give its pages back. */
  open(): CachedSequence {
    return new CachedSequence(this.allocator);
  }

  /** Fills pages with NaN; takes effect before any later submission. For tests. @internal */
  poison(pages: readonly number[]): void {
    for (const tensor of this.#tensors) {
      const words = wordsOf(tensor) / this.allocator.pages;
      const nothing = new Uint32Array(words).fill(0x7fc07fc0);
      for (const page of pages) tensor.writeWordsAt(page * words, nothing);
    }
  }

  dispose(): void {
    this.#free();
    this.#disposed();
  }

  #free(): void {
    for (const tensor of this.#tensors.splice(0)) tensor.dispose();
  }
}
