/**
 * The reader: a kernel module's source text to checked kernels.
 *
 * modules.ts       finds the text of what is imported; module-scope.ts gives its names their meaning
 * declaration.ts   axes, inputs, params and outputs of one kernel
 * expressions.ts   gives each expression of the body its value (values.ts): lookups.ts, operators.ts, choices.ts,
 *                  brackets.ts and calls.ts, with intrinsics.ts, loads.ts, reductions.ts, reducers.ts and functions.ts
 * outputs.ts       what the body returns, and the rules of stored values
 * batch-rules.ts, identity.ts, extents.ts (with extent-proofs.ts), names.ts, buffers.ts, unknown.ts, typecheck.ts   the rest of the rules
 *                  (spec/rules.md)
 */
import {
  Node,
  SyntaxKind,
  type BindingElement,
  type CallExpression,
  type ParameterDeclaration,
  type SourceFile,
} from "ts-morph";
import { basename } from "node:path";
import { compareDiagnostics, type Diagnostic } from "../diagnostics.ts";
import { pathOf } from "../location.ts";
import type { Expr, Kernel, Output, Reduce, SourceLocation } from "../ir.ts";
import { reportBuffers } from "./buffers.ts";
import { readDeclaration, removeDeclared, reportUnusedAxes } from "./declaration.ts";
import { checkIndices } from "./extents.ts";
import { insertAtTop, insertBefore, replaceBy, shown, shorten } from "./fixes.ts";
import { bindPattern } from "./bindings.ts";
import { readBody } from "./functions.ts";
import { importUsed, namesUsed } from "./imports.ts";
import { Modules } from "./modules.ts";
import { checkName, isPlainName, nameOfFile } from "./names.ts";
import { readOutputs } from "./outputs.ts";
import { Reading } from "./reading.ts";
import { locationOf, Report } from "./report.ts";
import { mayBeMeant } from "./suggest.ts";
import { typeErrors } from "./typecheck.ts";
import { interpreter } from "./expressions.ts";
import { fault, Scope, scalar, type Value } from "./values.ts";

export { checkExtents, neededExtents } from "./extents.ts";

export interface ReadOptions {
  /** The file's text, where it is not that of the disk. */
  readonly source?: string;
  /** Report TypeScript's own strict errors, too, where no rule has spoken. Takes a second. */
  readonly typecheck?: boolean;
  /** Report kernels that bind more storage buffers than this. Any number passes where absent, since devices differ. */
  readonly buffers?: number;
}

/**
 * Reads all kernels of a file, given by its path or file: URL, from its text. Faults of the author become diagnostics, sorted; a kernel with a fault
 * is left out.
 * @throws LocationError for another URL, and where the file can't be read from the disk.
 */
export function readKernels(
  location: string | URL,
  options: ReadOptions = {},
): { kernels: Kernel[]; diagnostics: Diagnostic[] } {
  const file = pathOf(location);
  const modules = new Modules(file, options.source);
  const all = new Report();
  const kernels: Kernel[] = [];
  modules.reportSyntax(modules.root, all);
  if (all.size > 0) return { kernels, diagnostics: all.sorted() };
  if (!new Reading(modules, all, interpreter).scopes.checkImports(modules.root)) return { kernels, diagnostics: all.sorted() };
  for (const { name, call } of guarded(all, modules.root, () => kernelCalls(modules.root, modules, all)) ?? []) {
    // A report of its own: a fault of a shared constant concerns every kernel that uses it.
    const report = new Report();
    const kernel = guarded(report, call, () => readKernel(modules, report, name, call));
    if (kernel !== undefined && options.buffers !== undefined)
      reportBuffers(report, kernel, call.getExpression(), options.buffers);
    if (kernel !== undefined && report.size === 0 && isPlainName(name)) kernels.push(kernel);
    all.take(report);
  }
  const diagnostics = all.sorted();
  if (options.typecheck !== true) return { kernels, diagnostics };
  // Most type errors beside a rule's are that fault once more.
  if (diagnostics.length > 0) return { kernels, diagnostics };
  const errors = typeErrors(file, options.source, []);
  return {
    kernels: errors.length === 0 ? kernels : [],
    diagnostics: [...diagnostics, ...errors].sort(compareDiagnostics),
  };
}

