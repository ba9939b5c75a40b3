/** What to write in the place of a loop or an if. */
import { Node, SyntaxKind, type IfStatement } from "ts-morph";
import { removeStatement, replaceBy, shorten, shown } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";

/** `for (let k = 0; …) total += x(token, k)` as a sum, where a tensor's index tells the axis. */
export function sumOf(reading: Reading, loop: Node): string | undefined {
  const item = Node.isForStatement(loop)
    ? loop.getInitializer()?.getFirstDescendantByKind(SyntaxKind.VariableDeclaration)?.getName()
    : undefined;
  const sums = loop
    .getDescendantsOfKind(SyntaxKind.BinaryExpression)
    .filter((one) => one.getOperatorToken().getText() === "+=");
  const [only, ...others] = sums;
  if (
    item === undefined ||
    only === undefined ||
    others.length > 0 ||
    loop.getDescendants().some((one) => one !== loop && Node.isForStatement(one))
  )
    return undefined;
  const added = only.getRight();
  const axes = [added, ...added.getDescendants()].filter(Node.isCallExpression).flatMap((call) => {
    const input = reading.inputs.get(call.getExpression().getText());
    return call
      .getArguments()
      .flatMap((arg, position) => (arg.getText() === item ? (input?.axes[position] ?? []) : []));
  });
  const [axis] = axes;
  return axis === undefined || axes.some((one) => one !== axis)
    ? undefined
    : `sum(${axis}, "chain", (${item}) => ${shorten(added.getText())})`;
}

/** `if (v > 8) v = 8;` as a minimum. */
function limitInstead(node: IfStatement): string | undefined {
  const [condition, then] = [node.getExpression(), node.getThenStatement()];
  const only = Node.isBlock(then) && then.getStatements().length === 1 ? then.getStatements()[0] : then;
  const given = Node.isExpressionStatement(only) ? only.getExpression() : undefined;
  if (
    !Node.isBinaryExpression(condition) ||
    !Node.isBinaryExpression(given) ||
    given.getOperatorToken().getText() !== "=" ||
    node.getElseStatement() !== undefined
  )
    return undefined;
  const [name, limit, operator] = [
    given.getLeft().getText(),
    given.getRight().getText(),
    condition.getOperatorToken().getText(),
  ];
  const isAbove =
    condition.getLeft().getText() === name && condition.getRight().getText() === limit
      ? operator.startsWith(">")
      : condition.getLeft().getText() === limit && condition.getRight().getText() === name
        ? operator.startsWith("<")
        : undefined;
  return isAbove === undefined || !/^[<>]=?$/.test(operator)
    ? undefined
    : `write ${isAbove ? "min" : "max"}(${name}, ${limit}), as a const of another name`;
}

/** `if (c) return a; return b;` as a choice. */
export function choiceInstead(node: IfStatement): string | Fix {
  const words =
    limitInstead(node) ?? "write condition ? whenTrue : whenFalse, or select(condition, whenTrue, whenFalse)";
  const valueOf = (statement: Node | undefined): string | undefined => {
    const only =
      Node.isBlock(statement) && statement.getStatements().length === 1 ? statement.getStatements()[0] : statement;
    if (Node.isIfStatement(only)) return chosen(only, undefined);
    return Node.isReturnStatement(only) ? only.getExpression()?.getText() : undefined;
  };
  const chosen = (one: IfStatement, otherwise: string | undefined): string | undefined => {
    const [whenTrue, whenFalse] = [valueOf(one.getThenStatement()), valueOf(one.getElseStatement()) ?? otherwise];
    return whenTrue === undefined || whenFalse === undefined
      ? undefined
      : `${one.getExpression().getText()} ? ${whenTrue} : ${whenFalse}`;
  };
  const rest = node.getNextSiblings();
  const next = rest.find((one) => Node.isStatement(one));
  const choice = chosen(node, valueOf(next));
  if (choice === undefined) return words;
  const isUsed = node.getElseStatement() === undefined && next !== undefined;
  return {
    words: `write return ${shown(choice)}`,
    edits: [replaceBy(node, `return ${choice};`), ...(isUsed ? [removeStatement(next)] : [])],
  };
}
