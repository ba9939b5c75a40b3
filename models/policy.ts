/** Which of the schedules that fit a kernel a model loads. Any choice gives the same bits; this one is for speed. */
import type { Schedule } from "../codegen/schedule.ts";

/** From this many rows on, a kernel's schedule for many rows is used. */
export const manyRows = 4;

/** By kernel: the schedule for few rows, and that for many. What is not named here takes the simplest that fits. */
export const preferredSchedules: Readonly<Record<string, readonly string[]>> = {
  linear: ["alone-vector"],
  linearBias: ["alone-vector"],
  rmsNorm: ["row-together", "row-each"],
  rmsNormHeads: ["row-together", "row-each"],
  attention: ["registers"],
  argmax: ["split", "alone-vector"],
  logSoftmax: ["row-together", "row-each"],
};

/** One schedule, or one for few rows and one for many. */
export function chooseSchedules(kernel: string, schedules: readonly Schedule[]): Schedule[] {
  const chosen = (preferredSchedules[kernel] ?? []).flatMap((name) => schedules.filter((schedule) => schedule.name === name));
  return chosen.length > 0 ? chosen : schedules.slice(0, 1);
}
