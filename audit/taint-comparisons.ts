/** What a comparison of what the batch decides may be, and what it decides in turn (taint.ts). */
import { decides, type Flow, isOfLength, join, still, varying } from "./taint-kinds.ts";
import { isProduct } from "./taint-forms.ts";
import type { Expression } from "./wgsl/ast.ts";
import type { BatchFlow } from "./taint.ts";

export function flowOfComparison(
  batch: BatchFlow,
  expression: Expression & { kind: "binary" },
  left: Flow,
  right: Flow,
): Flow {
  const {
    operator,
    at: { line },
  } = expression;
  const all = join([left, right]);
  if (all.strided) batch.refuse("a number of strides is compared", line);
  if (all.place) batch.refuse("a row's remainder is compared", line);
  if (decides(left) || decides(right) || all.padded) batch.refuse("whether a point exists is compared", line);
  if (all.count) {
    // `row < count` and `row >= count`, and the same of an index that data gave.
    const bounds = right.count && !left.count && left.varying && (operator === "<" || operator === ">=");
    if (!bounds) batch.refuse("how large the batch is decides something other than whether a point exists", line);
    const isNumber = left.divisor === 1 && operator === ">=";
    if (!(right.exactly === "extent" || (isNumber && isProduct(right))))
      batch.refuse("what is computed from how large the batch is decides whether a point exists", line);
    if (left.row && operator === "<") batch.meets(expression, 0, left);
    // What was brought below the count is, whatever the count.
    if (bounds && left.clamped && operator === "<") return varying;
    const of = operator === ">=" ? "past" : left.row || !left.data ? "guard" : "found";
    return { ...varying, [of]: true };
  }
  if (all.row) batch.refuse("a row is compared with something other than their number", line);
  // A point of a sequence, brought below its length.
  if (isOfLength(left) && right.length && left.varying && right.exactly === "extent" && operator === "<")
    return { ...still, varying: true, reach: true, index: all.index };
  // How many items are left: the point is one that there is, or nothing comes of it.
  if (right.exactly === "left" && !isOfLength(left) && operator === "<") return varying;
  if (
    (left.own && !right.varying) ||
    (right.own && !left.varying) ||
    ((left.own || right.own) && operator.endsWith("=") && operator !== "<=" && operator !== ">=")
  ) {
    batch.refuse("a request's own length decides something on its own", line);
  }
  const [long, other] = isOfLength(left) ? [left, right] : [right, left];
  if (
    long.length &&
    !(long.exactly === "extent" || long.exactly === "tiles" || (long.exactly === "product" && left.divisor === 1))
  ) {
    batch.refuse("what is computed from how long a batch's longest request is decides whether a point exists", line);
  }
  if (isOfLength(long) && (operator === "==" || operator === "!=" || !other.varying)) {
    batch.refuse("how long a batch's longest request is decides something on its own", line);
  }
  return {
    ...still,
    varying: all.varying,
    reach: isOfLength(long),
    slot: long.exactly === "tiles",
    index: all.index,
  };
}
