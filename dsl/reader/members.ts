/** The members of a declaration's object, and their entries. */
import { Node, type ObjectLiteralExpression, type PropertyAssignment } from "ts-morph";
import { checkName } from "./names.ts";
import type { Fix } from "./report.ts";
import { didYouMean, removeFrom, replaceBy, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import type { Scope } from "./values.ts";

export const form = "write kernel({ axes, inputs, output, body }), with params if there are any";
const nouns: Readonly<Record<string, string>> = {
  axes: "an axis",
  inputs: "an input",
  params: "a parameter",
  outputs: "an output",
};
const members = ["axes", "inputs", "params", "output", "outputs", "body"];

/** A declaration's members, by the names that they have, or are meant to have. */
export interface Members {
  readonly at: ObjectLiteralExpression;
  get(name: string): Node | undefined;
  has(name: string): boolean;
  /** Whether a member that is not known may be this one. */
  isMissing(name: string): boolean;
}

/** What others call the members. */
const otherMembers: Readonly<Record<string, string>> = {
  out: "output",
  result: "output",
  returns: "output",
  results: "outputs",
  args: "inputs",
  arguments: "inputs",
  tensors: "inputs",
  in: "inputs",
  parameters: "params",
  param: "params",
  uniforms: "params",
  constants: "params",
  scalars: "params",
  dims: "axes",
  dimensions: "axes",
  shape: "axes",
  indices: "axes",
  kernel: "body",
  compute: "body",
  fn: "body",
  run: "body",
};

export function readMembers(reading: Reading, object: ObjectLiteralExpression): Members {
  const found = new Map<string, Node>();
  const unknown: Node[] = [];
  for (const property of object.getProperties()) {
    const name = Node.isSpreadAssignment(property) ? "..." : property.getName().replace(/^(["'])(.*)\1$/, "$2");
    if (members.includes(name) && !found.has(name)) found.set(name, property);
    else unknown.push(property);
  }
  let open = 0;
  for (const property of unknown) {
    const nameNode = Node.isSpreadAssignment(property) ? undefined : (property as PropertyAssignment).getNameNode();
    const name = nameNode === undefined ? "..." : nameNode.getText().replace(/^(["'])(.*)\1$/, "$2");
    if (members.includes(name)) {
      reading.report.add(
        "R020",
        property,
        `'${name}' is given twice`,
        { words: "remove one of them", edits: [removeFrom(property)] },
        [{ message: "first given here", at: found.get(name)! }],
      );
      continue;
    }
    const free = members.filter(
      (member) =>
        !found.has(member) && (!member.startsWith("output") || (!found.has("output") && !found.has("outputs"))),
    );
    const other = Object.hasOwn(otherMembers, name) ? otherMembers[name]! : undefined;
    const near = other !== undefined && free.includes(other) ? other : nearest(name, free);
    const isText = Node.isPropertyAssignment(property) && Node.isStringLiteral(property.getInitializer());
    const meant = near?.startsWith("output") ? (isText ? "output" : "outputs") : near;
    if (meant === undefined || nameNode === undefined) {
      open += nameNode === undefined ? 1 : 0;
      const doubled = nearest(name, members);
      reading.report.add(
        "R018",
        property,
        `a kernel has no '${name}'`,
        nameNode === undefined
          ? "write the members themselves: axes, inputs, params, output and body"
          : {
              words: doubled === undefined ? `remove it: ${form}` : `remove it: the kernel has '${doubled}' already`,
              edits: [removeFrom(property)],
            },
      );
      continue;
    }
    found.set(meant, property);
    reading.report.add(
      "R018",
      nameNode,
      `a kernel has no '${name}'`,
      Node.isShorthandPropertyAssignment(property)
        ? didYouMean(property, meant, `${meant}: ${name}`)
        : didYouMean(nameNode, meant),
    );
  }
  return {
    at: object,
    get: (name) => found.get(name),
    has: (name) => found.has(name),
    isMissing: (name) => !found.has(name) && open === 0,
  };
}

/** An object literal, written here or as a const above. */
export function objectOf(node: Node, scope: Scope): ObjectLiteralExpression | undefined {
  if (Node.isObjectLiteralExpression(node)) return node;
  if (Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node))
    return objectOf(node.getExpression(), scope);
  if (!Node.isIdentifier(node)) return undefined;
  const declaration = scope.find(node.getText())?.at;
  const initializer = Node.isVariableDeclaration(declaration) ? declaration.getInitializer() : undefined;
  return initializer === undefined ? undefined : objectOf(initializer, scope);
}

/** The name of the const that a declaration stands in, to point at. */
export function nameOf(object: Node): Node {
  return object.getFirstAncestor(Node.isVariableDeclaration)?.getNameNode() ?? object;
}

/** The members of one of the declaration's objects: name, initializer and place of each. */
export function entries(
  reading: Reading,
  object: Members,
  member: string,
  scope: Scope,
): { name: string; value: Node; at: Node }[] {
  const property = object.get(member);
  if (property === undefined) return [];
  const initializer = Node.isPropertyAssignment(property)
    ? property.getInitializer()
    : Node.isShorthandPropertyAssignment(property)
      ? property.getNameNode()
      : undefined;
  if (
    initializer !== undefined &&
    Node.isIdentifier(initializer) &&
    scope.find(initializer.getText())?.value().kind === "fault"
  )
    return [];
  const inner = initializer === undefined ? undefined : objectOf(initializer, scope);
  if (inner === undefined) {
    reading.isIncomplete = true;
    reading.report.add("R018", property, `'${member}' is no object`, notAnObject(member, property, initializer));
    return [];
  }
  const found = new Map<string, { name: string; value: Node; at: Node }>();
  for (const one of inner.getProperties()) {
    if (!Node.isPropertyAssignment(one) && !Node.isShorthandPropertyAssignment(one)) {
      reading.report.add(
        "R010",
        one,
        `${Node.isSpreadAssignment(one) ? "a spread '...'" : "a method"} in '${member}' is not part of the language`,
        "write the names one by one",
      );
      continue;
    }
    const nameNode = one.getNameNode();
    const name = Node.isStringLiteral(nameNode) ? nameNode.getLiteralText() : one.getName();
    const first = found.get(name);
    if (first !== undefined) {
      const isSame = one.getText() === first.at.getText();
      reading.report.add(
        "R020",
        one,
        `'${name}' is declared twice`,
        isSame
          ? { words: "remove one of them", edits: [removeFrom(one)] }
          : "remove one of them, or give it another name",
        [{ message: "first declared here", at: first.at }],
      );
      continue;
    }
    checkName(reading.report, name, nouns[member]!, one);
    found.set(name, {
      name,
      value: Node.isPropertyAssignment(one) ? one.getInitializerOrThrow() : one.getNameNode(),
      at: one,
    });
  }
  return [...found.values()];
}

function notAnObject(member: string, property: Node, initializer: Node | undefined): string | Fix {
  if (member === "outputs" && Node.isPropertyAssignment(property) && Node.isStringLiteral(initializer)) {
    return {
      words: `one output is called 'output': write output: ${initializer.getText()}`,
      edits: [replaceBy(property.getNameNode(), "output")],
    };
  }
  if (
    member === "params" &&
    Node.isArrayLiteralExpression(initializer) &&
    initializer.getElements().every(Node.isStringLiteral)
  ) {
    return write(
      initializer,
      `{ ${initializer
        .getElements()
        .map((one) => `${one.getText().slice(1, -1)}: "f32"`)
        .join(", ")} }`,
    );
  }
  return `write ${member}: { name: … }`;
}
