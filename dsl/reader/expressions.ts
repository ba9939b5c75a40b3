/** Gives an expression of the source its value. */
import { Node, type Expression, type ObjectLiteralExpression } from "ts-morph";
import { readElement } from "./brackets.ts";
import { readCall } from "./calls.ts";
import { choose } from "./choices.ts";
import { write } from "./fixes.ts";
import { inline } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { readName, readProperty } from "./lookups.ts";
import { readBinary, readUnary } from "./operators.ts";
import type { Interpreter, Reading } from "./reading.ts";
import { reportAssignment } from "./assignments.ts";
import { reportUnknown } from "./unknown.ts";
import { describe, fault, scalar, type Scope, type Value } from "./values.ts";

/** All that the reader knows how to read, for `Reading` to hand down. */
export const interpreter: Interpreter = { evaluate, inline };

/** The value of an expression; `fault`, after a report, where it has none. `name` is what its author calls it. */
function evaluate(reading: Reading, node: Node, scope: Scope, name?: string): Value {
  const value = evaluateUnnamed(reading, node, scope);
  if (name === undefined) return value;
  if (value.kind === "function" && value.name === "") return { ...value, name };
  if (value.kind === "scalar" && !reading.names.has(value.expr)) {
    reading.named(value.expr, name);
    if (value.expr.kind === "field") reading.named(value.expr.of, name);
  }
  if (value.kind === "record" && value.reduce !== undefined) reading.named(value.reduce, name);
  return value;
}

function evaluateUnnamed(reading: Reading, node: Node, scope: Scope): Value {
  if (
    Node.isParenthesizedExpression(node) ||
    Node.isAsExpression(node) ||
    Node.isSatisfiesExpression(node) ||
    Node.isNonNullExpression(node)
  ) {
    return evaluate(reading, node.getExpression(), scope);
  }
  if (Node.isNumericLiteral(node)) return readNumber(node.getText());
  if (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node))
    return { kind: "text", text: node.getLiteralText() };
  if (Node.isTemplateExpression(node)) return readTemplate(reading, node, scope);
  if (Node.isTrueLiteral(node) || Node.isFalseLiteral(node)) return scalar(reading.pool.bool(Node.isTrueLiteral(node)));
  if (Node.isIdentifier(node)) return readName(reading, node, scope);
  if (Node.isPrefixUnaryExpression(node)) return readUnary(reading, node, scope);
  if (Node.isBinaryExpression(node)) return readBinary(reading, node, scope);
  if (Node.isConditionalExpression(node)) {
    return choose(reading, node, [node.getCondition(), node.getWhenTrue(), node.getWhenFalse()], scope);
  }
  if (Node.isCallExpression(node)) return readCall(reading, node, scope);
  if (Node.isPropertyAccessExpression(node))
    return readProperty(reading, node, node.getExpression(), node.getName(), node.getNameNode(), scope);
  if (Node.isElementAccessExpression(node)) return readElement(reading, node, scope);
  if (Node.isArrowFunction(node) || Node.isFunctionExpression(node)) {
    return { kind: "function", node, scope, name: "", topLevel: isTopLevel(node) };
  }
  if (Node.isObjectLiteralExpression(node)) return readObject(reading, node, scope);
  if (Node.isArrayLiteralExpression(node)) {
    return { kind: "tuple", items: node.getElements().map((element) => evaluate(reading, element, scope)) };
  }
  if (Node.isPostfixUnaryExpression(node)) return reportAssignment(reading, node, scope);
  const parts: Node[] = [];
  // What `new` makes has no meaning here, so its name need have none.
  (Node.isNewExpression(node) ? node.getArguments() : node.forEachChildAsArray()).forEach((part) => {
    if (Node.isExpression(part)) parts.push(part);
  });
  // With its async function an await goes away, too.
  const around = Node.isAwaitExpression(node)
    ? node.getFirstAncestor(
        (above) =>
          Node.isArrowFunction(above) ||
          Node.isFunctionExpression(above) ||
          Node.isMethodDeclaration(above) ||
          Node.isFunctionDeclaration(above),
      )
    : undefined;
  const isAsync =
    (Node.isArrowFunction(around) ||
      Node.isFunctionExpression(around) ||
      Node.isMethodDeclaration(around) ||
      Node.isFunctionDeclaration(around)) &&
    around.isAsync();
  if (!isAsync) reportUnknown(reading, node);
  const values = parts.map((part) => evaluate(reading, part, scope));
  return Node.isAwaitExpression(node) ? values[0]! : unknownOf(reading, values, parts);
}

