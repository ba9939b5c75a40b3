/** Emits each expression once, as a `let` in the outermost block where all its operands are in scope. */
import type { Expr } from "../dsl/ir.ts";
import { constantOf, operationOf } from "./arithmetic.ts";
import type { Context } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { called } from "./functions.ts";
import { loaded } from "./memory.ts";
import type { Block } from "./statements.ts";
import { name, uniform } from "./wgsl/build.ts";
import { type Expression, symbol } from "./wgsl/tree.ts";
import { sizeOf } from "./wgsl/walk.ts";

/** A name, a literal or a short operation for the value, usable in `block` and in the blocks inside it. */
export function emit(context: Context, expr: Expr, block: Block): Expression {
  switch (expr.kind) {
    case "constant":
      return constantOf(expr);
    case "register":
      return context.held(expr);
    case "extent":
      return uniform(`extent_${expr.axis}`, "u32");
    case "parameter":
      return uniform(`param_${expr.name}`, expr.type);
    case "field": {
      const result = context.results.get(expr.of)?.get(expr.field);
      if (result === undefined)
        throw new InternalCompilerError(`the reduction over ${expr.of.axis} is used before it is lowered`);
      return emit(context, result, block);
    }
    case "state":
    case "index":
    case "argument":
      throw new InternalCompilerError(`${expr.kind} has no value where it is used`);
  }
  const known = block.valueOf(expr);
  if (known !== undefined) return known;
  const home = context.homeOf(expr);
  const operation = operationIn(context, expr, home);
  const value = home === block && isInlined(expr, operation) ? operation : nameOf(context, expr, operation, home);
  home.values.set(expr, value);
  return value;
}

function nameOf(context: Context, expr: Expr, operation: Expression, home: Block): Expression {
  const bound = symbol("let", context.hints.get(expr) ?? hintOf(context, expr), operation.type);
  home.let(bound, operation, context.origins.get(expr) ?? null);
  return name(bound);
}

/** Short operations on integers and conditions need no name where they are used in the block that they belong to. */
function isInlined(expr: Expr, operation: Expression): boolean {
  if (expr.type === "f32" || callsFunction(expr)) return false;
  return sizeOf(operation) <= (operation.kind === "call" || operation.kind === "select" ? 4 : 5);
}

/** Loads, and what the text calls a function for, are computed once: drivers put the function in at every call. */
function callsFunction(expr: Expr): boolean {
  if (expr.kind === "load" || expr.kind === "call") return true;
  return (
    expr.kind === "unary" && (expr.operator === "toU32" || expr.operator === "toI32") && expr.operand.type === "f32"
  );
}

/** The operation itself, for the one statement that uses it. */
export function operationIn(context: Context, expr: Expr, block: Block): Expression {
  if (
    expr.kind === "constant" ||
    expr.kind === "register" ||
    expr.kind === "field" ||
    expr.kind === "extent" ||
    expr.kind === "parameter"
  ) {
    return emit(context, expr, block);
  }
  const value = (operand: Expr): Expression => emit(context, operand, block);
  return operationOf(expr, {
    value,
    load: (load) => loaded(context, load, block, (part, at) => emit(context, part, at)),
    call: (made) => called(context, made, value),
    isFold: (sum) => context.folds.has(sum),
    arithmetic: context.arithmetic,
    strict: context.strict,
  });
}

function hintOf(context: Context, expr: Expr): string {
  switch (expr.kind) {
    case "load":
      return context.tables.get(expr.input)?.hint ?? expr.input;
    case "binary":
      return expr.operator === "multiply" ? "product" : expr.operator === "add" ? "total" : expr.operator;
    case "unary":
      return expr.operator === "roundBf16" ? "rounded" : expr.operator;
    case "call":
      return expr.callee.name;
    default:
      return expr.kind;
  }
}
