/** How a step is refused: with its place, the precondition that does not hold, and what to write instead. */
import { nearest } from "../../dsl/reader/suggest.ts";
import { ScheduleError, type StepPlace } from "../errors.ts";
import type { Step } from "./step.ts";

/** A step and where it stands. */
export interface Placed<S extends Step = Step> {
  readonly step: S;
  readonly place: StepPlace;
}

export function refused({ step, place }: Placed, reason: string, fix = "leave it out"): ScheduleError {
  return new ScheduleError(reason, fix, step.step, place);
}

export function belowLast(level: number, depth: number): string {
  return depth === 0 ? "the kernel reduces nothing" : `no reduction's tree has a level ${level} below its last`;
}

export function levelFix(step: string, depth: number): string {
  return depth === 0 ? "leave it out" : `give ${step} a level from 0 to ${depth - 1}`;
}

export function oneOf(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  return meant === undefined
    ? names.length === 0
      ? "leave it out"
      : `name one of ${names.join(", ")}`
    : `write ${meant}`;
}
