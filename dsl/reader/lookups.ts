/** What names and fields mean where they are used. */
import { own } from "../own.ts";
import { Node, SyntaxKind, type ArrowFunction } from "ts-morph";
import {
  addTo,
  didYouMean,
  importEdit,
  insertAfter,
  insertBefore,
  instead,
  removeStatement,
  replaceBy,
  write,
} from "./fixes.ts";
import { unknownOf } from "./unknown-value.ts";
import { intrinsicNames, reductionNames, roleNames } from "./intrinsic-names.ts";
import { isOutsideBody, knownInBody } from "./outside-body.ts";
import type { Reading } from "./reading.ts";
import type { Fix } from "./report.ts";
import { mayBeMeant, nearest } from "./suggest.ts";
import { isJavaScriptMath, mathInstead, reportUnknown } from "./unknown.ts";
import { describe, fault, scalar, type Scope, type Value } from "./values.ts";

export function readName(reading: Reading, node: Node, scope: Scope): Value {
  const name = node.getText();
  const binding = scope.find(name);
  if (binding !== undefined) {
    const value = binding.value();
    if (value.kind === "tensor") reading.used.add(value.input.name);
    if (value.kind === "scalar" && value.expr.kind === "parameter") reading.used.add(value.expr.name);
    return value;
  }
  if (name === "Infinity") return { kind: "literal", value: Infinity, decimal: true };
  if (name === "NaN") return { kind: "literal", value: NaN, decimal: true };
  if (
    [
      "undefined",
      "Math",
      "Array",
      "Object",
      "console",
      "Number",
      "globalThis",
      "process",
      "performance",
      "Date",
      "JSON",
    ].includes(name)
  ) {
    return reportUnknown(reading, node);
  }
  // What the body takes under a misspelt name has been reported there.
  const isMeant = mayBeMeant(name, reading.untaken);
  if (
    reading.combining !== undefined &&
    (reading.axes.has(name) || reading.parameters.has(name) || reading.inputs.has(name) || reading.combining.isTold)
  )
    return notInCombine(reading, node);
  if (reading.axes.has(name) && isOutsideBody(reading, node)) return knownInBody(reading, node, `the axis '${name}'`);
  if (reading.axes.has(name)) {
    if (!isMeant)
      reading.report.add(
        "R013",
        node,
        `the axis '${name}' is not among the axes that the body takes`,
        takeToo(reading, 1, name),
        [{ message: `'${name}' is declared here`, at: reading.axes.get(name)!.at }],
      );
    return { kind: "axis", axis: reading.axes.get(name)! };
  }
  const parameter = reading.parameters.get(name);
  if (parameter !== undefined) {
    if (!isMeant)
      reading.report.add(
        "R013",
        node,
        `the parameter '${name}' is not among those that the body takes`,
        takeToo(reading, 0, name),
        [{ message: `'${name}' is declared here`, at: parameter.at }],
      );
    reading.used.add(name);
    return scalar(reading.pool.parameter(name, parameter.type));
  }
  if (reading.inputs.has(name)) {
    const input = reading.inputs.get(name)!;
    if (!isMeant)
      reading.report.add(
        "R013",
        node,
        `the input '${name}' is not among the inputs that the body takes`,
        takeToo(reading, 0, name),
        [{ message: `'${name}' is declared here`, at: input.at }],
      );
    reading.used.add(name);
    return { kind: "tensor", input, at: input.at };
  }
  if (intrinsicNames.has(name) || reading.scopes.library(name) !== undefined) {
    const source = node.getSourceFile();
    if (!reading.scopes.isMisspeltImport(source, name)) {
      reading.report.add("R013", node, `'${name}' is not imported`, {
        words: `add it to the import: import { ${name} } from "treefold"`,
        edits: [importEdit(source, [name])],
      });
    }
    return intrinsicNames.has(name) ? { kind: "intrinsic", name } : (reading.scopes.library(name) ?? fault);
  }
  const source = node.getSourceFile();
  if (source.getEnum(name) !== undefined || source.getClass(name) !== undefined) {
    return reportUnknown(
      reading,
      node,
      source.getClass(name) !== undefined
        ? { what: `the class '${name}'`, fix: "write plain functions and constants" }
        : { what: `the enum '${name}'`, fix: "write constants: const first = 0" },
    );
  }
  if (reading.isIncomplete || reading.missing.has(name)) return fault;
  const later = declaredLater(node, name);
  if (later !== undefined) {
    const statement = later.getFirstAncestorByKindOrThrow(SyntaxKind.VariableStatement);
    const use = node.getAncestors().find((above) => above.getParent() === statement.getParent());
    reading.report.add(
      "R013",
      node,
      `'${name}' is used before it is declared`,
      {
        words: `declare it before: move const ${name} up`,
        edits:
          use === undefined
            ? []
            : [insertBefore(use, `${statement.getText()}\n${indentOf(use)}`), removeStatement(statement)],
      },
      [{ message: `'${name}' is declared here`, at: later }],
    );
    return fault;
  }
  if (reading.outputNames.has(name) || name === "output") return outputRead(reading, node);
  reading.unknownNames.add(name);
  if (isJavaScriptMath(reading, name)) {
    reading.report.add("R013", node, `'${name}' is not defined`, `write ${mathInstead[name]}`);
    return fault;
  }
  const parent = node.getParent();
  const isCallee = Node.isCallExpression(parent) && parent.getExpression() === node;
  const isRole = reading.reading === "axes";
  const names = isRole ? [...roleNames] : [...scope.names(), ...(isCallee ? [...reading.scopes.languageNames()] : [])];
  const near = nearest(name, names);
  const meant = near === undefined || (isCallee && !isCallable(reading, scope, near)) ? undefined : near;
  if (meant === undefined && isRole) {
    reading.report.add("R013", node, `'${name}' is not defined`, {
      ...write(node, "model"),
      more: ": an axis is batch, model or sequence",
    });
    return fault;
  }
  if (["chain", "pairwise"].includes(name) && Node.isCallExpression(parent) && !isCallee) {
    reading.report.add("R013", node, `'${name}' is not defined`, {
      ...write(node, `"${name}"`),
      more: ": a tree is a string",
    });
    return fault;
  }
  const leaf = meant === undefined ? itemlessLeaf(node) : undefined;
  if (leaf !== undefined) {
    const open = leaf.getFirstChildByKindOrThrow(SyntaxKind.OpenParenToken);
    reading.report.add("R013", leaf, `the leaf takes no item, and uses '${name}'`, {
      words: `write (${name}) => …`,
      edits: [insertAfter(open, name)],
    });
    return fault;
  }
  reading.report.add(
    "R013",
    node,
    `'${name}' is not defined`,
    meant === undefined ? `declare it with const, or take it from the body's parameters` : didYouMean(node, meant),
  );
  // The reading goes on with what is meant.
  const value =
    meant === undefined
      ? undefined
      : (scope.find(meant)?.value() ??
        (reading.scopes.isLanguageName(meant) ? reading.scopes.language(meant) : undefined));
  if (value?.kind === "tensor") reading.used.add(value.input.name);
  return value === undefined || value.kind === "literal" ? fault : value;
}