/** The module's calls of `kernel`, by the names of the consts that hold them. */
function kernelCalls(source: SourceFile, modules: Modules, report: Report): { name: string; call: CallExpression }[] {
  // Names are looked up for this question only: a module may import what no kernel of it uses.
  const scope = new Reading(modules, new Report(), interpreter).scopes.of(source);
  const isKernel = (node: Node | undefined): node is CallExpression => {
    if (!Node.isCallExpression(node)) return false;
    const callee = node.getExpression();
    if (Node.isIdentifier(callee)) {
      const value = scope.find(callee.getText())?.value();
      return value?.kind === "intrinsic" && value.name === "kernel";
    }
    return (
      Node.isPropertyAccessExpression(callee) &&
      callee.getName() === "kernel" &&
      scope.find(callee.getExpression().getText())?.value().kind === "namespace"
    );
  };
  const found = source.getStatements().flatMap((statement) => {
    if (Node.isVariableStatement(statement)) {
      return statement.getDeclarations().flatMap((declaration) => {
        const initializer = withoutTypes(declaration.getInitializer());
        if (!isKernel(initializer)) return [];
        const name = declaration.getName();
        const keyword = statement.getFirstDescendantByKind(SyntaxKind.VariableDeclarationList)!.getFirstChild()!;
        if (statement.getDeclarationKind() !== "const") {
          report.add(
            "R001",
            declaration.getNameNode(),
            `'${name}' is declared with '${keyword.getText()}', so it can change`,
            { words: `write const ${name}`, edits: [replaceBy(keyword, "const")] },
          );
        }
        if (!statement.isExported() && !isExportedLater(source, name)) {
          report.add("R018", declaration.getNameNode(), `the kernel '${name}' is not exported`, {
            words: `write export const ${name}`,
            edits: [insertBefore(statement, "export ")],
          });
        }
        return [{ name, call: initializer }];
      });
    }
    const main = Node.isExportAssignment(statement) ? withoutTypes(statement.getExpression()) : undefined;
    return isKernel(main) ? [{ name: nameOfFile(basename(source.getFilePath())), call: main }] : [];
  });
  for (const { name, call } of found) {
    const main = call.getFirstAncestor(Node.isExportAssignment);
    if (main === undefined)
      checkName(
        report,
        name,
        "a kernel",
        call.getFirstAncestor(Node.isVariableDeclaration)?.getNameNode() ?? call.getExpression(),
      );
    else
      checkName(report, name, "a kernel that is called as its file", call.getExpression(), (near) => ({
        words: `give it a name of its own: write export const ${near} = kernel(…)`,
        edits: [{ ...insertBefore(main, `export const ${near} = `), ...startOf(main.getExpression()) }],
      }));
  }
  reportUnimported(source, scope, (name) => new Reading(modules, new Report(), interpreter).scopes.isLanguageName(name), report);
  for (const call of source.getDescendants().filter(isKernel)) {
    if (found.some((one) => one.call === call)) continue;
    report.add(
      "R018",
      call,
      "this kernel is not declared at the top of its module",
      "write export const name = kernel({ … }): the declaration is read from the text, not computed",
    );
  }
  return found;
}

/** Calls of a `kernel` that this module does not have, so that nobody reads them. */
function reportUnimported(source: SourceFile, scope: Scope, isName: (name: string) => boolean, report: Report): void {
  for (const call of source.getDescendantsOfKind(SyntaxKind.CallExpression)) {
    const callee = call.getExpression();
    const root = Node.isPropertyAccessExpression(callee) ? callee.getExpression() : callee;
    const name = Node.isPropertyAccessExpression(callee) ? callee.getName() : callee.getText();
    if (name !== "kernel" || !Node.isIdentifier(root) || !Node.isObjectLiteralExpression(call.getArguments()[0]))
      continue;
    if (scope.find(root.getText()) !== undefined) continue;
    const used = namesUsed(source, isName, (one) => scope.find(one) !== undefined);
    report.add(
      "R013",
      callee,
      `'${callee.getText()}' is not imported`,
      Node.isPropertyAccessExpression(callee)
        ? {
            words: `write import * as ${root.getText()} from "treefold" at the top of the module`,
            edits: [insertAtTop(source, `import * as ${root.getText()} from "treefold";\n`)],
          }
        : importUsed(source, used),
    );
    // What else is not imported belongs to the same fix.
    return;
  }
}

/** Whether `export { name }` stands somewhere. */
function isExportedLater(source: SourceFile, name: string): boolean {
  return (
    source.getExportDeclarations().some((one) => one.getNamedExports().some((each) => each.getName() === name)) ||
    source.getExportAssignments().some((one) => one.getExpression().getText() === name)
  );
}

function withoutTypes(node: Node | undefined): Node | undefined {
  return Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node)
    ? withoutTypes(node.getExpression())
    : node;
}

