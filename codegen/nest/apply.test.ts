import { describe, expect, test } from "vitest";
import { defaultLimits } from "../../runtime/artifact.ts";
import { modelExtents } from "../../spec/extents.ts";
import { extentsOf, kernels, sizedKernels } from "../../spec/fixtures/schedule-kernels.ts";
import { candidateSchedules } from "../schedule/offers.ts";
import { ScheduleError } from "../errors.ts";
import { parseSteps } from "../schedule/text.ts";
import { specialize } from "../specialize.ts";
import { applySteps, inOrder } from "./apply.ts";
import { printNest } from "./print.ts";

describe("steps", () => {
  test("mean the same in any order, once they are put in the order in which all apply", () => {
    const kernel = kernels.get("linear")!;
    const specialized = specialize(kernel, { out: 37, inner: 256 });
    const lists = [
      "bind(token, 8); sink(token, 2, interleaved); bind(out, 8); sink(out, 2, interleaved); stage(8); unroll(4)",
      "unroll(4); stage(8); sink(out, 2, interleaved); sink(token, 2, interleaved); bind(out, 8); bind(token, 8)",
    ].map((text) => parseSteps(text));
    const [first, second] = lists.map((steps) => printNest(applySteps(specialized, inOrder(steps)).at(-1)!.nests[0]!));
    expect(second).toBe(first);
    expect(() => applySteps(specialized, lists[1]!)).toThrow(/^step 2 \(stage\)/);
  });

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
