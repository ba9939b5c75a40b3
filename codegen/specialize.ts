/** Pass 1: the model's sizes become constants. Everything after this pass is of one model. */
import type { Expr, Kernel, Reduce, Reducer, SourceLocation } from "../dsl/ir.ts";
import { Pool, rewrite } from "../dsl/expr.ts";
import { printTree } from "../dsl/tree-notation.ts";
import { CompileError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";

/** Extents beyond this would overflow 32-bit addresses long before. */
const largestExtent = 2 ** 30;

export function specialize(kernel: Kernel, sizes: Readonly<Record<string, number>>): PassKernel {
  const pool = new Pool();
  const extents = new Map<string, Expr>();
  for (const axis of kernel.axes) {
    if (axis.role !== "model") {
      extents.set(axis.name, pool.extent(axis.name));
      continue;
    }
    const size = sizes[axis.name];
    if (size === undefined) {
      throw new CompileError(`kernel ${kernel.name}: model axis '${axis.name}' has no extent`, `give it one, as in --axis ${axis.name}=64`, kernel.location);
    }
    if (!Number.isInteger(size) || size < 1 || size > largestExtent) {
      throw new CompileError(`kernel ${kernel.name}: axis '${axis.name}' cannot have extent ${size}`, `give a whole number from 1 to ${largestExtent}`, kernel.location);
    }
    extents.set(axis.name, pool.u32(size));
  }
  const memo = new Map<Expr | Reduce, Expr | Reduce>();
  const reducers = new Map<Reducer, Reducer>();
  const sized = (expr: Expr): Expr | undefined => (expr.kind === "extent" ? extents.get(expr.axis) : expr.kind === "field" ? field(expr) : undefined);
  const visit = (expr: Expr): Expr => rewrite(pool, expr, sized, memo);
  const reducerOf = (reducer: Reducer): Reducer => {
    let known = reducers.get(reducer);
    if (known === undefined) {
      known = { ...reducer, fields: reducer.fields.map((part) => ({ ...part, combine: visit(part.combine) })) };
      reducers.set(reducer, known);
    }
    return known;
  };
  const field = (expr: Expr & { kind: "field" }): Expr => {
    let of = memo.get(expr.of) as Reduce | undefined;
    if (of === undefined) {
      const { item, ...parts } = expr.of;
      of = pool.reduce({
        ...parts, start: visit(parts.start), count: visit(parts.count), reducer: reducerOf(parts.reducer), leaf: parts.leaf.map(visit),
        ...(item === undefined ? {} : { item: visit(item) }),
      });
      memo.set(expr.of, of);
    }
    return pool.field(of, expr.field);
  };
  const outputs = kernel.outputs.map((output) => ({
    ...output, value: visit(output.value), ...(output.place === undefined ? {} : { place: output.place.map(visit) }),
  }));
  for (const [written, sized] of memo) {
    if (sized.kind !== "binary" || (sized.operator !== "divide" && sized.operator !== "remainder")) continue;
    if (sized.right.kind !== "constant" || sized.right.bits !== 0) continue;
    throw new CompileError(`kernel ${kernel.name}: an integer is divided by zero at these extents`, "give the axes that the divisor is made of larger extents",
      kernel.origins.get(written) ?? kernel.location);
  }
  const carried = <T>(notes: ReadonlyMap<Expr | Reduce, T>): Map<Expr | Reduce, T> => {
    const result = new Map<Expr | Reduce, T>();
    for (const [expr, note] of notes) {
      const after = memo.get(expr);
      if (after !== undefined && !result.has(after)) result.set(after, note);
    }
    return result;
  };
  return {
    ...kernel, pool, outputs, extents, scratch: new Set(),
    origins: carried<SourceLocation>(kernel.origins), names: carried<string>(kernel.names),
  };
}

/** The canonical tree of every reduction, outermost first, each once. */
export function treesOf(kernel: PassKernel, reduces: Iterable<Reduce>): string[] {
  return [...new Set([...reduces].map((reduce) => printTree(reduce.tree)))];
}
