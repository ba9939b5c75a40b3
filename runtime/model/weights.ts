/** Weights and rotary tables to a device, a chunk at a time: the host never holds a whole one. */
import { record } from "../own.ts";
import { startTiming } from "../debug.ts";
import type { Device } from "../device.ts";
import { wordsOf } from "../layout.ts";
import { createSha256 } from "../sha256.ts";
import { createTensor, type Tensor } from "../tensor.ts";
import { bytesOfDtype, convertRows, rowsOf } from "./convert.ts";
import { OtherWeightsError, type Folder } from "./files.ts";
import type { Manifest, WeightEntry } from "./manifest.ts";
import type { ModelWeights } from "./program.ts";
import { rotaryTables, type RotaryOptions } from "./rotary.ts";

/** Bytes that may wait in the queue's staging memory; then uploading waits for the device. */
const queuedBytes = 2 ** 26;
/** Values of a rotary table that are computed at a time. */
const tableValues = 2 ** 20;

/** Bytes of files that are read for a library's weights. */
export function bytesOfWeights({ weights }: Manifest): number {
  return weights.tensors.reduce(
    (total, { shape, dtype }) => total + shape.reduce((product, extent) => product * extent, bytesOfDtype[dtype]),
    0,
  );
}

/** Uploads, and keeps what it has made until it is asked to dispose of all of it. */
export class Uploader {
  readonly tensors: Tensor[] = [];
  #waiting = 0;

  constructor(
    private readonly device: Device,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * Every weight of a library, under the names that its program uses. @throws ModelFileError, and the device's errors
   */
  async uploadWeights({ weights, config }: Manifest, folder: Folder): Promise<ModelWeights> {
    const finished = startTiming();
    const layers = Array.from({ length: config.layers }, () => record<Tensor>());
    const top = record<Tensor>();
    // As they lie in the files, since those may come in streams.
    const inOrder = weights.tensors.toSorted(
      (left, right) => left.file - right.file || left.offsetBytes - right.offsetBytes,
    );
    for (const entry of inOrder) {
      const tensor = await this.#upload(entry, weights.files[entry.file]!, folder);
      for (const use of entry.uses) {
        const [, layer, name] = /^layers\.(\d+)\.(\w+)$/.exec(use) ?? [];
        if (layer === undefined) top[use] = tensor;
        else layers[Number(layer)]![name!] = tensor;
      }
    }
    finished(() => `upload ${inOrder.length} weights`);
    return { embedding: top["embedding"]!, layers, norm: top["norm"]!, head: top["head"]! };
  }

  /** The rotary tables, f32 [places, headSize / 2] each. */
  async uploadRotary(
    options: RotaryOptions,
    places: number,
  ): Promise<{ readonly cosine: Tensor; readonly sine: Tensor }> {
    const half = options.headSize / 2;
    const [cosine, sine] = (["cosine", "sine"] as const).map((name) =>
      this.#make({ name, storage: "f32", shape: [places, half] }),
    );
    const most = Math.max(1, Math.floor(tableValues / half));
    for (let first = 0; first < places; first += most) {
      const part = rotaryTables(options, Math.min(most, places - first), first);
      for (const [tensor, values] of [
        [cosine!, part.cosine],
        [sine!, part.sine],
      ] as const) {
        await this.#write(tensor, first * half, new Uint32Array(values.buffer, values.byteOffset, values.length));
      }
    }
    return { cosine: cosine!, sine: sine! };
  }

  dispose(): void {
    for (const tensor of this.tensors.splice(0)) tensor.dispose();
  }

  async #upload(entry: WeightEntry, file: string, folder: Folder): Promise<Tensor> {
    const { name, shape, dtype, storage } = entry;
    const tensor = this.#make({ name, storage, shape });
    const rowLength = shape.at(-1)!;
    const rowWords = wordsOf({ storage, shape: [rowLength] });
    const hash = createSha256();
    const changed = (): OtherWeightsError =>
      new OtherWeightsError({
        where: folder.pathOf(file),
        what: `tensor '${name}' does not have the values that the library was built from`,
        fix: "give the weights that it was built from, or build the library again",
      });
    for await (const rows of rowsOf(entry, (offset, length) =>
      folder.readBytes(file, entry.offsetBytes + offset, length),
    )) {
      const { words } = convertRows(rows, rowLength, dtype, storage);
      if (words === undefined) throw changed();
      hash.update(words);
      await this.#write(tensor, rows.firstRow * rowWords, words);
    }
    if (hash.digest() !== entry.sha256) throw changed();
    return tensor;
  }

  #make(description: Parameters<typeof createTensor>[1]): Tensor {
    const tensor = createTensor(this.device, description);
    this.tensors.push(tensor);
    return tensor;
  }

  async #write(tensor: Tensor, offsetWords: number, words: Uint32Array<ArrayBuffer>): Promise<void> {
    this.signal?.throwIfAborted();
    tensor.writeWordsAt(offsetWords, words);
    this.#waiting += words.byteLength;
    if (this.#waiting < queuedBytes) return;
    await this.device.gpu.queue.onSubmittedWorkDone();
    this.#waiting = 0;
  }
}
