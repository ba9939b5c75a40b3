/** Conditions that are compared, tested for absence or chosen by: what they mean in the language. */
import { Node, SyntaxKind, type BinaryExpression } from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { hole, standIn } from "./poison.ts";
import { bare, fitted, instead, operandText, renew, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { scalar, type Scope, type Value } from "./values.ts";
import { comparisonsOfConstants } from "./constant-operators.ts";

/** `x(token, channel) === undefined`: nothing can be absent, so what is done then goes away with the test. */
export function absenceTest(reading: Reading, node: BinaryExpression, absent: Node, scope: Scope): Value {
  reading.evaluate(absent === node.getLeft() ? node.getRight() : node.getLeft(), scope);
  const isTrue = node.getOperatorToken().getText().startsWith("!");
  let whole: Node = node;
  while (Node.isParenthesizedExpression(whole.getParent())) whole = whole.getParentOrThrow();
  const choice = whole.getParent();
  const kept =
    Node.isConditionalExpression(choice) && choice.getCondition() === whole
      ? isTrue
        ? choice.getWhenTrue()
        : choice.getWhenFalse()
      : Node.isCallExpression(choice) &&
          choice.getExpression().getText() === "select" &&
          choice.getArguments()[0] === whole
        ? choice.getArguments()[isTrue ? 1 : 2]
        : undefined;
  const words = "a value is always there: leave the test out";
  reading.report.add(
    "R010",
    node,
    `a test for '${bare(absent).getText()}' is not part of the language`,
    kept === undefined
      ? instead(words, node, String(isTrue))
      : instead(words, choice!, fitted(choice!, kept.getText())),
  );
  return scalar(hole(reading.pool, "bool"));
}

/** `(x > 0) === true`, `(x > 0) < 1`: a condition compared with a constant is the condition itself, or its opposite. */
export function conditionCompared(
  reading: Reading,
  node: BinaryExpression,
  operator: string,
  left: Value,
  right: Value,
): Value | undefined {
  const compare = comparisonsOfConstants[operator];
  if (compare === undefined) return undefined;
  const constantOf = (value: Value, at: Node): number | undefined =>
    value.kind === "literal"
      ? value.value
      : Node.isTrueLiteral(bare(at))
        ? 1
        : Node.isFalseLiteral(bare(at))
          ? 0
          : undefined;
  const [a, b] = [constantOf(left, node.getLeft()), constantOf(right, node.getRight())];
  const isLeft = a === undefined;
  const [condition, at] = isLeft ? [left, node.getLeft()] : [right, node.getRight()];
  const constant = a ?? b;
  if (
    constant === undefined ||
    (a !== undefined && b !== undefined) ||
    reading.typeOf(condition) !== "bool" ||
    condition.kind !== "scalar"
  )
    return undefined;
  const given = (value: number): boolean => (isLeft ? compare(value, constant) : compare(constant, value));
  const text =
    given(0) === given(1) ? String(given(0)) : given(1) ? fitted(node, bare(at).getText()) : `!${operandText(at)}`;
  reading.report.add(
    "R006",
    node,
    `'${operator}' compares a condition with ${bare(isLeft ? node.getRight() : node.getLeft()).getText()}`,
    given(0) === given(1)
      ? write(node, text)
      : renew(node, given(1) ? "write the condition itself" : "write its opposite", text),
  );
  return scalar(reading.at(node, standIn(reading.pool, "bool", [condition.expr])));
}

/** Whether what a node gives is asked for as a condition: it chooses, or is a part of one that does. */
function isCondition(node: Node): boolean {
  const parent = node.getParent();
  if (Node.isParenthesizedExpression(parent)) return isCondition(parent);
  if (Node.isConditionalExpression(parent)) return parent.getCondition() === node;
  if (Node.isPrefixUnaryExpression(parent)) return parent.getOperatorToken() === SyntaxKind.ExclamationToken;
  if (Node.isBinaryExpression(parent))
    return /^(?:&&|\|\|)$/.test(parent.getOperatorToken().getText()) && isCondition(parent);
  return (
    Node.isIfStatement(parent) ||
    (Node.isCallExpression(parent) &&
      parent.getExpression().getText() === "select" &&
      parent.getArguments()[0] === node)
  );
}

/** `x && y` and `x || y` of numbers, which give one of them; undefined where conditions are meant. */
export function chosenNumber(
  reading: Reading,
  node: BinaryExpression,
  operator: string,
  left: Value,
  right: Value,
): Value | undefined {
  const [leftType, rightType] = [reading.typeOf(left), reading.typeOf(right)];
  if (leftType === undefined || rightType === undefined || rightType === "bool" || isCondition(node)) return undefined;
  const [leftAt, rightAt] = [node.getLeft(), node.getRight()];
  const [x, y] = [bare(leftAt).getText(), bare(rightAt).getText()];
  const isTold = leftType === "bool";
  const test = isTold ? x : `${operandText(leftAt)} !== 0`;
  const text =
    operator === "&&" ? `select(${test}, ${y}, ${isTold ? "0" : x})` : `select(${test}, ${isTold ? "1" : x}, ${y})`;
  reading.report.add(
    "R006",
    node,
    `'${operator}' takes conditions, and ${isTold ? "its right side is a number" : "these are numbers"}`,
    write(node, text),
  );
  const type = rightType !== "loose" ? rightType : leftType === "loose" || leftType === "bool" ? undefined : leftType;
  const parts = [left, right].flatMap((value, position) =>
    value.kind === "scalar" || value.kind === "axis" ? [reading.expr(value, [leftAt, rightAt][position]!)!] : [],
  );
  return type === undefined
    ? unknownOf(reading, [left, right], [leftAt, rightAt])
    : scalar(reading.at(node, standIn(reading.pool, type, parts)));
}
