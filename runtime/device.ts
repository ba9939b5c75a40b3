/** The device that kernels run on: npm webgpu's, on the best adapter or the one that VK_DRIVER_FILES names. */
import { createRequire } from "node:module";
import type { DeviceLimits } from "./artifact.ts";
import type { LoadedKernel } from "./kernel.ts";
import { AllocationError, DeviceLostError, NoAdapterError, type RuntimeError } from "./errors.ts";
import { chosenDriver, findDriver } from "./driver.ts";

export interface DeviceInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** The driver's own version and Dawn's: what may change bits besides the adapter. */
  readonly driver: string;
}

export interface DeviceOptions {
  /** Told, in a line, where a software driver has to do because there is no other; by default it goes to stderr. */
  readonly notify?: (line: string) => void;
}

/** What a buffer for so many bytes takes: whole vec4s, and at least one. */
export const bufferBytes = (bytes: number): number => Math.max(16, Math.ceil(bytes / 16) * 16);

/**
 * The limits that are raised from WebGPU's defaults to what an adapter offers. Alignments are not lowered, so that
 * what can be bound is the same everywhere.
 */
const raisedLimits = [
  "maxBufferSize", "maxStorageBufferBindingSize", "maxStorageBuffersPerShaderStage", "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup", "maxComputeWorkgroupSizeX", "maxComputeWorkgroupStorageSize",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Keeps what `create()` returned for as long as its device lives: Dawn crashes or hangs once it is collected. */
const instances = new Set<GPU>();

export class Device {
  readonly gpu: GPUDevice;
  readonly info: DeviceInfo;
  /** What schedules are made for. */
  readonly limits: DeviceLimits;
  /** Kernels already loaded here, by the hash of their artifact. */
  readonly kernels = new Map<string, Promise<LoadedKernel>>();
  /** Scratch buffers by size in bytes. A kernel writes its scratch before it reads it, and the queue runs kernels in
   * order, so all kernels and submissions share them. */
  readonly scratch = new Map<number, GPUBuffer[]>();
  /** Holds the uniforms of one submission; the queue writes it after the submissions before have read it. */
  uniforms: GPUBuffer | undefined;

  readonly #instance: GPU;
  #fault: RuntimeError | undefined;

  constructor(instance: GPU, gpu: GPUDevice, info: DeviceInfo) {
    this.#instance = instance;
    instances.add(instance);
    this.gpu = gpu;
    this.info = info;
    this.limits = {
      maxInvocations: gpu.limits.maxComputeInvocationsPerWorkgroup,
      maxWorkgroupBytes: gpu.limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffers: gpu.limits.maxStorageBuffersPerShaderStage,
    };
    void gpu.lost.then(({ reason, message }) => {
      instances.delete(instance);
      this.#fault = new DeviceLostError({
        where: info.description,
        what: reason === "destroyed" ? "the device has been disposed of" : `the device was lost: ${message}`,
        fix: reason === "destroyed" ? "open a new device" : "open a new device and repeat the request; on a GPU, look at the driver's log",
      });
    });
  }

  /** Throws the device's loss, always, and once each buffer that it turned out to have no memory for. */
  assertUsable(): void {
    const fault = this.#fault;
    if (fault instanceof AllocationError) this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  /**
   * A buffer of at least so many bytes, and at least the 16 of a vec4. Throws AllocationError where the device can't bind
   * as much; where it has too little memory, which only the driver finds out, the next submission or read-back throws it.
   */
  allocate(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    this.assertUsable();
    const { maxBufferSize, maxStorageBufferBindingSize } = this.gpu.limits;
    const limit = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (bytes > limit) {
      throw new AllocationError({
        where: label, what: `${bytes} bytes are more than the ${limit} that ${this.info.description} binds`,
        fix: "split the tensor, or use a device that binds more",
      });
    }
    this.gpu.pushErrorScope("out-of-memory");
    const buffer = this.gpu.createBuffer({ label, size: bufferBytes(bytes), usage });
    void this.gpu.popErrorScope().then((error) => {
      if (error === null) return;
      this.#fault ??= new AllocationError({
        where: label, what: `${this.info.description} has no ${bytes} bytes left`,
        fix: "dispose of tensors that are no longer needed, or use smaller batches", cause: error,
      });
    }, () => undefined); // The device is gone; `lost` tells.
    return buffer;
  }

  /** Frees everything that was allocated on the device. Using it or its tensors afterwards throws DeviceLostError. */
  dispose(): void {
    this.gpu.destroy();
    instances.delete(this.#instance);
  }
}

/**
 * Opens a device with the limits that its adapter offers, as far as kernels use them.
 * VK_DRIVER_FILES, where it is set, chooses the driver; otherwise the best adapter is taken, and the software driver
 * that comes with this package only where there is no other. Throws NoAdapterError where there is none at all.
 */
export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const notify = options.notify ?? ((line) => process.stderr.write(`${line}\n`));
  const chosen = chosenDriver();
  const { instance, adapter } = await findDriver(requestAdapter);
  if (chosen === undefined && adapter.info.isFallbackAdapter) notify(`No GPU with a Vulkan driver here: using software, ${adapter.info.description}.`);
  let gpu: GPUDevice;
  try {
    gpu = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]])),
      requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    });
  } catch (cause) {
    throw new NoAdapterError({
      where: adapter.info.description, what: `the adapter refused to open a device: ${String(cause)}`,
      fix: "update the driver, or choose another through VK_DRIVER_FILES", cause,
    });
  }
  return new Device(instance, gpu, describe(adapter.info));
}

async function requestAdapter(): Promise<{ instance: GPU; adapter: GPUAdapter } | undefined> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const instance = create([]);
  const adapter = await instance.requestAdapter({ powerPreference: "high-performance" });
  return adapter === null ? undefined : { instance, adapter };
}

/** Dawn describes most Vulkan adapters as "NAME: DRIVER AND VERSION". */
function describe({ vendor, architecture, device, description }: GPUAdapterInfo): DeviceInfo {
  const version = description.replace(/^.*?: /, "");
  const { version: dawn } = createRequire(import.meta.url)("webgpu/package.json") as { version: string };
  return { vendor, architecture, device, description, driver: `${version}, webgpu ${dawn}` };
}
