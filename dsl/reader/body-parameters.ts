/** What a body takes: its inputs and parameters by name, and its axes by name. */
import { Node, type BindingElement, type ParameterDeclaration } from "ts-morph";
import { replaceBy, shorten } from "./fixes.ts";
import { bindPattern } from "./bindings.ts";
import type { Reading } from "./reading.ts";
import { fault, type Scope, type Value } from "./values.ts";

export type Named = Extract<Value, { kind: "record" }>;

/** What a body takes: its values by name, and its axes by name. */
export function bindBody(
  reading: Reading,
  scope: Scope,
  parameters: readonly ParameterDeclaration[],
  values: Named,
  axes: Named,
): void {
  const known = (name: string): Value | undefined => values.fields.get(name) ?? axes.fields.get(name);
  const single = parameters
    .map((parameter) => parameter.getNameNode())
    .find((node) => Node.isIdentifier(node) && known(node.getText()) !== undefined);
  const [first, second] = parameters;
  if (single !== undefined || parameters.length > 2) {
    const list = (names: Iterable<string>): string =>
      `{ ${[...names].filter((name) => !reading.faulty.has(name)).join(", ")} }`;
    const text = `${list(values.fields.keys())}, ${list(axes.fields.keys())}`;
    reading.report.add(
      "R018",
      single ?? parameters[2]!,
      "a body takes its inputs and its axes by name, in two objects",
      { words: `write body(${text})`, edits: [{ ...replaceBy(parameters[0]!, text), ...endOf(parameters.at(-1)!) }] },
    );
    const all: Value = { kind: "record", fields: new Map([...values.fields, ...axes.fields]) };
    for (const parameter of parameters) {
      const node = parameter.getNameNode();
      const value = Node.isIdentifier(node) ? known(node.getText()) : all;
      if (value?.kind === "tensor") reading.used.add(value.input.name);
      bindPattern(reading, scope, node, value ?? fault, parameter);
    }
    return;
  }
  const pattern = first?.getNameNode();
  const fields = parameters
    .map((parameter) => parameter.getNameNode())
    .map((node) => (Node.isObjectBindingPattern(node) ? node.getElements().map(fieldOf) : []));
  if (
    second !== undefined &&
    fields[0]!.length > 0 &&
    fields[1]!.length > 0 &&
    fields[0]!.every((name) => axes.fields.has(name) && !values.fields.has(name)) &&
    fields[1]!.every((name) => values.fields.has(name))
  ) {
    const [a, b] = [first!.getText(), second.getText()];
    reading.report.add("R018", first!, "the body takes its axes first, and its inputs come first", {
      words: `write body(${b}, ${a})`,
      edits: [replaceBy(first!, b), replaceBy(second, a)],
    });
    bindPattern(reading, scope, pattern!, axes, first!);
    bindPattern(reading, scope, second.getNameNode(), values, second);
    return;
  }
  const isAxis = (element: BindingElement): boolean =>
    !values.fields.has(fieldOf(element)) && axes.fields.has(fieldOf(element));
  const misplaced = Node.isObjectBindingPattern(pattern) ? pattern.getElements().filter(isAxis) : [];
  if (second === undefined && misplaced.length > 0) {
    reading.report.add("R018", misplaced[0]!, "the axes are among the inputs that the body takes", {
      words: `take them from its second parameter: { ${misplaced.map(fieldOf).join(", ")} }`,
      edits: [replaceBy(first!, apart(pattern!, misplaced))],
    });
    bindPattern(
      reading,
      scope,
      pattern!,
      { kind: "record", fields: new Map([...values.fields, ...axes.fields]) },
      first!,
    );
    return;
  }
  for (const parameter of parameters) {
    if (parameter.getInitializer() === undefined) continue;
    const text = parameter
      .getSourceFile()
      .getFullText()
      .slice(parameter.getStart(), (parameter.getTypeNode() ?? parameter.getNameNode()).getEnd());
    reading.report.add("R010", parameter, "a default of what the body takes is not part of the language", {
      words: `write ${shorten(text)}: the kernel gives both objects`,
      edits: [replaceBy(parameter, text)],
    });
  }
  if (bindStray(reading, scope, parameters, values, axes)) return;
  parameters.forEach((parameter, position) =>
    bindPattern(reading, scope, parameter.getNameNode(), [values, axes][position]!, parameter),
  );
}

