/** The inputs and parameters that a declaration has. */
import { Node, SyntaxKind } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { Parameter } from "../ir.ts";
import { isStorageType } from "../../runtime/storage.ts";
import { addFirst, addTo, insertBefore, removeFrom, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { dtypeMeant, otherTypes, readTensor } from "./tensors.ts";
import { describe, type Scope, type Value } from "./values.ts";
import { nameOf, entries, type Members } from "./members.ts";

export function readInputs(reading: Reading, object: Members, scope: Scope): (Parameter & { readonly at: Node })[] {
  const moved: (Parameter & { readonly at: Node })[] = [];
  if (object.isMissing("inputs")) {
    const body = object.get("body");
    const taken = body?.getDescendants().find(Node.isParameterDeclaration)?.getNameNode();
    const names = Node.isObjectBindingPattern(taken)
      ? taken.getElements().map((element) => element.getPropertyNameNode()?.getText() ?? element.getName())
      : [];
    const axes = [...reading.axes.keys()].join(", ");
    const text =
      "inputs: { " +
      `${(names.length === 0 ? ["x"] : names).map((name) => `${name}: "f32[${axes === "" ? "token, channel" : axes}]"`).join(", ")} }`;
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

/**
 * `inputs: { eps: "f32" }`, of a number that the body uses as it stands: inputs are tensors, and single numbers are
 * parameters.
 */
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

export function readParameters(reading: Reading, object: Members, scope: Scope): (Parameter & { readonly at: Node })[] {
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
          ": " +
            `${rule}${type.kind === "literal" ? `; its value is given when the kernel is run: --param ${name}=${type.value}` : ""}`,
        ),
      );
    }
    return [];
  });
}
