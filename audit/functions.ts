/**
 * Every function of a text is known before it is believed: one of the language's operations, one that the declaration
 * calls, or one that reads an input which lies in several bindings. So no function hides a branch, a literal or a read
 * that the rest of the audit does not see; a text that has another one may be right, and is not followed.
 */
import type { Expr, FunctionDeclaration as Declaration, Kernel } from "../dsl/ir.ts";
import { collect, operandsOf, partsOf, rootsOf } from "../dsl/visit.ts";
import type { Artifact, Pass } from "../runtime/artifact.ts";
import { Comparison } from "./compare.ts";
import { Declared } from "./declared.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { Machine } from "./machine.ts";
import { constantUniform } from "./passes.ts";
import { auditedMachine, primitivesOf, summaryOf } from "./primitives.ts";
import { readsStorage, visitExpression, visitStatements } from "./slices.ts";
import { Fault } from "./errors.ts";
import { TermPool, type Value } from "./term.ts";
import type { FunctionDeclaration, Module, Statement } from "./wgsl/ast.ts";

/** @throws Fault */
export function checkFunctions(kernel: Kernel, artifact: Artifact, modules: readonly Module[]): void {
  const integers = new Integers(new TermPool());
  const floats = new Floats(integers);
  const constants = { ones: constantUniform(integers, 0xffffffff), zero: constantUniform(integers, 0) };
  const known = new Known(kernel, integers, floats, constants);
  modules.forEach((module, number) => {
    const { uniforms } = artifact.passes[number]!;
    const own = Object.fromEntries(
      uniforms.flatMap(({ name, value }): [string, Value][] =>
        value.kind === "formula" && typeof value.formula === "number"
          ? [[name, constantUniform(integers, value.formula)]]
          : [],
      ),
    );
    const machine = new Machine(module, integers, floats, own, primitivesOf(integers, floats, constants));
    for (const declaration of module.functions) {
      if (declaration === module.entry) continue;
      const isKnown = readsStorage(declaration)
        ? readsRanges(declaration, artifact.passes[number]!)
        : isStraight(declaration.body) && !readsExtents(declaration, own) && known.has(declaration, machine, integers);
      if (isKnown) continue;
      const fault = new Fault(
        "text",
        `the function '${declaration.name}' is none of the language's or of the declaration's, and is not followed`,
        declaration.at.line,
      );
      fault.pass = number;
      throw fault;
    }
  });
}

/** What the language's functions and the declaration's compute, of arguments that are not known. */
class Known {
  readonly #values: Value[] = [];
  readonly #comparison = new Comparison();

  constructor(kernel: Kernel, integers: Integers, floats: Floats, constants: Readonly<Record<string, Value>>) {
    const { module } = auditedMachine(integers, floats, constants);
    const audited = new Machine(module, integers, floats, constants, primitivesOf(integers, floats, constants));
    for (const declaration of module.functions) {
      if (declaration !== module.entry)
        this.#values.push(summaryOf(declaration, audited.callable(declaration.name), integers));
    }
    const nothing = (): never => {
      throw new RangeError("a function reads no input");
    };
    const declared = new Declared(kernel, integers, floats, {
      extents: {},
      tensors: new Map(),
      readWord: nothing,
      parameter: nothing,
    });
    for (const callee of calleesOf(kernel)) {
      this.#values.push(
        declared.resultOf(
          callee,
          callee.parameters.map(({ type }, at) =>
            integers.pool.leaf("argument", type === "f32" ? "float" : type === "bool" ? "bool" : "integer", `${at}`),
          ),
        ),
      );
    }
  }

  has(declaration: FunctionDeclaration, machine: Machine, integers: Integers): boolean {
    try {
      const found = summaryOf(declaration, machine.callable(declaration.name), integers);
      return this.#values.some((value) => this.#comparison.matches(value, found));
    } catch {
      return false;
    }
  }
}

/** All functions that a declaration calls, from others, too. */
function calleesOf(kernel: Kernel): Set<Declaration> {
  const below = (part: Expr): readonly Expr[] => {
    if (part.kind === "call") return [...part.arguments, part.callee.result];
    if (part.kind === "field") return [...partsOf(part.of), ...part.of.reducer.fields.map(({ combine }) => combine)];
    return operandsOf(part);
  };
  const parts = collect(rootsOf(kernel), below);
  return new Set([...parts].flatMap((part) => (part.kind === "call" ? [part.callee] : [])));
}

/** Names for values, and a result. */
function isStraight(body: readonly Statement[]): boolean {
  return body.every((statement, at) =>
    at === body.length - 1
      ? statement.kind === "return"
      : statement.kind === "declare" && statement.variable.kind === "let",
  );
}

function readsExtents(declaration: FunctionDeclaration, constants: Readonly<Record<string, Value>>): boolean {
  let reads = false;
  visitStatements(declaration.body, (expression) =>
    visitExpression(expression, (part) => {
      if (
        part.kind === "member" &&
        part.of.kind === "name" &&
        part.of.variable.kind === "uniform" &&
        constants[part.name] === undefined
      )
        reads = true;
    }),
  );
  return reads;
}

/**
 * `if (at < 1024u) { return x_data__0[at]; } … return x_data__1[at - 1024u];`, one range of an input's words after the
 * other.
 */
function readsRanges({ parameters, body }: FunctionDeclaration, pass: Pass): boolean {
  const [at] = parameters;
  if (parameters.length !== 1 || body.length < 2) return false;
  let first = 0;
  const names = new Set<string>();
  return body.every((statement, number) => {
    const isLast = number === body.length - 1;
    const inner = isLast
      ? statement
      : statement.kind === "if" && statement.otherwise.length === 0 && statement.then.length === 1
        ? statement.then[0]!
        : statement;
    const read = inner.kind === "return" ? inner.value : null;
    if (
      read?.kind !== "element" ||
      read.of.kind !== "name" ||
      read.of.variable.kind !== "storage" ||
      read.of.variable.type.kind !== "array"
    )
      return false;
    const {
      index,
      of: { variable },
    } = read;
    const isOwn = (part: typeof index): boolean => part.kind === "name" && part.variable === at;
    const offset = isOwn(index)
      ? 0
      : index.kind === "binary" && index.operator === "-" && isOwn(index.left) && index.right.kind === "literal"
        ? index.right.bits
        : -1;
    const binding = pass.bindings.find((one) => one.binding === variable.binding);
    const element = variable.type.kind === "array" ? variable.type.of : variable.type;
    const width = element.kind === "vector" ? element.size : 1;
    if (offset !== first || binding?.words === undefined || binding.words.first !== first * width) return false;
    names.add(binding.name);
    first = (binding.words.first + binding.words.count) / width;
    if (isLast || statement.kind !== "if") return isLast && names.size === 1;
    const { condition } = statement;
    return (
      condition.kind === "binary" &&
      condition.operator === "<" &&
      isOwn(condition.left) &&
      condition.right.kind === "literal" &&
      condition.right.bits === first
    );
  });
}
