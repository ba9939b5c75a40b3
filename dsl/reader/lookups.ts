/** What names and fields mean where they are used. */
import { Node } from "ts-morph";
import { evaluate } from "./expressions.ts";
import { unknownOf } from "./functions.ts";
import { intrinsicNames } from "./intrinsic-names.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { isJavaScriptMath, mathInstead, reportUnknown } from "./unknown.ts";
import { describe, fault, type Scope, type Value } from "./values.ts";

export function readName(reading: Reading, node: Node, scope: Scope): Value {
  const name = node.getText();
  const binding = scope.find(name);
  if (binding !== undefined) {
    const value = binding.value();
    if (value.kind === "tensor") reading.used.add(value.input.name);
    if (value.kind === "scalar" && value.expr.kind === "parameter") reading.used.add(value.expr.name);
    return value;
  }
  if (name === "Infinity") return { kind: "literal", value: Infinity, decimal: true };
  if (name === "NaN") return { kind: "literal", value: NaN, decimal: true };
  if (["undefined", "Math", "Array", "Object", "console", "Number", "globalThis", "process", "performance", "Date", "JSON"].includes(name)) {
    return reportUnknown(reading, node);
  }
  if (reading.axes.has(name)) {
    reading.report.add("R013", node, `the axis '${name}' is not among the axes that the body takes`, `add it to the body's second parameter: { ${name} }`,
      [{ message: `'${name}' is declared here`, at: reading.axes.get(name)!.at }]);
    return { kind: "axis", axis: reading.axes.get(name)! };
  }
  if (reading.inputs.has(name)) {
    const input = reading.inputs.get(name)!;
    reading.report.add("R013", node, `the input '${name}' is not among the inputs that the body takes`, `add it to the body's first parameter: { ${name} }`,
      [{ message: `'${name}' is declared here`, at: input.at }]);
    reading.used.add(name);
    return { kind: "tensor", input, at: input.at };
  }
  if (intrinsicNames.has(name) || reading.scopes.library(name) !== undefined) {
    reading.report.add("R013", node, `'${name}' is not imported`, `add it to the import: import { ${name} } from "treefold"`);
    return intrinsicNames.has(name) ? { kind: "intrinsic", name } : reading.scopes.library(name) ?? fault;
  }
  const source = node.getSourceFile();
  if (source.getEnum(name) !== undefined || source.getClass(name) !== undefined) {
    return reportUnknown(reading, node, source.getClass(name) !== undefined ? { what: `the class '${name}'`, fix: "write plain functions and constants" }
      : { what: `the enum '${name}'`, fix: "write constants: const first = 0" });
  }
  reading.unknownNames.add(name);
  if (isJavaScriptMath(reading, name)) {
    reading.report.add("R013", node, `'${name}' is not defined`, `write ${mathInstead[name]}`);
  } else {
    const meant = nearest(name, scope.names());
    reading.report.add("R013", node, `'${name}' is not defined`, meant === undefined
      ? `declare it with const, or take it from the body's parameters` : `did you mean '${meant}'?`);
  }
  return fault;
}

/** JavaScript's limits, and those of f32. */
const limits: Readonly<Record<string, string | undefined>> = {
  NEGATIVE_INFINITY: "-3.4028234663852886e38, the lowest f32", POSITIVE_INFINITY: "3.4028234663852886e38, the largest f32",
  MAX_VALUE: "3.4028234663852886e38, the largest f32", MIN_VALUE: "2 ** -126, the smallest normal f32", EPSILON: "2 ** -23, the distance from 1 to the next f32",
  NaN: "a number that stands for nothing, such as 0", MAX_SAFE_INTEGER: "0xffffffff, the largest u32",
};

export function readProperty(reading: Reading, node: Node, of: Node, name: string, nameAt: Node, scope: Scope): Value {
  if (Node.isIdentifier(of) && scope.find(of.getText()) === undefined) {
    const constant = of.getText() === "Math" ? (Math as unknown as Record<string, unknown>)[name] : undefined;
    if (typeof constant === "number") return { kind: "literal", value: constant, decimal: true };
    const limit = of.getText() === "Number" ? limits[name] : undefined;
    if (limit !== undefined) return reportUnknown(reading, node, { what: `'Number.${name}'`, fix: `write ${limit}` });
    if (["Math", "Number"].includes(of.getText())) return reportUnknown(reading, node);
  }
  const value = evaluate(reading, of, scope);
  if (value.kind === "fault") return value;
  const found = value.kind === "record" ? value.fields.get(name) : value.kind === "namespace" ? value.member(name) : undefined;
  if (found !== undefined) {
    if (found.kind === "tensor") reading.used.add(found.input.name);
    if (found.kind === "scalar" && found.expr.kind === "parameter") reading.used.add(found.expr.name);
    return found;
  }
  if (value.kind === "record" || value.kind === "namespace") {
    const names = value.kind === "record" ? [...value.fields.keys()] : value.names;
    const meant = nearest(name, names);
    reading.unknownNames.add(name);
    reading.report.add("R013", nameAt, `${describe(value)} has no '${name}'`, meant === undefined ? `it has: ${names.slice(0, 40).join(", ")}` : `did you mean '${meant}'?`);
    return unknownOf(reading, [value]);
  }
  if (name === "length") {
    return reportUnknown(reading, node, { what: "'.length' of " + describe(value), fix: "write extent(axis), the extent of an axis" });
  }
  return reportUnknown(reading, node, { what: `'.${name}' of ${describe(value)}`, fix: "take fields of a reduce's state only; index tensors by calls" });
}
