/** Where a declaration computes with an index: an argmax gives one, random numbers are drawn by one. */
import type { Expr, Kernel, Reduce } from "../dsl/ir.ts";

const comparisons = new Set<string>(["less", "lessEqual", "equal", "notEqual"]);

/** Whether an index gets into some value, other than by what is read at it and by what is chosen for it. */
export function computesWithIndices(kernel: Kernel): boolean {
  const seen = new Set<Expr | Reduce>();
  const inReduce = (reduce: Reduce): boolean => {
    if (seen.has(reduce)) return false;
    seen.add(reduce);
    return reduce.leaf.some(inValue);
  };
  const inValue = (expr: Expr): boolean => {
    if (seen.has(expr)) return false;
    seen.add(expr);
    switch (expr.kind) {
      case "index":
        return true;
      case "unary":
        return inValue(expr.operand);
      case "binary":
        return !comparisons.has(expr.operator) && (inValue(expr.left) || inValue(expr.right));
      case "select":
        return inValue(expr.whenTrue) || inValue(expr.whenFalse);
      case "call":
        return expr.arguments.some(inValue);
      case "field":
        return inReduce(expr.of);
      default:
        return false;
    }
  };
  return kernel.outputs.some(({ value }) => inValue(value));
}
