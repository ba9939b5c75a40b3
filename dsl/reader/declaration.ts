/** `kernel({ axes, inputs, params, output | outputs, body })`: its declarations. */
import { Node, SyntaxKind, type ObjectLiteralExpression, type PropertyAssignment } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { AxisRole, Parameter } from "../ir.ts";
import { isStorageType, valueTypeOf } from "../../runtime/storage.ts";
import { reductionNames, roleNames } from "./intrinsic-names.ts";
import { checkName } from "./names.ts";
import type { Fix } from "./report.ts";
import { addFirst, addTo, didYouMean, instead, insertBefore, removeFrom, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { mayBeMeant, nearest } from "./suggest.ts";
import { type DeclaredTensor, dtypeMeant, otherTypes, readTensor } from "./tensors.ts";
import { describe, type FunctionLike, type Scope, type Value } from "./values.ts";

export interface Declaration {
  readonly parameters: readonly (Parameter & { readonly at: Node })[];
  readonly outputs: readonly DeclaredTensor[];
  /** Whether the body returns an object with one value for each output. */
  readonly several: boolean;
  readonly body: FunctionLike;
  readonly object: ObjectLiteralExpression;
}

const form = "write kernel({ axes, inputs, output, body }), with params if there are any";
const nouns: Readonly<Record<string, string>> = {
  axes: "an axis",
  inputs: "an input",
  params: "a parameter",
  outputs: "an output",
};
const members = ["axes", "inputs", "params", "output", "outputs", "body"];

/** Fills the reading's axes and inputs. Undefined, after a report, where no body can be read. */
export function readDeclaration(
  reading: Reading,
  at: Node,
  argument: Node | undefined,
  scope: Scope,
): Declaration | undefined {
  const written = argument === undefined ? undefined : objectOf(argument, scope);
  if (written === undefined) {
    reading.report.add("R018", argument ?? at, "a kernel is declared by an object", form);
    return undefined;
  }
  const object = readMembers(reading, written);
  readAxes(reading, object, scope);
  const moved = readInputs(reading, object, scope);
  const parameters = [...moved, ...readParameters(reading, object, scope)];
  const outputs = readOutputs(reading, object, scope);
  const body = readBody(reading, object, scope);
  return body === undefined
    ? undefined
    : { parameters, outputs, several: object.has("outputs"), body, object: written };
}

/** A declaration's members, by the names that they have, or are meant to have. */
interface Members {
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

function readMembers(reading: Reading, object: ObjectLiteralExpression): Members {
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
function objectOf(node: Node, scope: Scope): ObjectLiteralExpression | undefined {
  if (Node.isObjectLiteralExpression(node)) return node;
  if (Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node))
    return objectOf(node.getExpression(), scope);
  if (!Node.isIdentifier(node)) return undefined;
  const declaration = scope.find(node.getText())?.at;
  const initializer = Node.isVariableDeclaration(declaration) ? declaration.getInitializer() : undefined;
  return initializer === undefined ? undefined : objectOf(initializer, scope);
}

/** The name of the const that a declaration stands in, to point at. */
function nameOf(object: Node): Node {
  return object.getFirstAncestor(Node.isVariableDeclaration)?.getNameNode() ?? object;
}

/** The members of one of the declaration's objects: name, initializer and place of each. */
function entries(
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

/** The axes that a declaration's types name. */
function namedAxes(object: Members): string[] {
  const texts = object.at
    .getDescendants()
    .flatMap((node) =>
      Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node) ? [node.getLiteralText()] : [],
    );
  return [
    ...new Set(texts.flatMap((text) => /\[([\w\s,]+)\]$/.exec(text)?.[1]?.split(",") ?? []).map((name) => name.trim())),
  ].filter((name) => /^[A-Za-z_]\w*$/.test(name));
}

/** What is not said of an axis is guessed by its place: tokens and rows come first, and are the batch's. */
function axesText(names: readonly string[], scope: Scope): string {
  const roleOf = (role: string): string => (scope.find(role) === undefined ? role : role);
  return names
    .map(
      (name, position) =>
        `${name}: ${roleOf(position === 0 && /^(token|row|request|batch|slot|page|t|b|n)s?$/i.test(name) ? "batch" : "model")}`,
    )
    .join(", ");
}

function readAxes(reading: Reading, object: Members, scope: Scope): void {
  if (object.isMissing("axes")) {
    const names = namedAxes(object);
    const text = names.length === 0 ? "axes: { token: batch, channel: model }" : `axes: { ${axesText(names, scope)} }`;
    reading.isIncomplete = true;
    reading.report.add("R018", nameOf(object.at), "the kernel declares no axes", {
      words: `write ${text}, each with its role`,
      edits: names.length === 0 ? [] : [addFirst(object.at, object.at.getProperties()[0], text)],
    });
  }
  for (const { name, value, at } of entries(reading, object, "axes", scope)) {
    const missing = missingRole(name, value, at, scope);
    if (missing !== undefined) {
      reading.report.add("R018", at, `the axis '${name}' has no role`, missing);
      reading.faulty.add(name);
      continue;
    }
    reading.reading = "axes";
    const role = reading.evaluate(value, scope);
    reading.reading = undefined;
    reading.faulty.add(name);
    if (role.kind === "fault") continue;
    if (role.kind === "text" && roleNames.has(role.text)) {
      reading.faulty.delete(name);
      reading.axes.set(name, { name, role: role.text as AxisRole, at });
    }
    if (role.kind !== "intrinsic" || !roleNames.has(role.name)) {
      const meant = role.kind === "text" ? nearest(role.text, [...roleNames]) : undefined;
      reading.report.add(
        "R018",
        value,
        `the role of the axis '${name}' is ${role.kind === "text" ? `"${shorten(role.text)}"` : describe(role)}`,
        role.kind === "literal"
          ? {
              ...instead(`write ${name}: model`, value, "model"),
              more: `; its extent is given when the kernel is compiled or run: --axis ${name}=${role.value}`,
            }
          : meant !== undefined
            ? instead(`write ${meant} without quotes`, value, meant)
            : {
                ...write(value, "model"),
                more: ': an axis is batch, model or sequence, imported from "treefold" and written without quotes',
              },
      );
      continue;
    }
    reading.faulty.delete(name);
    reading.axes.set(name, { name, role: role.name as AxisRole, at });
  }
}

/** Where an axis is named without a role: alone, or as nothing, or with a call of a role. */
function missingRole(name: string, value: Node, at: Node, scope: Scope): Fix | undefined {
  if (Node.isShorthandPropertyAssignment(at)) {
    const role = /^(?:token|row|request|slot|page)s?$/.test(name) ? "batch" : "model";
    return scope.find(name) !== undefined || roleNames.has(name)
      ? undefined
      : instead(`write ${name}: ${role}, or another role`, at, `${name}: ${role}`);
  }
  if (/^(?:undefined|null)$/.test(value.getText()))
    return instead(`write ${name}: model, or another role`, value, "model");
  const role = Node.isCallExpression(value) ? value.getExpression().getText() : "";
  if (!Node.isCallExpression(value) || !roleNames.has(role)) return undefined;
  const [extent] = value.getArguments();
  return {
    ...instead(`write ${name}: ${role}, which is not called`, value, role),
    more:
      extent === undefined
        ? ""
        : `; its extent is given when the kernel is compiled or run: --axis ${name}=${extent.getText()}`,
  };
}

function readInputs(reading: Reading, object: Members, scope: Scope): (Parameter & { readonly at: Node })[] {
  const moved: (Parameter & { readonly at: Node })[] = [];
  if (object.isMissing("inputs")) {
    const body = object.get("body");
    const taken = body?.getDescendants().find(Node.isParameterDeclaration)?.getNameNode();
    const names = Node.isObjectBindingPattern(taken)
      ? taken.getElements().map((element) => element.getPropertyNameNode()?.getText() ?? element.getName())
      : [];
    const axes = [...reading.axes.keys()].join(", ");
    const text = `inputs: { ${(names.length === 0 ? ["x"] : names).map((name) => `${name}: "f32[${axes === "" ? "token, channel" : axes}]"`).join(", ")} }`;
    reading.isIncomplete = true;
    reading.report.add("R018", nameOf(object.at), "the kernel declares no inputs", {
      words: `write ${text}`,
      edits: names.length === 0 || axes === "" ? [] : [addFirst(object.at, object.at.getProperties()[0], text)],
    });
  }
  for (const { name, value, at } of entries(reading, object, "inputs", scope)) {
    const number = scalarInput(reading, object, name, value, at);
    if (number !== undefined) {
      moved.push({ name, type: number, at });
      continue;
    }
    const tensor = readTensor(reading, name, value, at, scope);
    if (tensor === undefined) reading.faulty.add(name);
    else reading.inputs.set(name, tensor);
  }
  return moved;
}

/** `inputs: { eps: "f32" }`, of a number that the body uses as it stands: inputs are tensors, and single numbers are parameters. */
function scalarInput(
  reading: Reading,
  object: Members,
  name: string,
  value: Node,
  at: Node,
): Parameter["type"] | undefined {
  const text = Node.isStringLiteral(value) ? value.getLiteralText().trim() : "";
  const type = isStorageType(text)
    ? text === "bf16"
      ? "f32"
      : (text as Parameter["type"])
    : otherTypes.has(text.toLowerCase())
      ? dtypeMeant(text)
      : undefined;
  const body = object.get("body");
  const isIndexed = body?.getDescendantsOfKind(SyntaxKind.Identifier).some((one) => {
    const parent = one.getParent();
    return (
      one.getText() === name &&
      ((Node.isCallExpression(parent) &&
        (parent.getExpression() === one
          ? parent.getArguments().length > 0
          : parent.getExpression().getText() === "gather")) ||
        (Node.isElementAccessExpression(parent) && parent.getExpression() === one))
    );
  });
  if (type === undefined || body === undefined || isIndexed !== false) return undefined;
  reading.report.add("R018", at, `the input '${name}' has no axes`, {
    words: `a single number is a parameter: write params: { ${name}: "${type}" }`,
    edits: [removeFrom(at), ...addMember(object, "params", `${name}: "${type}"`)],
    more: `; a tensor names its axes, as in "${type}[${[...reading.axes.keys()].join(", ")}]"`,
  });
  return type;
}

/** One entry more in a member of the declaration, or the member, before its output. */
function addMember(object: Members, member: "params" | "inputs", text: string): Edit[] {
  const property = object.get(member);
  const list = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
  if (Node.isObjectLiteralExpression(list)) return [addTo(list, list.getProperties(), text)];
  const next = object.get("output") ?? object.get("outputs") ?? object.get("body");
  return next === undefined || property !== undefined ? [] : [insertBefore(next, `${member}: { ${text} },\n  `)];
}

function readParameters(reading: Reading, object: Members, scope: Scope): (Parameter & { readonly at: Node })[] {
  return entries(reading, object, "params", scope).flatMap(({ name, value, at }) => {
    const isBare =
      Node.isIdentifier(value) && isStorageType(value.getText()) && scope.find(value.getText()) === undefined;
    const type: Value = isBare ? { kind: "intrinsic", name: value.getText() } : reading.evaluate(value, scope);
    reading.faulty.add(name);
    if (type.kind === "text" && (type.text === "f32" || type.text === "u32" || type.text === "i32")) {
      const first = reading.inputs.get(name) ?? reading.axes.get(name);
      if (first === undefined) {
        reading.faulty.delete(name);
        return [{ name, type: type.text, at }];
      }
      reading.report.add("R020", at, `'${name}' is declared twice`, "give one of them another name", [
        { message: "first declared here", at: first.at },
      ]);
    } else if (type.kind === "text" && type.text.includes("[") && !reading.inputs.has(name)) {
      reading.report.add("R018", at, `the parameter '${name}' is declared as a tensor`, {
        words: `a tensor belongs in inputs: write inputs: { ${name}: "${shorten(type.text)}" }`,
        edits: [removeFrom(at), ...addMember(object, "inputs", `${name}: ${value.getText()}`)],
      });
      const tensor = readTensor(reading, name, value, at, scope);
      if (tensor !== undefined) {
        reading.faulty.delete(name);
        reading.inputs.set(name, tensor);
      }
    } else if (type.kind !== "fault") {
      const meant =
        type.kind === "text" ? (type.text === "bf16" ? "f32" : otherTypes.get(type.text.toLowerCase())) : undefined;
      const rule = 'a parameter is "f32", "u32" or "i32"';
      const dtype = meant === undefined || meant === "bf16" ? "f32" : meant;
      reading.report.add(
        "R018",
        value,
        `the dtype of the parameter '${name}' is ${type.kind === "text" ? `"${shorten(type.text)}"` : describe(type)}`,
        write(
          value,
          `"${dtype}"`,
          `: ${rule}${type.kind === "literal" ? `; its value is given when the kernel is run: --param ${name}=${type.value}` : ""}`,
        ),
      );
    }
    return [];
  });
}

function readOutputs(reading: Reading, object: Members, scope: Scope): DeclaredTensor[] {
  const single = object.get("output");
  const several = object.get("outputs");
  if (single === undefined && several === undefined) {
    const axes = [...reading.axes.values()];
    // A body that reduces leaves out what it reduces over.
    const reduced = new Set(
      object
        .get("body")
        ?.getDescendantsOfKind(SyntaxKind.CallExpression)
        .flatMap((call) =>
          reductionNames.has(call.getExpression().getText())
            ? [
                call
                  .getArguments()[0]
                  ?.getText()
                  .replace(/^\w+\((\w+),.*$/s, "$1"),
              ]
            : [],
        ),
    );
    const left = axes.filter(({ name }) => !reduced.has(name)).map(({ name }) => name);
    const text = `output: "f32[${(left.length === 0 ? axes.map(({ name }) => name) : left).join(", ")}]"`;
    const body = object.get("body");
    if (object.isMissing("output"))
      reading.report.add("R018", nameOf(object.at), "the kernel declares no output", {
        words: axes.length === 0 ? 'write output: "f32[token, channel]"' : `write ${text}`,
        edits: axes.length === 0 || body === undefined ? [] : [insertBefore(body, `${text},\n  `)],
        more: ', or outputs: { first: "…", second: "…" } and return an object',
      });
    return [];
  }
  if (single !== undefined && several !== undefined) {
    reading.report.add(
      "R018",
      several,
      "the kernel declares both 'output' and 'outputs'",
      'keep outputs: { first: "…", second: "…" } where the body returns an object, and output where it returns a value',
    );
    return [];
  }
  const given = Node.isPropertyAssignment(single) ? single.getInitializer() : undefined;
  if (Node.isPropertyAssignment(single) && Node.isObjectLiteralExpression(given)) {
    reading.isIncomplete = true;
    reading.report.add("R018", single, "'output' is an object", {
      words: "several outputs are called 'outputs': write outputs: { … }",
      edits: [replaceBy(single.getNameNode(), "outputs")],
    });
    return [];
  }
  const declared =
    single !== undefined
      ? [
          {
            name: "output",
            value: Node.isPropertyAssignment(single) ? single.getInitializerOrThrow() : single,
            at: single as Node,
          },
        ]
      : entries(reading, object, "outputs", scope);
  return declared.flatMap(({ name, value, at }) => {
    const tensor = readTensor(reading, name, value, at, scope, true);
    if (tensor === undefined) {
      if (!reading.inputs.has(name)) reading.faulty.add(name);
      return [];
    }
    const twice = tensor.axes.find((axis, position) => tensor.axes.indexOf(axis) !== position);
    if (twice !== undefined) {
      reading.report.add(
        "R020",
        value,
        `the output '${name}' has the axis '${twice}' twice`,
        "declare a second axis with a name of its own",
      );
    }
    if (tensor.ownership === "placement") {
      reading.report.add("R018", value, `the output '${name}' is a placement table`, {
        ...write(value, `"${tensor.storage}[${tensor.axes.join(", ")}]"`),
        more: ": placement belongs to inputs: the host makes these tables",
      });
    }
    const input = reading.inputs.get(name);
    if (input !== undefined) {
      reading.report.add("R020", at, `'${name}' is both an input and an output`, "give the output another name", [
        { message: "the input is declared here", at: input.at },
      ]);
    }
    for (const axis of tensor.axes) reading.outputAxes.add(axis);
    reading.outputTypes.add(valueTypeOf(tensor.storage));
    reading.outputNames.add(name);
    return [tensor];
  });
}

function readBody(reading: Reading, object: Members, scope: Scope): FunctionLike | undefined {
  const property = object.get("body");
  if (property === undefined) {
    if (object.isMissing("body"))
      reading.report.add("R018", nameOf(object.at), "the kernel has no body", bodyForm(reading));
    return undefined;
  }
  if (Node.isMethodDeclaration(property)) return property;
  const initializer = Node.isPropertyAssignment(property)
    ? property.getInitializerOrThrow()
    : Node.isShorthandPropertyAssignment(property)
      ? property.getNameNode()
      : property;
  const value = reading.evaluate(initializer, scope);
  if (value.kind === "function") return value.node;
  if (value.kind !== "fault") reading.report.add("R018", property, `the body is ${describe(value)}`, bodyForm(reading));
  return undefined;
}

function bodyForm(reading: Reading): string {
  const list = (names: Iterable<string>, usual: string): string => [...names].join(", ") || usual;
  return `write body({ ${list(reading.inputs.keys(), "x")} }, { ${list(reading.axes.keys(), "token, channel")} }) { return …; }`;
}

/** Whether a name only stands where the body takes it. */
function isTaken(node: Node): boolean {
  const parent = node.getParent();
  return Node.isBindingElement(parent) && parent.getPropertyNameNode() === undefined;
}

/** Takes a name out of the declaration and out of what the body takes. */
export function removeDeclared(at: Node, name: string, parameter: number): Edit[] {
  const object = at.getAncestors().filter(Node.isObjectLiteralExpression)[1];
  const body = object?.getProperty("body");
  const taker = Node.isPropertyAssignment(body) ? body.getInitializer() : body;
  const pattern =
    Node.isArrowFunction(taker) || Node.isMethodDeclaration(taker) || Node.isFunctionExpression(taker)
      ? taker.getParameters()[parameter]?.getNameNode()
      : undefined;
  const taken = Node.isObjectBindingPattern(pattern)
    ? pattern.getElements().find((element) => (element.getPropertyNameNode()?.getText() ?? element.getName()) === name)
    : undefined;
  return [removeFrom(at), ...(taken === undefined ? [] : [removeFrom(taken)])];
}

export function reportUnusedAxes(reading: Reading, { object, outputs }: Declaration): void {
  const named = new Set([
    ...[...reading.inputs.values()].flatMap((input) => input.axes),
    ...outputs.flatMap((output) => output.axes),
  ]);
  const axes = object.getProperty("axes");
  const mentioned = object
    .getDescendants()
    .filter((node) => axes === undefined || node.getStart() < axes.getStart() || node.getEnd() > axes.getEnd())
    .flatMap((node) =>
      Node.isIdentifier(node)
        ? isTaken(node)
          ? []
          : [node.getText()]
        : Node.isStringLiteral(node)
          ? [node.getLiteralText()]
          : [],
    );
  for (const axis of reading.axes.values()) {
    // An axis of no tensor may still be reduced over, or have an extent that counts; then the body names it.
    if (!named.has(axis.name) && !mentioned.includes(axis.name) && !mayBeMeant(axis.name, reading.unknownNames)) {
      reading.report.add("R021", axis.at, `the axis '${axis.name}' is declared and never used`, {
        words: "remove it, or use it in an input, an output or a reduction",
        edits: removeDeclared(axis.at, axis.name, 1),
      });
    }
  }
}
