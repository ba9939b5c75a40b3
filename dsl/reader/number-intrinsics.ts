/** The language's own functions of numbers: extremes, extents and conversions. */
import type { Node } from "ts-morph";
import type { Expr, UnaryOperator, ValueType } from "../ir.ts";
import { unknownOf } from "./unknown-value.ts";
import { hole, standIn } from "./poison.ts";
import { bare, fitted, insertAfter, instead, operandText, shown, write } from "./fixes.ts";
import { isOutsideBody, knownInBody } from "./outside-body.ts";
import type { Reading } from "./reading.ts";
import { readReduce, readReduction } from "./reductions.ts";
import { fault, scalar, describe, type Scope, type Value } from "./values.ts";

export function withoutTree(
  reading: Reading,
  name: "sum" | "max" | "argmax" | "reduce",
  node: Node,
  args: readonly Node[],
  scope: Scope,
): Value {
  return name === "reduce"
    ? readReduce(reading, node, [args[0]!, undefined, args[1]!, args[2]!], scope)
    : readReduction(reading, name, node, [args[0]!, undefined, args[1]!], scope);
}

export function extreme(
  reading: Reading,
  operator: "maximum" | "minimum",
  node: Node,
  args: readonly Node[],
  scope: Scope,
): Value {
  const [left, right] = [reading.evaluate(args[0]!, scope), reading.evaluate(args[1]!, scope)];
  const name = operator === "maximum" ? "max" : "min";
  if (left.kind === "range" || (left.kind === "axis" && right.kind === "text") || left.kind === "runs") {
    reading.report.add(
      "R019",
      node,
      `'${name}' over a domain is given no leaf`,
      'write max(axis, "chain", (item) => …)',
    );
    return fault;
  }
  if (name === "max" && right.kind === "function") {
    reading.report.add("R019", node, "'max' is given no reduction tree", {
      words: `write max(${args[0]!.getText()}, "chain", ${shown(args[1]!.getText())}), or another tree`,
      edits: [insertAfter(args[0]!, ', "chain"')],
    });
    return withoutTree(reading, name, node, args, scope);
  }
  if (left.kind === "literal" && right.kind === "literal") {
    const value = operator === "maximum" ? Math.max(left.value, right.value) : Math.min(left.value, right.value);
    return { kind: "literal", value, decimal: left.decimal || right.decimal };
  }
  const pair = reading.pair(left, right, node, args[0]!, args[1]!, `'${name}'`);
  if (pair === undefined) return unknownOf(reading, [left, right], args);
  if (pair[0].type === "bool") {
    reading.report.add(
      "R006",
      node,
      `'${name}' of conditions`,
      write(node, fitted(node, `${operandText(args[0]!)} ${name === "max" ? "||" : "&&"} ${operandText(args[1]!)}`)),
    );
    return scalar(reading.at(node, standIn(reading.pool, "bool", pair)));
  }
  return scalar(reading.at(node, reading.pool.binary(operator, pair[0], pair[1])));
}

export function readExtent(reading: Reading, node: Node, arg: Node, scope: Scope): Value {
  const value = reading.evaluate(arg, scope);
  if (value.kind === "axis") return scalar(reading.at(node, reading.pool.extent(value.axis.name)));
  if (value.kind === "range") return scalar(reading.at(node, value.domain.count));
  if (value.kind !== "fault") {
    const axis =
      value.kind === "text" && reading.axes.has(value.text)
        ? value.text
        : value.kind === "tensor"
          ? value.input.axes.at(-1)
          : undefined;
    if (isOutsideBody(reading, node)) {
      knownInBody(reading, node, "an extent");
      return scalar(reading.at(node, hole(reading.pool, "u32")));
    }
    reading.report.add(
      "R006",
      arg,
      `an axis is expected here, and this is ${describe(value)}`,
      axis === undefined ? "write extent(axis) with an axis of the kernel" : write(arg, axis),
    );
  }
  return scalar(reading.at(node, hole(reading.pool, "u32")));
}

/** Conversions and the other functions of one number: what each takes, and the operation. */
export function convert(reading: Reading, name: string, node: Node, arg: Node, scope: Scope): Value {
  const value = reading.evaluate(arg, scope);
  const { pool } = reading;
  const unary = (operator: UnaryOperator, operand: Expr): Value =>
    scalar(reading.at(node, pool.unary(operator, operand)));
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
      reading.report.add(
        "R006",
        node,
        `'${name}' of a condition`,
        write(node, `select(${bare(arg).getText()}, ${name}(1), ${name}(0))`),
      );
      return scalar(reading.at(node, standIn(pool, name, [operand])));
    }
    return unary(name === "f32" ? "toF32" : name === "u32" ? "toU32" : "toI32", operand);
  }
  const wanted: ValueType | undefined = name === "abs" ? undefined : name === "fromBits" ? "u32" : "f32";
  const operand = reading.expr(value, arg, literal && name === "abs" ? "f32" : wanted);
  if (operand === undefined) return unknownOf(reading, [value], [arg]);
  switch (name) {
    case "bf16":
      return unary("roundBf16", operand);
    case "bitsOf":
      return unary("bitsOf", operand);
    case "fromBits":
      return unary("fromBits", operand);
    case "floor":
      return unary("floor", operand);
    default:
      if (operand.type === "f32" || operand.type === "i32") return unary("absolute", operand);
      reading.report.add(
        "R006",
        node,
        `'abs' of ${operand.type === "bool" ? "a condition" : operand.type}`,
        operand.type === "u32"
          ? instead("leave it out: a u32 is never negative", node, arg.getText())
          : write(node, `select(${arg.getText()}, 1, 0)`),
      );
      return scalar(operand);
  }
}
