/** Functions without a return: what they are to give. */
import { Node, SyntaxKind } from "ts-morph";
import { insertAfter, replaceBy, shown } from "./fixes.ts";
import { reductionNames } from "./intrinsic-names.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import type { FunctionLike } from "./values.ts";

/** `=> { a: 1 }` is a block with a label, and `=> { a, b }` one with a comma. */
export function isObjectInBraces(node: FunctionLike, statements: readonly Node[]): boolean {
  if (!Node.isArrowFunction(node) || statements.length === 0) return false;
  if (statements.every((one) => Node.isLabeledStatement(one))) return true;
  const [only] = statements;
  return statements.length === 1 && Node.isExpressionStatement(only) && /^\w+(?:\s*,\s*\w+)+,?$/.test(only.getText());
}

/** What a function without a return is to give, and its last const where that may be it. */
export function missingReturn(reading: Reading, node: FunctionLike, statements: readonly Node[]): Fix {
  const parent = node.getParent();
  const isBody = node === reading.body;
  const isCombine =
    (Node.isMethodDeclaration(node) ? node : Node.isPropertyAssignment(parent) ? parent : undefined)?.getName() ===
    "combine";
  const what = isBody
    ? "the value of the output's element"
    : isCombine
      ? "the combined state"
      : Node.isCallExpression(parent) && reductionNames.has(parent.getExpression().getText())
        ? "the item's leaf"
        : "the function's value";
  const words = `end it with a return of ${what}`;
  const last = statements.at(-1);
  const fields = isBody || isCombine ? fieldsOf(node, isBody ? "outputs" : "state") : undefined;
  const declared = statements.flatMap((one) =>
    Node.isVariableStatement(one)
      ? one
          .getDescendantsOfKind(SyntaxKind.Identifier)
          .filter((name) => Node.isBindingElement(name.getParent()) || Node.isVariableDeclaration(name.getParent()))
          .map((name) => name.getText())
      : [],
  );
  if (fields !== undefined || isCombine) {
    if (fields === undefined || last === undefined || !fields.every((name) => declared.includes(name)))
      return { words, edits: [] };
    return {
      words: `write return { ${fields.join(", ")} }`,
      edits: [insertAfter(last, ` return { ${fields.join(", ")} };`)],
    };
  }
  const [only, ...others] = Node.isVariableStatement(last) ? last.getDeclarations() : [];
  const value = only?.getInitializer();
  if (
    only === undefined ||
    others.length > 0 ||
    value === undefined ||
    !Node.isIdentifier(only.getNameNode()) ||
    Node.isArrowFunction(value)
  )
    return { words, edits: [] };
  return { words: `write return ${shown(value.getText())}`, edits: [replaceBy(last!, `return ${value.getText()};`)] };
}

/** The names of a member beside a function: a kernel's outputs, or a reducer's state. */
function fieldsOf(node: Node, member: string): string[] | undefined {
  const property = node.getFirstAncestorByKind(SyntaxKind.ObjectLiteralExpression)?.getProperty(member);
  const object = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
  return Node.isObjectLiteralExpression(object)
    ? object.getProperties().flatMap((one) => (Node.isPropertyAssignment(one) ? [one.getName()] : []))
    : undefined;
}
