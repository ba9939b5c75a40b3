import { describe, expect, test } from "vitest";
import { defaultLimits } from "../../runtime/artifact.ts";
import { modelExtents } from "../../spec/extents.ts";
import { extentsOf, kernels, sizedKernels } from "../../spec/fixtures/schedule-kernels.ts";
import { candidateSchedules } from "../schedule/offers.ts";
import { ScheduleError } from "../errors.ts";
import { specialize } from "../specialize.ts";
import { applySteps } from "./apply.ts";

describe("steps", () => {
  test.each(sizedKernels)("of each schedule that %s is offered give nests that verify, or stage nothing", (name) => {
    const kernel = kernels.get(name)!;
    const extents = modelExtents(kernel, extentsOf(name, { rows: 5, items: 100, width: 37 }));
    const specialized = specialize(kernel, extents);
    for (const schedule of candidateSchedules(specialized, defaultLimits)) {
      try {
        const stages = applySteps(specialized, schedule.steps);
        expect(stages.at(-1)!.nests).toHaveLength(
          Math.max(1, schedule.steps.filter(({ step }) => step === "pass").length),
        );
      } catch (error) {
        if (!(error instanceof ScheduleError)) throw error;
        expect(error.message).toMatch(/^step \d+ \(stage\): no (two points of a tile|operand is shared)/);
      }
    }
  });
});
