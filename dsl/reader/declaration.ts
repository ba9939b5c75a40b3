/** `kernel({ axes, inputs, params, output | outputs, body })`: its declarations. */
import { Node, SyntaxKind, type ObjectLiteralExpression } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { Parameter } from "../ir.ts";
import { valueTypeOf } from "../../runtime/storage.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { insertBefore, removeFrom, replaceBy, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { mayBeMeant } from "./suggest.ts";
import { readTensor, type DeclaredTensor } from "./tensors.ts";
import { describe, type FunctionLike, type Scope } from "./values.ts";
import { form, readMembers, objectOf, nameOf, entries, type Members } from "./members.ts";
import { readAxes } from "./declared-axes.ts";
import { readInputs, readParameters } from "./declared-inputs.ts";

export interface Declaration {
  readonly parameters: readonly (Parameter & { readonly at: Node })[];
  readonly outputs: readonly DeclaredTensor[];
  /** Whether the body returns an object with one value for each output. */
  readonly several: boolean;
  readonly body: FunctionLike;
  readonly object: ObjectLiteralExpression;
}

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
  return (
    `write body({ ${list(reading.inputs.keys(), "x")} }, { ${list(reading.axes.keys(), "token, channel")} }) { ` +
    "return …; }"
  );
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
