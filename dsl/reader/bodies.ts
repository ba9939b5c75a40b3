/** The value that a function's body returns. */
import { Node, SyntaxKind } from "ts-morph";
import { functionAround } from "./bindings.ts";
import { standIn } from "./poison.ts";
import { insertBefore, removeBefore, removeUpTo, replaceBy, shown } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { isObjectInBraces, missingReturn } from "./returns.ts";
import { reportUnknown } from "./unknown.ts";
import { fault, scalar, type Scope, type FunctionLike, type Value } from "./values.ts";
import { unknownOf } from "./unknown-value.ts";
import { readStatements } from "./statements.ts";

/** Without async, await and *. */
function ordinary(node: FunctionLike): Fix {
  const words = "write an ordinary function: a body is one expression, not a process";
  const marks = [
    node.getFirstChildByKind(SyntaxKind.AsyncKeyword),
    node.getFirstDescendantByKind(SyntaxKind.AsyncKeyword),
    node.getFirstChildByKind(SyntaxKind.AsteriskToken),
  ];
  const mark = marks.find((one) => one !== undefined);
  const awaits = node.isAsync() ? node.getDescendantsOfKind(SyntaxKind.AwaitExpression) : [];
  const yields =
    Node.isArrowFunction(node) || !node.isGenerator() ? [] : node.getDescendantsOfKind(SyntaxKind.YieldExpression);
  const [only] = yields;
  const returns =
    yields.length === 1 &&
    Node.isExpressionStatement(only!.getParent()) &&
    only!.getParent()!.getNextSibling((one) => Node.isStatement(one)) === undefined
      ? [replaceBy(only!.getFirstChild()!, "return")]
      : [];
  return {
    words,
    edits:
      mark === undefined || yields.length > returns.length
        ? []
        : [removeBefore(mark), ...returns, ...awaits.map((one) => removeUpTo(one, one.getExpression()))],
  };
}

/** The value that a function's body returns. */
export function readBody(reading: Reading, node: FunctionLike, scope: Scope): Value {
  if (node.isAsync() || (!Node.isArrowFunction(node) && node.isGenerator())) {
    reportUnknown(reading, node, { what: node.isAsync() ? "an async function" : "a generator", fix: ordinary(node) });
  }
  const body = node.getBody();
  if (body === undefined) {
    reading.report.add("R018", node, "a function without a body", "write its body: const declarations and a return");
    return fault;
  }
  if (!Node.isBlock(body)) return reading.evaluate(body, scope);
  const statements = body.getStatements();
  const isWithout =
    reading.refused === 0 &&
    !body.getDescendantsOfKind(SyntaxKind.ReturnStatement).some((one) => functionAround(one) === node);
  if (isWithout && isObjectInBraces(node, statements)) {
    reading.report.add("R018", node, "a body without a return: after => braces are a block, and no object", {
      words: "write parentheses around the object: ({ … })",
      edits: [replaceBy(body, `(${body.getText()})`)],
    });
    return fault;
  }
  const last = statements.at(-1);
  const yielded =
    isWithout && Node.isExpressionStatement(last) && Node.isYieldExpression(last.getExpression())
      ? last.getExpression()
      : undefined;
  if (Node.isYieldExpression(yielded)) {
    const isGenerator = !Node.isArrowFunction(node) && node.isGenerator();
    if (!isGenerator)
      reading.report.add("R010", yielded, "'yield' is not part of the language", {
        words: "return the value: a body is one expression, not a process",
        edits: [replaceBy(yielded.getFirstChild()!, "return")],
      });
    readStatements(reading, statements.slice(0, -1), scope);
    const value = yielded.getExpression();
    return value === undefined ? fault : reading.evaluate(value, scope);
  }
  const nothing = node.getReturnTypeNode()?.getText() === "void" ? node.getReturnTypeNode() : undefined;
  if (nothing !== undefined && !isWithout)
    reading.report.add("R018", nothing, "a function that gives nothing, and returns a value", {
      words: "write : number",
      edits: [replaceBy(nothing, "number")],
    });
  const typed = nothing === undefined ? [] : [replaceBy(nothing, "number")];
  if (isWithout && Node.isExpressionStatement(last) && !isAssignment(last.getExpression())) {
    reading.report.add("R018", node, "a body without a return: its last statement is a value", {
      words: `write ${nothing === undefined ? "" : ": number and "}return ${shown(last.getExpression().getText())}`,
      edits: [insertBefore(last, "return "), ...typed],
    });
    readStatements(reading, statements.slice(0, -1), scope);
    return reading.evaluate(last.getExpression(), scope);
  }
  const before = reading.report.size;
  const returned = readStatements(reading, statements, scope);
  if (returned.length > 0 || !isWithout) return merge(reading, returned);
  const missing = missingReturn(reading, node, statements);
  // What an assignment or a loop should have been has a fault of its own.
  if (missing.edits.length > 0 || reading.report.size === before)
    reading.report.add(
      "R018",
      node,
      "a body without a return",
      missing.edits.length === 0 || nothing === undefined
        ? missing
        : {
            ...missing,
            words: missing.words.replace(/^write /, "write : number and "),
            edits: [...missing.edits, ...typed],
          },
    );
  return fault;
}

function isAssignment(node: Node): boolean {
  return (
    (Node.isBinaryExpression(node) && /(^|[^=!<>])=$/.test(node.getOperatorToken().getText())) ||
    Node.isPostfixUnaryExpression(node) ||
    (Node.isPrefixUnaryExpression(node) && /^(\+\+|--)/.test(node.getText())) ||
    (Node.isCallExpression(node) && /^console\./.test(node.getText()))
  );
}

/** Several returns are a fault already; what they give is checked as far as it is of one kind. */
function merge(reading: Reading, values: readonly Value[]): Value {
  const [first] = values;
  if (first === undefined || values.length === 1) return first ?? fault;
  if (first.kind === "record" && values.every((value) => value.kind === "record")) {
    const names = new Set(values.flatMap((value) => [...value.fields.keys()]));
    return {
      kind: "record",
      fields: new Map(
        [...names].map((name) => [
          name,
          merge(
            reading,
            values.flatMap((value) => value.fields.get(name) ?? []),
          ),
        ]),
      ),
    };
  }
  const types = new Set(values.map((value) => reading.typeOf(value)).filter((type) => type !== "loose"));
  const [type] = types;
  if (types.size !== 1 || type === undefined) return unknownOf(reading, values);
  const unknown = unknownOf(reading, values);
  return unknown.kind === "fault" ? scalar(standIn(reading.pool, type, unknown.parts)) : unknown;
}
