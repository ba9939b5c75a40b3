/** Which of the schedules that fit a kernel a model loads. Any choice gives the same bits; this one is for speed. */
import type { Schedule } from "../codegen/schedule.ts";

/** From this many rows on, the last of the chosen schedules is used. */
export const manyRows = 8;

export function chooseSchedules(schedules: readonly Schedule[]): Schedule[] {
  return [schedules[0]!];
}
