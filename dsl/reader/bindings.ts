/** Names that parameters, patterns and constants bind to values. */
import { Node, SyntaxKind, type BindingElement, type ParameterDeclaration } from "ts-morph";
import { reductionNames, roleNames } from "./intrinsic-names.ts";
import { didYouMean, insertAfter, removeFrom, replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { nearest } from "./suggest.ts";
import { isLibrary } from "./modules.ts";
import { unknownOf } from "./unknown-value.ts";
import { reportUnknown } from "./unknown.ts";
import { describe, fault, type Binding, type Scope, type Value } from "./values.ts";

/** A parameter that a call may leave out, or that takes several arguments. */
export function isLoose(parameter: ParameterDeclaration): boolean {
  return parameter.getInitializer() !== undefined || parameter.isRestParameter() || parameter.hasQuestionToken();
}

/** A parameter as it should be written, and the argument in every call that leaves it out. */
export function plainParameter(parameter: ParameterDeclaration): Fix {
  const name = parameter.getNameNode().getText();
  if (parameter.isRestParameter())
    return { words: "write the parameters one by one, and give each at every call: (a: number, b: number)", edits: [] };
  const around = parameter.getParent();
  const call = around?.getParentIfKind(SyntaxKind.CallExpression);
  if (call !== undefined && reductionNames.has(call.getExpression().getText()))
    return write(parameter, name, ": a leaf is always given its item");
  const text = `${name}: ${parameter.getTypeNode()?.getText() ?? "number"}`;
  const words = `write ${shorten(text)}, and give it at every call`;
  const declared = Node.isFunctionDeclaration(around)
    ? around.getName()
    : around?.getParentIfKind(SyntaxKind.VariableDeclaration)?.getName();
  const position = (
    Node.isFunctionDeclaration(around) || Node.isArrowFunction(around) || Node.isFunctionExpression(around)
      ? around.getParameters()
      : []
  ).indexOf(parameter);
  const calls = parameter
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((one) => one.getExpression().getText() === declared);
  const short = calls.filter((one) => one.getArguments().length <= position);
  const initializer = parameter.getInitializer();
  const isKnown =
    initializer !== undefined &&
    initializer.getDescendantsOfKind(SyntaxKind.Identifier).length === 0 &&
    !Node.isIdentifier(initializer);
  const canAppend = short.every((one) => one.getArguments().length === position && position > 0);
  return {
    words,
    edits:
      short.length > 0 && !(isKnown && canAppend)
        ? []
        : [
            replaceBy(parameter, text),
            ...short.map((one) => insertAfter(one.getArguments().at(-1)!, `, ${initializer!.getText()}`)),
          ],
  };
}

export function bindParameter(reading: Reading, scope: Scope, parameter: ParameterDeclaration, value: Value): void {
  if (isLoose(parameter)) {
    const what = parameter.isRestParameter()
      ? "a rest parameter"
      : parameter.getInitializer() !== undefined
        ? "a parameter with a default"
        : "an optional parameter";
    reportUnknown(reading, parameter, { what, fix: plainParameter(parameter) });
  }
  bindPattern(reading, scope, parameter.getNameNode(), value, parameter);
}

/** Binds a name, or the names of a pattern, to a value and its parts. */
export function bindPattern(reading: Reading, scope: Scope, pattern: Node, value: Value, at: Node): void {
  if (Node.isIdentifier(pattern)) {
    bindName(reading, scope, pattern, value);
  } else if (Node.isObjectBindingPattern(pattern)) {
    for (const element of pattern.getElements()) {
      if (element.getInitializer() !== undefined || element.getDotDotDotToken() !== undefined) {
        const start = element.getInitializer() === undefined ? undefined : element.getText().replace(/\s*=[^]*$/, "");
        reportUnknown(reading, element, {
          what: "a default or a rest in a pattern",
          fix:
            start === undefined
              ? "take the fields by their names"
              : write(element, start, ": everything that is declared is there"),
        });
        if (start === undefined) {
          reading.isIncomplete = true;
          continue;
        }
      }
      const nameNode = element.getPropertyNameNode();
      const field = Node.isStringLiteral(nameNode)
        ? nameNode.getLiteralText()
        : (nameNode?.getText() ?? element.getName());
      let part = value.kind === "record" ? value.fields.get(field) : undefined;
      if (part === undefined && value.kind !== "fault") part = missingField(reading, element, field, value);
      bindPattern(reading, scope, element.getNameNode(), part ?? unknownOf(reading, [value]), element);
    }
  } else if (Node.isArrayBindingPattern(pattern)) {
    pattern.getElements().forEach((element, index) => {
      if (!Node.isBindingElement(element)) return;
      const part = value.kind === "tuple" ? value.items[index] : undefined;
      if (part === undefined && value.kind !== "fault")
        reportUnknown(reading, element, {
          what: `taking ${describe(value)} apart by position`,
          fix: "take fields by name: const { a, b } = …",
        });
      bindPattern(reading, scope, element.getNameNode(), part ?? unknownOf(reading, [value]), element);
    });
  } else reportUnknown(reading, at);
}

/** Reports a field that is not there; the reading goes on with the one that is meant. */
function missingField(reading: Reading, element: BindingElement, field: string, value: Value): Value | undefined {
  const names = value.kind === "record" ? [...value.fields.keys()] : [];
  // What belongs to a part of the declaration that is not there has been reported with it.
  if (
    value.kind === "record" &&
    value.at === undefined &&
    value.reduce === undefined &&
    (reading.isIncomplete || reading.missing.has(field))
  )
    return fault;
  const taken = new Set(
    element
      .getParent()
      .getElements()
      .map((one) => (one as BindingElement).getPropertyNameNode?.()?.getText() ?? (one as BindingElement).getName?.()),
  );
  const meant = nearest(
    field,
    names.filter((name) => !taken.has(name)),
  );
  reading.unknownNames.add(field);
  if (
    value.kind === "record" &&
    value.at === undefined &&
    value.reduce === undefined &&
    (reading.outputNames.has(field) || field === "output") &&
    reading.body === functionAround(element)
  ) {
    reading.report.add(
      "R013",
      element,
      `'${field}' is an output, and an output can't be read by its kernel`,
      "use the value that goes into it, as a const; or give the old contents as an input of another name",
    );
    return fault;
  }
  reading.untaken.add(field);
  const isInputs = value.kind === "record" && reading.body?.getParameters()[0]?.getNameNode() === element.getParent();
  const isUsed = element
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.Identifier)
    .some(
      (node) =>
        node.getText() === field &&
        node.getFirstAncestorByKind(SyntaxKind.BindingElement) !== element &&
        node
          .getAncestors()
          .some(
            (above) =>
              above === functionAround(element) ||
              (Node.isBlock(above) && above === element.getFirstAncestorByKind(SyntaxKind.Block)),
          ),
    );
  const renamed =
    meant === undefined
      ? ""
      : element.getPropertyNameNode() !== undefined
        ? `${meant}: ${element.getName()}`
        : isUsed
          ? `${meant}: ${field}`
          : meant;
  const pattern = element.getParent();
  const fix =
    meant !== undefined
      ? didYouMean(element, meant, renamed)
      : field === "length"
        ? "write extent(axis), the extent of an axis"
        : names.length === 0
          ? "take it by its name"
          : isUsed
            ? `${isInputs ? `declare it among the inputs, as in ${field}: ${typeGuess(element)}; there` : "there"} ` +
              "is: " +
              names.join(", ")
            : {
                words: `remove it; there is: ${names.join(", ")}`,
                edits: pattern.getElements().length === 1 ? [] : [removeFrom(element)],
              };
  reading.report.add(
    "R013",
    element,
    `${value.kind === "record" ? "there is no" : `${describe(value)} has no`} '${field}' here`,
    fix,
  );
  return meant === undefined || value.kind !== "record" ? undefined : value.fields.get(meant);
}

