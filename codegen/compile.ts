/**
 * The compiler: a checked kernel, the model's sizes and a schedule go in, an artifact comes out. Read `compile` from
 * top to bottom for its passes; `verify*` throws after a pass that left something wrong.
 */
import { createHash } from "node:crypto";
import type { Kernel } from "../dsl/ir.ts";
import { type Artifact, defaultLimits, type DeviceLimits, type Pass } from "../runtime/artifact.ts";
import { candidateSchedules } from "./candidates.ts";
import { CompileError, ScheduleMisfit } from "./errors.ts";
import { collectReductions, reductionsBelow } from "./groups.ts";
import { deriveLevel } from "./level.ts";
import { lowerPass } from "./lower.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { bindingCount, rangesOf } from "./ranges.ts";
import { type Schedule, workgroupSizeOf } from "./schedule.ts";
import { specialize, treesOf } from "./specialize.ts";
import { splitReductions, withoutUnusedInputs } from "./split.ts";
import { vectorInputs } from "./vectors.ts";
import { verifyKernel } from "./verify.ts";
import { printPass } from "./wgsl.ts";

export interface CompileRequest {
  /** Extents of the model axes; others are ignored. */
  readonly extents: Readonly<Record<string, number>>;
  readonly schedule: Schedule;
  readonly limits?: DeviceLimits;
}

/** Throws CompileError for what the caller got wrong, a schedule that does not fit included. */
export function compile(kernel: Kernel, request: CompileRequest): Artifact {
  try {
    return lowered(specialized(kernel, request.extents), kernel, request);
  } catch (error) {
    if (!(error instanceof ScheduleMisfit)) throw error;
    const fix = "take one of schedulesFor(kernel, …), which fit";
    throw new CompileError(`schedule '${request.schedule.name}' does not fit kernel '${kernel.name}': ${error.message}`, fix, kernel.location);
  }
}

/** Every schedule that fits the kernel at these sizes on a device with these limits, simplest first. */
export function schedulesFor(kernel: Kernel, request: { readonly extents: Readonly<Record<string, number>>; readonly limits?: DeviceLimits }): Schedule[] {
  const { extents, limits = defaultLimits } = request;
  return candidateSchedules(specialized(kernel, extents), limits).filter((schedule) => fits(kernel, extents, schedule, limits));
}

function fits(kernel: Kernel, extents: Readonly<Record<string, number>>, schedule: Schedule, limits: DeviceLimits): boolean {
  try {
    lowered(specialized(kernel, extents), kernel, { extents, schedule, limits });
    return true;
  } catch (error) {
    if (error instanceof ScheduleMisfit) return false;
    throw error;
  }
}

function specialized(kernel: Kernel, extents: Readonly<Record<string, number>>): PassKernel {
  const result = specialize(kernel, extents);
  verifyKernel(result, "specialize");
  return result;
}

function lowered(kernel: PassKernel, original: Kernel, { schedule, limits = defaultLimits }: CompileRequest): Artifact {
  const passes = schedule.split === undefined ? [kernel] : splitReductions(kernel, schedule.split);
  passes.forEach((pass) => verifyKernel(pass, "split"));
  if (passes.length !== schedule.passes.length) throw new ScheduleMisfit(`it has ${schedule.passes.length} mappings for ${passes.length} passes`);
  const layouts = new Map(Object.entries(schedule.layouts ?? {}));
  const texts = passes.map((pass, at): Pass => {
    const mapping = schedule.passes[at]!;
    const read = withoutUnusedInputs(pass);
    if (workgroupSizeOf(mapping) > limits.maxInvocations) throw new ScheduleMisfit(`${workgroupSizeOf(mapping)} invocations are more than the device's ${limits.maxInvocations}`);
    const ranges = rangesOf(read, layouts, limits.maxBindingBytes);
    const buffers = bindingCount(read, ranges);
    if (buffers > limits.maxStorageBuffers) throw new ScheduleMisfit(`${buffers} storage buffers are more than the device's ${limits.maxStorageBuffers}`);
    const vectors = vectorInputs(read, mapping, layouts);
    const label = passes.length === 1 ? `${kernel.name}, ${schedule.name}` : `${kernel.name}, ${schedule.name}, pass ${at + 1} of ${passes.length}`;
    return printPass(original, label, lowerPass({ kernel: read, mapping, layouts, vectors, ranges, maxWorkgroupBytes: limits.maxWorkgroupBytes }));
  });
  return artifactOf(kernel, schedule, texts);
}

function artifactOf(kernel: PassKernel, schedule: Schedule, passes: readonly Pass[]): Artifact {
  const roots = kernel.outputs.flatMap((output) => [output.value, ...(output.place ?? [])]);
  const outer = collectReductions(roots, new Map());
  const derived = deriveLevel(kernel);
  const extents = Object.fromEntries([...kernel.extents].flatMap(([axis, extent]) => (extent.kind === "constant" ? [[axis, extent.bits]] : [])));
  const content = {
    kernel: kernel.name, schedule: schedule.name, trees: treesOf(kernel, [...outer, ...reductionsBelow(roots)]),
    level: derived.level, extents, parameters: kernel.parameters,
  };
  const decisive = { ...content, passes: passes.map(({ sourceMap: _, ...pass }) => pass) };
  return {
    ...content, reason: derived.reason, reasonLocation: derived.location, passes,
    sha256: createHash("sha256").update(JSON.stringify(decisive)).digest("hex"),
  };
}
