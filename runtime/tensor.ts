/** Tensors: named, typed buffers on a device, written from and read back into elements or packed words. */
import type { StorageType } from "./artifact.ts";
import type { Device } from "./device.ts";
import { CommandError, RequestError } from "./errors.ts";
import { packElements, unpackElements, wordsOf, type TensorLayout } from "./layout.ts";

export interface TensorDescription {
  /** What messages call it. */
  readonly name: string;
  readonly storage: StorageType;
  /** Extents of its axes, outermost first; an extent may be 0. */
  readonly shape: readonly number[];
  /** Sizes of the blocks that each axis is cut into; row-major where absent. */
  readonly blocks?: readonly number[];
}

/** Bytes handed to the queue, or read back from it, at a time: bounds what staging takes beside the tensor itself. */
const chunkBytes = 1 << 26;

/**
 * A tensor on a device. Elements are one u32 each, row-major and unpadded: f32, u32 and i32 by their bits, bf16 by the
 * bits of its value widened to f32. Words are the buffer as kernels see it (artifact.ts, Layout).
 */
export class Tensor implements TensorLayout {
  readonly device: Device;
  readonly name: string;
  readonly storage: StorageType;
  readonly shape: readonly number[];
  readonly blocks?: readonly number[];
  /** Storage buffer of `wordsOf(this)` words, at least one. */
  readonly buffer: GPUBuffer;
  /** The words of an integer table as the host last wrote them; absent once a kernel may have written it. */
  #hostWords: Uint32Array | undefined;
  #distinct: boolean | undefined;
  readonly #ownsBuffer: boolean;
  #disposed = false;

  /** On a buffer of its own, or on the given one, which stays its maker's. */
  constructor(device: Device, { name, storage, shape, blocks }: TensorDescription, buffer?: GPUBuffer) {
    const extents = blocks === undefined ? shape : [...shape, ...blocks];
    if (!extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || (blocks ?? []).includes(0) ||
        (blocks !== undefined && blocks.length !== shape.length)) {
      throw new RequestError({
        where: `tensor '${name}'`, what: `[${shape.join(", ")}]${blocks === undefined ? "" : ` in blocks of [${blocks.join(", ")}]`} is no shape`,
        fix: "give a whole number for each axis, and for each axis a block size of at least 1",
      });
    }
    this.device = device;
    this.name = name;
    this.storage = storage;
    this.shape = [...shape];
    if (blocks !== undefined) this.blocks = [...blocks];
    this.#ownsBuffer = buffer === undefined;
    this.buffer = buffer ?? device.allocate(`tensor '${name}'`, wordsOf(this) * 4,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC);
    if (wordsOf(this) * 4 > this.buffer.size) {
      throw new RequestError({
        where: `tensor '${name}' (${describeLayout(this)})`, what: `${wordsOf(this) * 4} bytes do not fit a buffer of ${this.buffer.size}`,
        fix: "view a larger tensor, or a smaller part of it",
      });
    }
  }

  /**
   * The words from this tensor's first on, under another name and shape, without a copy. A view is usable until this
   * tensor is disposed of; disposing of the view frees nothing. A unique placement table is written through the view
   * that kernels are given, since each knows only its own writes.
   */
  view(description: TensorDescription): Tensor {
    this.assertUsable();
    return new Tensor(this.device, description, this.buffer);
  }

  /** Throws where the tensor, or its device, is gone. */
  assertUsable(): void {
    this.device.assertUsable();
    if (this.#disposed) {
      throw new RequestError({ where: `tensor '${this.name}'`, what: "it has been disposed of", fix: "dispose of it after its last use" });
    }
  }

