/** Tensors: named, typed buffers on a device, written from and read back into elements or packed words. */
import type { StorageType, WordRange } from "./artifact.ts";
import type { Device } from "./device.ts";
import { type Elements, ElementsError, isWords } from "./elements.ts";
import { CommandError, messageOf, RequestError } from "./errors.ts";
import type { BoundRange } from "./kernel.ts";
import { bindingAlignment } from "./limits.ts";
import {
  bindingBytes,
  greatestCommonDivisor,
  packElements,
  rowsOf,
  unpackElements,
  wordsOf,
  type TensorLayout,
} from "./layout.ts";

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
 * bits of its value widened to f32. They are written as these bits, or as numbers (see Elements), and read back as
 * bits. Words are the buffer as kernels see it (artifact.ts, Layout).
 */
export class Tensor implements TensorLayout {
  readonly device: Device;
  readonly name: string;
  readonly storage: StorageType;
  readonly shape: readonly number[];
  readonly blocks?: readonly number[];
  /** @internal */
  readonly buffer: GPUBuffer;
  /** Where in the buffer the `wordsOf(this)` words start; aligned as storage bindings are. */
  readonly offsetBytes: number;
  /** The words of an integer table as the host last wrote them; absent once a kernel may have written it. */
  #hostWords: Uint32Array | undefined;
  #distinct: boolean | undefined;
  readonly #base: Tensor | undefined;
  #disposed = false;

