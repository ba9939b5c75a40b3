/**
 * The reader: a kernel module's source text to checked kernels.
 *
 * modules.ts       finds the text of what is imported; module-scope.ts gives its names their meaning
 * declaration.ts   axes, inputs, params and outputs of one kernel
 * expressions.ts   gives each expression of the body its value (values.ts): lookups.ts, operators.ts, choices.ts,
 *                  brackets.ts and calls.ts, with intrinsics.ts, loads.ts, reductions.ts, reducers.ts and functions.ts
 * outputs.ts       what the body returns, and the rules of stored values
 * The rest of the rules (spec/rules.md): batch-rules.ts, identity.ts, extents.ts (with extent-proofs.ts), names.ts,
 * buffers.ts, unknown.ts, typecheck.ts.
 */
import { Node, type CallExpression } from "ts-morph";
import { compareDiagnostics, type Diagnostic } from "../diagnostics.ts";
import { pathOf } from "../location.ts";
import type { Expr, Kernel, Output, Reduce, SourceLocation } from "../ir.ts";
import { reportBuffers } from "./buffers.ts";
import { readDeclaration, removeDeclared, reportUnusedAxes } from "./declaration.ts";
import { checkIndices } from "./extents.ts";
import { replaceBy, shown } from "./fixes.ts";
import { readBody } from "./bodies.ts";
import { Modules } from "./modules.ts";
import { isPlainName } from "./names.ts";
import { readOutputs } from "./outputs.ts";
import { Reading } from "./reading.ts";
import { locationOf, Report } from "./report.ts";
import { mayBeMeant } from "./suggest.ts";
import { typeErrors } from "./typecheck.ts";
import { interpreter } from "./expressions.ts";
import { fault, Scope, scalar, type Value } from "./values.ts";
import { kernelCalls } from "./kernel-calls.ts";
import { bindBody, type Named } from "./body-parameters.ts";

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
 * Reads all kernels of a file, given by its path or file: URL, from its text. Faults of the author become diagnostics,
 * sorted; a kernel with a fault is left out.
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
  if (!new Reading(modules, all, interpreter).scopes.checkImports(modules.root))
    return { kernels, diagnostics: all.sorted() };
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
