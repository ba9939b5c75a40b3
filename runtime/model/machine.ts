/** A machine that collects a step's kernels into one submission to a device. */
import type { StorageType } from "../artifact.ts";
import { Commands } from "../commands.ts";
import type { Device } from "../device.ts";
import { RequestError } from "../errors.ts";
import { wordsOf } from "../layout.ts";
import { createTensor, type Tensor } from "../tensor.ts";
import type { KernelLibrary } from "./kernels.ts";
import type { Machine } from "./program.ts";

export class DeviceMachine implements Machine {
  #commands: Commands;
  /** What temporaries are views of, by name: grown when a step needs more, never shrunk. */
  readonly #memory = new Map<string, Tensor>();

  #disposed = false;

  constructor(
    private readonly device: Device,
    private readonly library: KernelLibrary,
  ) {
    this.#commands = new Commands(device);
  }

  temporary(name: string, storage: StorageType, shape: readonly number[]): Tensor {
    if (this.#disposed)
      throw new RequestError({
        where: `temporary '${name}'`,
        what: "the model has been disposed of",
        fix: "load it again",
      });
    const words = Math.max(1, wordsOf({ storage, shape }));
    let memory = this.#memory.get(name);
    if (memory === undefined || memory.shape[0]! < words) {
      // Nothing that waits for submission uses the old one: within a step, a name is asked for at its largest size
      // first.
      memory?.dispose();
      this.#memory.delete(name);
      const most = Math.floor(Math.min(this.device.limits.maxBindingBytes, this.device.limits.maxBufferBytes) / 4);
      const grown = memory === undefined ? words : Math.max(words, Math.min(most, Math.ceil(memory.shape[0]! * 1.5)));
      memory = createTensor(this.device, { name, storage: "u32", shape: [grown] });
      this.#memory.set(name, memory);
    }
    return memory.view({ name, storage, shape });
  }

  /** A temporary with contents: u32, or f32 where those are. */
  table(name: string, shape: readonly number[], elements: Uint32Array | Float32Array): Tensor {
    const isFloat = elements instanceof Float32Array;
    const table = this.temporary(name, isFloat ? "f32" : "u32", shape);
    table.writeElements(isFloat ? new Uint32Array(elements.buffer, elements.byteOffset, elements.length) : elements);
    return table;
  }

  reshape(tensor: Tensor, shape: readonly number[]): Tensor {
    return tensor.view({ name: tensor.name, storage: tensor.storage, shape });
  }

  run(
    kernel: string,
    tensors: Readonly<Record<string, Tensor>>,
    extents: Readonly<Record<string, number>>,
    parameters: Readonly<Record<string, number>> = {},
  ): void {
    this.#commands.run(this.library.get(kernel, extents["token"]!), { tensors, extents, parameters });
  }

  async submit(): Promise<void> {
    await this.#commands.submit();
  }

  /**
   * After a fault: forgets what was asked for and not submitted, and frees the temporaries, some of which the device
   * may have found no memory for. The next step makes what it needs.
   */
  reset(): void {
    this.#commands = new Commands(this.device);
    for (const tensor of this.#memory.values()) tensor.dispose();
    this.#memory.clear();
  }

  /** Of the memory that temporaries share. */
  get bytes(): number {
    return [...this.#memory.values()].reduce((total, { buffer }) => total + buffer.size, 0);
  }

  /** A step that is under way gets no more memory. */
  dispose(): void {
    this.#disposed = true;
    this.reset();
  }
}
