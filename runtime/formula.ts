/** Formulas of an artifact, once the extents are known. */
import type { Formula } from "./artifact.ts";

/** The value of a formula, a u32. Throws a RangeError on a missing extent, a division by zero or a value beyond u32. */
export function evaluateFormula(formula: Formula, extents: Readonly<Record<string, number>>): number {
  const value = compute(formula, extents);
  if (!(value >= 0 && value <= 0xffffffff)) throw new RangeError(`${printFormula(formula)} is ${value}, beyond u32`);
  return value;
}

function compute(formula: Formula, extents: Readonly<Record<string, number>>): number {
  if (typeof formula === "number") return formula;
  if ("extent" in formula) {
    const extent = Object.hasOwn(extents, formula.extent) ? extents[formula.extent] : undefined;
    if (extent === undefined) throw new RangeError(`the extent of axis '${formula.extent}' is missing`);
    return extent;
  }
  const left = compute(formula.left, extents);
  const right = compute(formula.right, extents);
  switch (formula.operator) {
    case "add":
      return left + right;
    case "subtract":
      return left - right;
    case "multiply":
      return left * right;
    case "divide":
      return Math.trunc(left / nonZero(right, formula));
    case "remainder":
      return left % nonZero(right, formula);
    case "minimum":
      return Math.min(left, right);
    case "maximum":
      return Math.max(left, right);
  }
}

function nonZero(divisor: number, formula: Formula): number {
  if (divisor === 0) throw new RangeError(`${printFormula(formula)} divides by zero`);
  return divisor;
}

/** The names of the axes whose extents a formula needs. */
export function extentsOf(formula: Formula): string[] {
  if (typeof formula === "number") return [];
  return "extent" in formula ? [formula.extent] : [...extentsOf(formula.left), ...extentsOf(formula.right)];
}

const symbols = { add: "+", subtract: "-", multiply: "*", divide: "/", remainder: "%" } as const;

export function printFormula(formula: Formula): string {
  if (typeof formula === "number") return String(formula);
  if ("extent" in formula) return formula.extent;
  const [left, right] = [printFormula(formula.left), printFormula(formula.right)];
  return formula.operator === "minimum" || formula.operator === "maximum"
    ? `${formula.operator}(${left}, ${right})`
    : `(${left} ${symbols[formula.operator]} ${right})`;
}
