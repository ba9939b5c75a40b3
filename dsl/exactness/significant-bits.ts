/** Which products are exact in f32, so that fusing them with an addition cannot change a bit. */
import type { Expr } from "../ir.ts";

const full = 24;

/**
 * Significant bits that the value can have at most: bf16 has 8, f32 has 24, an exact product the sum of its factors'.
 */
export function significantBits(expr: Expr): number {
  switch (expr.kind) {
    case "constant": {
      const mantissa = (expr.bits & 0x7fffff) | 0x800000;
      return expr.type === "f32" ? full - (31 - Math.clz32(mantissa & -mantissa)) : full;
    }
    case "load":
      return expr.storage === "bf16" ? 8 : full;
    case "unary":
      if (expr.operator === "roundBf16") return 8;
      return expr.operator === "negate" || expr.operator === "absolute" ? significantBits(expr.operand) : full;
    case "binary": {
      if (expr.operator === "multiply") return Math.min(full, significantBits(expr.left) + significantBits(expr.right));
      const extreme = expr.operator === "minimum" || expr.operator === "maximum";
      return extreme ? Math.max(significantBits(expr.left), significantBits(expr.right)) : full;
    }
    case "select":
      return Math.max(significantBits(expr.whenTrue), significantBits(expr.whenFalse));
    default:
      return full;
  }
}

/** Whether the expression is an f32 product that no rounding touches. */
export function isExactProduct(expr: Expr): expr is Expr & { kind: "binary"; operator: "multiply" } {
  return (
    expr.kind === "binary" &&
    expr.operator === "multiply" &&
    expr.type === "f32" &&
    significantBits(expr.left) + significantBits(expr.right) <= full
  );
}
