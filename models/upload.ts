/** Weights and tables to a device, a chunk at a time: the host never holds a whole one. */
import { createTensor, wordsOf, type Device, type Tensor } from "../runtime/index.ts";
import type { Checkpoint, WeightDeclaration } from "./checkpoint/checkpoint.ts";
import type { WeightStorage } from "../runtime/model/convert.ts";
import { rotaryTables, type RotaryOptions } from "../runtime/model/rotary.ts";

/** Bytes that may wait in the queue's staging memory; then uploading waits for the device. */
const queuedBytes = 2 ** 26;
/** Values of a rotary table that are computed at a time. */
const tableValues = 2 ** 20;

export class Uploader {
  #waiting = 0;

  constructor(private readonly device: Device, private readonly checkpoint: Checkpoint) {}

  /** Makes the weight's tensor. @throws CheckpointError, and the runtime's errors, having freed it */
  async upload(declaration: WeightDeclaration, storage: WeightStorage): Promise<Tensor> {
    const { name, shape } = declaration;
    const tensor = createTensor(this.device, { name, storage, shape });
    const rowBytes = 4 * wordsOf({ storage, shape: [shape.at(-1)!] });
    try {
      for await (const { firstRow, words } of this.checkpoint.read(declaration, storage)) {
        await this.#write(tensor, firstRow * rowBytes, words);
      }
    } catch (error) {
      tensor.dispose();
      throw error;
    }
    return tensor;
  }

  /** Makes the rotary tables, f32 [places, headSize / 2] each. */
  async uploadRotary(options: RotaryOptions, places: number): Promise<{ readonly cosine: Tensor; readonly sine: Tensor }> {
    const half = options.headSize / 2;
    const table = (name: string): Tensor => createTensor(this.device, { name, storage: "f32", shape: [places, half] });
    const cosine = table("cosine");
    try {
      const sine = table("sine");
      try {
        const most = Math.max(1, Math.floor(tableValues / half));
        for (let first = 0; first < places; first += most) {
          const part = rotaryTables(options, Math.min(most, places - first), first);
          await this.#write(cosine, first * half * 4, part.cosine);
          await this.#write(sine, first * half * 4, part.sine);
        }
        return { cosine, sine };
      } catch (error) {
        sine.dispose();
        throw error;
      }
    } catch (error) {
      cosine.dispose();
      throw error;
    }
  }

  async #write(tensor: Tensor, offsetBytes: number, data: Uint32Array<ArrayBuffer> | Float32Array): Promise<void> {
    tensor.assertUsable();
    this.device.gpu.queue.writeBuffer(tensor.buffer, offsetBytes, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    this.#waiting += data.byteLength;
    if (this.#waiting < queuedBytes) return;
    await this.device.gpu.queue.onSubmittedWorkDone();
    this.#waiting = 0;
  }
}
