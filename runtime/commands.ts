/** Submissions: many kernels in one command encoder, each checked in full before anything of it is encoded. */
import type { Binding, UniformField } from "./artifact.ts";
import type { Device } from "./device.ts";
import { CommandError, messageOf } from "./errors.ts";
import type { BoundRange, LoadedKernel, LoadedPass } from "./kernel.ts";
import { RequestChecks } from "./request.ts";
import type { Tensor } from "./tensor.ts";

export interface RunArguments {
  /** Every input and output of the kernel, by name. Outputs are none of the inputs. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The extents of the kernel's axes; those of model axes may be left out. */
  readonly extents: Readonly<Record<string, number>>;
  readonly parameters?: Readonly<Record<string, number>>;
}

interface Dispatch {
  readonly loaded: LoadedPass;
  readonly bound: readonly BoundRange[];
  readonly uniformOffset: number;
  readonly workgroups: readonly [number, number, number];
}

/**
 * Collects kernel runs, which happen in the order they were added, and submits them at once.
 *
 *     await new Commands(device).run(kernel, { tensors, extents }).run(…).submit();
 */
export class Commands {
  readonly #device: Device;
  #dispatches: Dispatch[] = [];
  #uniforms = new Uint8Array(4096);
  #uniformBytes = 0;

  constructor(device: Device) {
    this.#device = device;
  }

