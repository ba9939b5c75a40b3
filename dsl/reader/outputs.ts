/** What a body returns, and the rules of stored values: bound axes, one writer for each element and word. */
import { Node, SyntaxKind } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { Output } from "../ir.ts";
import { valueTypeOf } from "../../runtime/storage.ts";
import { checkStored } from "./batch-rules.ts";
import type { Declaration } from "./declaration.ts";
import type { DeclaredTensor } from "./tensors.ts";
import { unknownOf } from "./unknown-value.ts";
import { standIn } from "./poison.ts";
import { addTo, convertTo, insertAfter, removeFrom, renameField, replaceBy, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { nearest } from "./suggest.ts";
import { describe, fieldNode, type Value } from "./values.ts";
import { checkBoundAxes } from "./unbound-axes.ts";
import { readScattered } from "./scatters.ts";
import { retype } from "./output-types.ts";

export function readOutputs(reading: Reading, declaration: Declaration, returned: Value, at: Node): Output[] {
  if (declaration.outputs.length === 0 || returned.kind === "fault") {
    checkLoose(reading, declaration, returned, at);
    if (declaration.several) checkWords(reading, declaration);
    return [];
  }
  if (!declaration.several) {
    if (returned.kind === "record") {
      reading.report.add(
        "R018",
        at,
        "the body returns an object, and the kernel has one output",
        returned.reduce === undefined
          ? soleField(at, returned)
          : {
              words: `return one of its fields: ${[...returned.fields.keys()].map((field) => `.${field}`).join(", ")}`,
              edits: fieldOfType(reading, declaration.outputs[0]!, returned, at),
            },
      );
      checkLoose(reading, declaration, returned, at);
      return [];
    }
    const output = readOutput(reading, declaration.outputs[0]!, returned, at);
    return output === undefined ? [] : [output];
  }
  const names = declaration.outputs.map((output) => output.name);
  const form = `return { ${names.join(", ")} }`;
  if (returned.kind !== "record") {
    const [only, ...others] = names;
    const field = `{ ${only}: ${at.getText()} }`;
    const text = Node.isArrowFunction(at.getParent()) ? `(${field})` : field;
    reading.report.add(
      "R018",
      at,
      `the kernel has outputs, and the body returns ${describe(returned)}`,
      others.length > 0 || reading.typeOf(returned) === undefined ? form : write(at, text),
    );
    checkLoose(reading, declaration, returned, at);
    checkWords(reading, declaration);
    return [];
  }
  const meant = new Map<string, string>();
  for (const name of returned.fields.keys()) {
    if (names.includes(name) || reading.faulty.has(name)) continue;
    const property = returned.at?.getProperty(name);
    const near = nearest(
      name,
      names.filter((known) => !returned.fields.has(known) && !meant.has(known)),
    );
    if (near !== undefined) meant.set(near, name);
    reading.report.add(
      "R018",
      property ?? at,
      `the body returns '${name}', which is no output`,
      near !== undefined
        ? renameField(property, near)
        : { words: `remove '${name}'`, edits: property === undefined ? [] : [removeFrom(property)] },
    );
  }
  const outputs = declaration.outputs.flatMap((declared) => {
    const value = returned.fields.get(meant.get(declared.name) ?? declared.name);
    if (value === undefined) {
      const isKnown = returned.at
        ?.getFirstAncestorByKind(SyntaxKind.Block)
        ?.getDescendantsOfKind(SyntaxKind.Identifier)
        .some(
          (one) =>
            one.getText() === declared.name &&
            (Node.isBindingElement(one.getParent()) || Node.isVariableDeclaration(one.getParent())),
        );
      reading.report.add("R021", declared.at, `the output '${declared.name}' is declared and never given`, {
        words:
          "return { " +
          `${[...(returned.at?.getProperties() ?? []).map((one) => one.getText()), isKnown === true ? declared.name : `${declared.name}: …`].map(shown).join(", ")} }`,
        edits: isKnown === true ? [addTo(returned.at!, returned.at!.getProperties(), declared.name)] : [],
      });
      return [];
    }
    const output = readOutput(reading, declared, value, fieldNode(returned, declared.name) ?? at);
    return output === undefined ? [] : [output];
  });
  checkWords(reading, declaration);
  return outputs;
}

/** Two 16-bit elements share a word, so those who write them together must agree on the axis along which they pair. */
function checkWords(reading: Reading, declaration: Declaration): void {
  const halves = declaration.outputs.filter((output) => output.storage === "bf16");
  const first = halves[0];
  for (const other of halves.slice(1)) {
    const [a, b] = [first!.axes.at(-1)!, other.axes.at(-1)!];
    if (a === b) continue;
    reading.report.add(
      "R016",
      other.at,
      `the 16-bit outputs '${first!.name}' and '${other.name}' end in different axes, '${a}' and '${b}'`,
      { words: `store one of them as f32, or let both end in the same axis`, edits: retype(other, "f32") },
      [{ message: `'${first!.name}' is declared here`, at: first!.at }],
    );
  }
}

/**
 * What is returned without being any one output's value: it holds no batch arithmetic, and no axis that no output has.
 */
function checkLoose(reading: Reading, declaration: Declaration, returned: Value, at: Node): void {
  const rest = unknownOf(reading, [returned]);
  if (rest.kind !== "fault") return;
  reading.stored.push(...rest.parts);
  for (const part of rest.parts) {
    // What went into an unknown value may be an address.
    if (returned.kind !== "fault") checkStored(reading, part, at);
    if (declaration.outputs.length === 1) checkBoundAxes(reading, declaration.outputs[0]!, part, at);
  }
}

function readOutput(reading: Reading, declared: DeclaredTensor, value: Value, at: Node): Output | undefined {
  const { name, storage, axes } = declared;
  const stored = value.kind === "scattered" ? value.value : value;
  const place =
    value.kind === "scattered"
      ? Node.isCallExpression(value.at)
        ? (value.at.getArguments()[1] ?? value.at)
        : value.at
      : at;
  const wanted = valueTypeOf(storage);
  const found = reading.typeOf(stored);
  const isOther = found !== undefined && found !== "loose" && found !== "bool" && found !== wanted;
  if (isOther) {
    reading.report.add(
      "R006",
      place,
      `'${name}' holds ${storage}, and this is ${found}`,
      {
        ...convertTo(place, wanted, stored.kind === "scalar" ? stored.expr : undefined),
        more: `; or declare it as "${found}[${axes.join(", ")}]"`,
      },
      [{ message: `'${name}' is declared here`, at: declared.at }],
    );
  }
  const expr = isOther
    ? standIn(reading.pool, wanted, [reading.expr(stored, place)!])
    : reading.expr(stored, place, wanted);
  if (expr === undefined) return undefined;
  reading.stored.push(expr);
  checkStored(reading, expr, place);
  if (value.kind === "scattered") return readScattered(reading, declared, value, expr);
  // An output with an axis that is not declared may be meant to have this one.
  if (axes.every((axis) => reading.axes.has(axis))) checkBoundAxes(reading, declared, expr, at);
  return { name, storage, axes, over: axes, value: expr };
}

/** The only field of an object, in its place. */
function soleField(at: Node, returned: Extract<Value, { kind: "record" }>): Fix {
  const [name, ...others] = returned.fields.keys();
  const node = name === undefined || others.length > 0 ? undefined : fieldNode(returned, name);
  const whole = at.getParentIfKind(SyntaxKind.ParenthesizedExpression) ?? at;
  return {
    words: "return the value itself, or declare outputs: { … }",
    edits: node === undefined ? [] : [replaceBy(whole, node.getText())],
  };
}

function fieldOfType(
  reading: Reading,
  declared: DeclaredTensor,
  returned: Extract<Value, { kind: "record" }>,
  at: Node,
): Edit[] {
  const wanted = valueTypeOf(declared.storage);
  const [name] = [...returned.fields].find(([, value]) => reading.typeOf(value) === wanted) ?? [];
  return name === undefined ? [] : [insertAfter(at, `.${name}`)];
}
