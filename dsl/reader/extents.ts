import type { Diagnostic } from "../diagnostics.ts";
import type { Kernel } from "../ir.ts";

/** What only known extents of the model axes can show: indices that leave their axes. */
export function checkExtents(_kernel: Kernel, _extents: Readonly<Record<string, number>>): Diagnostic[] {
  return [];
}
