/**
 * How many storage buffers a kernel binds: one for each tensor, whatever the schedule, and more where one is very
 * large.
 */
import type { Node } from "ts-morph";
import type { Kernel } from "../ir.ts";
import type { Report } from "./report.ts";

/** What every WebGPU device offers. */
export const promisedBuffers = 8;

/** Reports a kernel of more tensors than devices are asked to bind. */
export function reportBuffers(report: Report, { name, inputs, outputs }: Kernel, at: Node, most: number): void {
  const count = inputs.length + outputs.length;
  if (count <= most) return;
  const bound = most === promisedBuffers ? `WebGPU promises ${most}` : `${most} are asked of devices`;
  report.add(
    "R029",
    at,
    `kernel '${name}' binds ${count} storage buffers, one for each of its tensors, and ${bound}`,
    "put several tensors into one, along an axis of their own, or divide the kernel into several; for devices " +
      "that offer more check with --buffers N",
  );
}