/** The type of an input that is not declared, by a call of it that names axes. */
function typeGuess(element: BindingElement): string {
  const name = element.getName();
  const call = functionAround(element)
    ?.getDescendantsOfKind(SyntaxKind.CallExpression)
    .find((one) => one.getExpression().getText() === name);
  const indices = call?.getArguments().map((one) => one.getText()) ?? [];
  return indices.length === 0 || indices.some((index) => !/^[A-Za-z]\w*$/.test(index))
    ? '"f32[…]"'
    : `"f32[${indices.join(", ")}]"`;
}

export function bindName(reading: Reading, scope: Scope, node: Node, value: Value): void {
  const name = node.getText();
  if (name.includes("\\"))
    reportUnknown(reading, node, { what: `an escape in the name '${name}'`, fix: "write the letter itself" });
  const own = scope.own(name);
  if (own !== undefined) {
    reading.report.add("R020", node, `'${name}' is declared twice`, "give one of them another name", [
      { message: "first declared here", at: own.at },
    ]);
    return;
  }
  const outer = scope.find(name);
  if (outer !== undefined && hidesLanguage(node, outer)) {
    reading.report.add(
      "R022",
      node,
      `'${name}' hides the language's own '${name}'`,
      renameTo(node, `${name}Of${name === "extent" ? "Axis" : "Row"}`, `give it another name, such as`),
      [{ message: `'${name}' is imported here`, at: outer.at }],
    );
    if (value.kind === "tensor") reading.used.add(value.input.name);
    // Which of the two a use means is not known.
    scope.bind(name, { at: node, value: () => unknownOf(reading, [value]) });
    return;
  }
  reportHidden(reading, scope, name, node);
  scope.bind(name, { at: node, value: () => value });
}

