/** A kernel as one pass sees it: model extents are constants, and some tensors are scratch between passes. */
import type { Expr, Kernel } from "../dsl/ir.ts";
import type { Formula } from "../runtime/artifact.ts";
import { InternalCompilerError } from "./errors.ts";

export interface PassKernel extends Kernel {
  /** The extent of every axis: a constant, or an expression over run-time extents. */
  readonly extents: ReadonlyMap<string, Expr>;
  /** Inputs and outputs that pass values from one pass to the next. */
  readonly scratch: ReadonlySet<string>;
}

export function extentOf(kernel: PassKernel, axis: string): Expr {
  const extent = kernel.extents.get(axis);
  if (extent === undefined) throw new InternalCompilerError(`axis ${axis} of kernel ${kernel.name} has no extent`);
  return extent;
}

/** A u32 expression over constants and run-time extents, as the runtime evaluates it. */
export function formulaOf(expr: Expr): Formula {
  if (expr.kind === "constant") return expr.bits;
  if (expr.kind === "extent") return { extent: expr.axis };
  if (expr.kind === "binary") {
    switch (expr.operator) {
      case "add":
      case "subtract":
      case "multiply":
      case "divide":
      case "remainder":
      case "minimum":
      case "maximum":
        return { operator: expr.operator, left: formulaOf(expr.left), right: formulaOf(expr.right) };
    }
  }
  throw new InternalCompilerError(
    `an extent depends on ${expr.kind === "load" ? `input ${expr.input}` : expr.kind}, which the host does not know`,
  );
}
