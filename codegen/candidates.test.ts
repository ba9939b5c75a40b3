/** Which inputs the schedule `blocks` stores in blocks, and of what sizes: a matter of how they are read, and how wide they are stored. */
import { expect, test } from "vitest";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { schedulesFor } from "./compile.ts";

test.each([
  ["linear", { weight: [32, 8] }],
  ["linearBiasF32", { weight: [32, 4] }],
  ["int8dot", { w: [32, 4] }],
  ["interleavedHeads", { w: [32, 4, 1] }],
])("%s: %j", (name, layouts) => {
  const wide = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 3, items: 64, width: 40 }) });
  expect(wide.find((schedule) => schedule.layouts !== undefined)).toMatchObject({ name: "blocks", layouts });
  const narrow = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 3, items: 64, width: 31 }) });
  expect(narrow.every((schedule) => schedule.layouts === undefined)).toBe(true);
});

test.each([
  ["matmulNN", "neighbours along the outputs are neighbours in memory"],
  ["batchedMatmul", "its input is of the batch's size"],
  ["argmax", "its input is of the batch's size"],
  ["welfordVariance", "its input is of the batch's size"],
])("%s has none: %s", (name) => {
  const schedules = schedulesFor(kernels.get(name)!, { extents: extentsOf(name, { rows: 64, items: 64, width: 64 }) });
  expect(schedules.every((schedule) => schedule.layouts === undefined)).toBe(true);
});
