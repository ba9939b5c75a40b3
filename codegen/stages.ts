/** The compiler's passes, from a kernel to texts; `verify…` throws after a pass that left something wrong. */
import { batchFaults } from "../dsl/batch-rules.ts";
import type { Kernel } from "../dsl/ir.ts";
import { checkExtents } from "../dsl/reader/extents.ts";
import { type Arithmetic, defaultLimits, type DeviceLimits, type Pass } from "../runtime/artifact.ts";
import { withinBounds } from "./bounds.ts";
import { CompileError, ScheduleError } from "./errors.ts";
import { lowerPass, type LoweredPass } from "./lower.ts";
import { moduleOf, passOf } from "./module.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { bindingCount, rangesOf } from "./ranges.ts";
import { located, type Plan, type PlannedPass, planOf } from "./schedule/plan.ts";
import type { Schedule, Step } from "./schedule/step.ts";
import { specialize } from "./specialize.ts";
import { vectorInputs } from "./vectors.ts";
import { verifyKernel, verifyPasses } from "./verify.ts";
import { costOf } from "./wgsl/cost.ts";
import type { Module } from "./wgsl/tree.ts";
import { verifyModule } from "./wgsl/verify.ts";

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
  /** The schedule's steps for it; `unroll` says what was taken where the text would have cost too much otherwise. */
  readonly steps: readonly Step[];
  /** Inputs that are read four words at a time. */
  readonly vectors: ReadonlySet<string>;
  readonly lowered: LoweredPass;
  readonly module: Module;
  /** The module, verified and printed: when it is asked for, since most candidates are never printed. */
  readonly printed: () => Pass;
}

/** A kernel at a model's extents, checked. @throws CompileError for what the author or the caller got wrong */
export function specialized(kernel: Kernel, extents: Readonly<Record<string, number>>): PassKernel {
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
  return verifyKernel(specialize(kernel, extents), "specialize");
}

/** What a schedule is lowered for. */
export interface Target {
  readonly limits: DeviceLimits;
  readonly arithmetic: Arithmetic;
}

/** The passes of a specialized kernel under a schedule. @throws ScheduleError where it does not fit */
export function stagesUnder(kernel: Kernel, from: PassKernel, schedule: Schedule, target: Target): PassStages[] {
  const plan = planOf(from, schedule.steps, target.limits);
  verifyPasses(
    plan.passes.map((pass) => verifyKernel(pass.kernel, "split")),
    "split",
  );
  return plan.passes.map((pass, at) => {
    const of = plan.passes.length === 1 ? "" : `, pass ${at + 1} of ${plan.passes.length}`;
    try {
      return passStages(kernel, `${kernel.name}, ${schedule.name}${of}`, plan, pass, target);
    } catch (error) {
      throw error instanceof ScheduleError ? located(error, plan, pass) : error;
    }
  });
}

function passStages(
  kernel: Kernel,
  label: string,
  { layouts }: Plan,
  { kernel: part, steps }: PlannedPass,
  { limits, arithmetic }: Target,
): PassStages {
  const ranges = rangesOf(part, layouts, limits.maxBindingBytes);
  assertBuffers(part, ranges, limits);
  return withinBounds(
    steps.map(({ step }) => step),
    (variation) => {
      const vectors = vectorInputs(part, variation.leaves, layouts);
      const request = {
        kernel: part,
        ...variation,
        layouts,
        vectors,
        ranges,
        arithmetic,
        maxWorkgroupBytes: limits.maxWorkgroupBytes,
      };
      const lowered = lowerPass(request);
      const module = moduleOf(label, lowered);
      const printed = once(() => passOf(kernel, lowered, verifyModule(module, arithmetic, "lower")));
      return {
        lowered: { label, kernel: part, steps: variation.steps, vectors, lowered, module, printed },
        cost: costOf(module),
      };
    },
  );
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

export function modelSizes(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    kernel.axes.flatMap(({ name, role }) =>
      role === "model" && Object.hasOwn(extents, name) ? [[name, extents[name]!]] : [],
    ),
  );
}

function assertBuffers(kernel: PassKernel, ranges: ReturnType<typeof rangesOf>, limits: DeviceLimits): void {
  const buffers = bindingCount(kernel, ranges);
  if (buffers > limits.maxStorageBuffers) {
    const most = limits.maxStorageBuffers;
    const offered = limits === defaultLimits ? `the ${most} that every WebGPU device offers` : `the device's ${most}`;
    throw new ScheduleError(
      `${buffers} storage buffers are more than ${offered}`,
      "put several tensors into one, along an axis of their own, or divide the kernel into several with at most " +
        `${most} tensors each`,
    );
  }
}
