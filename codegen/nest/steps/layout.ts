/**
 * layout: an input is stored in blocks, and not row-major. The loops stay as they are; addresses follow.
 *
 *   for token: grid, out: grid                 layout weight: blocks of 32 × 8
 *     …                                   →    for token: grid, out: grid
 *                                                …
 *
 * Needs: an input of the kernel with a whole number for each of its axes, all of which have the model's extents (what
 * writes a tensor of the batch's size would have to store it so at each run), and no layout yet.
 */
import { ScheduleError } from "../../errors.ts";
import { extentOf } from "../../pass-kernel.ts";
import type { Nest } from "../nest.ts";
import { assertCount } from "../points.ts";

export interface Layout {
  readonly input: string;
  readonly blocks: readonly number[];
}

export function layout(nest: Nest, { input, blocks }: Layout): Nest {
  const { kernel, layouts } = nest;
  const tensor = kernel.inputs.find(({ name }) => name === input);
  if (tensor === undefined)
    throw new ScheduleError(
      `kernel ${kernel.name} reads no input '${input}'`,
      `name one of ${kernel.inputs.map(({ name }) => name).join(", ")}`,
    );
  if (layouts.has(input))
    throw new ScheduleError(`input ${input} has a layout already`, "give one layout for each input");
  if (blocks.length !== tensor.axes.length)
    throw new ScheduleError(
      `input ${input} has ${tensor.axes.length} axes and a layout of ${blocks.length}`,
      `give a size for each of ${tensor.axes.join(", ")}`,
    );
  blocks.forEach((size) => assertCount(`elements of ${input}`, size, 1));
  const open = tensor.axes.find((axis) => extentOf(kernel, axis).kind !== "constant");
  if (open !== undefined)
    throw new ScheduleError(
      `input ${input} has axis ${open}, whose extent is known only at run time`,
      "lay out weights only",
    );
  return { ...nest, layouts: new Map([...layouts, [input, blocks]]) };
}
