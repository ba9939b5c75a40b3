/**
 * The compiler: a checked kernel, the model's sizes and a schedule go in, an artifact comes out. Read `stagesOf` from
 * top to bottom for its passes; `verify…` throws after a pass that left something wrong.
 */
import { batchFaults } from "../dsl/batch-rules.ts";
import type { Kernel } from "../dsl/ir.ts";
import { deriveLevel, unpromised } from "../dsl/level.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { checkExtents } from "../dsl/reader/extents.ts";
import { treesOf } from "../dsl/sized.ts";
import { type Arithmetic, type Artifact, defaultLimits, type DeviceLimits, type Pass } from "../runtime/artifact.ts";
import { debug, startTiming } from "../runtime/debug.ts";
import { hashArtifact } from "./artifact-hash.ts";
import { withinBounds } from "./bounds.ts";
import { candidateSchedules } from "./candidates.ts";
import { CompileError, ScheduleError } from "./errors.ts";
import { lowerPass, type LoweredPass } from "./lower.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { bindingCount, rangesOf } from "./ranges.ts";
import { type Mapping, type Schedule, workgroupSizeOf } from "./schedule.ts";
import { specialize } from "./specialize.ts";
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
  debug("ir", () => printKernel(kernel));
  const finished = startTiming();
  try {
    const stages = stagesOf(kernel, request);
    finished(() => `compile kernel '${kernel.name}', schedule '${request.schedule.name}'`);
    return stages;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const fix = "take one of schedulesFor(kernel, …), which fit";
    throw new CompileError(
      `schedule '${request.schedule.name}' does not fit kernel '${kernel.name}': ${error.message}`,
      fix,
      kernel.location,
    );
  }
}

/** What schedules are chosen for. */
export interface ScheduleRequest {
  /** Extents of the model axes; others are ignored. */
  readonly extents: Readonly<Record<string, number>>;
  readonly limits?: DeviceLimits;
}

/** A schedule that was offered and does not fit. */
export interface Misfit {
  readonly schedule: Schedule;
  /** Why not, as `21 storage buffers are more than the device's 8`. */
  readonly reason: string;
  /** What the author can do about it, where that is known. */
  readonly fix?: string;
}

/** All schedules that a kernel is offered, simplest first. */
export interface Offer {
  readonly fitting: readonly Schedule[];
  readonly misfits: readonly Misfit[];
}

/** Every schedule that a kernel is offered at these sizes and limits: those that fit, and why the others do not. */
export function offeredSchedules(kernel: Kernel, { extents, limits = defaultLimits }: ScheduleRequest): Offer {
  const finished = startTiming();
  const fitting: Schedule[] = [];
  const misfits: Misfit[] = [];
  for (const schedule of candidateSchedules(verifyKernel(specialize(kernel, extents), "specialize"), limits)) {
    try {
      stagesOf(kernel, { extents, schedule, limits });
      fitting.push(schedule);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      misfits.push({ schedule, reason: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) });
    }
  }
  finished(() => `compile all candidates of kernel '${kernel.name}' (${fitting.length + misfits.length})`);
  debug("schedules", () =>
    [`kernel '${kernel.name}' fits ${fitting.map(({ name }) => name).join(", ")}`, ...misfitLines(misfits)].join("\n"),
  );
  return { fitting, misfits };
}

/** The same, at least one of them fitting. @throws CompileError where none fits */
export function usableSchedules(kernel: Kernel, request: ScheduleRequest): Offer {
  const offer = offeredSchedules(kernel, request);
  if (offer.fitting.length === 0) throw noScheduleFits(kernel, offer.misfits);
  return offer;
}

/** Schedules that do not fit, a line for each reason: `tile-2x2, tile-4x4: no operand is shared along a tiled axis`. */
export function misfitLines(misfits: readonly Misfit[]): string[] {
  return [...new Set(misfits.map(({ reason }) => reason))].map(
    (reason) =>
      `${misfits
        .filter((misfit) => misfit.reason === reason)
        .map(({ schedule }) => schedule.name)
        .join(", ")}: ${reason}`,
  );
}

/**
 * Every schedule that fits the kernel at these sizes on a device with these limits, simplest first.
 * @throws CompileError where none fits
 */
export function schedulesFor(kernel: Kernel, request: ScheduleRequest): Schedule[] {
  return [...usableSchedules(kernel, request).fitting];
}