/** Whether a name hides what is imported from "treefold"; axes may be called as roles are. */
function hidesLanguage(node: Node, outer: Binding): boolean {
  if (
    !Node.isImportSpecifier(outer.at) ||
    (roleNames.has(node.getText()) && !Node.isVariableDeclaration(node.getParent()))
  )
    return false;
  const value = outer.value();
  return value.kind === "intrinsic" || (value.kind === "function" && isLibrary(value.node));
}

/**
 * Whether a use of a name that hides the language's means the language's: a const's own value does, and a reduction.
 */
function isLanguageUse(node: Node, use: Node): boolean {
  const declaration = node.getParentIfKind(SyntaxKind.VariableDeclaration);
  const call = use.getParentIfKind(SyntaxKind.CallExpression);
  if (call?.getExpression() !== use) return false;
  const value = declaration?.getInitializer();
  if (value !== undefined && use.getStart() >= value.getStart() && use.getEnd() <= value.getEnd()) return true;
  return (
    (value !== undefined && !Node.isArrowFunction(value) && !Node.isFunctionExpression(value)) ||
    (reductionNames.has(node.getText()) && call.getArguments().some(Node.isArrowFunction))
  );
}

/** A name of a body, or of a function in it, means one thing throughout: an inner one hides no outer one. */
export function reportHidden(reading: Reading, scope: Scope, name: string, node: Node): void {
  const hidden = scope.find(name);
  const around = hidden === undefined ? undefined : functionAround(hidden.at);
  if (hidden === undefined || around === undefined || !node.getAncestors().includes(around)) return;
  const value = hidden.value();
  const what =
    value.kind === "axis" || value.kind === "tensor"
      ? describe(value)
      : value.kind === "scalar" && value.expr.kind === "parameter"
        ? `the parameter '${name}'`
        : `an outer '${name}'`;
  reading.report.add(
    "R025",
    node,
    `'${name}' hides ${what}`,
    renameTo(node, free(name, scope), "give it a name of its own, such as"),
    [{ message: `the outer '${name}' is declared here`, at: hidden.at }],
  );
}

/** A parameter or a constant under another name, wherever it is used in its function. */
function renameTo(node: Node, to: string, words: string): Fix {
  const name = node.getText();
  const around = node.getFirstAncestorByKind(SyntaxKind.Block) ?? functionAround(node);
  const inner = Node.isParameterDeclaration(node.getParent()) ? functionAround(node) : around;
  const element = node.getParentIfKind(SyntaxKind.BindingElement);
  const uses =
    inner
      ?.getDescendantsOfKind(SyntaxKind.Identifier)
      .filter((one) => one.getText() === name && one !== node && !isMember(one) && !isLanguageUse(node, one)) ?? [];
  // A field that a pattern takes keeps its name; an input's is its declaration's, too.
  const isDeclared =
    element !== undefined && inner !== undefined && uses.some((one) => one.getStart() < node.getStart());
  const edits = isDeclared
    ? []
    : [
        replaceBy(node, element !== undefined && element.getPropertyNameNode() === undefined ? `${name}: ${to}` : to),
        ...uses.map((one) =>
          replaceBy(one, Node.isShorthandPropertyAssignment(one.getParent()) ? `${name}: ${to}` : to),
        ),
      ];
  return { words: `${words} '${to}'`, edits };
}

function isMember(node: Node): boolean {
  const parent = node.getParent();
  return (
    (Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node) ||
    (Node.isPropertyAssignment(parent) && parent.getNameNode() === node) ||
    (Node.isBindingElement(parent) && parent.getPropertyNameNode() === node)
  );
}

export function functionAround(node: Node): Node | undefined {
  return node
    .getAncestors()
    .find(
      (above) =>
        Node.isArrowFunction(above) ||
        Node.isFunctionExpression(above) ||
        Node.isFunctionDeclaration(above) ||
        Node.isMethodDeclaration(above),
    );
}

/** The name's first letter, as items are mostly called, or the name with a number. */
function free(name: string, scope: Scope): string {
  const short = name.slice(0, 1);
  return name.length > 1 && scope.find(short) === undefined ? short : `${name}2`;
}
