/**
 * The schedules that a kernel is offered: strategies with parameters that have proven fast, under names that models
 * use.
 */
import type { DeviceLimits } from "../../runtime/artifact.ts";
import type { PassKernel } from "../pass-kernel.ts";
import { shapeOf, walksRows } from "./shape.ts";
import type { Schedule, Step } from "./step.ts";
import {
  elementEach,
  levelTogether,
  packedBlocks,
  partitioned,
  registerTile,
  rowEach,
  rowInRegistersEach,
  rowInRegistersTogether,
  rowTogether,
  stagedTile,
} from "./strategies.ts";

export function candidateSchedules(kernel: PassKernel, limits: DeviceLimits): Schedule[] {
  const shape = shapeOf(kernel, limits);
  const schedules: Schedule[] = [];
  const offer = (name: string, steps: Step[] | undefined): void => {
    if (steps !== undefined) schedules.push({ name, steps });
  };
  offer("alone", elementEach(shape, { invocations: 64, leaves: 1 }));
  if (shape.reduces.length === 0 || shape.axes.length === 0) return schedules;
  const vectors = walksRows(shape);
  if (vectors) offer("alone-vector", elementEach(shape, { invocations: 64, leaves: 8 }));
  offer("row-each", rowEach(shape, { invocations: 64 }));
  offer("row-together", rowTogether(shape, { invocations: 64, level: 1 }));
  offer("registers", rowInRegistersEach(shape, { invocations: 64, together: 32, points: 64 }));
  offer("registers-together", rowInRegistersTogether(shape, { level: 0, ways: 16, points: 64 }));
  offer("runs-together", levelTogether(shape, { invocations: 8, level: 1, ways: 8, leaves: 1 }));
  offer("leaves-together", levelTogether(shape, { invocations: 4, level: 0, ways: 16, leaves: 1 }));
  if (vectors) offer("runs-vector", levelTogether(shape, { invocations: 16, level: 1, ways: 16, leaves: 8 }));
  offer("blocks", packedBlocks(shape, { lanes: 32, ways: 8, level: 1, leaves: 8 }));
  offer("alone-4x4", registerTile(shape, { invocations: 32, points: 4, leaves: vectors ? 8 : 1 }));
  offer("tile-2x2", stagedTile(shape, { invocations: 8, points: 2, stage: 8, leaves: 1 }));
  offer("tile-4x4", stagedTile(shape, { invocations: 8, points: 4, stage: 16, leaves: 1 }));
  if (vectors) offer("tile-8x8", stagedTile(shape, { invocations: 16, points: 8, stage: 16, leaves: 8 }));
  offer("split", partitioned(shape, { level: 1, invocations: 64 }));
  offer("split-level-2", partitioned(shape, { level: 2, invocations: 64 }));
  return schedules;
}
