/**
 * Artifacts made ready to run: shader modules, pipelines and bind groups, with the driver's messages at kernel source.
 */
import type { Artifact, Pass } from "./artifact.ts";
import { debug, startTiming } from "./debug.ts";
import type { Device } from "./device.ts";
import { RequestError, ShaderError, type ShaderMessage } from "./errors.ts";
import { excessOf } from "./limits.ts";

/** The part of a buffer that a storage binding sees, in bytes. @internal */
export interface BoundRange {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/**
 * The slot of a pass's uniforms in the ring is bound through a dynamic offset, so bind groups outlive submissions.
 * @internal
 */
export class LoadedPass {
  readonly pass: Pass;
  readonly pipeline: GPUComputePipeline;
  readonly #device: Device;
  readonly #layout: GPUBindGroupLayout;
  readonly #bindGroups = new Map<string, GPUBindGroup>();

  constructor(device: Device, pass: Pass, layout: GPUBindGroupLayout, pipeline: GPUComputePipeline) {
    this.#device = device;
    this.pass = pass;
    this.#layout = layout;
    this.pipeline = pipeline;
  }

  /** Bytes of the uniform buffer that the pass sees at its offset. */
  get uniformBindingBytes(): number {
    return Math.ceil(this.pass.uniformBytes / 16) * 16;
  }

