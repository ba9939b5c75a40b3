import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Expr, Kernel, Reduce, Variable } from "../dsl/ir.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { printTree } from "../dsl/tree-notation.ts";
import { arbitraryKernel } from "./arbitraries/kernels.ts";
import { evaluate } from "./evaluator.ts";
import { kernels } from "./fixtures/schedule-kernels.ts";
import { randomInputs } from "./inputs.ts";
import { tries } from "./fixtures/effort.ts";

/** All that a kernel means, as text: each expression under a number, functions and reducers by what they do. */
function meaningOf({ axes, inputs, parameters, outputs }: Kernel): string {
  const lines: string[] = [];
  const numbers = new Map<Expr | Reduce | Variable, number>();
  const numberOf = (node: Expr | Reduce | Variable, text: () => string): number => {
    let number = numbers.get(node);
    if (number === undefined) {
      const line = text();
      numbers.set(node, (number = lines.length));
      lines.push(line);
    }
    return number;
  };
  const all = (parts: readonly Expr[]): string => parts.map(expression).join(" ");
  const variable = (of: Variable): number =>
    numberOf(of, () => `${of.kind} of ${of.axis}${of.kind === "axis" ? "" : ` ${lines.length}`}`);
  const expression = (expr: Expr): number =>
    numberOf(expr, () => {
      switch (expr.kind) {
        case "constant":
          return `${expr.type} ${expr.bits}`;
        case "index":
          return `item ${variable(expr.variable)}`;
        case "extent":
          return `extent ${expr.axis}`;
        case "parameter":
        case "argument":
        case "register":
          return `${expr.kind} ${expr.name}: ${expr.type}`;
        case "state":
          return `${expr.side} ${expr.field}: ${expr.type}`;
        case "load":
          return `load ${expr.input} ${expr.storage} ${expr.guarded} ${all(expr.indices)}`;
        case "unary":
          return `${expr.operator}: ${expr.type} ${all([expr.operand])}`;
        case "binary":
          return `${expr.operator}: ${expr.type} ${all([expr.left, expr.right])}`;
        case "select":
          return `select ${all([expr.condition, expr.whenTrue, expr.whenFalse])}`;
        case "call":
          return (
            `call ${JSON.stringify(expr.callee.parameters)} ${expression(expr.callee.result)} of ` +
            `${all(expr.arguments)}`
          );
        case "field":
          return `field ${expr.field} of ${reduction(expr.of)}`;
      }
    });
  const reduction = (reduce: Reduce): number =>
    numberOf(reduce, () => {
      const { reducer, axis, start, count, tree, leaf, item } = reduce;
      const fields = reducer.fields.map(
        (field) => `${field.name}: ${field.type} ${field.identity.bits} ${expression(field.combine)}`,
      );
      return (
        `reduce ${axis} ${all([start, count, ...(item === undefined ? [] : [item])])} by ${printTree(tree)} ` +
        `over ${variable(reduce.variable)}: ${fields.join(", ")}: ${all(leaf)}`
      );
    });
  const stores = outputs.map(({ name, storage, axes: own, over, place, value }) =>
    JSON.stringify([name, storage, own, over, place?.map(expression), expression(value)]),
  );
  return [JSON.stringify([axes, inputs, parameters]), ...lines, ...stores].join("\n");
}

describe("the IR's text", () => {
  // What a library ships, and what its kernels are held to.
  it.each([...kernels.keys()])("of %s means what was declared: functions, reducers, trees", (name) => {
    const kernel = kernels.get(name)!;
    const text = printKernel(kernel);
    const read = parseKernel(text);
    expect(printKernel(read)).toBe(text);
    expect(meaningOf(read)).toBe(meaningOf(kernel));
  });

  it("round-trips every kernel, to the same text, meaning and bits", () => {
    fc.assert(
      fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
        const text = printKernel(kernel);
        const read = parseKernel(text);
        expect(printKernel(read)).toBe(text);
        expect(meaningOf(read)).toBe(meaningOf(kernel));
        const data = { extents, ...randomInputs(kernel, extents, seed) };
        expect(evaluate(read, data)).toEqual(evaluate(kernel, data));
      }),
      { numRuns: tries(25, 80) },
    );
  });
});
