/** Random kernels with a schedule each, compiled: what tests of the compiler run on, with a device or without one. */
import fc from "fast-check";
import { candidateSchedules } from "../../codegen/schedule/offers.ts";
import { compile, type CompileRequest } from "../../codegen/compile.ts";
import { CompileError, ScheduleError } from "../../codegen/errors.ts";
import { scheduleOf } from "../../codegen/schedule/given.ts";
import type { Schedule } from "../../codegen/schedule/step.ts";
import { specialize } from "../../codegen/specialize.ts";
import type { Kernel, Reduce } from "../../dsl/ir.ts";
import { type Artifact, defaultLimits } from "../../runtime/artifact.ts";
import { modelExtents } from "../extents.ts";
import { reductionsOf } from "../order.ts";
import { arbitraryNumbers, Choices } from "./choices.ts";
import { type KernelCase, kernelOf } from "./kernels.ts";
import { stepsOf } from "./steps.ts";

export interface RandomCase extends KernelCase {
  readonly schedule: Schedule;
  /** Compiled for the limits that every device has. */
  readonly artifact: Artifact;
  /** Of the inputs. */
  readonly seed: number;
}

/**
 * Longer texts unroll so much that a software driver compiles them for a second or more; another schedule covers the
 * kernel then.
 */
const longestText = 9_000;

/** What decides about a case: cheap to draw, unlike the case itself. */
export interface Draws {
  readonly numbers: readonly number[];
  readonly schedule: number;
  readonly seed: number;
}

export function arbitraryDraws(): fc.Arbitrary<Draws> {
  return fc.record({
    numbers: arbitraryNumbers(),
    schedule: fc.noBias(fc.nat(0xffff)),
    seed: fc.noBias(fc.nat(0xffff)),
  });
}

/** A kernel and one of its schedules. fast-check shows it as its source, schedule, extents and seed. */
export function caseOf({ numbers, schedule, seed }: Draws): RandomCase {
  const kernelCase = kernelOf(new Choices(numbers));
  const drawn = { ...kernelCase, ...compiled(kernelCase, schedule), seed };
  return Object.assign(drawn, { [fc.toStringMethod]: () => describeCase(drawn) });
}

/** A kernel and a list of steps for it, which may not apply. */
export interface SteppedCase extends KernelCase {
  readonly schedule: Schedule;
  /** Of the inputs. */
  readonly seed: number;
  /** What was compiled, or why the steps do not apply. */
  readonly compiled: Artifact | ScheduleError;
}

/** What decides about a stepped case; `steps` about its list. */
export interface SteppedDraws {
  readonly numbers: readonly number[];
  readonly steps: readonly number[];
  readonly seed: number;
}

export function arbitrarySteppedDraws(): fc.Arbitrary<SteppedDraws> {
  return fc.record({
    numbers: arbitraryNumbers(),
    steps: fc.noBias(fc.array(fc.nat(0xffff), { maxLength: 80, size: "max" })),
    seed: fc.noBias(fc.nat(0xffff)),
  });
}

export function steppedCaseOf({ numbers, steps, seed }: SteppedDraws): SteppedCase {
  const kernelCase = kernelOf(new Choices(numbers));
  const { kernel, extents } = kernelCase;
  const request = { extents: modelExtents(kernel, extents), limits: defaultLimits };
  const schedule = scheduleOf(stepsOf(new Choices(steps), specialize(kernel, request.extents)));
  const drawn = { ...kernelCase, schedule, seed, compiled: orMisfit(kernel, { ...request, schedule }) };
  return Object.assign(drawn, { [fc.toStringMethod]: () => describeCase(drawn) });
}

function orMisfit(kernel: Kernel, request: CompileRequest): Artifact | ScheduleError {
  try {
    return compile(kernel, request);
  } catch (error) {
    if (error instanceof CompileError && error.cause instanceof ScheduleError) return error.cause;
    throw error;
  }
}

/** As many cases as asked for, always the same for a seed. */
export function randomCases(seed: number, count: number): RandomCase[] {
  return fc.sample(arbitraryDraws(), { seed, numRuns: count }).map(caseOf);
}

