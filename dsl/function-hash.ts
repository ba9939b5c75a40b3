/** A hash of what a function computes: names of it and of its parameters, and shared work, make no difference. */
import { createHash } from "node:crypto";
import type { Expr, FunctionDeclaration } from "./ir.ts";
import { operandsOf } from "./visit.ts";

/** SHA-256, in hexadecimal, of a function without loads, axes and reductions; undefined for any other. */
export function hashFunction(callee: FunctionDeclaration): string | undefined {
  const positions = new Map(callee.parameters.map(({ name }, position) => [name, position]));
  const known = new Map<Expr, string>();
  const hash = (parts: readonly unknown[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  const of = (expr: Expr): string | undefined => {
    const before = known.get(expr);
    if (before !== undefined) return before;
    const own = ownPart(expr, positions);
    const operands = operandsOf(expr).map(of);
    if (own === undefined || operands.includes(undefined)) return undefined;
    const made = hash([expr.kind, expr.type, own, operands]);
    known.set(expr, made);
    return made;
  };
  const result = of(callee.result);
  return result === undefined ? undefined : hash([callee.parameters.map(({ type }) => type), result]);
}

function ownPart(expr: Expr, positions: ReadonlyMap<string, number>): unknown {
  switch (expr.kind) {
    case "constant":
      return expr.bits;
    case "argument":
      return positions.get(expr.name);
    case "unary":
    case "binary":
      return expr.operator;
    case "select":
      return "";
    case "call":
      return hashFunction(expr.callee);
    default:
      return undefined;
  }
}