function readKernel(modules: Modules, report: Report, name: string, call: CallExpression): Kernel | undefined {
  const reading = new Reading(modules, report, interpreter);
  const scope = reading.scopes.of(call.getSourceFile());
  const declaration = readDeclaration(reading, call, call.getArguments()[0], scope);
  if (declaration === undefined) return undefined;
  const { parameters, body } = declaration;
  reading.body = body;
  for (const one of parameters) reading.parameters.set(one.name, one);

  const inner = new Scope(scope);
  const values: Named = {
    kind: "record",
    fields: new Map([
      ...[...reading.inputs.values()].map(({ at, ...input }): [string, Value] => [
        input.name,
        { kind: "tensor", input, at },
      ]),
      ...[...reading.faulty].map((known): [string, Value] => [known, fault]),
      ...parameters.map((one): [string, Value] => [one.name, scalar(reading.pool.parameter(one.name, one.type))]),
    ]),
  };
  const axes: Named = {
    kind: "record",
    fields: new Map([
      ...[...reading.faulty].map((known): [string, Value] => [known, fault]),
      ...[...reading.axes].map(([axis, declared]): [string, Value] => [axis, { kind: "axis", axis: declared }]),
    ]),
  };
  bindBody(reading, inner, body.getParameters(), values, axes);

  const returned = readBody(reading, body, inner);
  const at = returnedNode(body);
  const outputs = readOutputs(reading, declaration, returned, at);
  reportOutside(reading, outputs, call);
  // What another fault keeps from being read would be called unused.
  if (report.size === 0) {
    reportUnused(reading, parameters);
    reportUnusedAxes(reading, declaration);
  }
  if (report.size > 0) return undefined;
  if (outputs.length !== declaration.outputs.length) throw new Error("an output was lost without a diagnostic");
  return {
    name,
    outputs,
    parameters: parameters.map(({ name: parameter, type }) => ({ name: parameter, type })),
    axes: [...reading.axes.values()].map(({ name: axis, role }) => ({ name: axis, role })),
    inputs: [...reading.inputs.values()].map(({ name: input, storage, axes: over, ownership, unique }) => ({
      name: input,
      storage,
      axes: over,
      ownership,
      unique,
    })),
    location: locationOf(call.getFirstAncestor(Node.isVariableDeclaration) ?? call),
    pool: reading.pool,
    origins: new Map(
      [...reading.nodes].map(([expr, node]): [Expr | Reduce, SourceLocation] => [expr, locationOf(node)]),
    ),
    names: reading.names,
  };
}

type Named = Extract<Value, { kind: "record" }>;

/** What a body takes: its values by name, and its axes by name. */
function bindBody(
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

function startOf(node: Node): { endLine: number; endColumn: number } {
  const { line, column } = replaceBy(node, "");
  return { endLine: line, endColumn: column };
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

/** Indices that leave their axes, in whatever was read. */
function reportOutside(reading: Reading, outputs: readonly Output[], call: CallExpression): void {
  const found = checkIndices({
    axes: [...reading.axes.values()],
    inputs: [...reading.inputs.values()],
    outputs,
    stored: reading.stored,
    pool: reading.pool,
    origins: new Map(),
    location: locationOf(call),
    places: (load) => [...(reading.places.get(load) ?? [])].map(locationOf),
  });
  for (const { code, location, message, fix, notes } of found) {
    const node = nodeAt(reading, location);
    // The load as it stands, guarded.
    const isPlain = Node.isCallExpression(node) && !/^gather$/.test(node.getExpression().getText());
    const guarded = isPlain
      ? `gather(${[node.getExpression(), ...node.getArguments()].map((one) => one.getText()).join(", ")})`
      : undefined;
    reading.report.add(
      code,
      node ?? location,
      message,
      guarded === undefined
        ? fix
        : {
            words: `write ${shown(guarded)}`,
            edits: [replaceBy(node!, guarded)],
            more: fix.replace(/^write gather\(\w+, …\)/, ""),
          },
      notes.map((note) => ({ message: note.message })),
    );
  }
}

/** The whole expression that starts at a location, to underline it. */
function nodeAt(reading: Reading, { file, line, column }: SourceLocation): Node | undefined {
  return [...reading.places]
    .flatMap(([expr, nodes]) => (expr.kind === "load" ? [...nodes] : []))
    .find((node) => {
      const at = locationOf(node);
      return at.file === file && at.line === line && at.column === column;
    });
}

/** The expression that a body returns. */
function returnedNode(body: Node & { getBody?: () => Node | undefined }): Node {
  const block = body.getBody?.();
  if (block === undefined) return body;
  if (!Node.isBlock(block)) return block;
  return block.getStatements().find(Node.isReturnStatement)?.getExpression() ?? block;
}

function reportUnused(reading: Reading, parameters: readonly { name: string; at: Node }[]): void {
  if (reading.isIncomplete) return;
  for (const input of reading.inputs.values()) {
    if (!reading.used.has(input.name) && !mayBeMeant(input.name, reading.unknownNames))
      reading.report.add("R021", input.at, `the input '${input.name}' is declared and never read`, {
        words: "remove it, or use it in the body",
        edits: removeDeclared(input.at, input.name, 0),
      });
  }
  for (const parameter of parameters) {
    if (!reading.used.has(parameter.name) && !mayBeMeant(parameter.name, reading.unknownNames))
      reading.report.add("R021", parameter.at, `the parameter '${parameter.name}' is declared and never read`, {
        words: "remove it, or use it in the body",
        edits: removeDeclared(parameter.at, parameter.name, 0),
      });
  }
}

/** Runs a step; what it throws is our fault, and is reported as such instead of ending the reading. */
function guarded<T>(report: Report, node: Node, step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    report.add(
      "R000",
      node,
      `internal fault of the reader: ${error instanceof Error ? error.message : String(error)}`,
      "please report this kernel to Treefold; meanwhile, write the body with fewer constructs until this goes away",
    );
    return undefined;
  }
}
