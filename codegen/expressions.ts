/** Expressions become names: each is computed once, as far out as everything that it mentions has a value. */
import type { Call, Expr, FunctionDeclaration } from "../dsl/ir.ts";
import { operandsOf } from "../dsl/visit.ts";
import { builtinText, constantText, operationText, type Printer } from "./arithmetic.ts";
import type { Context } from "./context.ts";
import { InternalCompilerError } from "./errors.ts";
import { loadText } from "./memory.ts";
import type { Block } from "./statements.ts";

/** A name or literal for the value, usable in `block` and in the blocks inside it. */
export function emit(context: Context, expr: Expr, block: Block): string {
  switch (expr.kind) {
    case "constant":
      return constantText(expr);
    case "register":
      return expr.name;
    case "extent":
      return `uniforms.extent_${expr.axis}`;
    case "parameter":
      return `uniforms.param_${expr.name}`;
    case "field": {
      const result = context.results.get(expr.of)?.get(expr.field);
      if (result === undefined)
        throw new InternalCompilerError(`the reduction over ${expr.of.axis} is used before it is lowered`);
      return emit(context, result, block);
    }
    case "state":
    case "index":
    case "argument":
      throw new InternalCompilerError(`${expr.kind} has no value where it is used`);
  }
  const known = block.textOf(expr);
  if (known !== undefined) return known;
  const home = context.homeOf(expr);
  const text = operationIn(context, expr, home);
  const inline = expr.type !== "f32" && !callsFunction(expr) && home === block && text.length <= 40;
  const name = inline ? text : context.fresh(context.hints.get(expr) ?? hintOf(expr));
  if (!inline) home.let(name, text, context.origins.get(expr) ?? null);
  home.texts.set(expr, name);
  return name;
}

/** Loads, and what the text calls a function for, are computed once: drivers put the function in at every call. */
function callsFunction(expr: Expr): boolean {
  if (expr.kind === "load" || expr.kind === "call") return true;
  return (
    expr.kind === "unary" && (expr.operator === "toU32" || expr.operator === "toI32") && expr.operand.type === "f32"
  );
}

/** The operation itself, for the one statement that uses it. */
export function operationIn(context: Context, expr: Expr, block: Block): string {
  if (
    expr.kind === "constant" ||
    expr.kind === "register" ||
    expr.kind === "field" ||
    expr.kind === "extent" ||
    expr.kind === "parameter"
  ) {
    return emit(context, expr, block);
  }
  const text = (operand: Expr): string => emit(context, operand, block);
  return operationText(expr, {
    text,
    load: (load) => loadText(context, load, block),
    call: (call) => callText(context, call, text),
    isFold: (sum) => context.folds.has(sum),
    arithmetic: context.arithmetic,
    strict: context.strict,
  });
}

function hintOf(expr: Expr): string {
  switch (expr.kind) {
    case "load":
      return expr.input;
    case "binary":
      return expr.operator === "multiply" ? "product" : expr.operator === "add" ? "total" : expr.operator;
    case "unary":
      return expr.operator === "roundBf16" ? "rounded" : expr.operator;
    case "call":
      return expr.callee.name;
    default:
      return expr.kind;
  }
}

function callText(context: Context, call: Call, text: (expr: Expr) => string): string {
  const builtin =
    context.arithmetic === "builtin" && call.callee.library === true
      ? builtinText(call.callee.name, call.arguments.map(text))
      : undefined;
  if (builtin !== undefined) return builtin;
  return `${functionName(context, call.callee)}(${call.arguments.map(text).join(", ")})`;
}

/** The WGSL name of an author's or the library's function, which is printed once, after those that it calls. */
function functionName(context: Context, callee: FunctionDeclaration): string {
  let name = context.functions.get(callee);
  if (name === undefined) {
    context.functions.set(callee, (name = context.fresh(`fn_${callee.name}`)));
    context.functionTexts.push(functionText(context, name, callee));
  }
  return name;
}

function functionText(context: Context, name: string, callee: FunctionDeclaration): string {
  const lines: string[] = [];
  const texts = new Map<Expr, string>();
  const uses = useCounts(callee.result);
  const nameOf = (argument: string): string =>
    `arg_${argument.replace(/[^A-Za-z0-9]+/g, "_")}_${callee.parameters.findIndex(({ name }) => name === argument)}`;
  const printer: Printer = {
    text(expr) {
      if (expr.kind === "constant") return constantText(expr);
      if (expr.kind === "argument") return nameOf(expr.name);
      const known = texts.get(expr);
      if (known !== undefined) return known;
      const value = operationText(expr, printer);
      if (uses.get(expr) === 1 && value.length <= 60) return value;
      const bound = `${(context.hints.get(expr) ?? "").replace(/[^A-Za-z0-9]|^[^A-Za-z]+/g, "") || "t"}_${texts.size}`;
      lines.push(`  let ${bound} = ${value};`);
      texts.set(expr, bound);
      return bound;
    },
    load(load) {
      throw new InternalCompilerError(`function ${callee.name} reads input ${load.input}`);
    },
    call: (call) => callText(context, call, printer.text),
    isFold: () => false,
    arithmetic: context.arithmetic,
    strict: context.strict,
  };
  const result = printer.text(callee.result);
  const parameters = callee.parameters.map((parameter) => `${nameOf(parameter.name)}: ${parameter.type}`).join(", ");
  return [`fn ${name}(${parameters}) -> ${callee.result.type} {`, ...lines, `  return ${result};`, "}"].join("\n");
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
