/** Executions on data refute no right text: here they are made of texts that are followed without them. */
import { expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { type Artifact, defaultLimits } from "../runtime/artifact.ts";
import { modelExtents } from "../spec/extents.ts";
import { some, tries } from "../spec/fixtures/effort.ts";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { executions } from "./executions.ts";
import type { BatchFlowReport } from "./taint-report.ts";
import { Mismatch } from "./mismatch.ts";
import { type Effort, wholeEffort } from "./refute.ts";
import { Fault } from "./errors.ts";
import { TooManyTerms } from "./term.ts";
import { parseWgsl } from "./wgsl/index.ts";

const all = [...kernels].flatMap(([name, kernel]) => {
  const request = {
    extents: modelExtents(kernel, extentsOf(name, { rows: 5, items: 70, width: 17 })),
    limits: defaultLimits,
  };
  return schedulesFor(kernel, request).map((schedule) => ({ name, kernel, schedule, request }));
});

/** Executes a text on data. @throws Fault that refutes, and what is no outcome of an audit */
function execute(kernel: Kernel, artifact: Artifact, effort: Effort): void {
  const modules = artifact.passes.map(({ wgsl }) => parseWgsl(wgsl));
  const goingOn = <T>(_: unknown, run: () => T): T | undefined => {
    try {
      return run();
    } catch (error) {
      const isOpen = error instanceof TooManyTerms || (error instanceof Fault && error.outcome !== "refuted");
      if (!isOpen) throw error;
      return undefined;
    }
  };
  const flows = modules.map((): BatchFlowReport => ({ bounds: new Map(), splits: new Set(), perRow: 1 }));
  executions({ kernel, artifact, modules, flows, effort, begin: () => undefined, goingOn });
}

test("no right text is refuted, and none costs more than the budget", () => {
  const wrong: string[] = [];
  for (const { name, kernel, schedule, request } of some(
    "right texts on data",
    3,
    all.filter((_, at) => at % tries(1, 9, 1) === 0),
  )) {
    const artifact = compile(kernel, { ...request, schedule });
    const effort = wholeEffort();
    const given = effort.operations;
    try {
      execute(kernel, artifact, effort);
    } catch (error) {
      wrong.push(`${name}/${schedule.name}: ${String(error)}`);
    }
    expect(given - effort.operations, name).toBeLessThan(2 * given);
  }
  expect(wrong).toEqual([]);
});

/** `exp` is executed on data then; its choices have arms that differ in form and are equal on some data. */
test("a softmax under split whose exp is edited is refuted with inputs, within a small budget", () => {
  const { kernel, schedule, request } = all.find((one) => one.name === "softmax" && one.schedule.name === "split")!;
  const artifact = compile(kernel, { ...request, schedule });
  const passes = artifact.passes.map((pass) => ({ ...pass, wgsl: pass.wgsl.replace(" + 0x1p-1f", " - 0x1p-1f") }));
  expect(passes).not.toEqual(artifact.passes);
  const refuting = (): void => execute(kernel, { ...artifact, passes }, { ...wholeEffort(), operations: 300_000 });
  expect(refuting).toThrow(Mismatch);
});
