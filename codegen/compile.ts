/**
 * The compiler: a checked kernel, the model's sizes and a schedule go in, an artifact comes out. Its passes are in
 * stages.ts. Trying which schedules fit compiles each of them, so the texts are kept for the one that is chosen.
 */
import type { Kernel } from "../dsl/ir.ts";
import { deriveLevel, unpromised } from "../dsl/level.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { treesOf } from "../dsl/sized.ts";
import { type Arithmetic, type Artifact, defaultLimits, type DeviceLimits, type Pass } from "../runtime/artifact.ts";
import { debug, startTiming } from "../runtime/debug.ts";
import { hashArtifact } from "./artifact-hash.ts";
import { CompileError, describePlace, ScheduleError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { candidateSchedules } from "./schedule/offers.ts";
import type { Schedule } from "./schedule/step.ts";
import { printSteps } from "./schedule/text.ts";
import { modelSizes, type PassStages, specialized, type Stages, stagesUnder } from "./stages.ts";

export type { PassStages, Stages } from "./stages.ts";

export interface CompileRequest {
  /** Extents of the model axes; others are ignored. */
  readonly extents: Readonly<Record<string, number>>;
  readonly schedule: Schedule;
  readonly limits?: DeviceLimits;
  /** `free` if absent. Whichever but `builtin` gives the same bits. */
  readonly arithmetic?: Arithmetic;
}

/** Throws CompileError for what the caller got wrong, a schedule that does not fit included. */
export function compile(kernel: Kernel, request: CompileRequest): Artifact {
  const tried = keptOf(kernel, request);
  const passes = tried?.passes.get(keyOf(request.schedule));
  if (tried === undefined || passes === undefined) return artifactOf(compileInStages(kernel, request), request);
  return withPasses(
    tried.facts,
    request.schedule,
    passes.map(({ printed }) => printed()),
  );
}

/** The same, with all that lies between the kernel and the text. */
export function compileInStages(kernel: Kernel, request: CompileRequest): Stages {
  const { extents, schedule, limits = defaultLimits, arithmetic = "free" } = request;
  debug("ir", () => printKernel(kernel));
  const finished = startTiming();
  try {
    const from = keptOf(kernel, request)?.from ?? specialized(kernel, extents);
    const passes = stagesUnder(kernel, from, schedule, { limits, arithmetic });
    finished(() => `compile kernel '${kernel.name}', schedule '${schedule.name}'`);
    return { specialized: from, passes };
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const fix = error.step === undefined ? undefined : error.fix;
    throw new CompileError(
      `schedule '${schedule.name}' does not fit kernel '${kernel.name}': ${error.message}`,
      fix ?? "take one of schedulesFor(kernel, …), which fit",
      kernel.location,
      { cause: error },
    );
  }
}

/** What trying a kernel's schedules has given, for the last request of each kernel that is still in use. */
interface Tried {
  readonly key: string;
  readonly from: PassKernel;
  readonly facts: Facts;
  readonly candidates: readonly Schedule[];
  /** By the schedule's name and steps. */
  readonly passes: Map<string, readonly PassStages[]>;
}

const triedOf = new WeakMap<Kernel, Tried>();

const keyOf = ({ name, steps }: Schedule): string => `${name}\n${printSteps(steps)}`;

function requestKey(
  kernel: Kernel,
  { extents, limits = defaultLimits, arithmetic = "free" }: Omit<CompileRequest, "schedule">,
): string {
  const ofDevice = Object.entries(limits).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([modelSizes(kernel, extents), ofDevice, arithmetic]);
}

function keptOf(kernel: Kernel, request: Omit<CompileRequest, "schedule">): Tried | undefined {
  const tried = triedOf.get(kernel);
  return tried?.key === requestKey(kernel, request) ? tried : undefined;
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
  /** The step whose precondition does not hold, as `step 2, cooperate(1, 16)`; absent where no step is at fault. */
  readonly step?: string;
  /** What the author can do about it, where that is known. */
  readonly fix?: string;
}

/** All schedules that a kernel is offered, simplest first. */
export interface Offer {
  readonly fitting: readonly Schedule[];
  readonly misfits: readonly Misfit[];
}

/** Every schedule that a kernel is offered at these sizes and limits: those that fit, and why the others do not. */
export function offeredSchedules(kernel: Kernel, request: ScheduleRequest): Offer {
  const finished = startTiming();
  const fitting: Schedule[] = [];
  const misfits: Misfit[] = [];
  const tried = triedFor(kernel, request);
  for (const schedule of tried.candidates) {
    const error = misfit(kernel, tried, schedule, request);
    if (error === undefined) fitting.push(schedule);
    else misfits.push(misfitOf(schedule, error));
  }
  finished(() => `compile all candidates of kernel '${kernel.name}' (${tried.candidates.length})`);
  debug("schedules", () =>
    [`kernel '${kernel.name}' fits ${fitting.map(({ name }) => name).join(", ")}`, ...misfitLines(misfits)].join("\n"),
  );
  return { fitting, misfits };
}

/** What a kernel is offered, each schedule lowered only when it is asked whether that fits. */
export interface LazyOffer {
  readonly candidates: readonly Schedule[];
  /** Of any schedule: one that is offered, or one that is made of it. */
  fits(schedule: Schedule): boolean;
  /** The first candidate that fits. @throws CompileError where none does */
  simplest(): Schedule;
}

export function lazyOffer(kernel: Kernel, request: ScheduleRequest): LazyOffer {
  const tried = triedFor(kernel, request);
  const { candidates } = tried;
  const fits = (schedule: Schedule): boolean => misfit(kernel, tried, schedule, request) === undefined;
  return {
    candidates,
    fits,
    simplest: () => candidates.find(fits) ?? usableSchedules(kernel, request).fitting[0]!,
  };
}

function triedFor(kernel: Kernel, request: ScheduleRequest): Tried {
  const kept = keptOf(kernel, request);
  if (kept !== undefined) return kept;
  const { extents, limits = defaultLimits } = request;
  const from = specialized(kernel, extents);
  const tried: Tried = {
    key: requestKey(kernel, request),
    from,
    facts: factsOf(from, "free"),
    candidates: candidateSchedules(from, limits),
    passes: new Map(),
  };
  triedOf.set(kernel, tried);
  return tried;
}

/** Why a schedule does not fit; undefined where it does, whose passes are kept then. */
function misfit(
  kernel: Kernel,
  { from, passes }: Tried,
  schedule: Schedule,
  { limits = defaultLimits }: ScheduleRequest,
): ScheduleError | undefined {
  const key = keyOf(schedule);
  if (passes.has(key)) return undefined;
  try {
    passes.set(key, stagesUnder(kernel, from, schedule, { limits, arithmetic: "free" }));
    return undefined;
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    return error;
  }
}

function misfitOf(schedule: Schedule, { reason, fix, place }: ScheduleError): Misfit {
  return {
    schedule,
    reason,
    ...(place === undefined ? {} : { step: describePlace(place) }),
    ...(fix === undefined ? {} : { fix }),
  };
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
    misfits.find(({ fix, step }) => fix !== undefined && step === undefined)?.fix ??
    "compute less in one kernel, at smaller extents of its model axes, or take a device that offers more";
  return new CompileError(`kernel '${kernel.name}' fits no schedule: ${why}`, fix, kernel.location);
}

/** What an artifact says of its kernel, whatever the schedule. */
type Facts = Omit<Artifact, "schedule" | "steps" | "passes" | "sha256">;

function factsOf(kernel: PassKernel, arithmetic: Arithmetic): Facts {
  const derived = arithmetic === "builtin" ? unpromised(kernel) : deriveLevel(kernel);
  const extents = Object.fromEntries(
    [...kernel.extents].flatMap(([axis, extent]) => (extent.kind === "constant" ? [[axis, extent.bits]] : [])),
  );
  return {
    kernel: kernel.name,
    trees: treesOf(kernel),
    ...(arithmetic === "free" ? {} : { arithmetic }),
    level: derived.level,
    extents,
    parameters: kernel.parameters,
    reason: derived.reason,
    reasonLocation: derived.location,
  };
}

/** What the runtime is handed. */
export function artifactOf(
  { specialized: kernel, passes }: Stages,
  { schedule, arithmetic = "free" }: Pick<CompileRequest, "schedule" | "arithmetic">,
): Artifact {
  return withPasses(
    factsOf(kernel, arithmetic),
    schedule,
    passes.map(({ printed }) => printed()),
  );
}

function withPasses(facts: Facts, { name, steps }: Schedule, passes: readonly Pass[]): Artifact {
  const { kernel, ...rest } = facts;
  const artifact = { kernel, schedule: name, steps: printSteps(steps), ...rest, passes };
  return { ...artifact, sha256: hashArtifact(artifact) };
}
