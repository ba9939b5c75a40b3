/** What the lowering prints for one half of a word, turned into the other half. */
import { u32 } from "../../codegen/wgsl/build.ts";
import type { Expression } from "../../codegen/wgsl/tree.ts";

/** An element of a word, guarded or not, as it would be taken out of the other half. */
export function ofOtherHalf(value: Expression): Expression {
  if (value.kind === "select") return { ...value, whenTrue: ofOtherHalf(value.whenTrue) };
  if (value.kind !== "bitcast" || value.operand.kind !== "binary") return value;
  const half = value.operand;
  if (half.operator === "&") return { ...value, operand: { ...half, operator: "<<", right: u32(16) } };
  if (half.left.kind !== "binary" || half.left.operator !== ">>") return value;
  return { ...value, operand: { ...half, left: { ...half.left, right: u32(16) } } };
}
