/** Executions on data refute no right text: here they are made of texts that are followed without them. */
import { expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { modelExtents } from "../spec/extents.ts";
import { some, tries } from "../spec/fixtures/effort.ts";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { executions } from "./executions.ts";
import { wholeEffort } from "./refute.ts";
import { Fault } from "./stop.ts";
import { parseWgsl } from "./wgsl/index.ts";

const all = [...kernels].flatMap(([name, kernel]) => {
  const request = {
    extents: modelExtents(kernel, extentsOf(name, { rows: 5, items: 70, width: 17 })),
    limits: defaultLimits,
  };
  return schedulesFor(kernel, request).map((schedule) => ({ name, kernel, schedule, request }));
});

test("no right text is refuted, and none costs more than the budget", () => {
  const wrong: string[] = [];
  for (const { name, kernel, schedule, request } of some(
    "right texts on data",
    3,
    all.filter((_, at) => at % tries(1, 9, 1) === 0),
  )) {
    const artifact = compile(kernel, { ...request, schedule });
    const modules = artifact.passes.map(({ wgsl }) => parseWgsl(wgsl));
    const effort = wholeEffort();
    const given = effort.operations;
    const goingOn = <T>(_: unknown, run: () => T): T | undefined => {
      try {
        return run();
      } catch (error) {
        if (error instanceof Fault && error.outcome === "refuted") throw error;
        return undefined;
      }
    };
    try {
      executions({
        kernel,
        artifact,
        modules,
        flows: modules.map(() => ({ bounds: new Map(), splits: new Set(), perRow: 1 })),
        effort,
        begin: () => undefined,
        goingOn,
      });
    } catch (error) {
      wrong.push(`${name}/${schedule.name}: ${String(error)}`);
    }
    expect(given - effort.operations, name).toBeLessThan(2 * given);
  }
  expect(wrong).toEqual([]);
});