function isTopLevel(node: Node): boolean {
  return (
    node.getFirstAncestor(
      (above) =>
        Node.isArrowFunction(above) ||
        Node.isFunctionExpression(above) ||
        Node.isFunctionDeclaration(above) ||
        Node.isMethodDeclaration(above),
    ) === undefined
  );
}

function readNumber(text: string): Value {
  const clean = text.replaceAll("_", "");
  const value = Number(clean);
  const decimal = !/^0[xbo]/i.test(clean) && /[.e]/i.test(clean);
  return { kind: "literal", value, decimal: decimal || !Number.isInteger(value) };
}

function readTemplate(
  reading: Reading,
  node: Node & { getHead(): Node & { getLiteralText(): string } } & {
    getTemplateSpans(): { getExpression(): Expression; getLiteral(): Node & { getLiteralText(): string } }[];
  },
  scope: Scope,
): Value {
  let text = node.getHead().getLiteralText();
  let faulty = false;
  for (const span of node.getTemplateSpans()) {
    const part = evaluate(reading, span.getExpression(), scope);
    if (part.kind === "fault") {
      faulty = true;
      continue;
    }
    if (part.kind !== "literal" && part.kind !== "text") {
      const spans = node.getTemplateSpans();
      const isAlone =
        spans.length === 1 && node.getHead().getLiteralText() === "" && span.getLiteral().getLiteralText() === "";
      reportUnknown(reading, node, {
        what: `a template that holds ${describe(part)}`,
        fix: isAlone
          ? { ...write(node, span.getExpression().getText()), more: ", without the template" }
          : "write the value itself, without a template: only constant numbers and strings may stand in one",
      });
      return isAlone ? part : fault;
    }
    text += (part.kind === "literal" ? String(part.value) : part.text) + span.getLiteral().getLiteralText();
  }
  return faulty ? fault : { kind: "text", text };
}

function readObject(reading: Reading, node: ObjectLiteralExpression, scope: Scope): Value {
  const fields = new Map<string, Value>();
  let isOpen = false;
  for (const property of node.getProperties()) {
    if (Node.isShorthandPropertyAssignment(property))
      fields.set(property.getName(), readName(reading, property.getNameNode(), scope));
    else if (Node.isPropertyAssignment(property) && !Node.isComputedPropertyName(property.getNameNode())) {
      const nameNode = property.getNameNode();
      const name = Node.isStringLiteral(nameNode) ? nameNode.getLiteralText() : property.getName();
      if (fields.has(name)) reading.report.add("R020", property, `'${name}' is given twice`, "give each field once");
      fields.set(name, evaluate(reading, property.getInitializerOrThrow(), scope, name));
    } else if (Node.isGetAccessorDeclaration(property)) {
      const only = property.getStatements().length === 1 ? property.getStatements()[0] : undefined;
      const value = Node.isReturnStatement(only) ? only.getExpression() : undefined;
      reportUnknown(
        reading,
        property,
        value === undefined
          ? undefined
          : { what: "an accessor", fix: write(property, `${property.getName()}: ${value.getText()}`) },
      );
      fields.set(property.getName(), value === undefined ? fault : evaluate(reading, value, scope));
    } else {
      const spread = Node.isSpreadAssignment(property) ? evaluate(reading, property.getExpression(), scope) : undefined;
      if (spread === undefined || spread.kind === "fault") {
        reportUnknown(reading, property);
        isOpen = true;
      } else spreadFields(reading, property, spread, fields, node);
    }
  }
  // What a faulty part would have given is asked for no more.
  return isOpen ? unknownOf(reading, [...fields.values()]) : { kind: "record", fields, at: node };
}

/** `{ ...first, b }` goes on with first's fields, which its fix writes out. */
function spreadFields(
  reading: Reading,
  property: Node,
  spread: Value,
  fields: Map<string, Value>,
  object: ObjectLiteralExpression,
): void {
  const from = Node.isSpreadAssignment(property) ? property.getExpression() : property;
  const others = new Set(
    object.getProperties().flatMap((one) => (Node.isSpreadAssignment(one) ? [] : [one.getName()])),
  );
  const names = spread.kind === "record" ? [...spread.fields.keys()].filter((name) => !others.has(name)) : [];
  // What stands before it would be written over.
  const isLast = spread.kind === "record" && ![...spread.fields.keys()].some((name) => fields.has(name));
  const isPlain = isLast && (Node.isIdentifier(from) || Node.isPropertyAccessExpression(from));
  reportUnknown(reading, property, {
    what: "a spread '...'",
    fix:
      names.length === 0 || !isPlain
        ? "write the fields one by one"
        : write(property, names.map((name) => `${name}: ${from.getText()}.${name}`).join(", ")),
  });
  if (spread.kind === "record") for (const name of names) fields.set(name, spread.fields.get(name)!);
}