  /** Writes all elements; takes effect before any later submission. Throws RequestError where they do not fit. */
  writeElements(elements: Uint32Array): void {
    let words: Uint32Array<ArrayBuffer>;
    try {
      words = packElements(this, elements);
    } catch (cause) {
      throw new RequestError({
        where: `tensor '${this.name}' (${describeLayout(this)})`, what: (cause as Error).message,
        fix: "give one u32 for each element, row-major; bf16 as the bits of the value rounded to bf16 and widened to f32", cause,
      });
    }
    this.writeWords(words);
  }

  /** Writes the buffer's words as they are. Throws RequestError on a wrong number of words. */
  writeWords(words: Uint32Array): void {
    this.assertUsable();
    if (words.length !== wordsOf(this)) {
      throw new RequestError({
        where: `tensor '${this.name}' (${describeLayout(this)})`, what: `${words.length} words given for a buffer of ${wordsOf(this)}`,
        fix: "pack the elements as artifact.ts describes, or use writeElements",
      });
    }
    for (let offset = 0; offset < words.byteLength; offset += chunkBytes) {
      const size = Math.min(chunkBytes, words.byteLength - offset);
      this.device.gpu.queue.writeBuffer(this.buffer, offset, words.buffer as ArrayBuffer, words.byteOffset + offset, size);
    }
    this.#hostWords = this.storage === "u32" || this.storage === "i32" ? words.slice() : undefined;
    this.#distinct = undefined;
  }

  /** All elements, after everything submitted so far. */
  async readElements(): Promise<Uint32Array<ArrayBuffer>> {
    return unpackElements(this, await this.readWords());
  }

  /** The buffer's words, after everything submitted so far. */
  async readWords(): Promise<Uint32Array<ArrayBuffer>> {
    this.assertUsable();
    const words = new Uint32Array(wordsOf(this));
    for (let offset = 0; offset < words.byteLength; offset += chunkBytes) {
      const size = Math.min(chunkBytes, words.byteLength - offset);
      words.set(await readBuffer(this.device, this.buffer, offset, size, this.name), offset / 4);
    }
    this.device.assertUsable();
    return words;
  }

  /** Called when a kernel is about to write the tensor: what the host knows of it no longer holds. */
  markWritten(): void {
    this.#hostWords = undefined;
    this.#distinct = undefined;
  }

  /** Whether all elements differ, as the host last wrote them; undefined where only the device knows. */
  isDistinct(): boolean | undefined {
    if (this.#hostWords !== undefined && this.#distinct === undefined) {
      const elements = unpackElements(this, this.#hostWords);
      this.#distinct = new Set(elements).size === elements.length;
    }
    return this.#distinct;
  }

  /** Frees the buffer once the submissions that use it are done. */
  dispose(): void {
    this.#disposed = true;
    if (this.#ownsBuffer) this.buffer.destroy();
  }
}

/** Makes a tensor of zeros, or of the elements given. Throws AllocationError or RequestError. */
export function createTensor(device: Device, description: TensorDescription, elements?: Uint32Array): Tensor {
  const tensor = new Tensor(device, description);
  if (elements === undefined) return tensor;
  try {
    tensor.writeElements(elements);
  } catch (error) {
    tensor.dispose();
    throw error;
  }
  return tensor;
}

/** A layout as messages show it: `bf16[3, 5]`, with ` in blocks of [8, 32]` where it has blocks. */
export function describeLayout({ storage, shape, blocks }: TensorLayout): string {
  return `${storage}[${shape.join(", ")}]${blocks === undefined ? "" : ` in blocks of [${blocks.join(", ")}]`}`;
}


async function readBuffer(device: Device, buffer: GPUBuffer, offset: number, size: number, name: string): Promise<Uint32Array> {
  const staging = device.allocate(`read-back of '${name}'`, size, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  try {
    const encoder = device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return new Uint32Array(staging.getMappedRange(0, size).slice(0));
  } catch (cause) {
    device.assertUsable();
    throw new CommandError({ where: `tensor '${name}'`, what: `reading it back failed: ${String(cause)}`, fix: "report this with the device's name", cause });
  } finally {
    staging.destroy();
  }
}
