/** `kernel({ axes, inputs, params, output | outputs, body })`: its declarations. */
import { Node, type ObjectLiteralExpression } from "ts-morph";
import type { AxisRole, Parameter, StorageType } from "../ir.ts";
import { evaluate } from "./expressions.ts";
import { roleNames } from "./intrinsic-names.ts";
import { checkName } from "./names.ts";
import { shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { mayBeMeant, nearest } from "./suggest.ts";
import { describe, type FunctionLike, type Scope } from "./values.ts";

/** A tensor type as it was written: `"unique placement u32[token]"`. */
export interface DeclaredTensor {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
  readonly ownership: "request" | "placement";
  readonly unique: boolean;
  readonly at: Node;
}

export interface Declaration {
  readonly parameters: readonly (Parameter & { readonly at: Node })[];
  readonly outputs: readonly DeclaredTensor[];
  /** Whether the body returns an object with one value for each output. */
  readonly several: boolean;
  readonly body: FunctionLike;
  readonly object: ObjectLiteralExpression;
}

const form = "write kernel({ axes, inputs, output, body }), with params if there are any";
const nouns: Readonly<Record<string, string>> = { axes: "an axis", inputs: "an input", params: "a parameter", outputs: "an output" };
const members = ["axes", "inputs", "params", "output", "outputs", "body"];

/** Fills the reading's axes and inputs. Undefined, after a report, where no body can be read. */
export function readDeclaration(reading: Reading, at: Node, argument: Node | undefined, scope: Scope): Declaration | undefined {
  const object = argument === undefined ? undefined : objectOf(argument, scope);
  if (object === undefined) {
    reading.report.add("R018", argument ?? at, "a kernel is declared by an object", form);
    return undefined;
  }
  for (const property of object.getProperties()) {
    const name = Node.isSpreadAssignment(property) ? "..." : property.getName();
    if (!members.includes(name)) {
      const meant = nearest(name, members);
      reading.report.add("R018", property, `a kernel has no '${name}'`, meant === undefined ? form : `did you mean '${meant}'?`);
    }
  }
  readAxes(reading, object, scope);
  readInputs(reading, object, scope);
  const parameters = readParameters(reading, object, scope);
  const outputs = readOutputs(reading, object, scope);
  const body = readBody(reading, object, scope);
  return body === undefined ? undefined : { parameters, outputs, several: object.getProperty("outputs") !== undefined, body, object };
}

/** An object literal, written here or as a const above. */
function objectOf(node: Node, scope: Scope): ObjectLiteralExpression | undefined {
  if (Node.isObjectLiteralExpression(node)) return node;
  if (Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node)) return objectOf(node.getExpression(), scope);
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
function entries(reading: Reading, object: ObjectLiteralExpression, member: string, scope: Scope): { name: string; value: Node; at: Node }[] {
  const property = object.getProperty(member);
  if (property === undefined) return [];
  const initializer = Node.isPropertyAssignment(property) ? property.getInitializer() : Node.isShorthandPropertyAssignment(property) ? property.getNameNode() : undefined;
  if (initializer !== undefined && Node.isIdentifier(initializer) && scope.find(initializer.getText())?.value().kind === "fault") return [];
  const inner = initializer === undefined ? undefined : objectOf(initializer, scope);
  if (inner === undefined) {
    reading.report.add("R018", property, `'${member}' is no object`, `write ${member}: { name: … }`);
    return [];
  }
  const found = new Map<string, { name: string; value: Node; at: Node }>();
  for (const one of inner.getProperties()) {
    if (!Node.isPropertyAssignment(one) && !Node.isShorthandPropertyAssignment(one)) {
      reading.report.add("R010", one, `${Node.isSpreadAssignment(one) ? "a spread '...'" : "a method"} in '${member}' is not part of the language`, "write the names one by one");
      continue;
    }
    const nameNode = one.getNameNode();
    const name = Node.isStringLiteral(nameNode) ? nameNode.getLiteralText() : one.getName();
    const first = found.get(name);
    if (first !== undefined) {
      reading.report.add("R020", one, `'${name}' is declared twice`, "give one of them another name", [{ message: "first declared here", at: first.at }]);
      continue;
    }
    checkName(reading.report, name, nouns[member]!, one);
    found.set(name, { name, value: Node.isPropertyAssignment(one) ? one.getInitializerOrThrow() : one.getNameNode(), at: one });
  }
  return [...found.values()];
}

function readAxes(reading: Reading, object: ObjectLiteralExpression, scope: Scope): void {
  if (object.getProperty("axes") === undefined) reading.report.add("R018", nameOf(object), "the kernel declares no axes", "write axes: { token: batch, channel: model }");
  for (const { name, value, at } of entries(reading, object, "axes", scope)) {
    const role = evaluate(reading, value, scope);
    reading.faulty.add(name);
    if (role.kind === "fault") continue;
    if (role.kind === "text" && roleNames.has(role.text)) {
      reading.faulty.delete(name);
      reading.axes.set(name, { name, role: role.text as AxisRole, at });
    }
    if (role.kind !== "intrinsic" || !roleNames.has(role.name)) {
      reading.report.add("R018", value, `the role of the axis '${name}' is ${describe(role)}`, role.kind === "literal"
        ? `write ${name}: model; its extent is given when the kernel is compiled or run: --axis ${name}=${role.value}` : "an axis is batch, model or sequence: import the role from \"treefold\" and write it without quotes");
      continue;
    }
    reading.faulty.delete(name);
    reading.axes.set(name, { name, role: role.name as AxisRole, at });
  }
}

function readInputs(reading: Reading, object: ObjectLiteralExpression, scope: Scope): void {
  if (object.getProperty("inputs") === undefined) reading.report.add("R018", nameOf(object), "the kernel declares no inputs", "write inputs: { x: \"f32[token, channel]\" }");
  for (const { name, value, at } of entries(reading, object, "inputs", scope)) {
    const tensor = readTensor(reading, name, value, at, scope);
    if (tensor === undefined) reading.faulty.add(name);
    else reading.inputs.set(name, tensor);
  }
}

function readParameters(reading: Reading, object: ObjectLiteralExpression, scope: Scope): (Parameter & { readonly at: Node })[] {
  return entries(reading, object, "params", scope).flatMap(({ name, value, at }) => {
    const type = evaluate(reading, value, scope);
    reading.faulty.add(name);
    if (type.kind === "text" && (type.text === "f32" || type.text === "u32" || type.text === "i32")) {
      const first = reading.inputs.get(name) ?? reading.axes.get(name);
      if (first === undefined) {
        reading.faulty.delete(name);
        return [{ name, type: type.text, at }];
      }
      reading.report.add("R020", at, `'${name}' is declared twice`, "give one of them another name", [{ message: "first declared here", at: first.at }]);
    } else if (type.kind !== "fault") {
      const meant = type.kind === "text" ? type.text === "bf16" ? "f32" : otherTypes.get(type.text.toLowerCase()) : undefined;
      const rule = "a parameter is \"f32\", \"u32\" or \"i32\"";
      reading.report.add("R018", value, `the dtype of the parameter '${name}' is ${type.kind === "text" ? `"${shorten(type.text)}"` : describe(type)}`,
        meant === undefined ? rule : `write "${meant === "bf16" ? "f32" : meant}": ${rule}`);
    }
    return [];
  });
}

function readOutputs(reading: Reading, object: ObjectLiteralExpression, scope: Scope): DeclaredTensor[] {
  const single = object.getProperty("output");
  const several = object.getProperty("outputs");
  if ((single === undefined) === (several === undefined)) {
    const misspelt = object.getProperties().some((one) => Node.isPropertyAssignment(one) && !members.includes(one.getName()) && nearest(one.getName(), members)?.startsWith("output"));
    if (!misspelt) reading.report.add("R018", several ?? nameOf(object), single === undefined ? "the kernel declares no output" : "the kernel declares both 'output' and 'outputs'",
      "write output: \"f32[token, channel]\", or outputs: { first: \"…\", second: \"…\" } and return an object");
    return [];
  }
  const declared = single !== undefined
    ? [{ name: "output", value: Node.isPropertyAssignment(single) ? single.getInitializerOrThrow() : single, at: single as Node }]
    : entries(reading, object, "outputs", scope);
  return declared.flatMap(({ name, value, at }) => {
    const tensor = readTensor(reading, name, value, at, scope, true);
    if (tensor === undefined) {
      if (!reading.inputs.has(name)) reading.faulty.add(name);
      return [];
    }
    const twice = tensor.axes.find((axis, position) => tensor.axes.indexOf(axis) !== position);
    if (twice !== undefined) {
      reading.report.add("R020", value, `the output '${name}' has the axis '${twice}' twice`, "declare a second axis with a name of its own");
    }
    if (tensor.ownership === "placement") {
      reading.report.add("R018", value, `the output '${name}' is a placement table`, "placement belongs to inputs: the host makes these tables");
    }
    const input = reading.inputs.get(name);
    if (input !== undefined) {
      reading.report.add("R020", at, `'${name}' is both an input and an output`, "give the output another name", [{ message: "the input is declared here", at: input.at }]);
    }
    for (const axis of tensor.axes) reading.outputAxes.add(axis);
    return [tensor];
  });
}

const storageTypes = ["f32", "bf16", "u32", "i32"];
/** What others call dtypes. */
const otherTypes: ReadonlyMap<string, StorageType> = new Map(([
  ["bf16", ["f16", "half", "float16", "fp16", "bfloat16", "bfloat"]],
  ["f32", ["f64", "float", "float32", "fp32", "float64", "double", "number"]],
  ["i32", ["i8", "i16", "i64", "int", "int8", "int16", "int32", "int64", "long"]],
  ["u32", ["u8", "u16", "u64", "uint", "uint8", "uint16", "uint32", "uint64", "bool", "boolean"]],
] as const).flatMap(([type, names]) => names.map((name) => [name, type] as const)));

/** The dtype of the language that stands for another's. */
function dtypeFor(name: string): { readonly type: StorageType; readonly fix: string } {
  const known = otherTypes.get(name.toLowerCase());
  if (known !== undefined) return { type: known, fix: `write ${known}` };
  const meant = nearest(name, storageTypes) as StorageType | undefined;
  return meant === undefined ? { type: "f32", fix: `write one of ${storageTypes.join(", ")}` } : { type: meant, fix: `did you mean '${meant}'?` };
}
const tensorForm = "write a dtype and axes, such as \"f32[token, channel]\"; integer tables may be \"placement u32[token]\" or \"unique placement u32[token]\"";

function readTensor(reading: Reading, name: string, value: Node, at: Node, scope: Scope, isOutput = false): DeclaredTensor | undefined {
  const type = evaluate(reading, value, scope);
  if (type.kind === "fault") return undefined;
  const wrong = (message: string, fix: string): undefined => {
    reading.report.add("R018", value, message, fix);
    return undefined;
  };
  if (type.kind !== "text") return wrong(`the type of '${name}' is ${describe(type)}`, tensorForm);
  const parts = /^\s*(?:(unique\s+)?(placement)\s+)?([A-Za-z]\w*)\s*\[([^\]]*)\]\s*$/.exec(type.text);
  if (parts === null) return wrong(`the type "${shorten(type.text)}" of '${name}' can't be read`, tensorForm);
  const [, unique, placement, dtype, list] = parts as unknown as [string, string | undefined, string | undefined, string, string];
  let storage: StorageType;
  if (dtype !== "f32" && dtype !== "bf16" && dtype !== "u32" && dtype !== "i32") {
    const { type: meant, fix } = dtypeFor(dtype);
    wrong(`'${name}' has an unknown dtype '${dtype}'`, fix);
    storage = meant;
  } else storage = dtype;
  if (placement !== undefined && storage !== "u32" && storage !== "i32") wrong(`the placement table '${name}' holds ${dtype}`, "a placement table holds rows, slots or pages: write u32");
  const axes = list.split(",").map((axis) => axis.trim());
  if (axes.length === 1 && axes[0] === "") return wrong(`'${name}' has no axes`, isOutput
    ? `give it an axis; a single number is an output over an axis of one point: axes: { …, one: model }, ${name}: "${storage}[one]", which --axis one=1 makes`
    : `give it an axis, or make it a parameter: params: { ${name}: "${storage === "bf16" ? "f32" : storage}" }`);
  for (const axis of axes) {
    if (reading.axes.has(axis)) continue;
    if (reading.faulty.has(axis)) continue;
    if (/^\d+$/.test(axis)) {
      reading.report.add("R012", value, `'${name}' has an axis that is called ${axis}`,
        `give the axis a name, such as channel: model in axes, and its extent when the kernel is compiled or run: --axis channel=${axis}`);
      continue;
    }
    const meant = nearest(axis, [...reading.axes.keys()]);
    reading.report.add("R012", value, `'${name}' has an axis '${axis}' that is not declared`, meant === undefined ? `add it to axes: { ${axis}: model }` : `did you mean '${meant}'? If not, add it to axes: { ${axis}: model }`);
    if (meant !== undefined) reading.unknownNames.add(axis);
  }
  return { name, storage, axes, ownership: placement === undefined ? "request" : "placement", unique: unique !== undefined, at };
}

