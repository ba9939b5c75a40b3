/**
 * Batch extents at which a text whose rows were not followed may go another way: where one of its conditions on extents alone
 * changes, around its integers, and some that are larger than a few workgroups.
 */
import { evaluateFormula } from "../../runtime/formula.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import { binaryBits } from "../../dsl/bits.ts";
import type { BinaryOperator } from "../../dsl/ir.ts";
import { integersOf } from "./points.ts";
import { visitExpression, visitStatements } from "./slices.ts";
import type { Expression, Module, Variable } from "./wgsl/ast.ts";

const farthest = 8192;
const usual = [130, 400];
const mostExtents = 10;

/** @param extents of the other axes */
export function farExtents(artifact: Artifact, modules: readonly Module[], axis: string, extents: Readonly<Record<string, number>>): number[] {
  const changes = modules.flatMap((module, number) => {
    const pass = artifact.passes[number]!;
    return changesOf(module, (extent) => {
      const all = { ...extents, [axis]: extent };
      const workgroups = evaluateFormula(pass.workgroups, all);
      const uniforms = new Map(pass.uniforms.flatMap(({ name, value }) => (value.kind === "formula" ? [[name, evaluateFormula(value.formula, all)] as const] : [])));
      return { workgroups, uniforms };
    });
  });
  const integers = modules.flatMap(integersOf).filter((integer) => integer > 64 && integer < farthest);
  const all = [...changes.slice(0, 4), ...integers.slice(-3).map((integer) => integer + 1), ...usual];
  return [...new Set(all)].slice(0, mostExtents);
}

interface Host {
  readonly workgroups: number;
  readonly uniforms: ReadonlyMap<string, number>;
}

/** Extents at which a comparison of nothing but extents and numbers is not what it was one before. */
function changesOf(module: Module, hostAt: (extent: number) => Host): number[] {
  const lets = new Map<Variable, Expression>();
  const conditions: Expression[] = [];
  visitStatements(module.entry.body, (expression) => visitExpression(expression, (part) => {
    if (part.kind === "binary" && comparisons.has(part.operator)) conditions.push(part);
  }));
  const declare = (statements: Module["entry"]["body"]): void => {
    for (const statement of statements) {
      if (statement.kind === "declare" && statement.variable.kind === "let" && statement.value !== null) lets.set(statement.variable, statement.value);
      if (statement.kind === "if") [statement.then, statement.otherwise].forEach(declare);
      if (statement.kind === "for" || statement.kind === "while") declare(statement.body);
    }
  };
  declare(module.entry.body);
  const hosts = Array.from({ length: farthest }, (_, at) => hostAt(at + 1));
  return conditions.flatMap((condition) => {
    const values = valueIn(condition, hosts[0]!, lets) === undefined ? [] : hosts.map((host) => valueIn(condition, host, lets));
    return values.flatMap((value, at) => (at > 0 && value !== values[at - 1] ? [at + 1] : []));
  });
}

const operators: Readonly<Record<string, BinaryOperator>> = {
  "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "remainder", "&": "and", "|": "or", "^": "xor", "<<": "shiftLeft", ">>": "shiftRight",
  "<": "less", "<=": "lessEqual", "==": "equal", "!=": "notEqual",
};
const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** What an expression is that depends on nothing but the host. */
function valueIn(expression: Expression, host: Host, lets: ReadonlyMap<Variable, Expression>): number | undefined {
  const inner = (part: Expression): number | undefined => valueIn(part, host, lets);
  switch (expression.kind) {
    case "literal": return expression.bits;
    case "name": return lets.has(expression.variable) ? inner(lets.get(expression.variable)!) : undefined;
    case "member": {
      if (expression.of.kind !== "name") return undefined;
      const { kind, builtin } = expression.of.variable;
      if (kind === "uniform") return host.uniforms.get(expression.name);
      return builtin === "num_workgroups" ? (expression.component === 0 ? host.workgroups + (host.workgroups > 1 ? 1 : 0) : 1) : undefined;
    }
    case "binary": {
      const [left, right] = [inner(expression.left), inner(expression.right)];
      if (left === undefined || right === undefined) return undefined;
      if (expression.operator === ">") return binaryBits("less", "u32", right, left);
      if (expression.operator === ">=") return binaryBits("lessEqual", "u32", right, left);
      const operator = operators[expression.operator];
      return operator === undefined ? undefined : binaryBits(operator, "u32", left, right);
    }
    default: return undefined;
  }
}
