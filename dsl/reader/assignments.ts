/** Assignments: nothing changes in a body, so they are accumulation, or another name for a value. */
import {
  type BinaryExpression,
  type ConditionalExpression,
  Node,
  type PostfixUnaryExpression,
  type PrefixUnaryExpression,
  SyntaxKind,
} from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { bare, fitted, operandText, replaceBy, shorten, shown, write } from "./fixes.ts";
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
    const choice = choiceAround(node);
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
    else if (choice !== undefined) reportChoice(reading, node, choice);
    else if (isStore)
      reading.report.add(
        "R001",
        node,
        `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
        "return the value: the body gives it for each point of the output's axes; where to write it, if not " +
          "there, says scatter([index, …], value)",
      );
    else if (isStep(node) && statement === undefined)
      reading.report.add(
        "R001",
        node,
        `'${node.getText()}' is an assignment, and nothing changes in a body`,
        write(node, stepped(node)),
      );
    else reading.report.add("R001", node, `'${shorten(node.getText())}' accumulates outside a reduction`, sumInstead);
  }
  if (!Node.isBinaryExpression(node)) return fault;
  const target = node.getLeft();
  const index = Node.isElementAccessExpression(target) ? target.getArgumentExpression() : undefined;
  if (index !== undefined) reading.evaluate(index, scope);
  return unknownOf(reading, [reading.evaluate(node.getRight(), scope)], [node.getRight()]);
}

type Step = PrefixUnaryExpression | PostfixUnaryExpression;

function isStep(node: Node): node is Step {
  return Node.isPrefixUnaryExpression(node) || Node.isPostfixUnaryExpression(node);
}

/** What `v++` and `++v` have for a value. */
function stepped(node: Step): string {
  const name = node.getOperand().getText();
  if (Node.isPostfixUnaryExpression(node)) return name;
  return fitted(node, `${name} ${node.getOperatorToken() === SyntaxKind.PlusPlusToken ? "+" : "-"} 1`);
}

/** The choice in one of whose branches an assignment stands, where it stands for itself. */
function choiceAround(node: Node): ConditionalExpression | undefined {
  const outer = Node.isParenthesizedExpression(node.getParent()) ? node.getParentOrThrow() : node;
  const choice = outer.getParentIfKind(SyntaxKind.ConditionalExpression);
  return choice?.getParentIfKind(SyntaxKind.ExpressionStatement) === undefined || choice.getCondition() === outer
    ? undefined
    : choice;
}

/** `a ? (v = 1) : (v = 2)` is told once, as the const that it is meant for. */
function reportChoice(reading: Reading, node: Node, choice: ConditionalExpression): void {
  const [whenTrue, whenFalse] = [choice.getWhenTrue(), choice.getWhenFalse()].map(bare);
  if (node !== whenTrue && assignedTo(whenTrue!) !== undefined) return;
  const [one, other] = [assignedTo(whenTrue!), assignedTo(whenFalse!)];
  const isBoth = one !== undefined && one.name === other?.name;
  reading.report.add(
    "R001",
    node,
    `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
    isBoth
      ? `write const ${one.name} = ${shown(`${choice.getCondition().getText()} ? ${one.value} : ${other!.value}`)}`
      : "write const value = condition ? whenTrue : whenFalse",
  );
}

function assignedTo(node: Node): { readonly name: string; readonly value: string } | undefined {
  return Node.isBinaryExpression(node) && node.getOperatorToken().getText() === "="
    ? { name: node.getLeft().getText(), value: node.getRight().getText() }
    : undefined;
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
