/** Which level of the contract a kernel reaches, derived from its arithmetic, and why no higher. */
import type { Expr, Kernel, Reduce, SourceLocation } from "./ir.ts";
import { findDisagreement } from "./exactness/portability.ts";
import { holds, operandsOf, partsOf, reductionsBelow, rootsOf } from "./visit.ts";

export interface DerivedLevel {
  readonly level: "invariant" | "portable" | "integer";
  readonly reason: string;
  readonly location: SourceLocation | null;
}

export function deriveLevel(kernel: Kernel): DerivedLevel {
  const roots = rootsOf(kernel);
  const reduces = [...reductionsBelow(roots)];
  const seen = new Set<Expr>();
  let first: Expr | undefined;
  // Moving a float's bits, rounding them to bf16 and ordering by them is integer work; all else may flush or differ.
  const onBits = new Set(["minimum", "maximum", "roundBf16", "bitsOf", "fromBits"]);
  const visit = (expr: Expr): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    operandsOf(expr).forEach(visit);
    if (expr.kind === "call") {
      const before = first;
      visit(expr.callee.result);
      // The place that counts is where the kernel calls, not a line of the library.
      if (before === undefined && first !== undefined) first = expr;
    }
    const operand = expr.kind === "binary" ? expr.left : expr.kind === "unary" ? expr.operand : undefined;
    const touched = operand !== undefined && (operand.type === "f32" || expr.type === "f32");
    const float = touched && (expr.kind === "binary" || expr.kind === "unary") && !onBits.has(expr.operator);
    if (float && first === undefined) first = expr;
  };
  roots.forEach(visit);
  const folds: Reduce[] = reduces.filter((reduce) => reduce.reducer.fields.some((field) => field.type === "f32"));
  for (const reduce of reduces) partsOf(reduce).forEach(visit);
  if (
    first === undefined &&
    folds.every((reduce) => !reduce.reducer.fields.some((field) => addsFloats(field.combine)))
  ) {
    return {
      level: "integer",
      reason: "only integers are computed with, and floats only moved or compared by their bits",
      location: null,
    };
  }
  const found = findDisagreement(kernel);
  if (found !== undefined) return { level: "invariant", ...found };
  const at =
    first !== undefined ? kernel.origins.get(first) : folds[0] !== undefined ? kernel.origins.get(folds[0]) : undefined;
  return {
    level: "portable",
    reason:
      "floats are computed with, and so a device must round them to nearest even; no operation meets or gives a " +
      "subnormal number, no builtin function is called, and products that are added are exact or sealed",
    location: at ?? kernel.location,
  };
}

/** Of a text with the device's own functions, and sums and products that it may contract. */
export function unpromised(kernel: Kernel): DerivedLevel {
  return {
    level: "invariant",
    reason: "nothing is sealed, and the device's own functions are called",
    location: kernel.location,
  };
}

function addsFloats(expr: Expr): boolean {
  return holds(
    expr,
    (part) =>
      part.kind === "call" ||
      (part.kind === "binary" && part.type === "f32" && part.operator !== "maximum" && part.operator !== "minimum"),
  );
}
