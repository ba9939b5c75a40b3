/** Checks what every pass must leave behind. A finding is the compiler's own fault, so it throws. */
import type { Expr, Reduce } from "../dsl/ir.ts";
import { operandsOf, partsOf, rootsOfOutput } from "../dsl/visit.ts";
import { isComplete } from "../dsl/tree.ts";
import { InternalCompilerError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { valueTypeOf } from "../runtime/storage.ts";

/** The kernel itself, where nothing is wrong with it. */
export function verifyKernel(kernel: PassKernel, after: string): PassKernel {
  const fault = (message: string): never => {
    throw new InternalCompilerError(`after ${after}, kernel ${kernel.name}: ${message}`);
  };
  const declared = new Map(kernel.inputs.map((input) => [input.name, input]));
  const axes = new Set(kernel.axes.map((axis) => kernel.pool.axisVariable(axis.name)));
  const seen = new Set<Expr | Reduce>();
  const visitReduce = (reduce: Reduce): void => {
    if (seen.has(reduce)) return;
    seen.add(reduce);
    if (reduce.item === undefined && !isComplete(reduce.tree))
      fault(`the tree of a reduction over ${reduce.axis} leaves more than one value`);
    if (reduce.leaf.length !== reduce.reducer.fields.length)
      fault(
        `reducer ${reduce.reducer.name} has ${reduce.reducer.fields.length} fields and ${reduce.leaf.length} leaves`,
      );
    reduce.leaf.forEach((leaf, at) => {
      const field = reduce.reducer.fields[at]!;
      if (leaf.type !== field.type)
        fault(`leaf ${field.name} of ${reduce.reducer.name} is ${leaf.type}, not ${field.type}`);
    });
    if (reduce.start.type !== "u32" || reduce.count.type !== "u32")
      fault(`the domain over ${reduce.axis} is not counted in u32`);
    partsOf(reduce).forEach(visit);
  };
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    operandsOf(expr).forEach(visit);
    switch (expr.kind) {
      case "extent":
        if (kernel.extents.get(expr.axis)?.kind === "constant")
          fault(`the extent of model axis ${expr.axis} is still a variable`);
        break;
      case "load": {
        const input = declared.get(expr.input);
        if (input === undefined) fault(`load of unknown input ${expr.input}`);
        else if (input.axes.length !== expr.indices.length)
          fault(`${expr.input} has ${input.axes.length} axes and is read at ${expr.indices.length} indices`);
        if (expr.indices.some((index) => index.type !== "u32"))
          fault(`${expr.input} is read at an index that is not u32`);
        break;
      }
      case "binary": {
        const shift = expr.operator === "shiftLeft" || expr.operator === "shiftRight";
        if (expr.left.type !== expr.right.type && !shift)
          fault(`${expr.operator} of ${expr.left.type} and ${expr.right.type}`);
        break;
      }
      case "select":
        if (expr.condition.type !== "bool" || expr.whenTrue.type !== expr.whenFalse.type)
          fault("select of unlike values");
        break;
      case "field":
        visitReduce(expr.of);
        break;
      case "state":
      case "argument":
        fault(`${expr.kind} outside its function`);
        break;
    }
  };
  for (const output of kernel.outputs) {
    const parts = rootsOfOutput(output);
    parts.forEach(visit);
    if (output.value.type !== valueTypeOf(output.storage))
      fault(`output ${output.name} is ${output.storage} and its value ${output.value.type}`);
    for (const part of parts) {
      for (const variable of part.free) {
        if (!axes.has(variable))
          fault(`output ${output.name} mentions ${variable.kind} ${variable.name}, which nothing binds`);
      }
    }
  }
  return kernel;
}

/** What one pass reads from scratch memory, an earlier one must have written, in the same shape. */
export function verifyPasses(passes: readonly PassKernel[], after: string): readonly PassKernel[] {
  const written = new Map<string, string>();
  for (const kernel of passes) {
    const shapeOf = ({ name, storage, axes }: { name: string; storage: string; axes: readonly string[] }): string =>
      `${name}: ${storage}[${axes.join(", ")}]`;
    for (const input of kernel.inputs.filter(({ name }) => kernel.scratch.has(name))) {
      const source = written.get(input.name);
      if (source !== shapeOf(input))
        throw new InternalCompilerError(
          `after ${after}, kernel ${kernel.name}: a pass reads ${shapeOf(input)}, and an earlier one has written ` +
            `${source ?? "no such thing"}`,
        );
    }
    for (const output of kernel.outputs) written.set(output.name, shapeOf(output));
  }
  return passes;
}
