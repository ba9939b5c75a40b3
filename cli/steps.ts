/** The option `--steps "…"`: a schedule that is written on the command line, in place of those that are offered. */
import type { Schedule } from "../codegen/schedule/step.ts";
import { UsageError } from "./exit.ts";

export const stepsOption = [
  "--steps <steps>",
  "a schedule of your own, as in 'bind(channel, 64); unroll(8)'; explain --stage schedule shows others",
] as const;

/** The schedule of `--steps`; undefined where the option was not given. @throws UsageError where its text is wrong */
export async function givenSchedule(steps: string | undefined, named = false): Promise<Schedule | undefined> {
  if (steps === undefined) return undefined;
  if (named) throw new UsageError("--steps and --schedule are both given; fix: leave one of them out");
  const [{ scheduleOf }, { StepSyntaxError }] = await Promise.all([
    import("../codegen/schedule/given.ts"),
    import("../codegen/schedule/text.ts"),
  ]);
  try {
    return scheduleOf(steps);
  } catch (error) {
    throw error instanceof StepSyntaxError ? new UsageError(`--steps ${error.message}`) : error;
  }
}
