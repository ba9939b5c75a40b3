/** What depends on the batch, and where that is not allowed. Batch axes and placement tables may only address. */
import type { Node } from "ts-morph";
import { operandsOf } from "../expr.ts";
import type { Expr } from "../ir.ts";
import { isUnknown } from "./holes.ts";
import type { NoteAt } from "./report.ts";
import type { Reading } from "./reading.ts";

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
    for (const part of partsOf(node)) {
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

/** The index or extent of a batch axis. */
export function isBatchLeaf(reading: Reading, expr: Expr): boolean {
  return expr.kind === "index" ? isBatchAxis(reading, expr.variable.axis) : expr.kind === "extent" && isBatchAxis(reading, expr.axis);
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
  return { name: `the batch axis '${axis}'`, notes: [{ message: `'${axis}' is a batch axis`, at: reading.axes.get(axis)!.at }] };
}

const ownValue = "use a model or sequence axis, or a request-owned table (an integer input without 'placement', such as position(token))";

function checkFree(reading: Reading, expr: Expr, at: Node, what: string): boolean {
  const found = dependenceOf(reading, expr);
  if (found === undefined) return true;
  const { name, notes } = nameDependence(reading, found.leaf);
  reading.report.add("R003", at, `${what} depends on ${name}`, ownValue, notes);
  return false;
}

/** A branch may not depend on the batch. */
export function checkCondition(reading: Reading, condition: Expr, at: Node): boolean {
  return checkFree(reading, condition, at, "a branch");
}

/** Nor may the bounds of a reduction. */
export function checkBound(reading: Reading, bound: Expr, at: Node): boolean {
  return checkFree(reading, bound, at, "a reduction's bound");
}

/** Nor may a tree. */
export function checkTree(reading: Reading, part: Expr, at: Node): boolean {
  return checkFree(reading, part, at, "a reduction tree");
}

/** Nor may a value that is stored; every place where it does is reported. `at` is where it is returned. */
export function checkStored(reading: Reading, value: Expr, at: Node): void {
  const report = (leaf: Expr, by: Expr): void => {
    const { name, notes } = nameDependence(reading, leaf);
    for (const place of reading.places.get(by) ?? [at]) reading.report.add("R004", place, `${name} enters arithmetic: it may only address`, ownValue, notes);
  };
  const isLeaf = (expr: Expr): boolean => isBatchLeaf(reading, expr) || isPlacement(reading, expr);
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr) || dependenceOf(reading, expr) === undefined) return;
    seen.add(expr);
    for (const part of partsOf(expr)) {
      if (isLeaf(part)) report(part, expr);
      else visit(part);
    }
  };
  if (isLeaf(value)) report(value, value);
  else visit(value);
}
