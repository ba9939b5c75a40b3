/**
 * What a list of steps comes to: the kernel of each pass and its steps. Each step's precondition is checked here, but
 * for those that depend on how much memory and text the lowering takes.
 */
import type { DeviceLimits } from "../../runtime/artifact.ts";
import { ScheduleError, type StepPlace } from "../errors.ts";
import { extentOf, type PassKernel } from "../pass-kernel.ts";
import { partitionKernel } from "../partition.ts";
import { PassCheck } from "./pass-check.ts";
import { belowLast, levelFix, oneOf, type Placed, refused } from "./refuse.ts";
import { topReductionsOf } from "./shape.ts";
import { isPassStep, type PassStep, type Step } from "./step.ts";
import { printStep } from "./text.ts";

export interface PlannedPass {
  readonly kernel: PassKernel;
  /** The steps that are about this pass. */
  readonly steps: readonly Placed<PassStep>[];
}

export interface Plan {
  readonly passes: readonly PlannedPass[];
  /** Inputs that are stored in blocks, by their block sizes. */
  readonly layouts: ReadonlyMap<string, readonly number[]>;
  readonly steps: readonly Placed[];
}

/** Addresses are 32 bits wide. */
const mostSlots = 2 ** 30;

/** @throws ScheduleError that names the first step whose precondition does not hold */
export function planOf(kernel: PassKernel, steps: readonly Step[], limits: DeviceLimits): Plan {
  const parts = partsOf(kernel, steps);
  const placed = placedSteps(steps, parts.length);
  const layouts = layoutsOf(kernel, placed);
  const passes = parts.map((part, at): PlannedPass => {
    const own = placed.filter((one): one is Placed<PassStep> => (one.place.pass ?? 0) === at && isPassStep(one.step));
    new PassCheck(part, limits, inPass(steps, at, parts.length)).check(own);
    return { kernel: part, steps: own };
  });
  return { passes, layouts, steps: placed };
}

/** How a step is written so that it is about a pass: as it is, behind the pass's name, or with it. */
function inPass(steps: readonly Step[], pass: number, passes: number): (written: string) => string {
  if (passes === 1) return (written) => `'${written}'`;
  const isNamed = steps.some((step) => step.step === "pass" && step.pass === pass);
  return (written) => (isNamed ? `'${written}' behind 'pass(${pass})'` : `'pass(${pass}); ${written}'`);
}

/** The error with the place of the step that it is about: the last of its kind, in the pass where it is a pass's. */
export function located(error: ScheduleError, plan: Plan, pass: PlannedPass): ScheduleError {
  if (error.place !== undefined || error.step === undefined) return error;
  const found = [...plan.steps, ...pass.steps].reverse().find(({ step }) => step.step === error.step);
  return found === undefined ? error : new ScheduleError(error.reason, error.fix, error.step, found.place);
}

/** The kernel of each pass. */
function partsOf(kernel: PassKernel, steps: readonly Step[]): PassKernel[] {
  const at = steps.findIndex(({ step }) => step === "partition");
  const step = steps[at];
  if (step?.step !== "partition") return partitionKernel(kernel, undefined);
  const placed = { step, place: { number: at + 1, text: printStep(step) } };
  assertPartition(kernel, steps, at, placed);
  try {
    return partitionKernel(kernel, step.level);
  } catch (error) {
    throw error instanceof ScheduleError ? refused(placed, error.reason) : error;
  }
}

function assertPartition(
  kernel: PassKernel,
  steps: readonly Step[],
  at: number,
  placed: Placed<Step & { readonly step: "partition" }>,
): void {
  const { step } = placed;
  if (at > 0) throw refused(placed, "it is not the first step", "write it first");
  const again = steps.findIndex((other, later) => later > at && other.step === "partition");
  if (again >= 0)
    throw refused(
      { step: steps[again]!, place: { number: again + 1, text: printStep(steps[again]!) } },
      `the kernel is partitioned already, at level ${step.level}`,
    );
  const depth = Math.max(0, ...topReductionsOf(kernel).map(({ tree }) => tree.length));
  if (step.level >= depth) throw refused(placed, belowLast(step.level, depth), levelFix("partition", depth));
}

/** Numbers the steps, and says which pass each is about. */
function placedSteps(steps: readonly Step[], passes: number): Placed[] {
  let pass: number | undefined;
  const seen = new Set<number>();
  return steps.map((step, at): Placed => {
    const place = (of: number | undefined): StepPlace => ({
      number: at + 1,
      text: printStep(step),
      ...(of === undefined ? {} : { pass: of }),
    });
    if (step.step === "pass") {
      const here = { step, place: place(undefined) };
      if (passes === 1) throw refused(here, "the kernel is not partitioned, so it has one pass");
      if (step.pass >= passes)
        throw refused(here, `the partition leaves ${passes} passes`, `give it a number from 0 to ${passes - 1}`);
      if (seen.has(step.pass)) throw refused(here, `the steps of pass ${step.pass} stand above`, "write them together");
      seen.add(step.pass);
      pass = step.pass;
    } else if (isPassStep(step) && passes > 1 && pass === undefined) {
      throw refused(
        { step, place: place(undefined) },
        "it does not say which pass it is about",
        `write ${Array.from({ length: passes }, (_, of) => `'pass(${of})'`).join(" or ")} before it`,
      );
    }
    return { step, place: place(isPassStep(step) ? pass : undefined) };
  });
}

function layoutsOf(kernel: PassKernel, placed: readonly Placed[]): Map<string, readonly number[]> {
  const layouts = new Map<string, readonly number[]>();
  for (const { step, place } of placed) {
    if (step.step !== "layout") continue;
    const here = { step, place };
    const input = kernel.inputs.find(({ name }) => name === step.input);
    if (input === undefined)
      throw refused(
        here,
        `the kernel has no input '${step.input}'`,
        oneOf(
          step.input,
          kernel.inputs.map(({ name }) => name),
        ),
      );
    if (layouts.has(step.input)) throw refused(here, `input '${step.input}' has a layout already`);
    if (input.axes.length !== step.blocks.length)
      throw refused(
        here,
        `input '${step.input}' has ${input.axes.length} axes, and the layout ${step.blocks.length} blocks`,
        "give a size for each axis; 1 leaves an axis as it is",
      );
    const extents = input.axes.map((axis) => extentOf(kernel, axis));
    let slots = 1;
    for (const [at, extent] of extents.entries()) {
      if (extent.kind !== "constant")
        throw refused(
          here,
          `axis ${input.axes[at]!} of input '${step.input}' is not a model axis, and what writes it is row-major`,
        );
      slots *= Math.ceil(extent.bits / step.blocks[at]!) * step.blocks[at]!;
    }
    if (slots > mostSlots)
      throw refused(
        here,
        `in these blocks '${step.input}' takes ${slots} elements, more than ${mostSlots}`,
        "give smaller blocks",
      );
    layouts.set(step.input, step.blocks);
  }
  return layouts;
}
