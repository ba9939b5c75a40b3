/**
 * Which inputs the schedule `blocks` stores in blocks, and of what sizes: a matter of how they are read, and how wide
 * they are stored.
 */
import { expect, test } from "vitest";
import { extentsOf, kernels } from "../../spec/fixtures/schedule-kernels.ts";
import { schedulesFor } from "../compile.ts";
import type { Schedule } from "./step.ts";

/** The schedules that store inputs in blocks, and the blocks of each input. */
const layoutsOf = (schedules: readonly Schedule[]): [string, Record<string, readonly number[]>][] =>
  schedules
    .filter(({ steps }) => steps.some(({ step }) => step === "layout"))
    .map(({ name, steps }) => [
      name,
      Object.fromEntries(steps.flatMap((step) => (step.step === "layout" ? [[step.input, step.blocks]] : []))),
    ]);

test.each([
  ["linear", { weight: [32, 8] }],
  ["linearBiasF32", { weight: [32, 4] }],
  ["int8dot", { w: [32, 4] }],
  ["interleavedHeads", { w: [32, 4, 1] }],
])("%s: %j", (name, layouts) => {
  const wide = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 3, items: 64, width: 40 }) });
  expect(layoutsOf(wide)).toEqual([["blocks", layouts]]);
  const narrow = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 3, items: 64, width: 31 }) });
  expect(layoutsOf(narrow)).toEqual([]);
});

test.each([
  ["matmulNN", "neighbours along the outputs are neighbours in memory"],
  ["batchedMatmul", "its input is of the batch's size"],
  ["argmax", "its input is of the batch's size"],
  ["welfordVariance", "its input is of the batch's size"],
])("%s has none: %s", (name) => {
  const schedules = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 64, items: 64, width: 64 }) });
  expect(layoutsOf(schedules)).toEqual([]);
});
