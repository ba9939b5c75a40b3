/** Statements that a body can't have. Their insides are read for their own faults. */
import { Node, SyntaxKind, type Block, type IfStatement, type VariableDeclaration } from "ts-morph";
import { checkCondition } from "./batch-rules.ts";
import { removeStatement, replaceBy, shorten, shown } from "./fixes.ts";
import { bindPattern } from "./bindings.ts";
import { readStatements } from "./functions.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { reportUnknown } from "./unknown.ts";
import { fault, Scope, type Value } from "./values.ts";

const words: Readonly<Record<string, readonly [what: string, fix: string]>> = {
  TryStatement: ["'try'", "remove it: nothing in a kernel throws"],
  ThrowStatement: ["'throw'", "remove it: check inputs on the host"],
  SwitchStatement: ["'switch'", "write condition ? whenTrue : whenFalse"],
  ClassDeclaration: ["a class", "write plain functions"],
  LabeledStatement: ["a label", "remove it: there are no loops"],
  Block: ["a block", "write its consts in the body itself"],
  DebuggerStatement: ["'debugger'", "remove it: a body is read, not run"],
};

/** Reports a statement, reads what it holds, and gives the values that it may return. */
export function unknownStatement(reading: Reading, node: Node, scope: Scope): Value[] {
  if (
    Node.isForStatement(node) ||
    Node.isForInStatement(node) ||
    Node.isForOfStatement(node) ||
    Node.isWhileStatement(node) ||
    Node.isDoStatement(node)
  ) {
    reading.report.add(
      "R001",
      node,
      "a loop accumulates outside a reduction",
      `write ${sumOf(reading, node) ?? 'sum(axis, "chain", (item) => …)'}, or reduce with a reducer of your own`,
    );
    return readInside(reading, node, scope);
  }
  if (Node.isIfStatement(node)) {
    const [then] = Node.isBlock(node.getThenStatement())
      ? (node.getThenStatement() as Block).getStatements()
      : [node.getThenStatement()];
    if (Node.isThrowStatement(then) && node.getElseStatement() === undefined) {
      reading.evaluate(node.getExpression(), scope);
      reportUnknown(reading, node, {
        what: "'throw'",
        fix: { words: "remove it: check inputs on the host", edits: [removeStatement(node)] },
      });
      return [];
    }
    // With its loop it goes away.
    const loop =
      reading.refused === 0
        ? undefined
        : node.getFirstAncestor((above) => Node.isIterationStatement(above) || Node.isFunctionLikeDeclaration(above));
    if (!Node.isIterationStatement(loop)) reportUnknown(reading, node, { what: "'if'", fix: choiceInstead(node) });
    const at = node.getExpression();
    const condition = reading.expr(reading.evaluate(at, scope), at, "bool");
    if (condition !== undefined) checkCondition(reading, condition, at);
    return [node.getThenStatement(), node.getElseStatement()].flatMap((branch) =>
      branch === undefined ? [] : readRefused(reading, branch, scope),
    );
  }
  if (Node.isExpressionStatement(node)) {
    readForNothing(reading, node, node.getExpression(), scope);
    return [];
  }
  // It goes away with its loop.
  if (Node.isBreakStatement(node) || Node.isContinueStatement(node)) return [];
  const [what, fix] = words[node.getKindName()] ?? [`'${node.getKindName()}'`, "write const declarations and a return"];
  const isRemoved = /^(DebuggerStatement|ThrowStatement)$/.test(node.getKindName());
  reportUnknown(reading, node, { what, fix: isRemoved ? { words: fix, edits: [removeStatement(node)] } : fix });
  return Node.isClassDeclaration(node) || Node.isThrowStatement(node) ? [] : readInside(reading, node, scope);
}

/** `for (let k = 0; …) total += x(token, k)` as a sum, where a tensor's index tells the axis. */
function sumOf(reading: Reading, loop: Node): string | undefined {
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
function choiceInstead(node: IfStatement): string | Fix {
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

/** An expression that stands as a statement; a call that is refused for itself goes away with its statement. */
function readForNothing(reading: Reading, node: Node, expression: Node, scope: Scope): void {
  const before = reading.report.size;
  const value = reading.evaluate(expression, scope);
  const isAssignment =
    (Node.isBinaryExpression(expression) && expression.getOperatorToken().getText().endsWith("=")) ||
    Node.isPostfixUnaryExpression(expression);
  if (
    value.kind !== "fault" &&
    !isAssignment &&
    (reading.report.size === before || !Node.isCallExpression(expression))
  ) {
    reportUnknown(reading, node, {
      what: "a statement whose value goes nowhere",
      fix: { words: "remove it, or bind it with const and use it", edits: [removeStatement(node)] },
    });
  }
}

/** One statement of a refused one, or all of a block's, in a scope of their own. */
function readRefused(reading: Reading, node: Node, scope: Scope): Value[] {
  reading.refused += 1;
  try {
    return readStatements(reading, Node.isBlock(node) ? node.getStatements() : [node], new Scope(scope));
  } finally {
    reading.refused -= 1;
  }
}

/** Reads the expressions and statements of a refused statement; its own variables are unknown. */
function readInside(reading: Reading, node: Node, outer: Scope): Value[] {
  const scope = new Scope(outer);
  const returned: Value[] = [];
  const visit = (part: Node): void => {
    if (Node.isVariableDeclarationList(part)) {
      for (const declaration of part.getDeclarations()) {
        const initializer = declaration.getInitializer();
        if (initializer !== undefined) reading.evaluate(initializer, scope);
        bindPattern(reading, scope, declaration.getNameNode(), fault, declaration);
      }
    } else if (Node.isVariableDeclaration(part)) bindPattern(reading, scope, part.getNameNode(), fault, part);
    else if (Node.isStatement(part)) returned.push(...readRefused(reading, part, scope));
    else if (Node.isExpression(part)) {
      if (!(Node.isIdentifier(part) && Node.isLabeledStatement(node))) reading.evaluate(part, scope);
    } else part.forEachChild(visit);
  };
  reading.refused += 1;
  try {
    if (Node.isBlock(node)) returned.push(...readRefused(reading, node, scope));
    else node.forEachChild(visit);
  } finally {
    reading.refused -= 1;
  }
  return returned;
}

/** Whether a variable is given another value anywhere in its function. */
export function isReassigned(declaration: VariableDeclaration): boolean {
  const name = declaration.getName();
  const body =
    declaration.getFirstAncestor((above) => Node.isFunctionLikeDeclaration(above)) ?? declaration.getSourceFile();
  return body.getDescendants().some((node) => {
    if (Node.isBinaryExpression(node)) {
      const operator = node.getOperatorToken().getKind();
      return (
        operator >= SyntaxKind.FirstAssignment &&
        operator <= SyntaxKind.LastAssignment &&
        node.getLeft().getText() === name
      );
    }
    return (
      (Node.isPostfixUnaryExpression(node) ||
        (Node.isPrefixUnaryExpression(node) &&
          [SyntaxKind.PlusPlusToken, SyntaxKind.MinusMinusToken].includes(node.getOperatorToken()))) &&
      node.getOperand().getText() === name
    );
  });
}