/** An output has no contents while its kernel runs. */
export function outputRead(reading: Reading, node: Node): Value {
  reading.report.add(
    "R013",
    node,
    `'${node.getText()}' is an output, and an output can't be read by its kernel`,
    "use the value that goes into it, as a const; or give the old contents as an input of another name",
  );
  return fault;
}

/** What a kernel declares has no meaning in a combine, which is told once of each. */
function notInCombine(reading: Reading, node: Node): Value {
  const name = node.getText();
  const what = reading.axes.has(name)
    ? `the axis '${name}'`
    : reading.parameters.has(name)
      ? `the parameter '${name}'`
      : `the input '${name}'`;
  if (!reading.combining!.isTold)
    reading.report.add(
      "R019",
      node,
      `a reducer's combine uses its two states only, and this is ${what}`,
      `use ${reading.combining!.sides.join(" and ")} only: bring what it needs into the state, through the leaf`,
    );
  reading.combining!.isTold = true;
  return fault;
}

/** The leaf around a node that takes no item, where it would be the first to have a name for it. */
function itemlessLeaf(node: Node): ArrowFunction | undefined {
  // What stands as an index is mostly the item.
  if (!Node.isCallExpression(node.getParent())) return undefined;
  return node
    .getAncestors()
    .filter(Node.isArrowFunction)
    .find((one) => {
      const call = one.getParentIfKind(SyntaxKind.CallExpression);
      return (
        call !== undefined &&
        call.getArguments().at(-1) === one &&
        reductionNames.has(call.getExpression().getText()) &&
        one.getParameters().length === 0
      );
    });
}