export function describeCase({
  source,
  schedule,
  extents,
  seed,
}: Pick<RandomCase, "source" | "schedule" | "extents" | "seed">): string {
  return `schedule ${schedule.name}, extents ${JSON.stringify(extents)}, inputs' seed ${seed}, kernel\n${source}`;
}

/**
 * Compiles under the drawn candidate, or the next one after it that fits and is not too long; else under the shortest.
 */
function compiled({ kernel, extents }: KernelCase, draw: number): Pick<RandomCase, "schedule" | "artifact"> {
  const request = { extents: modelExtents(kernel, extents), limits: defaultLimits };
  const candidates = candidateSchedules(specialize(kernel, request.extents), request.limits);
  const first = draw % candidates.length;
  let shortest: (Pick<RandomCase, "schedule" | "artifact"> & { readonly length: number }) | undefined;
  for (const schedule of [...candidates.slice(first), ...candidates.slice(0, first)]) {
    const artifact = compiledUnder(kernel, { ...request, schedule });
    if (artifact === undefined) continue;
    const length = Math.max(...artifact.passes.map(({ wgsl }) => wgsl.length));
    if (shortest === undefined || length < shortest.length) shortest = { schedule, artifact, length };
    if (length <= longestText) break;
  }
  if (shortest === undefined) throw new Error(`no schedule fits ${kernel.name}`);
  return { schedule: shortest.schedule, artifact: shortest.artifact };
}

function compiledUnder(kernel: Kernel, request: CompileRequest): Artifact | undefined {
  try {
    return compile(kernel, request);
  } catch (error) {
    if (error instanceof CompileError) return undefined;
    throw error;
  }
}

/** What kernels are like, counted. */
export class Distribution {
  cases = 0;
  readonly counts: Record<string, number> = {};
  readonly schedules: Record<string, number> = {};

  add({ kernel, schedule }: Pick<RandomCase, "kernel" | "schedule">): void {
    this.cases++;
    this.schedules[schedule.name] = (this.schedules[schedule.name] ?? 0) + 1;
    for (const [name, holds] of Object.entries(featuresOf(kernel)))
      this.counts[name] = (this.counts[name] ?? 0) + (holds ? 1 : 0);
  }

  /** How many of the cases have a feature, as a fraction. */
  share(feature: keyof ReturnType<typeof featuresOf>): number {
    return (this.counts[feature] ?? 0) / this.cases;
  }

  get text(): string {
    const list = (counts: Readonly<Record<string, number>>): string =>
      Object.entries(counts)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ");
    return `${this.cases} random kernels: ${list(this.counts)}; schedules: ${list(this.schedules)}`;
  }
}

const builtIn: ReadonlySet<string> = new Set(["sum", "max", "argmax"]);

/** What the numbers of random kernels are reported by. */
function featuresOf(kernel: Kernel) {
  const reductions = reductionsOf(kernel);
  const roles = new Map(kernel.axes.map(({ name, role }) => [name, role]));
  const within = (reduce: Reduce): readonly Reduce[] =>
    reductionsOf({
      ...kernel,
      outputs: [
        { name: "", storage: "u32", axes: [], over: [], value: reduce.start, place: [reduce.count, ...reduce.leaf] },
      ],
    });
  return {
    "two or more reductions or three or more levels":
      reductions.length >= 2 || reductions.some(({ tree }) => tree.length >= 3),
    "an author's reducer": reductions.some(({ reducer }) => !builtIn.has(reducer.name)),
    "a sequence axis": reductions.some(({ axis }) => roles.get(axis) === "sequence"),
    "a reduction inside or after another": reductions.some((reduce) => within(reduce).length > 0),
    "reductions over one domain": new Set(reductions.map(({ variable }) => variable)).size < reductions.length,
    "a scatter": kernel.outputs.some(({ place }) => place !== undefined),
    "a placement table": kernel.inputs.some(({ ownership, unique }) => ownership === "placement" && !unique),
    "several outputs": kernel.outputs.length > 1,
    "a 16-bit output": kernel.outputs.some(({ storage }) => storage === "bf16"),
    "an integer output": kernel.outputs.some(({ storage }) => storage === "u32" || storage === "i32"),
    "no reduction": reductions.length === 0,
  } as const;
}
