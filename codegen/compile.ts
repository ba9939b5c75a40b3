/**
 * The compiler: a checked kernel, the model's sizes and a schedule go in, an artifact comes out. Read `stagesOf` from
 * top to bottom for its passes; `verify…` throws after a pass that left something wrong.
 */
import type { Kernel } from "../dsl/ir.ts";
import { checkExtents } from "../dsl/reader/extents.ts";
import { type Arithmetic, type Artifact, defaultLimits, type DeviceLimits, type Pass } from "../runtime/artifact.ts";
import { hashArtifact } from "./artifact-hash.ts";
import { candidateSchedules } from "./candidates.ts";
import { CompileError, ScheduleMisfit } from "./errors.ts";
import { collectReductions, reductionsBelow } from "./groups.ts";
import { deriveLevel, unpromised } from "./level.ts";
import { lowerPass, type LoweredPass } from "./lower.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { bindingCount, rangesOf } from "./ranges.ts";
import { type Mapping, type Schedule, workgroupSizeOf } from "./schedule.ts";
import { specialize, treesOf } from "./specialize.ts";
import { splitKernel } from "./split.ts";
import { vectorInputs } from "./vectors.ts";
import { verifyKernel, verifyPasses } from "./verify.ts";
import { verifyStatements } from "./verify-statements.ts";
import { printPass } from "./wgsl.ts";

export interface CompileRequest {
  /** Extents of the model axes; others are ignored. */
  readonly extents: Readonly<Record<string, number>>;
  readonly schedule: Schedule;
  readonly limits?: DeviceLimits;
  /** `free` if absent. Whichever but `builtin` gives the same bits. */
  readonly arithmetic?: Arithmetic;
}

/** What the compiler's passes give on the way to an artifact, in their order. */
export interface Stages {
  readonly specialized: PassKernel;
  readonly passes: readonly PassStages[];
}

/** One pass of the artifact, which is one dispatch. */
export interface PassStages {
  readonly label: string;
  /** What it computes: the whole kernel, or the part that a split left to it. */
  readonly kernel: PassKernel;
  readonly mapping: Mapping;
  /** Inputs that are read four words at a time. */
  readonly vectors: ReadonlySet<string>;
  readonly lowered: LoweredPass;
  readonly printed: Pass;
}

/** Throws CompileError for what the caller got wrong, a schedule that does not fit included. */
export function compile(kernel: Kernel, request: CompileRequest): Artifact {
  return artifactOf(compileInStages(kernel, request), request);
}

/** The same, with all that lies between the kernel and the text. */
export function compileInStages(kernel: Kernel, request: CompileRequest): Stages {
  try {
    return stagesOf(kernel, request);
  } catch (error) {
    if (!(error instanceof ScheduleMisfit)) throw error;
    const fix = "take one of schedulesFor(kernel, …), which fit";
    throw new CompileError(`schedule '${request.schedule.name}' does not fit kernel '${kernel.name}': ${error.message}`, fix, kernel.location);
  }
}

/** Every schedule that fits the kernel at these sizes on a device with these limits, simplest first. */
export function schedulesFor(kernel: Kernel, request: { readonly extents: Readonly<Record<string, number>>; readonly limits?: DeviceLimits }): Schedule[] {
  const { extents, limits = defaultLimits } = request;
  const specialized = verifyKernel(specialize(kernel, extents), "specialize");
  return candidateSchedules(specialized, limits).filter((schedule) => fits(kernel, { extents, schedule, limits }));
}

function fits(kernel: Kernel, request: CompileRequest): boolean {
  try {
    stagesOf(kernel, request);
    return true;
  } catch (error) {
    if (error instanceof ScheduleMisfit) return false;
    throw error;
  }
}

/** The passes. */
function stagesOf(kernel: Kernel, { extents, schedule, limits = defaultLimits, arithmetic = "free" }: CompileRequest): Stages {
  const [outside] = checkExtents(kernel, modelSizes(kernel, extents));
  if (outside !== undefined) throw new CompileError(`kernel ${kernel.name}: ${outside.message}`, outside.fix, outside.location);
  const specialized = verifyKernel(specialize(kernel, extents), "specialize");
  const parts = verifyPasses(splitKernel(specialized, schedule).map((part) => verifyKernel(part, "split")), "split");
  if (parts.length !== schedule.passes.length) throw new ScheduleMisfit(`it has ${schedule.passes.length} mappings for ${parts.length} passes`);
  const layouts = new Map(Object.entries(schedule.layouts ?? {}));
  const passes = parts.map((part, at): PassStages => {
    const label = `${kernel.name}, ${schedule.name}${parts.length === 1 ? "" : `, pass ${at + 1} of ${parts.length}`}`;
    const mapping = schedule.passes[at]!;
    const ranges = rangesOf(part, layouts, limits.maxBindingBytes);
    assertWithinLimits(part, mapping, ranges, limits);
    const vectors = vectorInputs(part, mapping, layouts);
    const lowered = verifyStatements(lowerPass({ kernel: part, mapping, layouts, vectors, ranges, arithmetic, maxWorkgroupBytes: limits.maxWorkgroupBytes }), "lower");
    return { label, kernel: part, mapping, vectors, lowered, printed: printPass(kernel, label, lowered) };
  });
  return { specialized, passes };
}

function modelSizes(kernel: Kernel, extents: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(kernel.axes.flatMap(({ name, role }) => (role === "model" && extents[name] !== undefined ? [[name, extents[name]]] : [])));
}

function assertWithinLimits(kernel: PassKernel, mapping: Mapping, ranges: ReturnType<typeof rangesOf>, limits: DeviceLimits): void {
  const size = workgroupSizeOf(mapping);
  if (size > limits.maxInvocations) throw new ScheduleMisfit(`${size} invocations are more than the device's ${limits.maxInvocations}`);
  const buffers = bindingCount(kernel, ranges);
  if (buffers > limits.maxStorageBuffers) throw new ScheduleMisfit(`${buffers} storage buffers are more than the device's ${limits.maxStorageBuffers}`);
}

/** What the runtime is handed. */
export function artifactOf({ specialized: kernel, passes: stages }: Stages, { schedule, arithmetic = "free" }: Pick<CompileRequest, "schedule" | "arithmetic">): Artifact {
  const passes = stages.map(({ printed }) => printed);
  const roots = kernel.outputs.flatMap((output) => [output.value, ...(output.place ?? [])]);
  const outer = collectReductions(roots, new Map());
  const derived = arithmetic === "builtin" ? unpromised(kernel) : deriveLevel(kernel);
  const extents = Object.fromEntries([...kernel.extents].flatMap(([axis, extent]) => (extent.kind === "constant" ? [[axis, extent.bits]] : [])));
  const artifact = {
    kernel: kernel.name, schedule: schedule.name, trees: treesOf(kernel, [...outer, ...reductionsBelow(roots)]),
    ...(arithmetic === "free" ? {} : { arithmetic }), level: derived.level, extents, parameters: kernel.parameters, reason: derived.reason, reasonLocation: derived.location, passes,
  };
  return { ...artifact, sha256: hashArtifact(artifact) };
}
