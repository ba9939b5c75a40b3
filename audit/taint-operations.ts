/** What operations with two operands make of what depends on the batch (taint.ts). */
import { counting, type Flow, isOfBatch, isOfLength, join, unitOf, varying } from "./taint-kinds.ts";
import { isLeft, isLiteral, isProduct, operatorOf, quotient } from "./taint-forms.ts";
import type { Expression } from "./wgsl/ast.ts";
import { flowOfComparison } from "./taint-comparisons.ts";
import type { BatchFlow } from "./taint.ts";

/** Of eight bits each: every place among so many is executed. */
const elementsInWord = 4;

export function flowOfBinary(batch: BatchFlow, expression: Expression & { kind: "binary" }): Flow {
  const {
    at: { line },
  } = expression;
  const operator = operatorOf(expression);
  const [left, right] = [batch.flowOf(expression.left), batch.flowOf(expression.right)];
  const all = { ...join([left, right]), clamped: false };
  switch (operator) {
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "==":
    case "!=":
      return flowOfComparison(batch, expression, left, right);
    case "/":
    case "%":
      if (all.strided && !(left.exactly === "even" && isLiteral(expression.right, 2) && operator === "/"))
        batch.refuse("a number of strides is divided", line);
      if (right.place) batch.refuse("something is divided by a row's remainder", line);
      // Which of several rows, and which place among them.
      if ((right.count || right.length) && !isProduct(right))
        batch.refuse("something is divided by what is computed from a count", line);
      if (left.row && right.length && !batch.hasSequence)
        batch.refuse("a row is divided by a length, and there is one workgroup for all of it", line);
      if (right.count) {
        if (!left.row || left.count)
          batch.refuse("something other than a row is divided by how large the batch is", line);
        // Another axis is numbered more slowly than this one.
        if (left.divisor !== undefined) batch.lower(left.divisor);
        return { ...counting, row: true, ...(left.divisor !== undefined && { unit: left.divisor }) };
      }
      if (right.row) batch.refuse("something is divided by a row", line);
      if (left.row && expression.right.kind !== "literal" && !right.length)
        batch.refuse("a row is divided by something other than a number, a length or their count", line);
      if (batch.judging && isWithinRow(batch, left, expression.right)) batch.splits.add(expression);
      return operator === "/"
        ? quotient(left, all, expression.right)
        : remainder(batch, left, right, all, expression.right);
    case "*": {
      // A stride; a factor of the upper half would be a negative one.
      if (
        all.row &&
        [expression.left, expression.right].some((factor) => factor.kind === "literal" && factor.bits > 0x7fffffff)
      )
        batch.refuse("a row is subtracted", line);
      // A stride of what varies is an address, and nothing else.
      if (left.count !== right.count && !isProduct(left.count ? left : right))
        batch.refuse("a stride is computed from a count otherwise than by its extents", line);
      if (left.count !== right.count && (left.count ? right : left).varying)
        return {
          ...all,
          count: false,
          strided: true,
          ...((left.exactly === "even" || right.exactly === "even") && { exactly: "even" as const }),
        };
      if (all.count && isLiteral(expression.right, 2)) return { ...all, exactly: "even" };
      // Whatever an even number of elements is multiplied by, it is a whole number of words.
      if (all.count && (left.exactly === "even" || right.exactly === "even")) return { ...all, exactly: "even" };
      if (left.exactly === "full tiles" && expression.right.kind === "literal")
        return { ...all, exactly: "full tiles" };
      // A shift takes the last five bits of its number, so that these have two or four values, all of which are
      // executed.
      const isShift =
        (isLiteral(expression.right, 16) || isLiteral(expression.right, 8)) &&
        (left.exactly === "few" || !(isOfLength(left) || isOfBatch(left)));
      if (isShift) return { ...all, exactly: "bits" };
      if (isProduct(left) && isProduct(right, expression.right))
        return { ...all, ...(left.row && unitOf(left)), exactly: "product" };
      if (left.exactly === "left" && expression.right.kind === "literal") return { ...all, exactly: "left" };
      return { ...all, ...(left.row && expression.right.kind === "literal" && unitOf(left)) };
    }
    case "+":
    case "-":
    case "&&":
    case "||":
      if (operator === "-" && right.row) batch.refuse("a row is subtracted", line);
      if (all.padded) batch.refuse("what may be padding is computed with", line);
      if (operator === "-" && all.strided) batch.refuse("something is subtracted from a number of strides", line);
      if (operator === "-" && all.place) batch.refuse("a row's remainder is subtracted, or subtracted from", line);
      // The same row of another item: `count + row`, of which both sides are the same at every count or at one at most.
      if (operator === "+" && left.count !== right.count && !isProduct(left.count ? left : right))
        batch.refuse("a number of strides is computed from a count otherwise than by its extents", line);
      if (operator === "+" && left.count !== right.count && (left.count ? right : left).varying)
        return { ...all, count: false, strided: true };
      if (operator === "-" && left.exactly === "extent" && isLiteral(expression.right, 1))
        return { ...all, exactly: "last" };
      if (operator === "-" && left.exactly === "tiles" && isLiteral(expression.right, 1))
        return { ...all, exactly: "last tile" };
      // What is left of a request's own length: of a point that there is, and there it is what was brought there.
      if (operator === "-" && left.own && !isOfLength(left) && right.point && !right.length && right.exactly !== "left")
        return { ...all, exactly: "left" };
      if (
        isLeft(left) &&
        isLeft(right) &&
        (left.exactly === "left" || right.exactly === "left") &&
        (operator === "+" || right.exactly !== "left")
      )
        return { ...all, exactly: "left" };
      if (operator === "+" && left.exactly === "full tiles" && expression.right.kind === "literal")
        return { ...all, exactly: "tiles" };
      if (
        operator === "+" &&
        (left.exactly === "extent" || left.exactly === "tiles") &&
        expression.right.kind === "literal"
      )
        return { ...all, exactly: `extent and ${expression.right.bits}` };
      if (operator === "+" && left.row !== right.row) return { ...all, ...unitOf(left.row ? left : right) };
      return all;
    case ">>":
      // The part of a word that is an element's.
      if (right.place && !isOfBatch({ ...right, place: false }) && !isOfBatch(left) && left.data)
        return join([left, varying]);
      if (right.exactly === "bits" && left.data && !right.place)
        return elsewhere(batch, join([left, { ...right, index: false, point: false, own: false }]), false, line);
      return elsewhere(batch, all, false, line);
    default:
      return elsewhere(batch, all, operator === "|", line);
  }
}