  /** @internal On a buffer of its own, or inside of another tensor's, which stays that one's. */
  constructor(
    device: Device,
    { name, storage, shape, blocks }: TensorDescription,
    within?: { readonly base: Tensor; readonly offsetBytes: number },
  ) {
    const extents = blocks === undefined ? shape : [...shape, ...blocks];
    if (
      !extents.every((extent) => Number.isSafeInteger(extent) && extent >= 0) ||
      (blocks ?? []).includes(0) ||
      (blocks !== undefined && blocks.length !== shape.length)
    ) {
      throw new RequestError({
        where: `tensor '${name}'`,
        what: `[${shape.join(", ")}]${blocks === undefined ? "" : ` in blocks of [${blocks.join(", ")}]`} is no shape`,
        fix: "give a whole number for each axis, and for each axis a block size of at least 1",
      });
    }
    this.device = device;
    this.name = name;
    this.storage = storage;
    this.shape = [...shape];
    if (blocks !== undefined) this.blocks = [...blocks];
    const bytes = wordsOf(this) * 4;
    this.#base = within?.base;
    this.offsetBytes = within?.offsetBytes ?? 0;
    this.buffer =
      within?.base.buffer ??
      device.allocate(
        "tensors",
        `tensor '${name}'`,
        bytes / 4,
        GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
      );
    if (this.offsetBytes + bytes > this.buffer.size) {
      throw new RequestError({
        where: `tensor '${name}' (${describeLayout(this)})`,
        what: `${bytes} bytes do not fit the ${this.buffer.size - this.offsetBytes} of the tensor that it is a view of`,
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
    return new Tensor(this.device, description, { base: this, offsetBytes: this.offsetBytes });
  }

  /**
   * A view of whole rows of the outermost axis: [count, …] of [rows, …]. Throws RequestError where they are not all
   * there, cut rows that lie in blocks or words together, or do not start where the device can bind them; the message
   * says which rows do.
   */
  rows(first: number, count: number): Tensor {
    this.assertUsable();
    const refuse = (what: string, fix: string): never => {
      throw new RequestError({
        where: `rows ${first} to ${first + count} of tensor '${this.name}' (${describeLayout(this)})`,
        what,
        fix,
      });
    };
    const whole = this.shape[0] ?? refuse("it has no axes", "view a tensor that has rows");
    const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
    if (!isCount(first) || !isCount(count) || first + count > whole)
      refuse(`it has ${whole} rows`, "take rows that it has");
    const { rows, bytes } = rowsOf(this);
    if (count % rows !== 0 && first + count !== whole)
      refuse(`${rows} rows lie together`, `take a multiple of ${rows} rows`);
    const aligned = rows * (bindingAlignment / greatestCommonDivisor(bytes, bindingAlignment));
    if (first % aligned !== 0)
      refuse(`devices bind from multiples of ${bindingAlignment} bytes`, `start at a multiple of ${aligned} rows`);
    const shape = [count, ...this.shape.slice(1)];
    const offsetBytes = this.offsetBytes + (count === 0 ? 0 : (first / rows) * bytes);
    return new Tensor(
      this.device,
      { name: this.name, storage: this.storage, shape, ...(this.blocks && { blocks: this.blocks }) },
      { base: this, offsetBytes },
    );
  }

  /** What a kernel binds that takes the tensor, or some words of it. @internal */
  bound({ first, count }: WordRange = { first: 0, count: wordsOf(this) }): BoundRange {
    return { buffer: this.buffer, offset: this.offsetBytes + first * 4, size: bindingBytes(count) };
  }

  /** Throws where the tensor, or its device, is gone. */
  assertUsable(): void {
    this.device.assertUsable();
    this.#base?.assertUsable();
    if (this.#disposed) {
      throw new RequestError({
        where: `tensor '${this.name}'`,
        what: "it has been disposed of",
        fix: "dispose of it after its last use",
      });
    }
  }

  /** Writes all elements; takes effect before any later submission. Throws RequestError where they do not fit. */
  writeElements(elements: Elements): void {
    let words: Uint32Array<ArrayBuffer>;
    try {
      words = packElements(this, elements);
    } catch (cause) {
      if (!(cause instanceof ElementsError)) throw cause;
      throw new RequestError({
        where: `tensor '${this.name}' (${describeLayout(this)})`,
        what: cause.what,
        fix: cause.fix,
        cause,
      });
    }
    this.writeWords(words);
  }

  /** Writes the tensor's words as they are. Throws RequestError on a wrong number of words. */
  writeWords(words: Uint32Array): void {
    if (!isWords(words)) this.#refuseWords("no Uint32Array given");
    if (words.length !== wordsOf(this))
      this.#refuseWords(`${words.length} words given for a tensor of ${wordsOf(this)}`);
    this.writeWordsAt(0, words);
    this.#hostWords = this.storage === "u32" || this.storage === "i32" ? words.slice() : undefined;
  }

  /**
   * Writes some of the tensor's words, from the one at `offset` on; takes effect before any later submission. The queue
   * keeps a copy until the device has it: who writes much waits for the queue now and then.
   * Throws RequestError where they do not fit.
   */
  writeWordsAt(offset: number, words: Uint32Array): void {
    this.assertUsable();
    if (!isWords(words)) this.#refuseWords("no Uint32Array given");
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + words.length > wordsOf(this)) {
      this.#refuseWords(`${words.length} words from word ${offset} on given for a tensor of ${wordsOf(this)}`);
    }
    for (let at = 0; at < words.byteLength; at += chunkBytes) {
      const size = Math.min(chunkBytes, words.byteLength - at);
      this.device.gpu.queue.writeBuffer(
        this.buffer,
        this.offsetBytes + offset * 4 + at,
        words.buffer as ArrayBuffer,
        words.byteOffset + at,
        size,
      );
    }
    this.#hostWords?.set(words, offset);
    this.#distinct = undefined;
  }

  #refuseWords(what: string): never {
    throw new RequestError({
      where: `tensor '${this.name}' (${describeLayout(this)})`,
      what,
      fix: "pack the elements as artifact.ts describes, or use writeElements",
    });
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
      words.set(await readBuffer(this.device, this.buffer, this.offsetBytes + offset, size, this.name), offset / 4);
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
    if (this.#base === undefined) this.device.free(this.buffer);
  }
}

/** Makes a tensor of zeros, or of the elements given. Throws AllocationError or RequestError. */
export function createTensor(device: Device, description: TensorDescription, elements?: Elements): Tensor {
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

/**
 * The elements of several tensors of a device, after everything submitted so far: by one read-back, where
 * `readElements` of each would wait for the device each time. For small tensors: what is read is on the host, and
 * staged, at once.
 */
export async function readTogether(tensors: readonly Tensor[]): Promise<Uint32Array<ArrayBuffer>[]> {
  const first = tensors[0];
  if (first === undefined) return [];
  tensors.forEach((tensor) => tensor.assertUsable());
  const sizes = tensors.map((tensor) => 4 * wordsOf(tensor));
  const words = await readBuffers(
    first.device,
    tensors.map(({ buffer, offsetBytes }, at) => ({ buffer, offset: offsetBytes, size: sizes[at]! })),
    first.name,
  );
  first.device.assertUsable();
  let offset = 0;
  return tensors.map((tensor, at) => unpackElements(tensor, words.subarray(offset / 4, (offset += sizes[at]!) / 4)));
}

/** A layout as messages show it: `bf16[3, 5]`, with ` in blocks of [8, 32]` where it has blocks. */
export function describeLayout({ storage, shape, blocks }: TensorLayout): string {
  return `${storage}[${shape.join(", ")}]${blocks === undefined ? "" : ` in blocks of [${blocks.join(", ")}]`}`;
}

function readBuffer(
  device: Device,
  buffer: GPUBuffer,
  offset: number,
  size: number,
  name: string,
): Promise<Uint32Array<ArrayBuffer>> {
  return readBuffers(device, [{ buffer, offset, size }], name);
}

/** The words of several stretches of buffers, one after another. */
async function readBuffers(
  device: Device,
  stretches: readonly BoundRange[],
  name: string,
): Promise<Uint32Array<ArrayBuffer>> {
  const total = stretches.reduce((sum, { size }) => sum + size, 0);
  const staging = device.allocate(
    "staging",
    `read-back of '${name}'`,
    total / 4,
    GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  );
  try {
    const encoder = device.gpu.createCommandEncoder();
    let at = 0;
    for (const { buffer, offset, size } of stretches) {
      encoder.copyBufferToBuffer(buffer, offset, staging, at, size);
      at += size;
    }
    device.gpu.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return new Uint32Array(staging.getMappedRange(0, total).slice(0));
  } catch (cause) {
    await device.assertAlive();
    throw new CommandError({
      where: `tensor '${name}'`,
      what: `reading it back failed: ${messageOf(cause)}`,
      fix: "report this with the device's name",
      cause,
    });
  } finally {
    device.free(staging);
  }
}
