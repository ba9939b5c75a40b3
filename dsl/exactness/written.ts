/** An expression as its author may have written it, cut short: for messages. */
import { f32OfBits } from "../expr.ts";
import type { BinaryOperator, Constant, Expr, UnaryOperator } from "../ir.ts";
import { exponentOf } from "./range.ts";

const symbols: Partial<Record<BinaryOperator, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  remainder: "%",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
  less: "<",
  lessEqual: "<=",
  equal: "===",
  notEqual: "!==",
  bothTrue: "&&",
  eitherTrue: "||",
};
const functions: Partial<Record<UnaryOperator, string>> = {
  absolute: "abs",
  floor: "floor",
  roundBf16: "bf16",
  toF32: "f32",
  toU32: "u32",
  toI32: "i32",
  bitsOf: "bitsOf",
  fromBits: "fromBits",
};
const prefixes: Partial<Record<UnaryOperator, string>> = { negate: "-", complement: "~", not: "!" };

/** `names` is what the author calls values; the expression itself is written out. */
export function written(expr: Expr, names: ReadonlyMap<object, string>, depth = 3): string {
  const inner = (part: Expr): string =>
    names.get(part) ??
    (depth === 0 && part.kind !== "constant" && part.kind !== "index" ? "…" : written(part, names, depth - 1));
  const operand = (part: Expr): string =>
    part.kind === "binary" && !names.has(part) && symbols[part.operator] !== undefined
      ? `(${inner(part)})`
      : inner(part);
  const list = (parts: readonly Expr[]): string => parts.map(inner).join(", ");
  switch (expr.kind) {
    case "constant":
      return constantOf(expr);
    case "index":
      return expr.variable.name;
    case "extent":
      return `extent(${expr.axis})`;
    case "parameter":
    case "argument":
    case "register":
      return expr.name;
    case "state":
      return `${expr.side}.${expr.field}`;
    case "load":
      return expr.guarded
        ? `gather(${[expr.input, ...expr.indices.map(inner)].join(", ")})`
        : `${expr.input}(${list(expr.indices)})`;
    case "unary":
      return prefixes[expr.operator] === undefined
        ? `${functions[expr.operator]!}(${inner(expr.operand)})`
        : `${prefixes[expr.operator]!}${operand(expr.operand)}`;
    case "binary": {
      const symbol = symbols[expr.operator];
      return symbol === undefined
        ? `${expr.operator === "minimum" ? "min" : "max"}(${list([expr.left, expr.right])})`
        : `${operand(expr.left)} ${symbol} ${operand(expr.right)}`;
    }
    case "select":
      return `select(${list([expr.condition, expr.whenTrue, expr.whenFalse])})`;
    case "call":
      return expr.callee.name === "divide"
        ? expr.arguments.map(operand).join(" / ")
        : `${expr.callee.name}(${list(expr.arguments)})`;
    case "field":
      return (
        `${expr.of.reducer.name} over ` +
        `${expr.of.axis}${expr.of.reducer.fields.length > 1 ? `, .${expr.field}` : ""}`
      );
  }
}

function constantOf({ type, bits }: Constant): string {
  if (type !== "f32") return type === "bool" ? String(bits !== 0) : String(type === "i32" ? bits | 0 : bits);
  const value = f32OfBits(bits);
  const isPower = value > 0 && value < 2 ** -10 && 2 ** exponentOf(value) === value;
  return isPower ? `2 ** ${exponentOf(value)}` : String(Number(value.toPrecision(9)));
}