export function elsewhere(batch: BatchFlow, all: Flow, mayBePadded: boolean, line: number): Flow {
  if (isOfBatch(all) || batch.isLong(all) || (all.own && !batch.mayStoreIndex) || (all.padded && !mayBePadded))
    batch.refuse("what depends on the batch meets an operation that no address needs", line);
  return all;
}

export function remainder(batch: BatchFlow, left: Flow, right: Flow, all: Flow, by: Expression): Flow {
  if (by.kind === "literal" && by.bits > 0 && by.bits <= elementsInWord)
    return { ...bounded(batch, left, right, all, by), exactly: "few" };
  if (by.kind === "literal" && left.exactly === "left")
    return { ...bounded(batch, left, right, all, by), exactly: "left" };
  return bounded(batch, left, right, all, by);
}

export function bounded(batch: BatchFlow, left: Flow, right: Flow, all: Flow, by: Expression): Flow {
  const bounded = { ...join([left]), row: false, clamped: false };
  if (left.count || (by.kind !== "literal" && !right.length)) return all;
  // Of workgroups of one row, by a number, and of points of one sequence.
  const hasNoRow = isWithinRow(batch, left, by) || (left.divisor !== undefined && by.kind !== "literal");
  const isOfRow = left.row && !hasNoRow;
  // With more values than these it is a row still: they are not all executed.
  return isOfRow && !(by.kind === "literal" && by.bits <= elementsInWord)
    ? { ...bounded, row: true }
    : { ...bounded, place: left.place || isOfRow };
}

export function isWithinRow(batch: BatchFlow, { divisor }: Flow, by: Expression): boolean {
  return divisor !== undefined && by.kind === "literal" && batch.perRow % (divisor * by.bits) === 0;
}
