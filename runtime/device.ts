/** The device that kernels run on: of npm webgpu in Node, of the browser elsewhere. */
import { findAdapter, tell } from "#platform";
import { debug, debugMistake } from "./debug.ts";
import type { LoadedKernel } from "./kernel.ts";
import { AllocationError, DeviceLostError, NoAdapterError, type RuntimeError } from "./errors.ts";
import { bindingBytes } from "./layout.ts";
import { checkLimits, limitsOf, raisedLimits, type RuntimeLimits } from "./limits.ts";

export interface DeviceInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** The driver's own version and Dawn's, or the browser's: what may change bits besides the adapter. */
  readonly driver: string;
}

export interface DeviceOptions {
  /**
   * Told, in a line, where a software driver has to do because there is no other, and where a driver takes long to
   * compile a kernel; by default it goes to stderr, or a browser's console.
   */
  readonly notify?: (line: string) => void;
  /** Limits to keep to where the device offers more. */
  readonly limits?: Partial<RuntimeLimits>;
}

/** What a buffer holds. */
export type BufferPurpose = "tensors" | "scratch" | "uniforms" | "staging";

/** Bytes of buffers on a device, as they were asked for and rounded up to whole vec4s. */
export type MemoryReport = Readonly<Record<BufferPurpose | "total", number>>;

/** Keeps what `create()` returned for as long as its device lives: Dawn crashes or hangs once it is collected. */
const instances = new Set<GPU>();

export class Device {
  /** @internal */
  readonly gpu: GPUDevice;
  readonly info: DeviceInfo;
  /** What kernels are compiled for, and what tensors and dispatches are held to. */
  readonly limits: RuntimeLimits;
  /** Kernels already loaded here, by the hash of their artifact. */
  readonly kernels = new Map<string, Promise<LoadedKernel>>();
  /**
   * Scratch buffers by size in words. A kernel writes its scratch before it reads it, and the queue runs kernels in
   * order, so all kernels and submissions share them. @internal
   */
  readonly scratch = new Map<number, GPUBuffer[]>();
  /** Holds the uniforms of one submission; the queue writes it after the submissions before have read it. @internal */
  uniforms: GPUBuffer | undefined;

  /** Tells the user a line. @internal */
  readonly notify: (line: string) => void;

  readonly #instance: GPU;
  readonly #buffers = new Map<GPUBuffer, BufferPurpose>();
  #fault: RuntimeError | undefined;

  /** @internal */
  constructor(
    instance: GPU,
    gpu: GPUDevice,
    info: DeviceInfo,
    lowered: Partial<RuntimeLimits>,
    notify: (line: string) => void,
  ) {
    this.notify = notify;
    this.limits = limitsOf(gpu.limits, lowered);
    this.#instance = instance;
    instances.add(instance);
    this.gpu = gpu;
    this.info = info;
    void gpu.lost.then(({ reason, message }) => {
      debug("driver", () => `the device is lost (${reason}): ${message}`);
      this.#lose(
        reason === "destroyed" ? "the device has been disposed of" : `the device was lost: ${message}`,
        reason === "destroyed"
          ? "open a new device"
          : "open a new device and repeat the request; on a GPU, look at the driver's log",
      );
    });
  }

  /** Throws the device's loss, always, and once each buffer that it turned out to have no memory for. */
  assertUsable(): void {
    const fault = this.#fault;
    if (fault instanceof AllocationError) this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  /** Whether the device was lost or disposed of. */
  get isGone(): boolean {
    return this.#fault instanceof DeviceLostError;
  }

  /**
   * The same after the driver has refused something: that the device is gone may come to be known a little later.
   * Several turns of the event loop, since a loaded machine may spend the time of one timer before the driver had its
   * turn.
   */
  async assertAlive(): Promise<void> {
    for (let turn = 0; turn < 10 && !this.isGone; turn++)
      await Promise.race([this.gpu.lost, new Promise((resolve) => setTimeout(resolve, 10))]);
    this.assertUsable();
  }

  /**
   * A buffer of at least so many words, zeros. Throws AllocationError where the device has none so large; where it has
   * too little memory, which only the driver finds out, the next submission or read-back throws it. @internal
   */
  allocate(purpose: BufferPurpose, label: string, words: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.assertUsable();
    const size = bindingBytes(words);
    if (size > this.limits.maxBufferBytes) {
      throw new AllocationError({
        where: label,
        what:
          `${size} bytes are more than the ${this.limits.maxBufferBytes} that a buffer of ` +
          `${this.info.description} holds`,
        fix: "split the tensor, or use a device with larger buffers",
      });
    }
    this.gpu.pushErrorScope("out-of-memory");
    const buffer = this.gpu.createBuffer({ label, size, usage });
    this.#buffers.set(buffer, purpose);
    void this.gpu.popErrorScope().then(
      (error) => {
        if (error === null) return;
        this.free(buffer);
        // Whoever keeps the buffer for later must not find it again.
        if (purpose === "scratch" || purpose === "uniforms") this.releaseScratch();
        this.#fault ??= new AllocationError({
          where: label,
          what: `${this.info.description} has no ${size} bytes left`,
          fix: "dispose of tensors that are no longer needed, or use smaller batches",
          cause: error,
        });
      },
      () => undefined,
    ); // The device is gone; `lost` tells.
    return buffer;
  }

  /** Frees a buffer once the submissions that use it are done. @internal */
  free(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer);
    buffer.destroy();
  }

  /**
   * Frees what the device keeps between submissions; the next one allocates anew what it needs. Runs that were added to
   * Commands and not submitted are lost by it.
   */
  releaseScratch(): void {
    for (const buffer of [...this.scratch.values()].flat()) this.free(buffer);
    this.scratch.clear();
    if (this.uniforms !== undefined) this.free(this.uniforms);
    this.uniforms = undefined;
  }

  /** Bytes that are allocated on the device now, by what they are for. */
  memory(): MemoryReport {
    const report = { tensors: 0, scratch: 0, uniforms: 0, staging: 0, total: 0 };
    for (const [{ size }, purpose] of this.#buffers) {
      report[purpose] += size;
      report.total += size;
    }
    return report;
  }

  /** Frees everything that was allocated on the device. Using it or its tensors afterwards throws DeviceLostError. */
  dispose(): void {
    this.gpu.destroy();
    this.#lose("the device has been disposed of", "open a new device");
  }

  #lose(what: string, fix: string): void {
    instances.delete(this.#instance);
    this.#buffers.clear();
    if (!(this.#fault instanceof DeviceLostError))
      this.#fault = new DeviceLostError({ where: this.info.description, what, fix });
  }
}

/**
 * Opens a device with the limits that its adapter offers, as far as kernels use them. In Node VK_DRIVER_FILES, where it
 * is set, chooses the driver; otherwise the best adapter is taken, and the software driver that comes with this package
 * only where there is no other. Throws NoAdapterError where there is none at all, and RequestError for limits that are
 * none.
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { limits = {}, notify = tell } = options;
  checkLimits(limits);
  if (debugMistake !== undefined) notify(debugMistake);
  const { instance, adapter, info, notice, fix } = await findAdapter();
  if (notice !== undefined) notify(notice);
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    });
  } catch (cause) {
    throw new NoAdapterError({
      where: info.description,
      what: `the adapter refused to open a device: ${String(cause)}`,
      fix,
      cause,
    });
  }
  const device = new Device(instance, gpu, info, limits, notify);
  debug("driver", () => `${info.description}, driver ${info.driver}, limits ${JSON.stringify(device.limits)}`);
  debug("driver", () => `features ${[...gpu.features].sort().join(", ") || "none"}`);
  return device;
}
