/**
 * Arithmetic fences, placed by a pass. Drivers contract `a * b + c`, regroup `(a + b) - a`, and factor `a * b + a * c`,
 * so every float operation that rounds is put behind a fence. A fold's own addition alone stands bare: drivers keep
 * chains of plain additions. No other part of the compiler decides where a fence stands.
 */
import type { Arithmetic } from "../../runtime/artifact.ts";
import type { Block, Expression } from "./tree.ts";
import { rewriteExpressions } from "./walk.ts";

/** Whether a driver may round the operation together with others. */
export function isRounded(expression: Expression): boolean {
  if (expression.type !== "f32") return false;
  if (expression.kind === "fma") return true;
  return expression.kind === "binary" && ["+", "-", "*", "/"].includes(expression.operator);
}

/** Whether it stands as it is: in `free` arithmetic a fold's own addition, in `builtin` everything. */
export function standsBare(expression: Expression, arithmetic: Arithmetic): boolean {
  if (arithmetic === "builtin") return true;
  const isOwn = (expression.kind === "binary" || expression.kind === "fma") && expression.accumulates === true;
  return arithmetic === "free" && isOwn;
}

/** Puts a fence around each rounded operation. */
export function placeFences(block: Block, arithmetic: Arithmetic): Block {
  if (arithmetic === "builtin") return block;
  return rewriteExpressions(block, (expression) =>
    isRounded(expression) && !standsBare(expression, arithmetic)
      ? { kind: "fence", type: expression.type, operand: expression }
      : expression,
  );
}
