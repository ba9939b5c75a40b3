/** A function's results on a device, a chunk of arguments at a time. The arguments are made there, too. */
import { compile, schedulesFor } from "../../codegen/compile.ts";
import type { Kernel } from "../../dsl/ir.ts";
import {
  Commands,
  createTensor,
  type Device,
  loadKernel,
  type LoadedKernel,
  type Tensor,
} from "../../runtime/index.ts";

export class OnDevice {
  readonly #device: Device;
  readonly #size: number;
  readonly #makes: LoadedKernel;
  readonly #computes: LoadedKernel;
  /** What the arguments' kernel writes; the same words as the function's kernel reads them; and its results. */
  readonly #made: Readonly<Record<string, Tensor>>;
  readonly #read: Readonly<Record<string, Tensor>>;
  readonly #results: Tensor;
  readonly #staging: GPUBuffer;
  readonly schedule: string;

  /** For chunks of `size` arguments. Throws what compile, loadKernel and createTensor throw. */
  static async open(device: Device, argumentsKernel: Kernel, functionKernel: Kernel, size: number): Promise<OnDevice> {
    const load = async (kernel: Kernel, extents: Readonly<Record<string, number>>): Promise<LoadedKernel> => {
      const [schedule] = schedulesFor(kernel, { extents, limits: device.limits });
      return loadKernel(device, compile(kernel, { extents, schedule: schedule!, limits: device.limits }));
    };
    return new OnDevice(
      device,
      size,
      functionKernel,
      argumentsKernel,
      await load(argumentsKernel, { i: size }),
      await load(functionKernel, {}),
    );
  }

  private constructor(
    device: Device,
    size: number,
    functionKernel: Kernel,
    argumentsKernel: Kernel,
    makes: LoadedKernel,
    computes: LoadedKernel,
  ) {
    this.#device = device;
    this.#size = size;
    this.#makes = makes;
    this.#computes = computes;
    this.schedule = computes.artifact.schedule;
    this.#made = Object.fromEntries(
      argumentsKernel.outputs.map(({ name, storage }) => [
        name,
        createTensor(device, { name, storage, shape: [size] }),
      ]),
    );
    this.#read = Object.fromEntries(
      functionKernel.inputs.map(({ name, storage }) => {
        const made = this.#made[name] ?? this.#made["output"]!;
        return [name, made.view({ name, storage, shape: [size] })];
      }),
    );
    this.#results = createTensor(device, {
      name: "output",
      storage: functionKernel.outputs[0]!.storage,
      shape: [size],
    });
    this.#staging = device.gpu.createBuffer({
      size: size * 4,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  /**
   * The results' bits for the arguments at `first`, `first` + `stride`, …, into `into`. One mapped buffer is kept, and
   * its words are copied once: Tensor.readWords would take longer than the device.
   */
  async run(first: number, stride: number, into: Uint32Array): Promise<void> {
    const { gpu } = this.#device;
    const extents = { i: this.#size };
    await new Commands(this.#device)
      .run(this.#makes, { tensors: this.#made, extents, parameters: { first, stride } })
      .run(this.#computes, { tensors: { ...this.#read, output: this.#results }, extents })
      .submit();
    const encoder = gpu.createCommandEncoder();
    const { buffer, offset } = this.#results.bound();
    encoder.copyBufferToBuffer(buffer, offset, this.#staging, 0, this.#size * 4);
    gpu.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(GPUMapMode.READ);
    into.set(new Uint32Array(this.#staging.getMappedRange(), 0, into.length));
    this.#staging.unmap();
    this.#device.assertUsable();
  }

  dispose(): void {
    for (const tensor of [...Object.values(this.#made), this.#results]) tensor.dispose();
    this.#staging.destroy();
  }
}
