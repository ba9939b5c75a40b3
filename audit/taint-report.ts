/**
 * What the flow of a text (taint.ts) starts from, and what is known of its rows once it was followed, for those who
 * execute it.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Pass } from "../runtime/artifact.ts";
import type { Expression } from "./wgsl/ast.ts";

/** Where a row meets how many there are, `row < count` or `min(row, count - 1u)`: which of the operands is the row. */
export type RowBounds = ReadonlyMap<Expression, 0 | 1>;

export interface BatchFlowReport {
  readonly bounds: RowBounds;
  /** Quotients and remainders of a workgroup's number that tell the workgroups of one row apart. */
  readonly splits: ReadonlySet<Expression>;
  /** Workgroups of one row that are numbered one after the other. */
  readonly perRow: number;
}

/**
 * Uniforms that hold the extent of a batch axis, a count, or of a sequence axis, a length. Without a batch a length is
 * the request's own.
 */
export function extentsThatVary(kernel: Kernel, pass: Pass): ReadonlyMap<string, "count" | "length"> {
  const hasBatch = kernel.axes.some(({ role }) => role === "batch");
  return new Map(
    pass.uniforms.flatMap(({ name, value }): [string, "count" | "length"][] => {
      if (value.kind !== "formula" || typeof value.formula !== "object" || !("extent" in value.formula)) return [];
      const { extent } = value.formula;
      const role = kernel.axes.find((axis) => axis.name === extent)?.role;
      return role === "batch" ? [[name, "count"]] : role === "sequence" && hasBatch ? [[name, "length"]] : [];
    }),
  );
}
