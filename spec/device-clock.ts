/** How long submissions take: by the device's own clock where it has one, by ours otherwise. */
import type { Device } from "../runtime/index.ts";

export class DeviceClock {
  /** Whether times are the device's own. */
  readonly isDevices: boolean;
  readonly #device: Device;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  readonly #read: GPUBuffer | undefined;
  #isOn = false;
  #isRunning = false;
  #nanoseconds = 0n;
  #pending: Promise<void> = Promise.resolve();

  /** Puts itself between the runtime and the device: from now on each compute pass is timed while `time` runs. */
  constructor(device: Device) {
    this.#device = device;
    const { gpu } = device;
    this.isDevices = gpu.features.has("timestamp-query");
    if (!this.isDevices) return;
    this.#queries = gpu.createQuerySet({ type: "timestamp", count: 2 });
    this.#resolved = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    this.#read = gpu.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const createCommandEncoder = gpu.createCommandEncoder.bind(gpu);
    gpu.createCommandEncoder = (descriptor) => {
      const encoder = createCommandEncoder(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (pass) => {
        if (!this.#isOn) return begin(pass);
        this.#isRunning = true;
        return begin({
          ...pass,
          timestampWrites: { querySet: this.#queries!, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
        });
      };
      const finish = encoder.finish.bind(encoder);
      encoder.finish = () => {
        if (this.#isRunning) {
          encoder.resolveQuerySet(this.#queries!, 0, 2, this.#resolved!, 0);
          encoder.copyBufferToBuffer(this.#resolved!, 0, this.#read!, 0, 16);
        }
        return finish();
      };
      return encoder;
    };
    const submit = gpu.queue.submit.bind(gpu.queue);
    gpu.queue.submit = (buffers) => {
      submit(buffers);
      if (!this.#isRunning) return;
      this.#isRunning = false;
      this.#pending = this.#add();
    };
  }

  /** Seconds of the submissions that `work` makes, one after the other. */
  async time(work: () => Promise<unknown>): Promise<number> {
    this.#isOn = true;
    this.#nanoseconds = 0n;
    const start = performance.now();
    await work();
    await this.#pending;
    this.#isOn = false;
    return this.isDevices ? Number(this.#nanoseconds) / 1e9 : (performance.now() - start) / 1000;
  }

  async #add(): Promise<void> {
    await this.#device.gpu.queue.onSubmittedWorkDone();
    await this.#read!.mapAsync(GPUMapMode.READ);
    const [begin, end] = new BigUint64Array(this.#read!.getMappedRange());
    this.#nanoseconds += end! - begin!;
    this.#read!.unmap();
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
