/** Whether a reducer's combine takes up both of its states: what it ignores of one is lost. */
import { Node, SyntaxKind } from "ts-morph";
import { collect } from "../visit.ts";
import type { Expr } from "../ir.ts";
import { replaceBy } from "./fixes.ts";
import { holdsHole } from "./poison.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";

type Side = "left" | "right";

/**
 * A field may be made of other fields, of both states. One that takes its own value from one state only drops the
 * other's; right's as it is, the value of the last item, is the one such field that means something.
 */
export function checkSides(reading: Reading, names: readonly string[], combines: readonly Expr[], at: Node): boolean {
  if (combines.some((combine) => holdsHole(combine))) return true;
  const read = combines.map((combine) => statesOf(combine));
  for (const side of ["left", "right"] as const) {
    if (read.some((states) => states[side].size > 0)) continue;
    reading.report.add(
      "R026",
      at,
      side === "left"
        ? "the combine ignores its left state: whatever has been folded so far is lost with each item"
        : "the combine ignores its right state: no item is ever taken up",
      both(at, names[0]!, `combine both states, as in ${names[0]}: left.${names[0]} + right.${names[0]}`),
    );
    return false;
  }
  const faulty = combines.filter((combine, position) => {
    const name = names[position]!;
    const { left, right } = read[position]!;
    const place = reading.nodes.get(combine) ?? at;
    if (left.size + right.size === 0) {
      reading.report.add(
        "R026",
        place,
        `the combined '${name}' is made of neither state: it says nothing of the items`,
        both(
          at,
          name,
          `combine both states, as in ${name}: left.${name} + right.${name}, or leave '${name}' out of the state`,
        ),
      );
      return true;
    }
    const isLast = combine.kind === "state" && combine.side === "right" && combine.field === name;
    if (left.has(name) === right.has(name) || isLast) return false;
    const [taken, dropped] = left.has(name) ? (["left", "right"] as const) : (["right", "left"] as const);
    reading.report.add(
      "R026",
      place,
      `the combined '${name}' is made of ${taken}.${name} without ${dropped}.${name}, ` +
        (dropped === "left"
          ? "so that what has been folded so far is lost"
          : "so that what the other side has folded is lost"),
      both(at, name, `take both up, as in ${name}: left.${name} + right.${name}; either side may stand for many items`),
    );
    return true;
  });
  return faulty.length === 0;
}

/** Both sides' values of a field added up, in the object that the combine gives. */
function both(at: Node, name: string, words: string): Fix {
  const property = at
    .getDescendantsOfKind(SyntaxKind.ObjectLiteralExpression)
    .map((object) => object.getProperty(name))
    .find((one) => one !== undefined);
  const sides = (
    Node.isArrowFunction(at) || Node.isMethodDeclaration(at) || Node.isFunctionExpression(at) ? at.getParameters() : []
  ).map((one) => one.getNameNode());
  if (property === undefined || sides.length !== 2 || !sides.every(Node.isIdentifier)) return { words, edits: [] };
  return {
    words,
    edits: [replaceBy(property, `${name}: ${sides[0]!.getText()}.${name} + ${sides[1]!.getText()}.${name}`)],
  };
}

/** The fields of either state that an expression reads. */
function statesOf(expr: Expr): Record<Side, Set<string>> {
  const found: Record<Side, Set<string>> = { left: new Set(), right: new Set() };
  for (const part of collect([expr])) if (part.kind === "state") found[part.side].add(part.field);
  return found;
}
