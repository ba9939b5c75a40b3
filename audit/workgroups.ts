/** The number of a workgroup, and how many there are. */
import type { Formula } from "../runtime/artifact.ts";
import type { Expression } from "./wgsl/ast.ts";

export function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

/** What a number of workgroups is a multiple of, whatever the extents. */
export function factorOf(formula: Formula): number {
  if (typeof formula === "number") return formula;
  return "operator" in formula && formula.operator === "multiply"
    ? factorOf(formula.left) * factorOf(formula.right)
    : 1;
}

/**
 * `workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z)`: the number of the workgroup, however they
 * lie.
 */
export function isWorkgroupNumber(expression: Expression): boolean {
  const component = (part: Expression, builtin: string, at: number): boolean =>
    part.kind === "member" && part.component === at && part.of.kind === "name" && part.of.variable.builtin === builtin;
  const sum = (part: Expression, at: number): boolean => {
    if (at === 2) return component(part, "workgroup_id", 2);
    return (
      part.kind === "binary" &&
      part.operator === "+" &&
      component(part.left, "workgroup_id", at) &&
      part.right.kind === "binary" &&
      part.right.operator === "*" &&
      component(part.right.left, "num_workgroups", at) &&
      sum(part.right.right, at + 1)
    );
  };
  return sum(expression, 0);
}