  /** The bind group over these parts of buffers, one for each of the pass's bindings, in order. */
  bindGroup(uniforms: GPUBuffer | undefined, bound: readonly BoundRange[]): GPUBindGroup {
    const keys = bound.map(({ buffer, offset, size }) => `${identify(buffer)}+${offset}:${size}`);
    const key = [uniforms === undefined ? "" : identify(uniforms), ...keys].join(" ");
    const known = this.#bindGroups.get(key);
    if (known !== undefined) return known;
    if (this.#bindGroups.size >= bindGroupsKept) this.#bindGroups.delete(this.#bindGroups.keys().next().value!);
    const entries: GPUBindGroupEntry[] = this.pass.bindings.map((binding, index) => ({
      binding: binding.binding,
      resource: bound[index]!,
    }));
    if (uniforms !== undefined)
      entries.push({ binding: 0, resource: { buffer: uniforms, size: this.uniformBindingBytes } });
    const group = this.#device.gpu.createBindGroup({ label: this.pass.label, layout: this.#layout, entries });
    this.#bindGroups.set(key, group);
    return group;
  }
}

/** Bind groups that a pass remembers; the oldest goes first. */
const bindGroupsKept = 256;

const identities = new WeakMap<GPUBuffer, number>();
let nextIdentity = 0;
function identify(buffer: GPUBuffer): number {
  let identity = identities.get(buffer);
  if (identity === undefined) identities.set(buffer, (identity = nextIdentity++));
  return identity;
}

/** An artifact whose pipelines are compiled on a device. */
export interface LoadedKernel {
  readonly artifact: Artifact;
  readonly device: Device;
  /** @internal */
  readonly passes: readonly LoadedPass[];
}

/**
 * Compiles an artifact's passes for a device; an artifact that was loaded there before is not compiled again.
 * Throws ShaderError, with the driver's messages mapped to the kernel's source, and RequestError where the artifact's
 * schedule needs more than the device offers.
 */
export function loadKernel(device: Device, artifact: Artifact): Promise<LoadedKernel> {
  let loading = device.kernels.get(artifact.sha256);
  if (loading === undefined) {
    debug("schedules", () => `load kernel '${artifact.kernel}', schedule '${artifact.schedule}'`);
    loading = Promise.all(artifact.passes.map((pass) => loadPass(device, artifact, pass))).then((passes) => ({
      artifact,
      device,
      passes,
    }));
    device.kernels.set(artifact.sha256, loading);
    loading.catch(() => device.kernels.delete(artifact.sha256));
  }
  return loading;
}

async function loadPass(device: Device, artifact: Artifact, pass: Pass): Promise<LoadedPass> {
  device.assertUsable();
  checkLimits(device, artifact, pass);
  const where = `kernel '${artifact.kernel}', schedule '${artifact.schedule}', pass '${pass.label}'`;
  debug("wgsl", () => `// ${pass.label}\n${pass.wgsl}`);
  const finished = startTiming();
  const { gpu } = device;
  gpu.pushErrorScope("validation");
  const module = gpu.createShaderModule({ label: pass.label, code: pass.wgsl });
  const compiling = module.getCompilationInfo();
  // What the scope catches comes through the compilation's messages, too; popping keeps it from the console.
  const [compilation, refused] = await Promise.all([compiling, gpu.popErrorScope()]).catch(async (cause: unknown) => {
    await device.assertAlive();
    throw shaderError(where, [], undefined, cause);
  });
  const messages = compilation.messages.map((message) =>
    locate(pass, message.type, message.message, message.lineNum, message.linePos),
  );
  for (const { type, location, text } of messages)
    debug("driver", () => `${type} at ${location} (${pass.label}): ${text}`);
  const errors = messages.filter((message) => message.type === "error");
  if (errors.length > 0 || refused !== null) throw shaderError(where, messages, errors[0], refused);

  const layout = gpu.createBindGroupLayout({ label: pass.label, entries: layoutEntries(pass) });
  const done = announceLong(device, where);
  try {
    const pipeline = await gpu.createComputePipelineAsync({
      label: pass.label,
      layout: gpu.createPipelineLayout({ label: pass.label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: pass.entryPoint },
    });
    device.assertUsable();
    finished(() => `create the pipeline of ${pass.label}`);
    return new LoadedPass(device, pass, layout, pipeline);
  } catch (cause) {
    await device.assertAlive();
    const text = cause instanceof Error ? cause.message : String(cause);
    const position = /:(\d+):(\d+) /.exec(text);
    const message = locate(pass, "error", text, Number(position?.[1] ?? 0), Number(position?.[2] ?? 0));
    throw shaderError(where, [message], message, cause);
  } finally {
    done();
  }
}

/** Seconds after which the user is told that a driver is still compiling. */
const longAfter = [5, 30, 120, 600];

/**
 * Says so where the driver compiles for long, until what is returned is called: software drivers need minutes for some
 * texts.
 */
function announceLong(device: Device, where: string): () => void {
  const timers = longAfter.map((seconds) =>
    setTimeout(() => {
      device.notify(
        `${device.info.description} has been compiling ${where} for ${seconds} s, and is not done. Ctrl-C ends it.`,
      );
    }, seconds * 1000),
  );
  return () => timers.forEach((timer) => clearTimeout(timer));
}

function layoutEntries(pass: Pass): GPUBindGroupLayoutEntry[] {
  const visibility = GPUShaderStage.COMPUTE;
  const entries: GPUBindGroupLayoutEntry[] = pass.bindings.map(({ binding, access }) => ({
    binding,
    visibility,
    buffer: { type: access === "read" ? "read-only-storage" : "storage" },
  }));
  if (pass.uniformBytes > 0)
    entries.push({ binding: 0, visibility, buffer: { type: "uniform", hasDynamicOffset: true } });
  return entries;
}

function checkLimits(device: Device, artifact: Artifact, pass: Pass): void {
  const excess = excessOf(pass, device.limits);
  if (excess === undefined) return;
  throw new RequestError({
    where: `kernel '${artifact.kernel}', schedule '${artifact.schedule}', pass '${pass.label}'`,
    what: `it needs ${excess}`,
    fix: "compile the kernel for this device's limits (device.limits)",
  });
}

/** A message at the kernel source that the line of WGSL comes from; line and column are 1-based, 0 where unknown. */
function locate(pass: Pass, type: ShaderMessage["type"], text: string, line: number, column: number): ShaderMessage {
  const from = pass.sourceMap[line - 1];
  const location = from ? `${from.file}:${from.line}:${from.column}` : `wgsl:${line}:${column}`;
  return { type, text, location, source: (pass.wgsl.split("\n")[line - 1] ?? "").trim() };
}

function shaderError(
  where: string,
  messages: readonly ShaderMessage[],
  first: ShaderMessage | undefined,
  cause: unknown,
): ShaderError {
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : "";
  const what =
    first === undefined ? "the driver refused the shader" : `the driver refused the shader: ${first.text}${more}`;
  const source = first?.source ? `, WGSL '${first.source}'` : "";
  return new ShaderError({
    where: first === undefined ? where : `${first.location} (${where}${source})`,
    what,
    fix:
      "this is a fault of the compiler, not of the kernel: report it with the output of 'treefold explain FILE " +
      "--stage wgsl'",
    messages,
    cause,
  });
}
