/**
 * Batch extents at which a text whose rows were not followed may go another way: where one of its conditions on extents
 * alone changes, where there is a row, a workgroup or a row of workgroups of each number that stands in it, and some
 * others.
 */
import { evaluateFormula } from "../runtime/formula.ts";
import type { Artifact } from "../runtime/artifact.ts";
import { binaryBits } from "../dsl/bits.ts";
import type { BinaryOperator } from "../dsl/ir.ts";
import { partsOf, visitExpression, visitStatements } from "./slices.ts";
import type { Expression, Module, Variable } from "./wgsl/ast.ts";

/** Up to this extent conditions are worked out. */
const farthest = 8192;
const usual = [130, 400];
const mostChanges = 6;
/** Numbers of the text that are taken for rows and workgroups, the largest first. */
const mostNumbers = 16;
/** Beyond this no number is one of a row. */
const mostRow = 1 << 17;

export interface FarCase {
  readonly extent: number;
  /** The workgroups that matter, beside the first and the last. */
  readonly near: readonly number[];
  /** How many workgroups lie along x, where that matters. */
  readonly across?: number;
}

/** @param extents of all axes */
export function farCases(
  artifact: Artifact,
  modules: readonly Module[],
  axis: string,
  extents: Readonly<Record<string, number>>,
): FarCase[] {
  const changes = modules.flatMap((module, number) => {
    const pass = artifact.passes[number]!;
    return changesOf(module, (extent) => {
      const all = { ...extents, [axis]: extent };
      const workgroups = evaluateFormula(pass.workgroups, all);
      const uniforms = new Map(
        pass.uniforms.flatMap(({ name, value }) =>
          value.kind === "formula" ? [[name, evaluateFormula(value.formula, all)] as const] : [],
        ),
      );
      return { workgroups, uniforms };
    });
  });
  const numbers = [...new Set(modules.flatMap(numbersOf))]
    .filter((number) => number > 2 && number < mostRow)
    .sort((a, b) => b - a)
    .slice(0, mostNumbers);
  /** The least extent at which a pass has so many workgroups. */
  const extentFor = (pass: Artifact["passes"][number], count: number): number => {
    const workgroups = (extent: number): number => evaluateFormula(pass.workgroups, { ...extents, [axis]: extent });
    let [low, high] = [1, 1];
    while (workgroups(high) < count && high < mostRow) high *= 2;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (workgroups(middle) < count) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const near = (number: number): number[] => [number - 1, number, number + 1];
  const all: FarCase[] = [
    ...changes.slice(0, mostChanges).map((extent) => ({ extent, near: [] })),
    // Where row `number` is the last one, and where there is a workgroup of that number; then so many rows, and a few
    // more.
    ...numbers.map((number) => ({ extent: number + 1, near: near(number) })),
    ...numbers.flatMap((number) =>
      artifact.passes.flatMap((pass) => [
        { extent: extentFor(pass, number + 2), near: near(number) },
        { extent: extentFor(pass, number), near: [], across: number },
      ]),
    ),
    ...numbers.flatMap((number) => [number, number + 3].map((extent) => ({ extent, near: near(number) }))),
    ...usual.map((extent) => ({ extent, near: [] })),
  ];
  return all.filter((one, at) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(one)) === at);
}

/** All integers that stand in an entry point, and what is computed of nothing but such. */
function numbersOf(module: Module): number[] {
  const found = new Set<number>([module.workgroupSize]);
  const nothing: Host = { workgroups: 0, uniforms: new Map() };
  const visit = (expression: Expression): void => {
    const value =
      expression.type.kind === "scalar" && expression.type.name === "u32" && expression.kind !== "name"
        ? valueIn(expression, nothing, new Map())
        : undefined;
    if (value !== undefined) found.add(value);
    else partsOf(expression).forEach(visit);
  };
  visitStatements(module.entry.body, visit);
  return [...found];
}

interface Host {
  readonly workgroups: number;
  readonly uniforms: ReadonlyMap<string, number>;
}

/** Extents at which a comparison of nothing but extents and numbers is not what it was one before. */
function changesOf(module: Module, hostAt: (extent: number) => Host): number[] {
  const lets = new Map<Variable, Expression>();
  const conditions: Expression[] = [];
  visitStatements(module.entry.body, (expression) =>
    visitExpression(expression, (part) => {
      if (part.kind === "binary" && comparisons.has(part.operator)) conditions.push(part);
    }),
  );
  const declare = (statements: Module["entry"]["body"]): void => {
    for (const statement of statements) {
      if (statement.kind === "declare" && statement.variable.kind === "let" && statement.value !== null)
        lets.set(statement.variable, statement.value);
      if (statement.kind === "if") [statement.then, statement.otherwise].forEach(declare);
      if (statement.kind === "for" || statement.kind === "while") declare(statement.body);
    }
  };
  declare(module.entry.body);
  const hosts = Array.from({ length: farthest }, (_, at) => hostAt(at + 1));
  return conditions.flatMap((condition) => {
    const values =
      valueIn(condition, hosts[0]!, lets) === undefined ? [] : hosts.map((host) => valueIn(condition, host, lets));
    return values.flatMap((value, at) => (at > 0 && value !== values[at - 1] ? [at + 1] : []));
  });
}

const operators: Readonly<Record<string, BinaryOperator>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shiftLeft",
  ">>": "shiftRight",
  "<": "less",
  "<=": "lessEqual",
  "==": "equal",
  "!=": "notEqual",
};
const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** What an expression is that depends on nothing but the host. */
function valueIn(expression: Expression, host: Host, lets: ReadonlyMap<Variable, Expression>): number | undefined {
  const inner = (part: Expression): number | undefined => valueIn(part, host, lets);
  switch (expression.kind) {
    case "literal":
      return expression.bits;
    case "name":
      return lets.has(expression.variable) ? inner(lets.get(expression.variable)!) : undefined;
    case "member": {
      if (expression.of.kind !== "name") return undefined;
      const { kind, builtin } = expression.of.variable;
      if (kind === "uniform") return host.uniforms.get(expression.name);
      return builtin === "num_workgroups" && host.workgroups > 0
        ? expression.component === 0
          ? host.workgroups + (host.workgroups > 1 ? 1 : 0)
          : 1
        : undefined;
    }
    case "binary": {
      const [left, right] = [inner(expression.left), inner(expression.right)];
      if (left === undefined || right === undefined) return undefined;
      if (expression.operator === ">") return binaryBits("less", "u32", right, left);
      if (expression.operator === ">=") return binaryBits("lessEqual", "u32", right, left);
      const operator = operators[expression.operator];
      return operator === undefined ? undefined : binaryBits(operator, "u32", left, right);
    }
    default:
      return undefined;
  }
}
