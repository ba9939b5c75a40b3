/** Assignments: nothing changes in a body, so they are accumulation, or another name for a value. */
import { Node, SyntaxKind, type BinaryExpression } from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { operandText, replaceBy, shorten, shown } from "./fixes.ts";
import type { Fix } from "./report.ts";
import type { Reading } from "./reading.ts";
import { fault, type Scope, type Value } from "./values.ts";
import { sumInstead } from "./unknown.ts";

/**
 * Accumulation by assignment. What a refused loop assigns goes away with the loop; the values are read all the same.
 */
export function reportAssignment(reading: Reading, node: Node, scope: Scope): Value {
  const isStore =
    Node.isBinaryExpression(node) && node.getOperatorToken().getText() === "=" && !Node.isIdentifier(node.getLeft());
  if (reading.refused === 0) {
    const target = Node.isBinaryExpression(node) ? node.getLeft() : undefined;
    const declared = Node.isIdentifier(target) ? scope.find(target.getText())?.at : undefined;
    const statement = node.getParentIfKind(SyntaxKind.ExpressionStatement);
    // A value that is made over once, right where it is: a const of its own.
    if (
      statement !== undefined &&
      declared !== undefined &&
      Node.isBinaryExpression(node) &&
      Node.isBlock(statement.getParent()) &&
      statement.getParent() === declared.getFirstAncestorByKind(SyntaxKind.Block)
    )
      reading.report.add(
        "R001",
        node,
        `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
        madeOver(node, target!, statement),
      );
    else if (isStore)
      reading.report.add(
        "R001",
        node,
        `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
        "return the value: the body gives it for each point of the output's axes; where to write it, if not " +
          "there, says scatter([index, …], value)",
      );
    else reading.report.add("R001", node, `'${shorten(node.getText())}' accumulates outside a reduction`, sumInstead);
  }
  if (!Node.isBinaryExpression(node)) return fault;
  const target = node.getLeft();
  const index = Node.isElementAccessExpression(target) ? target.getArgumentExpression() : undefined;
  if (index !== undefined) reading.evaluate(index, scope);
  return unknownOf(reading, [reading.evaluate(node.getRight(), scope)], [node.getRight()]);
}

/** An assignment as a const of another name, which is used from there on. */
function madeOver(node: BinaryExpression, target: Node, statement: Node): Fix {
  const name = target.getText();
  const block = statement.getParentOrThrow();
  const taken = new Set(block.getDescendantsOfKind(SyntaxKind.Identifier).map((one) => one.getText()));
  let fresh = `${name}2`;
  for (let i = 3; taken.has(fresh); i++) fresh = `${name}${i}`;
  const operator = node.getOperatorToken().getText().slice(0, -1);
  const value = operator === "" ? node.getRight().getText() : `${name} ${operator} ${operandText(node.getRight())}`;
  const later = block
    .getDescendantsOfKind(SyntaxKind.Identifier)
    .filter((one) => one.getText() === name && one.getStart() > statement.getEnd());
  const keyword = block
    .getDescendantsOfKind(SyntaxKind.VariableDeclaration)
    .find((one) => one.getName() === name)
    ?.getParent()
    ?.getFirstChild();
  return {
    words:
      `write const ${fresh} = ${shown(value)}, and use ${fresh} from there on; to accumulate, ` +
      `${sumInstead.replace(/^write /, "write ")}`,
    edits: [
      replaceBy(node, `const ${fresh} = ${value}`),
      ...later.map((one) =>
        replaceBy(one, Node.isShorthandPropertyAssignment(one.getParent()) ? `${name}: ${fresh}` : fresh),
      ),
      ...(keyword !== undefined && keyword.getText() !== "const" ? [replaceBy(keyword, "const")] : []),
    ],
  };
}