const asked = new Set<Node>();

/** Whether the other operand of an operation is an f32. */
function isWithFloat(reading: Reading, node: Node, scope: Scope): boolean {
  const operation = node.getParentIfKind(SyntaxKind.BinaryExpression);
  const other = operation?.getLeft() === node ? operation.getRight() : operation?.getLeft();
  if (operation === undefined || other === undefined || asked.has(operation)) return false;
  asked.add(operation);
  const before = reading.report.size;
  try {
    return reading.typeOf(reading.evaluate(other, scope)) === "f32";
  } finally {
    reading.report.rewind(before);
    asked.delete(operation);
  }
}

/** Whether what a name means can stand before a call's arguments. */
function isCallable(reading: Reading, scope: Scope, name: string): boolean {
  const kind = scope.find(name)?.value().kind ?? (reading.scopes.isLanguageName(name) ? "intrinsic" : "fault");
  return kind === "tensor" || kind === "function" || kind === "intrinsic";
}

/** A const of the same body that stands further down. */
function declaredLater(node: Node, name: string): Node | undefined {
  const body = node.getAncestors().find((above) => Node.isBlock(above));
  return body
    ?.getDescendantsOfKind(SyntaxKind.VariableDeclaration)
    .find((one) => one.getName() === name && one.getStart() > node.getEnd());
}

function indentOf(node: Node): string {
  return /[ \t]*$/.exec(node.getSourceFile().getFullText().slice(0, node.getStart()))![0];
}

/** The body takes a name more, in one of its two parameters. */
export function takeToo(reading: Reading, position: 0 | 1, name: string): Fix {
  const words = `add it to the body's ${position === 0 ? "first" : "second"} parameter: { ${name} }`;
  const parameters = reading.body?.getParameters() ?? [];
  const pattern = parameters[position]?.getNameNode();
  if (Node.isObjectBindingPattern(pattern)) return { words, edits: [addTo(pattern, pattern.getElements(), name)] };
  if (position === 1 && parameters.length === 1)
    return { words, edits: [insertAfter(parameters[0]!, `, { ${name} }`)] };
  return { words, edits: [] };
}

/** JavaScript's limits, and those of f32. */
const limits: Readonly<Record<string, string | undefined>> = {
  NEGATIVE_INFINITY: "-3.4028234663852886e38, the lowest f32",
  POSITIVE_INFINITY: "3.4028234663852886e38, the largest f32",
  MAX_VALUE: "3.4028234663852886e38, the largest f32",
  MIN_VALUE: "2 ** -126, the smallest normal f32",
  EPSILON: "2 ** -23, the distance from 1 to the next f32",
  NaN: "a number that stands for nothing, such as 0",
  MAX_SAFE_INTEGER: "0xffffffff, the largest u32",
};

