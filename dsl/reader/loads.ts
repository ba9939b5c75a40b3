/** Reading an element of a tensor: `x(token, channel)` and `gather(x, row(token), channel)`. */
import type { Node } from "ts-morph";
import { operandsOf } from "../expr.ts";
import type { Expr, Input } from "../ir.ts";
import { dependenceOf, isBatchLeaf, nameDependence } from "./batch-rules.ts";
import { shorten, type Reading } from "./reading.ts";
import { fault, scalar, type Value } from "./values.ts";

export function readLoad(reading: Reading, input: Input, node: Node, argNodes: readonly Node[], args: readonly Value[], guarded: boolean): Value {
  const declared = reading.inputs.get(input.name)!;
  reading.used.add(input.name);
  if (args.length !== input.axes.length) {
    const shown = `${guarded ? `gather(${input.name}, ` : `${input.name}(`}${input.axes.join(", ")})`;
    reading.report.add("R007", node, `'${input.name}' has ${input.axes.length} ${input.axes.length === 1 ? "axis" : "axes"}, and ${args.length} ${args.length === 1 ? "index is" : "indices are"} given`,
      `write ${shown}`, [{ message: `'${input.name}' is declared here`, at: declared.at }]);
    return fault;
  }
  const indices = args.map((arg, position) => readIndex(reading, arg, argNodes[position]!));
  if (!indices.every((index) => index !== undefined)) return fault;
  const fits = indices.map((index, position) => checkIndex(reading, input, index, input.axes[position]!, argNodes[position]!, guarded));
  return fits.every((one) => one) ? scalar(reading.at(node, reading.pool.load(input.name, input.storage, indices, guarded))) : fault;
}

/** An index is a u32. */
export function readIndex(reading: Reading, value: Value, at: Node): Expr | undefined {
  if (value.kind === "literal" && value.value < 0) {
    reading.report.add("R008", at, `the index ${value.value} is below 0`, "axes start at 0: use an index from 0 to extent - 1");
    return undefined;
  }
  return reading.expr(value, at, "u32");
}

/** Whether a load appears outside the addresses of other loads. */
function findLoaded(expr: Expr, wanted: (leaf: Expr) => boolean): Expr | undefined {
  if (wanted(expr)) return expr;
  if (expr.kind === "load") return undefined;
  for (const operand of operandsOf(expr)) {
    const found = findLoaded(operand, wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkIndex(reading: Reading, input: Input, index: Expr, axisName: string, at: Node, guarded: boolean): boolean {
  const axis = reading.axes.get(axisName)!;
  const text = shorten(at.getText());
  const declared: { message: string; at: Node } = { message: `'${input.name}' is declared here`, at: reading.inputs.get(input.name)!.at };
  const table = findLoaded(index, (leaf) => leaf.kind === "load" || leaf.kind === "field");
  if (axis.role === "batch") {
    if (index === reading.pool.index(reading.pool.axisVariable(axisName))) return true;
    if (table === undefined || findLoaded(index, (leaf) => isBatchLeaf(reading, leaf)) !== undefined) {
      reading.report.add("R005", at, `the batch axis '${axisName}' of '${input.name}' is indexed by '${text}', which reads a neighbour's row`,
        `index it by '${axisName}' itself, or through gather by a placement table`, [declared, { message: `'${axisName}' is a batch axis`, at: axis.at }]);
      return false;
    }
  } else {
    const found = dependenceOf(reading, index);
    const owned = found?.leaf.kind === "load" && input.axes.some((name) => reading.axes.get(name)?.role === "batch");
    if (found !== undefined && !(owned && guarded)) {
      const { name, notes } = nameDependence(reading, found.leaf);
      reading.report.add(owned ? "R009" : "R004", at, `'${text}' takes ${name} to the ${axis.role} axis '${axisName}' of '${input.name}'`,
        owned ? `write gather(${input.name}, …)` : "index it by a model or sequence axis, or through gather by a request-owned table", [declared, ...notes]);
      return false;
    }
  }
  const data = table ?? findLoaded(index, (leaf) => leaf.kind === "parameter");
  if (!guarded && data !== undefined) {
    reading.report.add("R009", at, `the index '${text}' of '${input.name}' depends on data, so it may lie outside the axis '${axisName}'`,
      `write gather(${input.name}, …), which gives 0 there`, [declared]);
    return false;
  }
  return true;
}