/** What stands in the other one of the body's two objects is meant all the same. */
function bindStray(
  reading: Reading,
  scope: Scope,
  [first, second]: readonly ParameterDeclaration[],
  values: Named,
  axes: Named,
): boolean {
  if (first === undefined || second === undefined) return false;
  const [firsts, seconds] = [first, second]
    .map((one) => one.getNameNode())
    .map((node) => (Node.isObjectBindingPattern(node) ? node.getElements() : []));
  const isOnlyIn = (element: BindingElement, one: Named, other: Named): boolean =>
    one.fields.has(fieldOf(element)) &&
    !other.fields.has(fieldOf(element)) &&
    element.getDotDotDotToken() === undefined;
  const strayAxes = firsts!.filter((element) => isOnlyIn(element, axes, values));
  const strayValues = seconds!.filter((element) => isOnlyIn(element, values, axes));
  const stray = [...strayAxes, ...strayValues];
  if (stray.length === 0) return false;
  const areBoth = [first, second].every((one) => Node.isObjectBindingPattern(one.getNameNode()));
  const list = (kept: readonly BindingElement[], others: readonly BindingElement[]): string => {
    const all = [...kept, ...others.filter((one) => !kept.some((known) => fieldOf(known) === fieldOf(one)))].map(
      (one) => one.getText(),
    );
    return all.length === 0 ? "{}" : `{ ${all.join(", ")} }`;
  };
  const without = (elements: readonly BindingElement[]): BindingElement[] =>
    elements.filter((one) => !stray.includes(one));
  const words = (some: readonly BindingElement[], what: string, where: string): string[] =>
    some.length === 0 ? [] : [`take ${some.map(fieldOf).join(", ")} in the ${where} object, with the ${what}`];
  const whatIs = (element: BindingElement): string => {
    const value = values.fields.get(fieldOf(element)) ?? axes.fields.get(fieldOf(element));
    return value?.kind === "axis"
      ? "an axis, and stands among the inputs"
      : `${value?.kind === "tensor" ? "an input" : "a parameter"}, and stands among the axes`;
  };
  reading.report.add("R018", stray[0]!, stray.map((one) => `'${fieldOf(one)}' is ${whatIs(one)}`).join("; "), {
    words: [...words(strayValues, "inputs", "first"), ...words(strayAxes, "axes", "second")].join("; "),
    edits: areBoth
      ? [
          replaceBy(first.getNameNode(), list(without(firsts!), strayValues)),
          replaceBy(second.getNameNode(), list(without(seconds!), strayAxes)),
        ]
      : [],
  });
  const all: Named = { kind: "record", fields: new Map([...values.fields, ...axes.fields]) };
  for (const [parameter, elements, own] of [
    [first, firsts!, values],
    [second, seconds!, axes],
  ] as const) {
    const hasStray = elements.some((one) => stray.includes(one));
    // A name that both objects take is bound once.
    if (
      hasStray &&
      parameter === second &&
      strayValues.some((one) => firsts!.some((known) => fieldOf(known) === fieldOf(one)))
    ) {
      for (const one of without(elements))
        scope.bind(one.getName(), { at: one, value: () => own.fields.get(fieldOf(one)) ?? fault });
    } else bindPattern(reading, scope, parameter.getNameNode(), hasStray ? all : own, parameter);
  }
  return true;
}

function endOf(node: Node): { endLine: number; endColumn: number } {
  const { endLine, endColumn } = replaceBy(node, "");
  return { endLine, endColumn };
}

/** A pattern in two: what is misplaced comes second. */
function apart(pattern: Node, misplaced: readonly BindingElement[]): string {
  const rest = Node.isObjectBindingPattern(pattern)
    ? pattern.getElements().filter((element) => !misplaced.includes(element))
    : [];
  const list = (elements: readonly BindingElement[]): string =>
    elements.length === 0 ? "{}" : `{ ${elements.map((element) => element.getText()).join(", ")} }`;
  return `${list(rest)}, ${list(misplaced)}`;
}

function fieldOf(element: BindingElement): string {
  return element.getPropertyNameNode()?.getText() ?? element.getName();
}
