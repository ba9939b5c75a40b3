/**
 * What depends on the batch. Batch axes and placement tables may only address. Beside a batch axis, a sequence axis is
 * as long as the longest of the batch's requests, so its extent depends on the batch, too.
 */
import type { AxisRole, Binary, Expr, Input } from "./ir.ts";
import { childrenOf } from "./visit.ts";

/** A kernel's axes and inputs, as far as its rules ask for them. */
export interface Batch {
  readonly axes: ReadonlyMap<string, { readonly role: AxisRole }>;
  readonly inputs: ReadonlyMap<string, Pick<Input, "axes" | "ownership">>;
}

/** A value that stands for what the reader does not know. */
function isOpaque(expr: Expr): boolean {
  return expr.kind === "call" && expr.callee.name.startsWith("?unknown");
}

/** `leaf` is what depends on the batch; `at` is the expression that takes it into arithmetic, or the leaf itself. */
export interface Dependence {
  readonly leaf: Expr;
  readonly at: Expr;
}

const memos = new WeakMap<Batch, Map<Expr, Dependence | undefined>>();

/** How an expression's value depends on the batch, other than through the addresses of what it loads. */
export function dependenceOf(batch: Batch, expr: Expr): Dependence | undefined {
  let memo = memos.get(batch);
  if (memo === undefined) memos.set(batch, (memo = new Map()));
  const visit = (node: Expr): Dependence | undefined => {
    if (memo.has(node)) return memo.get(node);
    const found = find(node);
    memo.set(node, found);
    return found;
  };
  const find = (node: Expr): Dependence | undefined => {
    if (isBatchLeaf(batch, node) || isPlacement(batch, node)) return { leaf: node, at: node };
    if (node.kind === "load" || isOpaque(node)) return undefined;
    const owned = withoutCut(batch, node);
    for (const part of owned === undefined ? childrenOf(node) : [owned]) {
      const below = visit(part);
      if (below !== undefined) return { leaf: below.leaf, at: below.at === below.leaf ? node : below.at };
    }
    return undefined;
  };
  return visit(expr);
}

export function isBatchAxis(batch: Batch, axis: string): boolean {
  return batch.axes.get(axis)?.role === "batch";
}

/** The index or extent of a batch axis, or the extent of a sequence axis beside one. */
export function isBatchLeaf(batch: Batch, expr: Expr): boolean {
  return expr.kind === "index"
    ? isBatchAxis(batch, expr.variable.axis)
    : expr.kind === "extent" && (isBatchAxis(batch, expr.axis) || isLongest(batch, expr.axis));
}

/** Whether an axis is as long as the longest of a batch's requests. */
export function isLongest(batch: Batch, axis: string): boolean {
  return batch.axes.get(axis)?.role === "sequence" && [...batch.axes.values()].some(({ role }) => role === "batch");
}

/**
 * What `min(bound, extent(key))` is bounded by, where that is a request's own: the host lets a sequence axis cover all
 * of its requests' values, so that the extent never cuts one off.
 */
export function withoutCut(batch: Batch, expr: Expr): Expr | undefined {
  if (expr.kind !== "binary" || expr.operator !== "minimum") return undefined;
  const isCut = (side: Expr): boolean =>
    (side.kind === "extent" && isLongest(batch, side.axis)) ||
    (side.kind === "binary" &&
      side.operator === "subtract" &&
      side.right.kind === "constant" &&
      side.right.bits === 1 &&
      isCut(side.left));
  return isCut(expr.right) && isOwn(batch, expr.left)
    ? expr.left
    : isCut(expr.left) && isOwn(batch, expr.right)
      ? expr.right
      : undefined;
}

/**
 * Whether an integer ends where its request does, however long the batch's others are: it is an element of a table with
 * a row for each request or token, or bounded by one. A table without a batch axis is all requests', as a parameter is.
 */
export function isOwn(batch: Batch, expr: Expr): boolean {
  const own = (part: Expr): boolean => isOwn(batch, part);
  const ownOrFixed = (part: Expr): boolean => part.kind === "constant" || own(part);
  switch (expr.kind) {
    case "load":
      return (
        expr.type !== "f32" &&
        !isPlacement(batch, expr) &&
        (batch.inputs.get(expr.input)?.axes.some((axis) => isBatchAxis(batch, axis)) ?? true)
      );
    case "unary":
      return own(expr.operand);
    case "select":
      return oneOr(expr.whenTrue, own) && oneOr(expr.whenFalse, own);
    case "call":
      return expr.arguments.some(own) && expr.arguments.every(ownOrFixed);
    case "field":
      return expr.of.leaf.every(own) || own(expr.of.count);
    case "binary": {
      const { left, right } = expr;
      switch (expr.operator) {
        case "minimum":
        case "and":
          return own(left) || own(right);
        case "maximum":
          return oneOr(left, own) && oneOr(right, own);
        case "subtract":
          return own(left) || (left.kind === "binary" && isExcess(left, right) && [left.left, left.right].some(own));
        case "divide":
        case "remainder":
        case "shiftRight":
          return own(left);
        default:
          return (own(left) || own(right)) && ownOrFixed(left) && ownOrFixed(right);
      }
    }
    default:
      return false;
  }
}

/** `max(length, n) - n`: what a length has beyond n, and no item where it is shorter. */
function isExcess({ operator, left, right }: Binary, subtrahend: Expr): boolean {
  return operator === "maximum" && (left === subtrahend || right === subtrahend);
}

/** No item is the request's own, too, and one: a request has a position. */
function oneOr(expr: Expr, own: (part: Expr) => boolean): boolean {
  return (expr.kind === "constant" && expr.bits <= 1) || own(expr);
}

export function isPlacement(batch: Batch, expr: Expr): boolean {
  return expr.kind === "load" && batch.inputs.get(expr.input)?.ownership === "placement";
}

/**
 * The first f32 that an integer is made of, also as a condition, through the leaves of reductions and the addresses of
 * loads.
 */
export function findFloat(expr: Expr, seen: Set<Expr>): Expr | undefined {
  if (seen.has(expr)) return undefined;
  if (expr.type === "f32" && expr.kind !== "constant") return expr;
  seen.add(expr);
  for (const part of childrenOf(expr)) {
    const found = findFloat(part, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
