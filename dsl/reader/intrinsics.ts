/** Calls of the language's own functions. */
import { Node } from "ts-morph";
import type { Expr, UnaryOperator, ValueType } from "../ir.ts";
import { choose } from "./choices.ts";
import { evaluate } from "./expressions.ts";
import { unknownOf } from "./functions.ts";
import { hole, standIn } from "./holes.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { readIndex, readLoad } from "./loads.ts";
import { shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { readRange, readReduce, readReduction, readRuns } from "./reductions.ts";
import { readReducer } from "./reducers.ts";
import { fault, scalar, describe, type Scope, type Value } from "./values.ts";

const usage: Readonly<Record<string, readonly [least: number, most: number, form: string]>> = {
  sum: [3, 3, "sum(axis, \"chain\", (item) => …)"], max: [2, 3, "max(axis, \"chain\", (item) => …) or max(left, right)"],
  argmax: [3, 3, "argmax(axis, \"chain\", (item) => …)"], reduce: [4, 4, "reduce(axis, \"chain\", reducer, (item) => ({ … }))"],
  min: [2, 2, "min(left, right)"], upTo: [2, 2, "upTo(axis, last)"], below: [2, 2, "below(axis, count)"], runs: [2, 2, "runs(axis, 64)"],
  extent: [1, 1, "extent(axis)"], gather: [1, Infinity, "gather(tensor, index, …)"], scatter: [2, 2, "scatter([index, …], value)"],
  select: [3, 3, "select(condition, whenTrue, whenFalse)"], bf16: [1, 1, "bf16(x)"], f32: [1, 1, "f32(n)"], u32: [1, 1, "u32(x)"], i32: [1, 1, "i32(x)"],
  bitsOf: [1, 1, "bitsOf(x)"], fromBits: [1, 1, "fromBits(n)"], abs: [1, 1, "abs(x)"], floor: [1, 1, "floor(x)"], reducer: [1, 1, "reducer({ state, identity, combine })"],
};

export function callIntrinsic(reading: Reading, name: string, node: Node, args: readonly Node[], scope: Scope): Value {
  if (name === "min" && args.length === 3) {
    const [domain, tree] = [args[0]!, args[1]!].map((arg) => shorten(arg.getText()));
    reading.report.add("R019", node, "there is no reduction 'min'", `write -max(${domain}, ${tree}, (item) => -(…))`);
    return readReduction(reading, "max", node, [args[0]!, args[1], args[2]!], scope);
  }
  const ordered = inOrder(name, args);
  if (ordered !== undefined) {
    reading.report.add("R019", node, `the arguments of '${name}' stand in another order`, `write ${name}(${ordered.map((arg) => shorten(arg.getText())).join(", ")})`);
    return callIntrinsic(reading, name, node, ordered, scope);
  }
  const form = usage[name];
  if (form !== undefined && (args.length < form[0] || args.length > form[1])) {
    const treeless = (name === "sum" || name === "argmax") && args.length === 2 || name === "reduce" && args.length === 3;
    reading.report.add("R019", node, treeless ? `'${name}' is given no reduction tree` : `'${name}' is given ${args.length} arguments`, `write ${form[2]}`);
    if (treeless) return withoutTree(reading, name as "sum" | "argmax" | "reduce", node, args, scope);
    return unknownOf(reading, args.map((arg) => evaluate(reading, arg, scope)), args);
  }
  switch (name) {
    case "sum": case "argmax": return readReduction(reading, name, node, [args[0]!, args[1], args[2]!], scope);
    case "max": return args.length === 3 ? readReduction(reading, name, node, [args[0]!, args[1], args[2]!], scope) : extreme(reading, "maximum", node, args, scope);
    case "min": return extreme(reading, "minimum", node, args, scope);
    case "reduce": return readReduce(reading, node, [args[0]!, args[1], args[2]!, args[3]!], scope);
    case "upTo": case "below": return readRange(reading, name, node, args, scope);
    case "runs": return readRuns(reading, args, scope);
    case "reducer": return readReducer(reading, args[0]!, scope);
    case "select": return choose(reading, node, [args[0]!, args[1]!, args[2]!], scope);
    case "extent": return readExtent(reading, node, args[0]!, scope);
    case "gather": return readGather(reading, node, args, scope);
    case "scatter": return readScatter(reading, node, args, scope);
    case "bf16": case "f32": case "u32": case "i32": case "bitsOf": case "fromBits": case "abs": case "floor":
      return convert(reading, name, node, args[0]!, scope);
    default:
      reading.report.add("R010", node, `'${name}' can't stand in a body`, name === "kernel" ? "declare each kernel at the top of the module" : "axes are declared in 'axes'");
      return fault;
  }
}

/** The arguments of a reduction as they should stand, where a tree or a leaf is plainly in another's place. */
function inOrder(name: string, args: readonly Node[]): readonly Node[] | undefined {
  const wanted = name === "reduce" ? 4 : 3;
  if (!reductionNames.has(name) || args.length !== wanted) return undefined;
  const leaves = args.filter(Node.isArrowFunction);
  const trees = args.filter(Node.isStringLiteral);
  if (leaves.length !== 1 || trees.length !== 1) return undefined;
  const [domain, ...others] = args.filter((arg) => arg !== leaves[0] && arg !== trees[0]);
  const ordered = [domain!, trees[0]!, ...others, leaves[0]!];
  return ordered.every((arg, position) => arg === args[position]) ? undefined : ordered;
}

function withoutTree(reading: Reading, name: "sum" | "max" | "argmax" | "reduce", node: Node, args: readonly Node[], scope: Scope): Value {
  return name === "reduce" ? readReduce(reading, node, [args[0]!, undefined, args[1]!, args[2]!], scope)
    : readReduction(reading, name, node, [args[0]!, undefined, args[1]!], scope);
}

function extreme(reading: Reading, operator: "maximum" | "minimum", node: Node, args: readonly Node[], scope: Scope): Value {
  const [left, right] = [evaluate(reading, args[0]!, scope), evaluate(reading, args[1]!, scope)];
  const name = operator === "maximum" ? "max" : "min";
  if (left.kind === "range" || left.kind === "axis" && right.kind === "text" || left.kind === "runs") {
    reading.report.add("R019", node, `'${name}' over a domain is given no leaf`, "write max(axis, \"chain\", (item) => …)");
    return fault;
  }
  if (name === "max" && right.kind === "function") {
    reading.report.add("R019", node, "'max' is given no reduction tree", "write max(axis, \"chain\", (item) => …)");
    return withoutTree(reading, name, node, args, scope);
  }
  if (left.kind === "literal" && right.kind === "literal") {
    const value = operator === "maximum" ? Math.max(left.value, right.value) : Math.min(left.value, right.value);
    return { kind: "literal", value, decimal: left.decimal || right.decimal };
  }
  const pair = reading.pair(left, right, node, args[0]!, args[1]!, `'${name}'`);
  if (pair === undefined) return unknownOf(reading, [left, right], args);
  if (pair[0].type === "bool") {
    reading.report.add("R006", node, `'${name}' of conditions`, `write ${name === "max" ? "a || b" : "a && b"}`);
    return scalar(reading.at(node, standIn(reading.pool, "bool", pair)));
  }
  return scalar(reading.at(node, reading.pool.binary(operator, pair[0], pair[1])));
}

function readExtent(reading: Reading, node: Node, arg: Node, scope: Scope): Value {
  const value = evaluate(reading, arg, scope);
  if (value.kind === "axis") return scalar(reading.at(node, reading.pool.extent(value.axis.name)));
  if (value.kind === "range") return scalar(reading.at(node, value.domain.count));
  if (value.kind !== "fault") {
    reading.report.add("R006", arg, `an axis is expected here, and this is ${describe(value)}`, "write extent(axis) with an axis of the kernel");
  }
  return scalar(reading.at(node, hole(reading.pool, "u32")));
}

function readGather(reading: Reading, node: Node, args: readonly Node[], scope: Scope): Value {
  const tensor = evaluate(reading, args[0]!, scope);
  const rest = args.slice(1);
  const indices = rest.map((arg) => evaluate(reading, arg, scope));
  if (tensor.kind === "fault") return unknownOf(reading, [tensor, ...indices], args);
  if (tensor.kind === "tensor") return readLoad(reading, tensor.input, node, rest, indices, true, scope);
  reading.report.add("R006", args[0]!, `a tensor is expected here, and this is ${describe(tensor)}`, "write gather(tensor, index, …), with one index for each axis of the tensor");
  return unknownOf(reading, indices, rest);
}

function readScatter(reading: Reading, node: Node, args: readonly Node[], scope: Scope): Value {
  const place = evaluate(reading, args[0]!, scope);
  const value = evaluate(reading, args[1]!, scope);
  if (place.kind === "fault") return unknownOf(reading, [place, value], args);
  const placeNodes = Node.isArrayLiteralExpression(args[0]!) ? args[0]!.getElements() : [];
  if (place.kind !== "tuple") {
    reading.report.add("R017", args[0]!, `the place of a scatter is an array of indices, and this is ${describe(place)}`, `write scatter([${shorten(args[0]!.getText())}], …)`);
    return unknownOf(reading, [place, value], args);
  }
  const indices = place.items.map((item, position) => readIndex(reading, item, placeNodes[position] ?? args[0]!));
  return {
    kind: "scattered", place: indices, value, at: node, placeNodes: placeNodes.length > 0 ? placeNodes : indices.map(() => args[0]!),
    indices: place.items, scope,
  };
}

/** Conversions and the other functions of one number: what each takes, and the operation. */
function convert(reading: Reading, name: string, node: Node, arg: Node, scope: Scope): Value {
  const value = evaluate(reading, arg, scope);
  const { pool } = reading;
  const unary = (operator: UnaryOperator, operand: Expr): Value => scalar(reading.at(node, pool.unary(operator, operand)));
  const literal = value.kind === "literal" || value.kind === "choice";
  if (name === "f32" || name === "u32" || name === "i32") {
    if (value.kind === "literal" && value.decimal && name !== "f32") {
      const whole = Math.trunc(value.value);
      const expr = reading.expr({ kind: "literal", value: whole, decimal: false }, arg, name);
      return scalar(expr!);
    }
    const operand = reading.expr(value, arg, literal || reading.typeOf(value) === undefined ? name : undefined)!;
    if (operand.type === name) return scalar(operand);
    if (operand.type === "bool") {
      reading.report.add("R006", node, `'${name}' of a condition`, `write select(${shorten(arg.getText())}, ${name}(1), ${name}(0))`);
      return scalar(reading.at(node, standIn(pool, name, [operand])));
    }
    return unary(name === "f32" ? "toF32" : name === "u32" ? "toU32" : "toI32", operand);
  }
  const wanted: ValueType | undefined = name === "abs" ? undefined : name === "fromBits" ? "u32" : "f32";
  const operand = reading.expr(value, arg, literal && name === "abs" ? "f32" : wanted);
  if (operand === undefined) return unknownOf(reading, [value], [arg]);
  switch (name) {
    case "bf16": return unary("roundBf16", operand);
    case "bitsOf": return unary("bitsOf", operand);
    case "fromBits": return unary("fromBits", operand);
    case "floor": return unary("floor", operand);
    default:
      if (operand.type === "f32" || operand.type === "i32") return unary("absolute", operand);
      reading.report.add("R006", node, `'abs' of ${operand.type === "bool" ? "a condition" : operand.type}`, operand.type === "u32" ? "leave it out: a u32 is never negative" : "write a number");
      return scalar(operand);
  }
}
