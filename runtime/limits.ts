/** What a device offers, what an artifact needs of it, and how many workgroups lie along each dimension. */
import type { Artifact, DeviceLimits, Pass } from "./artifact.ts";
import { RequestError } from "./errors.ts";
import { bindingBytes, wordsOf } from "./layout.ts";

/** What our own code keeps to on a device: what kernels are compiled for, and what bounds tensors and dispatches. */
export interface RuntimeLimits extends DeviceLimits {
  /** Bytes of a buffer, hence of a tensor. */
  readonly maxBufferBytes: number;
  readonly maxWorkgroupsPerDimension: number;
}

/** The limits that are raised from WebGPU's defaults to what an adapter offers. Alignments stay the same everywhere. */
export const raisedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupStorageSize",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Bytes from one place that a storage binding can start at to the next, at WebGPU's default. */
export const bindingAlignment = 256;

/** Throws RequestError for a limit that is no whole number above 0. */
export function checkLimits(lowered: Partial<RuntimeLimits>): void {
  const wrong = Object.entries(lowered).find(([, value]) => !Number.isSafeInteger(value) || value < 1);
  if (wrong !== undefined) {
    throw new RequestError({
      where: "the device's limits",
      what: `${wrong[0]} is ${wrong[1]}`,
      fix: "give a whole number above 0",
    });
  }
}

/** A device's limits, each lowered to the given one where that is less. @internal */
export function limitsOf(offered: GPUSupportedLimits, lowered: Partial<RuntimeLimits>): RuntimeLimits {
  const least = (limit: number, own: number | undefined): number => Math.min(limit, own ?? Infinity);
  return {
    maxInvocations: least(
      Math.min(offered.maxComputeInvocationsPerWorkgroup, offered.maxComputeWorkgroupSizeX),
      lowered.maxInvocations,
    ),
    maxWorkgroupBytes: least(offered.maxComputeWorkgroupStorageSize, lowered.maxWorkgroupBytes),
    maxStorageBuffers: least(offered.maxStorageBuffersPerShaderStage, lowered.maxStorageBuffers),
    maxBindingBytes: least(offered.maxStorageBufferBindingSize, lowered.maxBindingBytes),
    maxBufferBytes: least(offered.maxBufferSize, lowered.maxBufferBytes),
    maxWorkgroupsPerDimension: least(offered.maxComputeWorkgroupsPerDimension, lowered.maxWorkgroupsPerDimension),
  };
}

/** Whether an artifact can be loaded on a device with these limits, such as `device.limits`. */
export function fitsDevice(artifact: Artifact, limits: DeviceLimits): boolean {
  return artifact.passes.every((pass) => excessOf(pass, limits) === undefined);
}

/** What a pass needs that is beyond the limits, in words; undefined where it needs no such thing. */
export function excessOf(pass: Pass, limits: DeviceLimits): string | undefined {
  const { maxInvocations, maxWorkgroupBytes, maxStorageBuffers, maxBindingBytes } = limits;
  if (pass.workgroupSize > maxInvocations)
    return `${pass.workgroupSize} invocations a workgroup; the device offers ${maxInvocations}`;
  if (pass.workgroupBytes > maxWorkgroupBytes)
    return `${pass.workgroupBytes} bytes of workgroup memory; the device offers ${maxWorkgroupBytes}`;
  if (pass.bindings.length > maxStorageBuffers)
    return `${pass.bindings.length} storage buffers; the device offers ${maxStorageBuffers}`;
  for (const { name, storage, shape, blocks, words } of pass.bindings) {
    const constant = shape.filter((extent) => typeof extent === "number");
    if (words === undefined && constant.length < shape.length) continue;
    const bytes = bindingBytes(words?.count ?? wordsOf({ storage, shape: constant, ...(blocks && { blocks }) }));
    if (bytes > maxBindingBytes)
      return `${bytes} bytes of '${name}' in one binding; the device binds ${maxBindingBytes}`;
  }
  return undefined;
}

/**
 * How many workgroups to dispatch along x, y and z for `count` in all: as few dimensions as the limit allows, and fewer
 * than one layer to spare. Undefined where three are not enough, or their numbers do not fit a u32.
 */
export function dispatchSize(count: number, maxPerDimension: number): readonly [number, number, number] | undefined {
  const z = Math.ceil(count / maxPerDimension ** 2);
  const y = Math.ceil(count / (z * maxPerDimension));
  const x = Math.ceil(count / (z * y));
  return z > maxPerDimension || x * y * z > 2 ** 32 ? undefined : [x, y, z];
}
