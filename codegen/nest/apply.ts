/** Applies a schedule's steps to a kernel's nest, one after another, and verifies what each gives. */
import { ScheduleError } from "../errors.ts";
import type { PassKernel } from "../pass-kernel.ts";
import type { PassStep, Step } from "../schedule/step.ts";
import { buildNest } from "./build.ts";
import type { Nest } from "./nest.ts";
import { bind } from "./steps/bind.ts";
import { cooperate } from "./steps/cooperate.ts";
import { layout } from "./steps/layout.ts";
import { partition } from "./steps/partition.ts";
import { reorder } from "./steps/reorder.ts";
import { sink } from "./steps/sink.ts";
import { stage } from "./steps/stage.ts";
import { unroll } from "./steps/unroll.ts";
import { walk } from "./steps/walk.ts";
import { verifyNest } from "./verify.ts";

/** What stands after build, and after each step. */
export interface Applied {
  /** Absent after build. */
  readonly step?: Step;
  /** A nest for each dispatch, in order. */
  readonly nests: readonly Nest[];
}

/** @throws ScheduleError where a step's precondition fails: which one, of which step */
export function applySteps(kernel: PassKernel, steps: readonly Step[]): Applied[] {
  let nests: readonly Nest[] = [verifyNest(buildNest(kernel), "build")];
  let pass = 0;
  const applied: Applied[] = [{ nests }];
  for (const [at, step] of steps.entries()) {
    try {
      if (step.step === "partition") nests = partition(nests, step, at === 0);
      else if (step.step === "pass") pass = passOf(nests, step.pass);
      else if (step.step === "layout") nests = layoutOf(nests, step);
      else nests = nests.map((nest, number) => (number === pass ? applyStep(nest, step) : nest));
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      throw new ScheduleError(`step ${at + 1} (${step.step}): ${error.message}`, error.fix);
    }
    nests.forEach((nest) => verifyNest(nest, `step ${at + 1} (${step.step})`));
    applied.push({ step, nests });
  }
  return applied;
}

/** Kinds of steps in the order in which all of them apply. Lists may name them in any. */
const order: Readonly<Record<Step["step"], number>> = {
  // These two begin a pass of their own, and are never moved.
  partition: 0,
  pass: 0,
  reorder: 1,
  bind: 2,
  sink: 3,
  walk: 4,
  cooperate: 5,
  stage: 6,
  unroll: 7,
  layout: 8,
};

/** The steps of each pass in that order. What names a pass, or makes it, stays where it is. */
export function inOrder<S extends Step>(steps: readonly S[]): S[] {
  let pass = 0;
  const ranked = steps.map((step) => {
    if (step.step === "partition" || step.step === "pass") pass++;
    return { step, pass, rank: order[step.step] };
  });
  return ranked.sort((one, other) => one.pass - other.pass || one.rank - other.rank).map(({ step }) => step);
}

/** One step on the nest of one dispatch. */
export function applyStep(nest: Nest, step: PassStep): Nest {
  switch (step.step) {
    case "bind":
      return bind(nest, step);
    case "sink":
      return sink(nest, step);
    case "walk":
      return walk(nest, step);
    case "reorder":
      return reorder(nest, step);
    case "cooperate":
      return cooperate(nest, step);
    case "unroll":
      return unroll(nest, step);
    case "stage":
      return stage(nest, step);
  }
}

/** Inputs are the whole kernel's, whichever dispatch reads them. */
function layoutOf(nests: readonly Nest[], step: Extract<Step, { readonly step: "layout" }>): Nest[] {
  const reads = (nest: Nest): boolean => nest.kernel.inputs.some(({ name }) => name === step.input);
  if (!nests.some(reads)) return nests.map((nest) => layout(nest, step));
  return nests.map((nest) => (reads(nest) ? layout(nest, step) : nest));
}

function passOf(nests: readonly Nest[], pass: number): number {
  if (!Number.isInteger(pass) || pass < 0 || pass >= nests.length)
    throw new ScheduleError(`there is no pass ${pass} of ${nests.length}`, `give 0 to ${nests.length - 1}`);
  return pass;
}
