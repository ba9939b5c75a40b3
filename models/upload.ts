/** Weights from a checkpoint's files to a device, a chunk at a time: the host never holds a whole one. */
import { createTensor, wordsOf, type Device, type Tensor } from "../runtime/index.ts";
import type { Checkpoint, WeightDeclaration } from "./checkpoint/checkpoint.ts";
import type { WeightStorage } from "./checkpoint/convert.ts";

/** Bytes that may wait in the queue's staging memory; then uploading waits for the device. */
const queuedBytes = 2 ** 26;

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
        tensor.assertUsable();
        this.device.gpu.queue.writeBuffer(tensor.buffer, firstRow * rowBytes, words);
        this.#waiting += words.byteLength;
        if (this.#waiting < queuedBytes) continue;
        await this.device.gpu.queue.onSubmittedWorkDone();
        this.#waiting = 0;
      }
    } catch (error) {
      tensor.dispose();
      throw error;
    }
    return tensor;
  }
}
