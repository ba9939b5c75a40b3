/** The statements of a body, in order; those that a body can't have are refused, and read for their own faults. */
import { Node, SyntaxKind, type Block, type VariableDeclaration } from "ts-morph";
import { checkCondition } from "./batch-rules.ts";
import { removeStatement, replaceBy, shorten, shown } from "./fixes.ts";
import { hole } from "./poison.ts";
import { bindPattern, functionAround, reportHidden } from "./bindings.ts";
import type { Reading } from "./reading.ts";
import { reportUnknown } from "./unknown.ts";
import { unknownOf } from "./unknown-value.ts";
import { fault, scalar, Scope, type Value } from "./values.ts";
import { sumOf, choiceInstead } from "./statement-fixes.ts";

/** Reads statements in order, and gives what they return: one value, where there is no fault. */
export function readStatements(reading: Reading, statements: readonly Node[], scope: Scope): Value[] {
  const returned: Value[] = [];
  let after = false;
  for (const statement of statements) {
    if (after) {
      const rest = statements.slice(statements.indexOf(statement)).filter((one) => !Node.isEmptyStatement(one));
      reading.report.add("R010", statement, "a statement after the return", {
        words: "remove it: it means nothing",
        edits: rest.map((one) => removeStatement(one)),
      });
      readStatements(reading, statements.slice(statements.indexOf(statement)), scope);
      break;
    }
    if (Node.isVariableStatement(statement)) {
      for (const declaration of statement.getDeclarations())
        readDeclaration(reading, declaration, statement.getDeclarationKind(), scope);
    } else if (Node.isReturnStatement(statement)) {
      const value = statement.getExpression();
      if (value === undefined)
        reading.report.add(
          "R018",
          statement,
          "a return without a value",
          `return ${functionAround(statement) === reading.body ? "the value of the output's element" : "a value"}`,
        );
      returned.push(value === undefined ? fault : reading.evaluate(value, scope));
      after = true;
    } else if (Node.isFunctionDeclaration(statement)) {
      const name = statement.getName() ?? "";
      reportHidden(reading, scope, name, statement.getNameNode() ?? statement);
      scope.bind(name, {
        at: statement,
        value: () => ({ kind: "function", node: statement, scope, name, topLevel: false }),
      });
    } else if (!Node.isEmptyStatement(statement)) {
      returned.push(...unknownStatement(reading, statement, scope));
    }
  }
  return returned;
}

function readDeclaration(reading: Reading, declaration: VariableDeclaration, kind: string, scope: Scope): void {
  const initializer = declaration.getInitializer();
  const pattern = declaration.getNameNode();
  if (kind !== "const") {
    const keyword = declaration.getParent()!.getFirstChild()!;
    const changes = isReassigned(declaration);
    // What a loop or an assignment does to it has a fault of its own.
    if (!changes)
      reading.report.add(
        "R001",
        declaration,
        `'${shorten(declaration.getName())}' is declared with '${kind}': a value that changes accumulates ` +
          "outside a reduction",
        changes || initializer === undefined
          ? 'write const; to accumulate, write sum(axis, "chain", (item) => …) or reduce with a reducer of your own'
          : { words: `write const ${shown(declaration.getName())}`, edits: [replaceBy(keyword, "const")] },
      );
  }
  if (initializer === undefined) {
    if (kind === "const")
      reading.report.add(
        "R010",
        declaration,
        `'${shorten(declaration.getName())}' has no value`,
        "give it its value where it is declared",
      );
    bindPattern(reading, scope, pattern, fault, declaration);
    return;
  }
  const value = reading.evaluate(initializer, scope, Node.isIdentifier(pattern) ? pattern.getText() : undefined);
  const known = kind === "const" || !isReassigned(declaration);
  const bound = known
    ? value
    : value.kind === "scalar"
      ? scalar(hole(reading.pool, value.expr.type, [value.expr]))
      : unknownOf(reading, [value]);
  bindPattern(reading, scope, pattern, bound, declaration);
  if (value.kind === "record" && value.reduce !== undefined) nameFields(reading, value.fields);
}

function nameFields(reading: Reading, fields: ReadonlyMap<string, Value>): void {
  for (const [name, value] of fields) {
    if (value.kind === "scalar") reading.named(value.expr, name);
  }
}

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
function unknownStatement(reading: Reading, node: Node, scope: Scope): Value[] {
  if (
    Node.isForStatement(node) ||
    Node.isForInStatement(node) ||
    Node.isForOfStatement(node) ||
    Node.isWhileStatement(node) ||
    Node.isDoStatement(node)
  ) {
    const [first] = Node.isBlock(node.getStatement()) ? (node.getStatement() as Block).getStatements() : [];
    if (Node.isReturnStatement(first))
      reading.report.add("R001", node, "a loop that returns at once is none", {
        words: `write its return alone: ${shown(first.getText())}`,
        edits: [replaceBy(node, first.getText())],
      });
    else
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
function isReassigned(declaration: VariableDeclaration): boolean {
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
