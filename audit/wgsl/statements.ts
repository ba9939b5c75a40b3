/** A function's body: its scopes, its types, where it may write, and that it returns. */
import type { Expression, FunctionDeclaration, Position, Statement, Type, Variable } from "./ast.ts";
import { WgslError } from "./errors.ts";
import { expressionOf, scalarOf, valueOf } from "./expressions.ts";
import { Scope } from "./scope.ts";
import type { ExpressionSyntax, StatementSyntax } from "./syntax.ts";
import { same, show, typeOf } from "./types.ts";

/** `result` is null in the entry point. Throws WgslError. */
export function bodyOf(
  syntax: readonly StatementSyntax[],
  scope: Scope,
  result: FunctionDeclaration["result"],
): Statement[] {
  return syntax.map((statement) => statementOf(statement, scope, result));
}

function statementOf(syntax: StatementSyntax, scope: Scope, result: Type | null): Statement {
  const at: Position = { line: syntax.line, column: syntax.column };
  const inner = (body: readonly StatementSyntax[], around = scope): Statement[] =>
    bodyOf(body, new Scope(around), result);
  switch (syntax.kind) {
    case "let": {
      const value = valueOf(syntax.value, scope);
      return {
        kind: "declare",
        variable: scope.variable({ kind: "let", name: syntax.name, type: value.type, at }),
        value,
        at,
      };
    }
    case "var": {
      const type = typeOf(syntax.type);
      if (type.kind === "array" && type.length === null) {
        throw new WgslError(at, `'${syntax.name}' is an array of no length`, "write its length, as in array<u32, 8>");
      }
      if (type.kind === "array" && syntax.value !== undefined) {
        throw new WgslError(at, `the array '${syntax.name}' has a value`, "assign its elements one by one");
      }
      const value = syntax.value === undefined ? null : fitting(syntax.value, scope, type, `'${syntax.name}'`);
      return { kind: "declare", variable: scope.variable({ kind: "var", name: syntax.name, type, at }), value, at };
    }
    case "assign": {
      const target = targetOf(syntax.target, scope);
      return { kind: "assign", target, value: fitting(syntax.value, scope, target.type, "what it is assigned to"), at };
    }
    case "call": {
      if (syntax.callee !== "workgroupBarrier") {
        throw new WgslError(
          at,
          `the value of '${syntax.callee}' is dropped`,
          "only workgroupBarrier() may stand alone",
        );
      }
      if (result !== null)
        throw new WgslError(at, "a barrier outside of the entry point", "put it into the entry point");
      return { kind: "barrier", at };
    }
    case "if": {
      const condition = scalarOf(syntax.condition, scope, "a condition", "bool");
      return { kind: "if", condition, then: inner(syntax.then), otherwise: inner(syntax.otherwise), at };
    }
    case "while":
      return {
        kind: "while",
        condition: scalarOf(syntax.condition, scope, "a condition", "bool"),
        body: inner(syntax.body),
        at,
      };
    case "for": {
      const from = scalarOf(syntax.from, scope, "where a loop starts", "u32", "i32");
      const around = new Scope(scope);
      const named: Position = { line: syntax.name.line, column: syntax.name.column };
      const variable = around.variable({ kind: "var", name: syntax.name.text, type: from.type, at: named });
      const condition = scalarOf(syntax.condition, around, "a condition", "bool");
      if (syntax.stepped.text !== variable.name) {
        throw new WgslError(
          syntax.stepped,
          `the loop over '${variable.name}' steps '${syntax.stepped.text}'`,
          `step '${variable.name}'`,
        );
      }
      const step = fitting(syntax.step, around, variable.type, `'${variable.name}'`);
      return { kind: "for", variable, from, condition, step, body: inner(syntax.body, around), at };
    }
    case "return": {
      if (result === null && syntax.value !== undefined)
        throw new WgslError(at, "the entry point returns a value", "write return;");
      if (result !== null && syntax.value === undefined)
        throw new WgslError(at, "a return without a value", `return ${show(result)}`);
      return {
        kind: "return",
        value: syntax.value === undefined ? null : fitting(syntax.value, scope, result!, "what the function returns"),
        at,
      };
    }
  }
}

function fitting(syntax: ExpressionSyntax, scope: Scope, type: Type, what: string): Expression {
  const value = valueOf(syntax, scope);
  if (!same(value.type, type)) {
    throw new WgslError(
      value.at,
      `${what} is ${show(type)}, and this is ${show(value.type)}`,
      `convert it, or compute it as ${show(type)}`,
    );
  }
  return value;
}

/** What may be written: a var of a function, or an element of one, of workgroup memory or of an output. */
function targetOf(syntax: ExpressionSyntax, scope: Scope): Expression {
  const target = expressionOf(syntax, scope);
  const of = target.kind === "element" ? target.of : target;
  if (of.kind !== "name" || (target.kind === "element" && of.type.kind !== "array")) {
    throw new WgslError(target.at, "this is no place to write to", "assign a var, or an element of an array");
  }
  const { name, kind, access } = of.variable;
  if (kind !== "var" && kind !== "workgroup" && access !== "read_write") {
    throw new WgslError(
      target.at,
      `'${name}' cannot be written: it is ${described(of.variable)}`,
      "assign a var, workgroup memory or a read_write buffer",
    );
  }
  if (target.type.kind === "array" || target.type.kind === "struct") {
    throw new WgslError(target.at, `'${name}' is written as a whole`, "assign its elements one by one");
  }
  return target;
}

function described({ kind, access }: Variable): string {
  return kind === "storage" ? `a buffer with access ${access}` : kind === "uniform" ? "a uniform" : `a ${kind}`;
}

/** Whether control never comes to the end of the statements. */
export function returns(body: readonly Statement[]): boolean {
  const last = body.at(-1);
  return last?.kind === "return" || (last?.kind === "if" && returns(last.then) && returns(last.otherwise));
}