/** `x.shape[1]`, an extent. */
function readShape(reading: Reading, node: Node, { name, axes }: { name: string; axes: readonly string[] }): Value {
  const around = node.getParentIfKind(SyntaxKind.ElementAccessExpression);
  const position = Number(around?.getArgumentExpression()?.getText() ?? NaN);
  const axis = axes.at(position);
  return reportUnknown(reading, node, {
    what: `'.shape' of the tensor '${name}'`,
    fix:
      around === undefined || axis === undefined || !reading.axes.has(axis)
        ? "write extent(axis), the extent of an axis"
        : {
            words: `write extent(${axis})`,
            edits: [replaceBy(around, `extent(${axis})`)],
          },
  });
}

export function readProperty(reading: Reading, node: Node, of: Node, name: string, nameAt: Node, scope: Scope): Value {
  if (Node.isIdentifier(of) && scope.find(of.getText()) === undefined) {
    const constant = of.getText() === "Math" ? (Math as unknown as Record<string, unknown>)[name] : undefined;
    if (typeof constant === "number") return { kind: "literal", value: constant, decimal: true };
    const limit = of.getText() === "Number" ? own(limits, name) : undefined;
    if (limit !== undefined)
      return reportUnknown(reading, node, {
        what: `'Number.${name}'`,
        fix: { ...instead(`write ${limit}`, node, limit.replace(/,.*$|a number.*such as /s, "")) },
      });
    if (["Math", "Number"].includes(of.getText())) return reportUnknown(reading, node);
  }
  const value = reading.evaluate(of, scope);
  if (value.kind === "fault") return value;
  const found =
    value.kind === "record" ? value.fields.get(name) : value.kind === "namespace" ? value.member(name) : undefined;
  if (found !== undefined) {
    if (found.kind === "tensor") reading.used.add(found.input.name);
    if (found.kind === "scalar" && found.expr.kind === "parameter") reading.used.add(found.expr.name);
    return found;
  }
  if (value.kind === "record" || value.kind === "namespace") {
    const names = value.kind === "record" ? [...value.fields.keys()] : value.names;
    const meant = nearest(name, names);
    reading.unknownNames.add(name);
    const isState =
      value.kind === "record" &&
      (value.reduce !== undefined ||
        [...value.fields.values()].some((field) => field.kind === "scalar" && field.expr.kind === "state"));
    reading.report.add(
      "R013",
      nameAt,
      `${Node.isIdentifier(of) ? `${isState ? "the state " : value.kind === "namespace" ? "the module " : ""}'${of.getText()}'` : describe(value)} ` +
        `has no '${name}'`,
      meant === undefined ? `it has: ${names.slice(0, 40).join(", ")}` : didYouMean(nameAt, meant),
    );
    const found =
      meant === undefined ? undefined : value.kind === "record" ? value.fields.get(meant) : value.member(meant);
    return found ?? unknownOf(reading, [value]);
  }
  if (name === "length") {
    const axis =
      value.kind === "axis" ? value.axis.name : value.kind === "tensor" ? value.input.axes.at(-1) : undefined;
    reportUnknown(reading, node, {
      what: `'.length' of ${describe(value)}`,
      fix:
        axis === undefined
          ? "write extent(axis), the extent of an axis"
          : write(node, isWithFloat(reading, node, scope) ? `f32(extent(${axis}))` : `extent(${axis})`),
    });
    if (isWithFloat(reading, node, scope)) return fault;
    return axis === undefined || !reading.axes.has(axis) ? fault : scalar(reading.at(node, reading.pool.extent(axis)));
  }
  if (value.kind === "tensor" && name === "shape") return readShape(reading, node, value.input);
  if (value.kind === "scalar" && /^(?:shape|size|dtype|data|value|T)$/.test(name)) {
    reportUnknown(reading, node, {
      what: `'.${name}'`,
      fix: instead("a value has no fields: leave it out", node, of.getText()),
    });
    return value;
  }
  return reportUnknown(reading, node, {
    what: `'.${name}' of ${describe(value)}`,
    fix: "take fields of a reduce's state only; index tensors by calls",
  });
}