/** Why none of the offered schedules fits a kernel. */
export function noScheduleFits(kernel: Kernel, misfits: readonly Misfit[]): CompileError {
  const reasons = [...new Set(misfits.map(({ reason }) => reason))].map((reason) => {
    const names = misfits.filter((misfit) => misfit.reason === reason).map(({ schedule }) => schedule.name);
    return { reason, names: names.join(", ") };
  });
  const why =
    reasons.length === 1 ? reasons[0]!.reason : reasons.map(({ reason, names }) => `${reason} (${names})`).join("; ");
  const fix =
    misfits.find((misfit) => misfit.fix !== undefined)?.fix ??
    "compute less in one kernel, at smaller extents of its model axes, or take a device that offers more";
  return new CompileError(`kernel '${kernel.name}' fits no schedule: ${why}`, fix, kernel.location);
}

/** The passes. */
function stagesOf(
  kernel: Kernel,
  { extents, schedule, limits = defaultLimits, arithmetic = "free" }: CompileRequest,
): Stages {
  const [fault] = batchFaults(kernel);
  if (fault !== undefined)
    throw new CompileError(
      `kernel ${kernel.name}: ${fault.message} (${fault.rule})`,
      fault.fix,
      kernel.origins.get(fault.expr) ?? kernel.location,
    );
  const [outside] = checkExtents(kernel, modelSizes(kernel, extents));
  if (outside !== undefined)
    throw new CompileError(`kernel ${kernel.name}: ${outside.message}`, outside.fix, outside.location);
  const specialized = verifyKernel(specialize(kernel, extents), "specialize");
  const parts = verifyPasses(
    splitKernel(specialized, schedule).map((part) => verifyKernel(part, "split")),
    "split",
  );
  if (parts.length !== schedule.passes.length)
    throw new ScheduleError(`it has ${schedule.passes.length} mappings for ${parts.length} passes`);
  const layouts = new Map(Object.entries(schedule.layouts ?? {}));
  const passes = parts.map((part, at): PassStages => {
    const label = `${kernel.name}, ${schedule.name}${parts.length === 1 ? "" : `, pass ${at + 1} of ${parts.length}`}`;
    const mapping = schedule.passes[at]!;
    const ranges = rangesOf(part, layouts, limits.maxBindingBytes);
    assertWithinLimits(part, mapping, ranges, limits);
    return withinBounds(mapping, (variation) => {
      const vectors = vectorInputs(part, variation.mapping, layouts);
      const request = {
        kernel: part,
        ...variation,
        layouts,
        vectors,
        ranges,
        arithmetic,
        maxWorkgroupBytes: limits.maxWorkgroupBytes,
      };
      const lowered = verifyStatements(lowerPass(request), "lower");
      const printed = printPass(kernel, label, lowered);
      return {
        lowered: { label, kernel: part, mapping: variation.mapping, vectors, lowered, printed },
        wgsl: printed.wgsl,
      };
    });
  });
  return { specialized, passes };
}

function modelSizes(kernel: Kernel, extents: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    kernel.axes.flatMap(({ name, role }) =>
      role === "model" && Object.hasOwn(extents, name) ? [[name, extents[name]!]] : [],
    ),
  );
}

function assertWithinLimits(
  kernel: PassKernel,
  mapping: Mapping,
  ranges: ReturnType<typeof rangesOf>,
  limits: DeviceLimits,
): void {
  const size = workgroupSizeOf(mapping);
  if (size > limits.maxInvocations)
    throw new ScheduleError(`${size} invocations are more than the device's ${limits.maxInvocations}`);
  const buffers = bindingCount(kernel, ranges);
  if (buffers > limits.maxStorageBuffers) {
    const most = limits.maxStorageBuffers;
    const offered = limits === defaultLimits ? `the ${most} that every WebGPU device offers` : `the device's ${most}`;
    throw new ScheduleError(
      `${buffers} storage buffers are more than ${offered}`,
      `put several tensors into one, along an axis of their own, or divide the kernel into several with at most ${most} tensors each`,
    );
  }
}

/** What the runtime is handed. */
export function artifactOf(
  { specialized: kernel, passes: stages }: Stages,
  { schedule, arithmetic = "free" }: Pick<CompileRequest, "schedule" | "arithmetic">,
): Artifact {
  const passes = stages.map(({ printed }) => printed);
  const derived = arithmetic === "builtin" ? unpromised(kernel) : deriveLevel(kernel);
  const extents = Object.fromEntries(
    [...kernel.extents].flatMap(([axis, extent]) => (extent.kind === "constant" ? [[axis, extent.bits]] : [])),
  );
  const artifact = {
    kernel: kernel.name,
    schedule: schedule.name,
    trees: treesOf(kernel),
    ...(arithmetic === "free" ? {} : { arithmetic }),
    level: derived.level,
    extents,
    parameters: kernel.parameters,
    reason: derived.reason,
    reasonLocation: derived.location,
    passes,
  };
  return { ...artifact, sha256: hashArtifact(artifact) };
}