function readBody(reading: Reading, object: ObjectLiteralExpression, scope: Scope): FunctionLike | undefined {
  const property = object.getProperty("body");
  if (property === undefined) {
    reading.report.add("R018", nameOf(object), "the kernel has no body", "write body({ x }, { token, channel }) { return …; }");
    return undefined;
  }
  if (Node.isMethodDeclaration(property)) return property;
  const initializer = Node.isPropertyAssignment(property) ? property.getInitializerOrThrow() : Node.isShorthandPropertyAssignment(property) ? property.getNameNode() : property;
  const value = evaluate(reading, initializer, scope);
  if (value.kind === "function") return value.node;
  if (value.kind !== "fault") reading.report.add("R018", property, `the body is ${describe(value)}`, "write body({ x }, { token, channel }) { return …; }");
  return undefined;
}

/** Whether a name only stands where the body takes it. */
function isTaken(node: Node): boolean {
  const parent = node.getParent();
  return Node.isBindingElement(parent) && parent.getPropertyNameNode() === undefined;
}

export function reportUnusedAxes(reading: Reading, { object, outputs }: Declaration): void {
  const named = new Set([...[...reading.inputs.values()].flatMap((input) => input.axes), ...outputs.flatMap((output) => output.axes)]);
  const mentioned = object.getDescendants()
    .flatMap((node) => (Node.isIdentifier(node) ? isTaken(node) ? [] : [node.getText()] : Node.isStringLiteral(node) ? [node.getLiteralText()] : []));
  for (const axis of reading.axes.values()) {
    // An axis of no tensor may still be reduced over, or have an extent that counts; then the body names it as well.
    const mentions = mentioned.filter((name) => name === axis.name).length;
    if (!named.has(axis.name) && mentions < 2 && !mayBeMeant(axis.name, reading.unknownNames)) {
      reading.report.add("R021", axis.at, `the axis '${axis.name}' is declared and never used`, "remove it, or use it in an input, an output or a reduction");
    }
  }
}
