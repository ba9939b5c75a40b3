/**
 * Prints a module. Operations stand in parentheses but for those that are a statement's whole value, or `bare`.
 * The text is made a line at a time, each with the place in the kernel's source that it is for: the source map.
 */
import type { SourceLocation } from "../../dsl/ir.ts";
import { literalText } from "./literals.ts";
import { nameModule, type Names } from "./name.ts";
import { seal } from "./prelude.ts";
import {
  type Block,
  entryParameters,
  type Expression,
  type FunctionTree,
  type Module,
  type Statement,
  type Type,
} from "./tree.ts";

export interface PrintedLine {
  readonly text: string;
  readonly origin: SourceLocation | null;
}

export function typeText(type: Type): string {
  if (typeof type === "string") return type;
  switch (type.kind) {
    case "vector":
      return `vec${type.size}<${type.of}>`;
    case "array":
      return `array<${typeText(type.of)}${type.length === undefined ? "" : `, ${type.length}`}>`;
    case "struct":
      return "Uniforms";
  }
}

/** An expression as an operand, an argument or an index. */
export function expressionText(expression: Expression, names: Names): string {
  const text = (part: Expression): string => expressionText(part, names);
  switch (expression.kind) {
    case "unary":
      if (expression.bare === true) return `${expression.operator}(${text(expression.operand)})`;
      return `(${operationText(expression, names)})`;
    case "binary": {
      const operation = operationText(expression, names);
      return expression.bare === true ? operation : `(${operation})`;
    }
    default:
      return operationText(expression, names);
  }
}

/** An expression as a statement's whole value: without parentheses around it. */
export function operationText(expression: Expression, names: Names): string {
  const text = (part: Expression): string => expressionText(part, names);
  switch (expression.kind) {
    case "literal":
      return literalText(expression);
    case "name":
      return names(expression.symbol);
    case "unary":
      return `${expression.operator}${text(expression.operand)}`;
    case "binary":
      return `${text(expression.left)} ${expression.operator} ${text(expression.right)}`;
    case "index":
      return `${text(expression.of)}[${text(expression.index)}]`;
    case "member":
      return `${text(expression.of)}.${expression.member}`;
    case "call": {
      const callee = typeof expression.callee === "string" ? expression.callee : names(expression.callee);
      return `${callee}(${expression.arguments.map(text).join(", ")})`;
    }
    case "select":
      return `select(${text(expression.whenFalse)}, ${text(expression.whenTrue)}, ${text(expression.condition)})`;
    case "bitcast":
      return `bitcast<${expression.type}>(${text(expression.operand)})`;
    case "fma":
      return `fma(${text(expression.first)}, ${text(expression.second)}, ${text(expression.addend)})`;
    case "fence":
      return `${names(seal.symbol)}(${operationText(expression.operand, names)})`;
  }
}

export function printBlock(block: Block, names: Names, indent: string): PrintedLine[] {
  return block.statements.flatMap((statement) => printStatement(statement, names, indent));
}

function printStatement(statement: Statement, names: Names, indent: string): PrintedLine[] {
  const whole = (expression: Expression): string => operationText(expression, names);
  const line = (text: string, origin: SourceLocation | null = null): PrintedLine => ({ text: indent + text, origin });
  const nested = (head: string, body: Block): PrintedLine[] => [
    line(`${head} {`),
    ...printBlock(body, names, `${indent}  `),
    line("}"),
  ];
  switch (statement.kind) {
    case "let":
      return [line(`let ${names(statement.symbol)} = ${whole(statement.value)};`, statement.origin)];
    case "var": {
      const value = statement.value === undefined ? "" : ` = ${whole(statement.value)}`;
      const { symbol } = statement;
      return [line(`var ${names(symbol)}: ${typeText(symbol.type)}${value};`, statement.origin)];
    }
    case "assign":
      return [line(`${whole(statement.target)} = ${whole(statement.value)};`, statement.origin)];
    case "for": {
      const counter = names(statement.counter);
      const header =
        `var ${counter} = ${whole(statement.from)}; ${whole(statement.condition)}; ${counter} += ` +
        `${whole(statement.step)}`;
      return nested(`for (${header})`, statement.body);
    }
    case "while":
      return nested(`while (${whole(statement.condition)})`, statement.body);
    case "if": {
      const [only, ...others] = statement.body.statements;
      if (others.length === 0 && only?.kind === "return" && only.value !== undefined)
        return [line(`if (${whole(statement.condition)}) { return ${whole(only.value)}; }`)];
      return nested(`if (${whole(statement.condition)})`, statement.body);
    }
    case "return":
      return [line(statement.value === undefined ? "return;" : `return ${whole(statement.value)};`)];
    case "barrier":
      return [line("workgroupBarrier();")];
  }
}

function printFunction(tree: FunctionTree, names: Names): PrintedLine[] {
  const parameters = tree.parameters.map((parameter) => `${names(parameter)}: ${typeText(parameter.type)}`).join(", ");
  return [
    ...plain(`fn ${names(tree.symbol)}(${parameters}) -> ${typeText(tree.symbol.type)} {`),
    ...printBlock(tree.body, names, "  "),
    ...plain("}"),
  ];
}

const plain = (...texts: readonly string[]): PrintedLine[] => texts.map((text) => ({ text, origin: null }));

/** The entry point's statements alone. */
export const printBody = (module: Module): PrintedLine[] => printBlock(module.body, nameModule(module), "");

export function printModule(module: Module, names: Names = nameModule(module)): PrintedLine[] {
  const parameters = entryParameters.map(
    ({ builtin, symbol }) => `@builtin(${builtin}) ${names(symbol)}: ${typeText(symbol.type)}`,
  );
  return [
    ...plain(`// ${module.label}`),
    ...plain("struct Uniforms {", ...module.uniforms.map(({ name, type }) => `  ${name}: ${type},`), "}"),
    ...plain("@group(0) @binding(0) var<uniform> uniforms: Uniforms;"),
    ...module.buffers.flatMap(({ symbol, binding }) => {
      const access = symbol.kind === "output" ? "read_write" : "read";
      return plain(
        `@group(0) @binding(${binding}) var<storage, ${access}> ${names(symbol)}: ${typeText(symbol.type)};`,
      );
    }),
    ...module.workgroupArrays.flatMap((array) => plain(`var<workgroup> ${names(array)}: ${typeText(array.type)};`)),
    ...module.functions.flatMap((tree) => [...plain(""), ...printFunction(tree, names)]),
    ...plain("", `@compute @workgroup_size(${module.workgroupSize})`),
    ...plain(`fn main(${parameters.join(", ")}) {`),
    ...printBlock(module.body, names, "  "),
    ...plain("}"),
  ];
}
