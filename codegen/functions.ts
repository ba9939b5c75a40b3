/** An author's and the library's functions as functions of the shader. */
import { operandsOf } from "../dsl/visit.ts";
import type { Call, Expr, FunctionDeclaration } from "../dsl/ir.ts";
import { builtinCall, constantOf, type Emitter, operationOf } from "./arithmetic.ts";
import type { Context } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { call, name } from "./wgsl/build.ts";
import { type Expression, fixedSymbol, type Statement, type Symbol, symbol } from "./wgsl/tree.ts";
import { sizeOf } from "./wgsl/walk.ts";

/** A call of the function, or of the device's own in its place. */
export function called(
  context: Context,
  { callee, arguments: args }: Call,
  value: (argument: Expr) => Expression,
): Expression {
  const builtin =
    context.arithmetic === "builtin" && callee.library === true ? builtinCall(callee.name, args.map(value)) : undefined;
  if (builtin !== undefined) return builtin;
  const symbol = functionOf(context, callee);
  return call({ symbol }, ...args.map(value));
}

/** The function's symbol. The function itself is declared once, after those that it calls. */
function functionOf(context: Context, callee: FunctionDeclaration): Symbol {
  const known = context.functionOf.get(callee);
  if (known !== undefined) return known;
  const made = symbol("function", `fn_${callee.name}`, callee.result.type);
  context.functionOf.set(callee, made);
  declare(context, made, callee);
  return made;
}

function declare(context: Context, made: Symbol, callee: FunctionDeclaration): void {
  const statements: Statement[] = [];
  const values = new Map<Expr, Expression>();
  const uses = useCounts(callee.result);
  const parameters = callee.parameters.map(({ name, type }, at) =>
    fixedSymbol("parameter", `arg_${name.replace(/[^A-Za-z0-9]+/g, "_")}_${at}`, type),
  );
  const emitter: Emitter = {
    value(expr) {
      if (expr.kind === "constant") return constantOf(expr);
      if (expr.kind === "argument")
        return name(parameters[callee.parameters.findIndex((parameter) => parameter.name === expr.name)]!);
      const known = values.get(expr);
      if (known !== undefined) return known;
      const value = operationOf(expr, emitter);
      if (uses.get(expr) === 1 && sizeOf(value) <= 7) return value;
      const hint = (context.hints.get(expr) ?? "").replace(/[^A-Za-z0-9]|^[^A-Za-z]+/g, "") || "t";
      const bound = fixedSymbol("let", `${hint}_${values.size}`, value.type);
      statements.push({ kind: "let", symbol: bound, value, origin: null });
      values.set(expr, name(bound));
      return name(bound);
    },
    load(load) {
      throw new InternalCompilerError(`function ${callee.name} reads input ${load.input}`);
    },
    call: (inner) => called(context, inner, emitter.value),
    isFold: () => false,
    arithmetic: context.arithmetic,
    strict: context.strict,
  };
  const value = emitter.value(callee.result);
  statements.push({ kind: "return", value });
  context.functions.push({ symbol: made, parameters, body: { statements } });
}

/** How often each expression is an operand, counting each user once. */
function useCounts(root: Expr): ReadonlyMap<Expr, number> {
  const uses = new Map<Expr, number>();
  const visit = (expr: Expr): void => {
    const seen = uses.get(expr) ?? 0;
    uses.set(expr, seen + 1);
    if (seen === 0) operandsOf(expr).forEach(visit);
  };
  visit(root);
  return uses;
}
