/** A schedule of a list of steps that somebody has written. */
import type { Schedule, Step } from "./step.ts";
import { parseSteps, printSteps } from "./text.ts";

/** The schedule of these steps, or of their text. Its name is their canonical text. @throws StepSyntaxError */
export function scheduleOf(written: string | readonly Step[]): Schedule {
  const steps = typeof written === "string" ? parseSteps(written) : written;
  return { name: steps.length === 0 ? "no steps" : printSteps(steps), steps };
}
