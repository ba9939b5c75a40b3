/** Forms of counts and lengths: what of them says what it counts, and what is left of it by arithmetic (taint.ts). */
import { type Flow, isOfBatch, isOfLength } from "./taint-kinds.ts";
import type { BinaryOperator, Expression } from "./wgsl/ast.ts";

/** `&` of conditions is `&&` that evaluates both. */
export function operatorOf({ operator, type }: Expression & { kind: "binary" }): BinaryOperator {
  if (type.kind !== "scalar" || type.name !== "bool") return operator;
  return operator === "&" ? "&&" : operator === "|" ? "||" : operator;
}

export function quotient(left: Flow, all: Flow, by: Expression): Flow {
  if (by.kind === "literal" && left.exactly === `extent and ${by.bits - 1}`) return { ...all, exactly: "tiles" };
  if (by.kind === "literal" && left.length && (left.exactly === "extent" || left.exactly === "tiles"))
    return { ...all, exactly: "full tiles" };
  if (by.kind === "literal" && left.exactly === "left") return { ...all, exactly: "left" };
  if (isLiteral(by, 2) && left.exactly === "even") return { ...all, exactly: "product" };
  // A digit along a sequence lies between: a row has at least as many workgroups.
  if (by.kind !== "literal") return { ...all, ...(left.divisor !== undefined && { unit: left.divisor }) };
  return {
    ...all,
    ...(left.divisor !== undefined && { divisor: left.divisor * by.bits, unit: left.divisor * by.bits }),
  };
}

export function isLiteral(expression: Expression, bits: number): boolean {
  return expression.kind === "literal" && expression.bits === bits;
}

/** A count or length whose form says what it counts; or a number. */
export function isProduct({ exactly, count, length, varying }: Flow, expression?: Expression): boolean {
  if (expression?.kind === "literal" && expression.bits > 0) return true;
  return (
    (count || length) &&
    !varying &&
    (exactly === "extent" || exactly === "tiles" || exactly === "product" || exactly === "even")
  );
}

/** What is left of a request's own length, or nothing of lengths and batches. */
export function isLeft(flow: Flow): boolean {
  return flow.exactly === "left" || !(isOfLength(flow) || isOfBatch(flow));
}

/** What may bound a request's own length: another of its own, the longest, a point or a number. */
export function isBound({ length, exactly }: Flow): boolean {
  return !length || exactly === "extent" || exactly === "last";
}

/** Zero, a hidden one included. */
export function isZero(expression: Expression): boolean {
  if (expression.kind === "literal") return expression.bits === 0;
  if (expression.kind === "builtin" && expression.name === "bitcast") return isZero(expression.arguments[0]!);
  return expression.kind === "member" && expression.name === "zero";
}
