/**
 * What depends on the batch, and where that is not allowed. Batch axes and placement tables may only address. Beside a
 * batch axis, a sequence axis is as long as the longest of the batch's requests, so its extent depends on the batch, too.
 */
import type { Node } from "ts-morph";
import { operandsOf } from "../expr.ts";
import type { Expr } from "../ir.ts";
import { holdsHole, isUnknown } from "./holes.ts";
import type { NoteAt } from "./report.ts";
import { shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { DeclaredAxis } from "./values.ts";

/** `leaf` is what depends on the batch; `at` is the expression that takes it into arithmetic, or the leaf itself. */
export interface Dependence {
  readonly leaf: Expr;
  readonly at: Expr;
}

const memos = new WeakMap<Reading, Map<Expr, Dependence | undefined>>();

/** How an expression's value depends on the batch, other than through the addresses of what it loads. */
export function dependenceOf(reading: Reading, expr: Expr): Dependence | undefined {
  let memo = memos.get(reading);
  if (memo === undefined) memos.set(reading, (memo = new Map()));
  const visit = (node: Expr): Dependence | undefined => {
    if (memo.has(node)) return memo.get(node);
    const found = find(node);
    memo.set(node, found);
    return found;
  };
  const find = (node: Expr): Dependence | undefined => {
    if (isBatchLeaf(reading, node) || isPlacement(reading, node)) return { leaf: node, at: node };
    if (node.kind === "load" || isUnknown(node)) return undefined;
    const owned = withoutCut(reading, node);
    for (const part of owned === undefined ? partsOf(node) : [owned]) {
      const below = visit(part);
      if (below !== undefined) return { leaf: below.leaf, at: below.at === below.leaf ? node : below.at };
    }
    return undefined;
  };
  return visit(expr);
}

function partsOf(expr: Expr): readonly Expr[] {
  return expr.kind === "field" ? [expr.of.start, expr.of.count, ...expr.of.leaf] : operandsOf(expr);
}

function isBatchAxis(reading: Reading, axis: string): boolean {
  return reading.axes.get(axis)?.role === "batch";
}

/** The index or extent of a batch axis, or the extent of a sequence axis beside one. */
export function isBatchLeaf(reading: Reading, expr: Expr): boolean {
  return expr.kind === "index" ? isBatchAxis(reading, expr.variable.axis)
    : expr.kind === "extent" && (isBatchAxis(reading, expr.axis) || isLongest(reading, expr.axis));
}

/** Whether an axis is as long as the longest of a batch's requests. */
function isLongest(reading: Reading, axis: string): boolean {
  return reading.axes.get(axis)?.role === "sequence" && [...reading.axes.values()].some(({ role }) => role === "batch");
}

/**
 * What `min(bound, extent(key))` is bounded by, where that is a request's own: the host lets a sequence axis cover all
 * of its requests' values, so that the extent never cuts one off.
 */
function withoutCut(reading: Reading, expr: Expr): Expr | undefined {
  if (expr.kind !== "binary" || expr.operator !== "minimum") return undefined;
  const isCut = (side: Expr): boolean => side.kind === "extent" && isLongest(reading, side.axis)
    || side.kind === "binary" && side.operator === "subtract" && side.right.kind === "constant" && side.right.bits === 1 && isCut(side.left);
  return isCut(expr.right) && isOwn(reading, expr.left) ? expr.left : isCut(expr.left) && isOwn(reading, expr.right) ? expr.right : undefined;
}

/**
 * Whether an integer ends where its request does, however long the batch's others are: it is an element of a table
 * with a row for each request or token, or bounded by one. A table without a batch axis is all requests', as a parameter is.
 */
function isOwn(reading: Reading, expr: Expr): boolean {
  const own = (part: Expr): boolean => isOwn(reading, part);
  const ownOrFixed = (part: Expr): boolean => part.kind === "constant" || own(part);
  switch (expr.kind) {
    case "load": return expr.type !== "f32" && !isPlacement(reading, expr) && (reading.inputs.get(expr.input)?.axes.some((axis) => isBatchAxis(reading, axis)) ?? true);
    case "unary": return own(expr.operand);
    case "select": return oneOr(expr.whenTrue, own) && oneOr(expr.whenFalse, own);
    case "call": return expr.arguments.some(own) && expr.arguments.every(ownOrFixed);
    case "field": return expr.of.leaf.every(own) || own(expr.of.count);
    case "binary": {
      const { left, right } = expr;
      switch (expr.operator) {
        case "minimum": case "and": return own(left) || own(right);
        case "maximum": return oneOr(left, own) && oneOr(right, own);
        case "subtract": case "divide": case "remainder": case "shiftRight": return own(left);
        default: return (own(left) || own(right)) && ownOrFixed(left) && ownOrFixed(right);
      }
    }
    default: return false;
  }
}

/** No item is the request's own, too, and one: a request has a position. */
function oneOr(expr: Expr, own: (part: Expr) => boolean): boolean {
  return expr.kind === "constant" && expr.bits <= 1 || own(expr);
}

export function isPlacement(reading: Reading, expr: Expr): boolean {
  return expr.kind === "load" && reading.inputs.get(expr.input)?.ownership === "placement";
}

/** "the batch axis 'token'", and a note that shows its declaration. */
export function nameDependence(reading: Reading, leaf: Expr): { name: string; notes: NoteAt[] } {
  if (leaf.kind === "load") {
    return { name: `the placement table '${leaf.input}'`, notes: [{ message: `'${leaf.input}' is a placement table`, at: reading.inputs.get(leaf.input)!.at }] };
  }
  const axis = leaf.kind === "index" ? leaf.variable.axis : leaf.kind === "extent" ? leaf.axis : "";
  const at = reading.axes.get(axis)!.at;
  return isLongest(reading, axis)
    ? { name: `the extent of the sequence axis '${axis}'`, notes: [{ message: `'${axis}' is as long as the longest of the batch's requests`, at }] }
    : { name: `the batch axis '${axis}'`, notes: [{ message: `'${axis}' is a batch axis`, at }] };
}

const ownValue = "use a model or sequence axis, or a request-owned table (an integer input without 'placement', such as position(token))";

export function instead(reading: Reading, leaf: Expr): string {
  return leaf.kind === "extent" && isLongest(reading, leaf.axis)
    ? `use the request's own length, from a table: declare length: "u32[${ownerOf(reading)}]" and write length(${ownerOf(reading)})` : ownValue;
}

/** The batch axis that a request's table would have. */
function ownerOf(reading: Reading): string {
  return [...reading.axes.values()].find(({ role }) => role === "batch")!.name;
}

function checkFree(reading: Reading, expr: Expr, at: Node, what: string): boolean {
  const found = dependenceOf(reading, expr);
  if (found === undefined) return true;
  const { name, notes } = nameDependence(reading, found.leaf);
  reading.report.add("R003", at, `${what} depends on ${name}`, instead(reading, found.leaf), notes);
  return false;
}

/** A branch may not depend on the batch. */
export function checkCondition(reading: Reading, condition: Expr, at: Node): boolean {
  return checkFree(reading, condition, at, "a branch");
}

/** Nor may the bounds of a reduction, which integers decide alone. */
export function checkBound(reading: Reading, bound: Expr, at: Node): boolean {
  if (!checkFree(reading, bound, at, "a reduction's bound")) return false;
  const float = holdsHole(bound) ? undefined : findFloat(bound, new Set());
  if (float === undefined) return true;
  const written = reading.placeOf(float, at);
  reading.report.add("R024", at, "a reduction's bound is made of floats, so that a rounding decides how many items there are",
    "bound it by a u32 of a model or sequence axis, of a parameter or of a request-owned table; to leave out items by their values, "
      + "choose in the leaf: select(condition, value, 0)",
    written === undefined || written === at ? [] : [{ message: `${shorten(written.getText())} is an f32`, at: written }]);
  return false;
}

/** The first f32 that an integer is made of, also as a condition, through the leaves of reductions and the addresses of loads. */
function findFloat(expr: Expr, seen: Set<Expr>): Expr | undefined {
  if (seen.has(expr)) return undefined;
  if (expr.type === "f32" && expr.kind !== "constant") return expr;
  seen.add(expr);
  for (const part of partsOf(expr)) {
    const found = findFloat(part, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Nor may the number of items, which is the extent of a whole axis. */
export function checkWhole(reading: Reading, { name, at }: DeclaredAxis, place: Node): boolean {
  if (!isLongest(reading, name)) return true;
  const owner = ownerOf(reading);
  reading.report.add("R003", place, `a reduction over the whole sequence axis '${name}' goes on to the longest of the batch's requests`,
    `bound it by the request's own table: upTo(${name}, position(${owner})), where the inputs have position: "u32[${owner}]", or below(${name}, length(${owner}))`,
    [{ message: `'${name}' is as long as the longest of the batch's requests`, at }]);
  return false;
}

/** Nor where its items end: a bound that is no request's own is cut off where the axis ends. */
export function checkOwnBound(reading: Reading, { name, at }: DeclaredAxis, bound: Expr, place: Node): boolean {
  if (!isLongest(reading, name) || isOwn(reading, bound) || holdsHole(bound)) return true;
  const owner = ownerOf(reading);
  reading.report.add("R003", place,
    `this bound on the sequence axis '${name}' is not the request's own: the items end where the longest of the batch's requests does`,
    `bound it by the request's own table, too: min(length(${owner}), ${shorten(place.getText())}), where the inputs have length: "u32[${owner}]"`,
    [{ message: `'${name}' is as long as the longest of the batch's requests`, at }]);
  return false;
}

/** Nor may a tree. */
export function checkTree(reading: Reading, part: Expr, at: Node): boolean {
  return checkFree(reading, part, at, "a reduction tree");
}

/** Nor may a value that is stored; every place where it does is reported. `at` is where it is returned. */
export function checkStored(reading: Reading, value: Expr, at: Node): void {
  const report = (leaf: Expr, by: Expr): void => {
    const { name, notes } = nameDependence(reading, leaf);
    const why = leaf.kind === "extent" && isLongest(reading, leaf.axis) ? ", and changes with the batch" : ": it may only address";
    for (const place of reading.places.get(by) ?? [at]) reading.report.add("R004", place, `${name} enters arithmetic${why}`, instead(reading, leaf), notes);
  };
  const isLeaf = (expr: Expr): boolean => isBatchLeaf(reading, expr) || isPlacement(reading, expr);
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr) || dependenceOf(reading, expr) === undefined) return;
    seen.add(expr);
    const owned = withoutCut(reading, expr);
    for (const part of owned === undefined ? partsOf(expr) : [owned]) {
      if (isLeaf(part)) report(part, expr);
      else visit(part);
    }
  };
  if (isLeaf(value)) report(value, value);
  else visit(value);
}
