import type { Kernel } from "../dsl/ir.ts";

/** The extents of model axes only: what a kernel is compiled for. */
export function modelExtents(kernel: Kernel, extents: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    kernel.axes.filter(({ role }) => role === "model").map(({ name }) => [name, extents[name]!]),
  );
}