  /** Adds one run of a kernel. Throws RequestError where the request does not fit it, and then adds nothing. */
  run(kernel: LoadedKernel, { tensors, extents, parameters = {} }: RunArguments): this {
    this.#device.assertUsable();
    const { artifact } = kernel;
    const request: RequestChecks = new RequestChecks(artifact, this.#device);
    request.check(
      kernel.device === this.#device,
      "it was loaded on another device",
      "load it on the device that runs it",
    );
    const known = request.extents(extents);
    const values = request.parameters(parameters);
    request.tensors(tensors, known);

    const passes = kernel.passes.flatMap((loaded) => {
      const count = request.evaluate(loaded.pass.workgroups, known);
      return count === 0 ? [] : [{ loaded, workgroups: request.workgroups(count) }];
    });
    const scratch = this.#scratch(
      passes.flatMap(({ loaded }) => loaded.pass.bindings),
      (binding) => request.scratchWords(binding, known),
    );
    const dispatches = passes.map(({ loaded, workgroups }): Dispatch => {
      const bound = loaded.pass.bindings.map(({ name, role, words }) =>
        role === "scratch" ? whole(scratch.get(name)!) : tensors[name]!.bound(words),
      );
      const uniformOffset = this.#writeUniforms(loaded, (field) =>
        field.value.kind === "formula" ? request.evaluate(field.value.formula, known) : values[field.value.name]!,
      );
      return { loaded, bound, uniformOffset, workgroups };
    });
    this.#dispatches.push(...dispatches);
    for (const { bindings } of artifact.passes) {
      for (const { name, role } of bindings) if (role === "output") tensors[name]!.markWritten();
    }
    return this;
  }

  /**
   * Submits everything that was added, and is done once the device has done it. May be used again afterwards.
   * Throws DeviceLostError, AllocationError or CommandError.
   */
  async submit(): Promise<void> {
    const device = this.#device;
    const { gpu } = device;
    device.assertUsable();
    const dispatches = this.#dispatches;
    this.#dispatches = [];
    if (dispatches.length === 0) return;
    gpu.pushErrorScope("validation");
    const uniforms = this.#uploadUniforms();
    const encoder = gpu.createCommandEncoder();
    const encoding = encoder.beginComputePass();
    let pipeline: GPUComputePipeline | undefined;
    for (const { loaded, bound, uniformOffset, workgroups } of dispatches) {
      if (pipeline !== loaded.pipeline) encoding.setPipeline((pipeline = loaded.pipeline));
      const hasUniforms = loaded.pass.uniformBytes > 0;
      encoding.setBindGroup(
        0,
        loaded.bindGroup(hasUniforms ? uniforms : undefined, bound),
        hasUniforms ? [uniformOffset] : [],
      );
      encoding.dispatchWorkgroups(...workgroups);
    }
    encoding.end();
    gpu.queue.submit([encoder.finish()]);
    const scope = gpu.popErrorScope();
    const [done, validated] = await Promise.allSettled([gpu.queue.onSubmittedWorkDone(), scope]);
    // Neither is rejected but when the device is gone.
    const error: unknown =
      done.status === "rejected" ? done.reason : validated.status === "rejected" ? validated.reason : validated.value;
    if (error === null) return device.assertUsable();
    await device.assertAlive();
    const labels = [...new Set(dispatches.map(({ loaded }) => loaded.pass.label))].join(", ");
    throw new CommandError({
      where: `submission of ${labels}`,
      what: `the driver refused it: ${messageOf(error)}`,
      fix: "check that every tensor was still there when it was submitted; otherwise report this",
      cause: error,
    });
  }

  /** One buffer for each scratch name, of at least its size; sizes are rounded up so that few of them exist. */
  #scratch(bindings: readonly Binding[], wordsOf: (binding: Binding) => number): Map<string, GPUBuffer> {
    const device = this.#device;
    const most = Math.floor(Math.min(device.limits.maxBindingBytes, device.limits.maxBufferBytes) / 16) * 4;
    const buffers = new Map<string, GPUBuffer>();
    const taken = new Map<number, number>();
    for (const binding of bindings) {
      if (binding.role !== "scratch" || buffers.has(binding.name)) continue;
      const needed = wordsOf(binding);
      const words = Math.max(needed, Math.min(most, Math.max(64, 2 ** Math.ceil(Math.log2(needed)))));
      const pool = device.scratch.get(words) ?? [];
      device.scratch.set(words, pool);
      const index = taken.get(words) ?? 0;
      taken.set(words, index + 1);
      pool[index] ??= device.allocate("scratch", `scratch '${binding.name}'`, words, GPUBufferUsage.STORAGE);
      buffers.set(binding.name, pool[index]);
    }
    return buffers;
  }

  /** Appends a pass's uniforms and gives their offset. */
  #writeUniforms(loaded: LoadedPass, valueOf: (field: UniformField) => number): number {
    const offset = this.#uniformBytes;
    if (loaded.pass.uniformBytes === 0) return offset;
    const alignment = this.#device.gpu.limits.minUniformBufferOffsetAlignment;
    const end = offset + Math.ceil(loaded.uniformBindingBytes / alignment) * alignment;
    if (end > this.#uniforms.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(end)));
      grown.set(this.#uniforms);
      this.#uniforms = grown;
    }
    this.#uniformBytes = end;
    const view = new DataView(this.#uniforms.buffer, offset, end - offset);
    for (const field of loaded.pass.uniforms) {
      const value = valueOf(field);
      if (field.type === "f32") view.setFloat32(field.offsetBytes, value, true);
      else if (field.type === "i32") view.setInt32(field.offsetBytes, value, true);
      else view.setUint32(field.offsetBytes, value, true);
    }
    return offset;
  }

  #uploadUniforms(): GPUBuffer | undefined {
    const bytes = this.#uniformBytes;
    this.#uniformBytes = 0;
    if (bytes === 0) return undefined;
    if (this.#device.uniforms === undefined || this.#device.uniforms.size < bytes) {
      if (this.#device.uniforms !== undefined) this.#device.free(this.#device.uniforms);
      this.#device.uniforms = undefined;
      this.#device.uniforms = this.#device.allocate(
        "uniforms",
        "uniforms",
        this.#uniforms.length / 4,
        GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      );
    }
    this.#device.gpu.queue.writeBuffer(this.#device.uniforms, 0, this.#uniforms, 0, bytes);
    return this.#device.uniforms;
  }
}

const whole = (buffer: GPUBuffer): BoundRange => ({ buffer, offset: 0, size: buffer.size });
