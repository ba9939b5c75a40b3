/**
 * What depends on the batch, and where that is not allowed. Batch axes and placement tables may only address. Beside a
 * batch axis, a sequence axis is as long as the longest of the batch's requests, so its extent depends on the batch,
 * too.
 */
import { Node } from "ts-morph";
import { dependenceOf, findFloat, isBatchLeaf, isLongest, isOwn, isPlacement, withoutCut } from "../batch.ts";
import type { Expr } from "../ir.ts";
import { childrenOf } from "../visit.ts";
import { holdsHole } from "./poison.ts";
import type { Fix, NoteAt } from "./report.ts";
import { bare, fitted, instead as replaced, operandText, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { DeclaredAxis } from "./values.ts";
import { mayWrap } from "./wraps.ts";

export { dependenceOf, isBatchLeaf, isPlacement } from "../batch.ts";

/** "the batch axis 'token'", and a note that shows its declaration. */
export function nameDependence(reading: Reading, leaf: Expr): { name: string; notes: NoteAt[] } {
  if (leaf.kind === "load") {
    return {
      name: `the placement table '${leaf.input}'`,
      notes: [{ message: `'${leaf.input}' is a placement table`, at: reading.inputs.get(leaf.input)!.at }],
    };
  }
  const axis = leaf.kind === "index" ? leaf.variable.axis : leaf.kind === "extent" ? leaf.axis : "";
  const at = reading.axes.get(axis)!.at;
  return isLongest(reading, axis)
    ? {
        name: `the extent of the sequence axis '${axis}'`,
        notes: [{ message: `'${axis}' is as long as the longest of the batch's requests`, at }],
      }
    : { name: `the batch axis '${axis}'`, notes: [{ message: `'${axis}' is a batch axis`, at }] };
}

const ownValue =
  "use a model or sequence axis, or a request-owned table (an integer input without 'placement', such as " +
  "position(token))";

export function instead(reading: Reading, leaf: Expr): string {
  return leaf.kind === "extent" && isLongest(reading, leaf.axis)
    ? `use the request's own length, from a table: declare length: "u32[${ownerOf(reading)}]" and write ` +
        `length(${ownerOf(reading)})`
    : ownValue;
}

/** The batch axis that a request's table would have. */
function ownerOf(reading: Reading): string {
  return [...reading.axes.values()].find(({ role }) => role === "batch")!.name;
}

function checkFree(reading: Reading, expr: Expr, at: Node, what: string, fix?: Fix): boolean {
  const found = dependenceOf(reading, expr);
  if (found === undefined) return true;
  const { name, notes } = nameDependence(reading, found.leaf);
  reading.report.add("R003", at, `${what} depends on ${name}`, fix ?? instead(reading, found.leaf), notes);
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
  reading.report.add(
    "R024",
    at,
    "a reduction's bound is made of floats, so that a rounding decides how many items there are",
    "bound it by a u32 of a model or sequence axis, of a parameter or of a request-owned table; to leave out " +
      "items by their values, " +
      "choose in the leaf: select(condition, value, 0)",
    written === undefined || written === at
      ? []
      : [{ message: `${shorten(written.getText())} is an f32`, at: written }],
  );
  return false;
}

/** Nor may the number of items, which is the extent of a whole axis. */
export function checkWhole(reading: Reading, { name, at }: DeclaredAxis, place: Node): boolean {
  if (!isLongest(reading, name)) return true;
  const owner = ownerOf(reading);
  reading.report.add(
    "R003",
    place,
    `a reduction over the whole sequence axis '${name}' goes on to the longest of the batch's requests`,
    boundByTable(
      reading,
      owner,
      `bound it by the request's own table: upTo(${name}, position(${owner})), where the inputs have position: ` +
        `"u32[${owner}]", or below(${name}, length(${owner}))`,
      place,
      (table) => (isLength(table) ? `below(${name}, ${table}(${owner}))` : `upTo(${name}, ${table}(${owner}))`),
    ),
    [{ message: `'${name}' is as long as the longest of the batch's requests`, at }],
  );
  return false;
}

/** With a table of the kernel's own, where it has one; the batch axis's point has to be bound. */
function boundByTable(
  reading: Reading,
  owner: string,
  words: string,
  place: Node,
  text: (table: string) => string,
): Fix {
  const table = [...reading.inputs.values()].find(
    ({ storage, axes, ownership }) =>
      storage === "u32" && ownership === "request" && axes.length === 1 && axes[0] === owner,
  );
  return table === undefined || !reading.outputAxes.has(owner)
    ? { words, edits: [] }
    : write(place, text(table.name), `; ${words}`);
}

/** Nor where its items end: a bound that is no request's own is cut off where the axis ends. */
export function checkOwnBound(
  reading: Reading,
  { name, at }: DeclaredAxis,
  [range, bound, count]: readonly [range: "upTo" | "below", bound: Expr, count: Expr],
  place: Node,
): boolean {
  if (!isLongest(reading, name) || holdsHole(bound)) return true;
  const notes = [{ message: `'${name}' is as long as the longest of the batch's requests`, at }];
  if (isOwn(reading, bound)) {
    const wrapping = mayWrap(reading, count);
    if (wrapping === undefined) return true;
    const written = reading.placeOf(wrapping, place) ?? place;
    reading.report.add(
      "R003",
      written,
      `'${shorten(written.getText())}' may wrap below 0, and the items then end with the batch's longest request`,
      unwrapped(wrapping, written, place),
      notes,
    );
    return false;
  }
  const owner = ownerOf(reading);
  const ofTable = (table: string): string => {
    const element = `${table}(${owner})`;
    if (isLength(table)) return range === "below" ? element : `max(${element}, 1) - 1`;
    return range === "below" ? `${element} + 1` : element;
  };
  reading.report.add(
    "R003",
    place,
    `this bound on the sequence axis '${name}' is not the request's own: the items end where the longest of the ` +
      "batch's requests does",
    boundByTable(
      reading,
      owner,
      `bound it by the request's own table, too: min(length(${owner}), ${shorten(place.getText())}), where the ` +
        `inputs have length: "u32[${owner}]"`,
      place,
      (table) => `min(${ofTable(table)}, ${place.getText()})`,
    ),
    notes,
  );
  return false;
}

/** A table of lengths, not of last positions. */
function isLength(table: string): boolean {
  return /len|count|size/i.test(table);
}

/** What may wrap around, kept at 0 or more. */
function unwrapped(expr: Expr, at: Node, place: Node): string | Fix {
  const words = "keep it at 0 or more, as in max(length, n) - n";
  // What a function of another file does with all of its callers' numbers is not this kernel's to change.
  if (at.getSourceFile() !== place.getSourceFile()) return words;
  if (Node.isBinaryExpression(at) && expr.kind === "binary" && expr.operator === "subtract") {
    // a - b - c
    const taken = [at.getRight()];
    let left = bare(at.getLeft());
    for (; Node.isBinaryExpression(left) && left.getOperatorToken().getText() === "-"; left = bare(left.getLeft()))
      taken.unshift(left.getRight());
    const [only, ...others] = taken.map((one) => operandText(one));
    const together = others.length === 0 ? bare(taken[0]!).getText() : [only, ...others].join(" + ");
    return write(
      at,
      fitted(at, `max(${left.getText()}, ${together}) - ${others.length === 0 ? only : `(${together})`}`),
    );
  }
  if (expr.kind === "binary" && expr.operator === "add" && Node.isBinaryExpression(at)) {
    const [number, other] = expr.right.kind === "constant" ? [expr.right, at.getLeft()] : [expr.left, at.getRight()];
    if (number.kind !== "constant" || number.bits < 2 ** 31) return words;
    const by = 2 ** 32 - number.bits;
    return write(at, fitted(at, `max(${bare(other).getText()}, ${by}) - ${by}`));
  }
  if (Node.isCallExpression(at) && expr.kind === "unary" && expr.operator === "toU32") {
    const [argument] = at.getArguments();
    return argument === undefined ? words : write(at, `u32(max(${argument.getText()}, 0))`);
  }
  if (Node.isPrefixUnaryExpression(at) && expr.kind === "unary" && expr.operator === "complement")
    return replaced("leave ~ out, which makes a large number of a small one", at, at.getOperand().getText());
  return words;
}

/** Nor may a tree. */
export function checkTree(reading: Reading, part: Expr, at: Node, fix?: Fix): boolean {
  return checkFree(reading, part, at, "a reduction tree", fix);
}

/** Nor may a value that is stored; every place where it does is reported. `at` is where it is returned. */
export function checkStored(reading: Reading, value: Expr, at: Node): void {
  const report = (leaf: Expr, by: Expr): void => {
    const { name, notes } = nameDependence(reading, leaf);
    const why =
      leaf.kind === "extent" && isLongest(reading, leaf.axis)
        ? ", and changes with the batch"
        : ": it may only address";
    for (const place of reading.places.get(by) ?? [at])
      reading.report.add("R004", place, `${name} enters arithmetic${why}`, instead(reading, leaf), notes);
  };
  const isLeaf = (expr: Expr): boolean => isBatchLeaf(reading, expr) || isPlacement(reading, expr);
  const seen = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (seen.has(expr) || dependenceOf(reading, expr) === undefined) return;
    seen.add(expr);
    const owned = withoutCut(reading, expr);
    for (const part of owned === undefined ? childrenOf(expr) : [owned]) {
      if (isLeaf(part)) report(part, expr);
      else visit(part);
    }
  };
  if (isLeaf(value)) report(value, value);
  else visit(value);
}
