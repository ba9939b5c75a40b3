/** Expressions with their names looked up and their types checked. Nothing is converted that does not say so. */
import type { Binary, Builtin, Expression, Literal, Position, ScalarName, ScalarType, VectorType } from "./ast.ts";
import { foldBinary, foldBuiltin, foldUnary, literalOf, type Folded } from "./constants.ts";
import { WgslError } from "./errors.ts";
import type { Scope } from "./scope.ts";
import type { ExpressionSyntax } from "./syntax.ts";
import { isScalar, isScalarName, same, scalars, show, valueTypeOf } from "./types.ts";

type Syntax<K extends ExpressionSyntax["kind"]> = Extract<ExpressionSyntax, { kind: K }>;
type Value = Expression & { readonly type: ScalarType | VectorType };
type Scalar = Expression & { readonly type: ScalarType };

/** The constants among the expressions: WGSL computes them while it reads the text. */
const constants = new WeakMap<Expression, number>();

/** A scalar or vector. Throws WgslError. */
export function valueOf(syntax: ExpressionSyntax, scope: Scope): Value {
  const value = expressionOf(syntax, scope);
  if (value.type.kind === "array" || value.type.kind === "struct") {
    throw new WgslError(value.at, `${show(value.type)} is no value`, "take an element or a member of it");
  }
  return value as Value;
}

/** A scalar of one of these types, or of any. Throws WgslError, which calls it `what`. */
export function scalarOf(
  syntax: ExpressionSyntax,
  scope: Scope,
  what: string,
  ...types: readonly ScalarName[]
): Scalar {
  return asScalar(expressionOf(syntax, scope), what, types);
}

function asScalar(value: Expression, what: string, types: readonly ScalarName[] = []): Scalar {
  if (isScalar(value.type, ...types)) return value as Scalar;
  const wanted = types.length === 0 ? "a scalar" : types.join(" or ");
  throw new WgslError(value.at, `${what} is ${show(value.type)}`, `give it ${wanted}`);
}

/** Of any type: arrays and structs, too. Throws WgslError. */
export function expressionOf(syntax: ExpressionSyntax, scope: Scope): Expression {
  const at: Position = { line: syntax.line, column: syntax.column };
  switch (syntax.kind) {
    case "number":
      return literal(syntax, at);
    case "bool":
      return known({ kind: "literal", bits: Number(syntax.value), type: scalars.bool, at }, Number(syntax.value));
    case "name":
      return nameOf(syntax, scope, at);
    case "member":
      return memberOf(syntax, scope, at);
    case "element":
      return elementOf(syntax, scope, at);
    case "unary":
      return unaryOf(syntax, scope, at);
    case "binary":
      return binaryOf(syntax, scope, at);
    case "call":
      return callOf(syntax, scope, at);
  }
}

function known<E extends Expression>(expression: E, bits: Folded): E {
  if (typeof bits === "string")
    throw new WgslError(expression.at, bits, "change the constants of which it is computed");
  constants.set(expression, bits);
  return expression;
}

/** The constants that the operands are, where all of them are. */
function constantsOf(operands: readonly Expression[]): number[] | undefined {
  const bits = operands.map((operand) => constants.get(operand));
  return bits.every((each) => each !== undefined) ? bits : undefined;
}

function literal({ text }: Syntax<"number">, at: Position): Literal {
  const value = literalOf(text);
  if (typeof value === "string") {
    throw new WgslError(
      at,
      value,
      "write digits and u or i behind them, or a float that an f32 holds exactly, with f behind it",
    );
  }
  if (value.type === null) throw new WgslError(at, `${text} has no suffix`, `write ${text}u or ${text}i`);
  return known({ kind: "literal", bits: value.bits, type: scalars[value.type], at }, value.bits);
}

function nameOf({ name }: Syntax<"name">, scope: Scope, at: Position): Expression {
  const found = scope.find(name);
  if (found?.kind === "variable") return { kind: "name", variable: found.variable, type: found.variable.type, at };
  if (found !== undefined) {
    throw new WgslError(
      at,
      `'${name}' is a ${found.kind}, not a value`,
      found.kind === "function" ? "call it" : "use a variable of that type",
    );
  }
  throw new WgslError(at, `there is no '${name}' here`, "declare it further up, in this block or around it");
}

function memberOf({ of, name }: Syntax<"member">, scope: Scope, at: Position): Expression {
  const value = expressionOf(of, scope);
  if (value.type.kind === "struct") {
    const component = value.type.members.findIndex((member) => member.name === name);
    if (component >= 0)
      return { kind: "member", of: value, name, component, type: value.type.members[component]!.type, at };
    throw new WgslError(
      at,
      `${show(value.type)} has no member '${name}'`,
      `use one of ${value.type.members.map((member) => member.name).join(", ")}`,
    );
  }
  if (value.type.kind === "vector") {
    const component = name.length === 1 ? "xyzw".slice(0, value.type.size).indexOf(name) : -1;
    if (component >= 0) return { kind: "member", of: value, name, component, type: scalars[value.type.of], at };
    throw new WgslError(
      at,
      `${show(value.type)} has no component '${name}'`,
      `use one of ${[..."xyzw".slice(0, value.type.size)].join(", ")}`,
    );
  }
  throw new WgslError(at, `${show(value.type)} has no members`, "remove the '.' and what follows it");
}

function elementOf({ of, index: indexSyntax }: Syntax<"element">, scope: Scope, at: Position): Expression {
  const value = expressionOf(of, scope);
  if (value.type.kind !== "array" && value.type.kind !== "vector") {
    throw new WgslError(at, `${show(value.type)} has no elements`, "remove the index");
  }
  const index = scalarOf(indexSyntax, scope, "an index", "u32", "i32");
  const constant = constants.get(index);
  const end = value.type.kind === "vector" ? value.type.size : (value.type.length ?? 2 ** 31);
  if (constant !== undefined && (constant >= end || (index.type.name === "i32" && constant >= 2 ** 31))) {
    throw new WgslError(
      index.at,
      `${index.type.name === "i32" ? constant | 0 : constant} is outside of ${show(value.type)}`,
      "use an index from 0 to below its length",
    );
  }
  return {
    kind: "element",
    of: value,
    index,
    type: value.type.kind === "vector" ? scalars[value.type.of] : value.type.of,
    at,
  };
}

const unaryTypes: Readonly<Record<string, readonly ScalarName[]>> = {
  "-": ["i32", "f32"],
  "~": ["u32", "i32"],
  "!": ["bool"],
};

function unaryOf({ operator, operand: syntax }: Syntax<"unary">, scope: Scope, at: Position): Expression {
  const operand = scalarOf(syntax, scope, `the operand of '${operator}'`, ...unaryTypes[operator]!);
  const unary = { kind: "unary", operator, operand, type: operand.type, at } as const;
  const bits = constants.get(operand);
  return bits === undefined ? unary : known(unary, foldUnary(operator, operand.type.name, bits));
}

const integers: readonly ScalarName[] = ["u32", "i32"];
const numbers: readonly ScalarName[] = [...integers, "f32"];
const all: readonly ScalarName[] = [...numbers, "bool"];
const bitwise: readonly ScalarName[] = [...integers, "bool"];
const binaryTypes = {
  "+": numbers,
  "-": numbers,
  "*": numbers,
  "/": numbers,
  "%": numbers,
  "&": bitwise,
  "|": bitwise,
  "^": integers,
  "<<": integers,
  ">>": integers,
  "<": numbers,
  "<=": numbers,
  ">": numbers,
  ">=": numbers,
  "==": all,
  "!=": all,
  "&&": ["bool"],
  "||": ["bool"],
} satisfies Record<Binary["operator"], readonly ScalarName[]>;
const comparisons: readonly string[] = ["<", "<=", ">", ">=", "==", "!="];

function binaryOf(
  { operator, left: leftSyntax, right: rightSyntax }: Syntax<"binary">,
  scope: Scope,
  at: Position,
): Expression {
  const shifts = operator === "<<" || operator === ">>";
  const left = scalarOf(leftSyntax, scope, `the left operand of '${operator}'`, ...binaryTypes[operator]);
  const right = shifts
    ? scalarOf(rightSyntax, scope, `what '${operator}' shifts by`, "u32")
    : scalarOf(rightSyntax, scope, `the right operand of '${operator}'`, ...binaryTypes[operator]);
  if (!shifts && !same(left.type, right.type)) {
    throw new WgslError(
      at,
      `'${operator}' stands between ${show(left.type)} and ${show(right.type)}`,
      `convert one of them, with ${show(left.type)}(…) or ${show(right.type)}(…)`,
    );
  }
  const binary = {
    kind: "binary",
    operator,
    left,
    right,
    type: comparisons.includes(operator) ? scalars.bool : left.type,
    at,
  } as const;
  const by = constants.get(right);
  if (shifts && by !== undefined && by >= 32)
    throw new WgslError(right.at, `'${operator}' shifts 32 bits by ${by}`, "shift by 31 at most");
  if ((operator === "/" || operator === "%") && left.type.name !== "f32" && by === 0) {
    throw new WgslError(right.at, `'${operator}' divides by a zero that is plain to see`, "divide by something else");
  }
  const bits = constantsOf([left, right]);
  return bits === undefined ? binary : known(binary, foldBinary(operator, left.type.name, bits[0]!, bits[1]!));
}

function callOf(syntax: Syntax<"call">, scope: Scope, at: Position): Expression {
  const { callee, template, arguments: given } = syntax;
  const found = scope.find(callee);
  if (found?.kind !== "function") {
    if (found !== undefined)
      throw new WgslError(at, `'${callee}' is no function`, "call a function that is declared further up");
    return builtinOf(syntax, scope, at);
  }
  const { declaration } = found;
  if (declaration.result === null) throw new WgslError(at, `'${callee}' is the entry point`, "call another function");
  if (template !== undefined)
    throw new WgslError(at, `'${callee}' takes no type`, "remove what stands in the angle brackets");
  expectCount(callee, given, declaration.parameters.length, at);
  const values = given.map((argument, n) => {
    const value = valueOf(argument, scope);
    const parameter = declaration.parameters[n]!;
    if (!same(value.type, parameter.type)) {
      throw new WgslError(
        value.at,
        `'${callee}' takes ${show(parameter.type)} for '${parameter.name}', and this is ${show(value.type)}`,
        `give it ${show(parameter.type)}`,
      );
    }
    return value;
  });
  return { kind: "call", callee: declaration, arguments: values, type: declaration.result, at };
}

function expectCount(callee: string, given: readonly ExpressionSyntax[], count: number, at: Position): void {
  if (given.length !== count) {
    throw new WgslError(
      at,
      `'${callee}' takes ${count} ${count === 1 ? "argument" : "arguments"}, and here are ${given.length}`,
      `give it ${count}`,
    );
  }
}

/** How many arguments of which types; all of them have the first one's type, but select's last. */
const builtins: Readonly<Record<string, { readonly count: number; readonly types: readonly ScalarName[] }>> = {
  select: { count: 3, types: all },
  min: { count: 2, types: numbers },
  max: { count: 2, types: numbers },
  abs: { count: 1, types: numbers },
  floor: { count: 1, types: ["f32"] },
  fma: { count: 3, types: ["f32"] },
};

function builtinOf(syntax: Syntax<"call">, scope: Scope, at: Position): Expression {
  const { callee, template, arguments: given } = syntax;
  if (callee === "bitcast" || isScalarName(callee)) return conversionOf(syntax, callee, scope, at);
  const signature = Object.hasOwn(builtins, callee) ? builtins[callee] : undefined;
  if (signature === undefined || template !== undefined) {
    throw new WgslError(
      at,
      `there is no function '${callee}${template === undefined ? "" : "<…>"}' here`,
      `declare it further up, or use ${Object.keys(builtins).join(", ")}, bitcast<…> or a conversion`,
    );
  }
  expectCount(callee, given, signature.count, at);
  const isCondition = (n: number): boolean => callee === "select" && n === 2;
  const values = given.map((argument, n) =>
    scalarOf(
      argument,
      scope,
      `argument ${n + 1} of '${callee}'`,
      ...(isCondition(n) ? (["bool"] as const) : signature.types),
    ),
  );
  const [first] = values;
  const other = values.find((value, n) => !same(value.type, first!.type) && !isCondition(n));
  if (other !== undefined) {
    throw new WgslError(
      other.at,
      `'${callee}' takes arguments of one type, and this is ${show(other.type)} beside ${show(first!.type)}`,
      `give it ${show(first!.type)}`,
    );
  }
  return folded({ kind: "builtin", name: callee as Builtin["name"], arguments: values, type: first!.type, at });
}

function conversionOf(
  { template, arguments: given }: Syntax<"call">,
  callee: ScalarName | "bitcast",
  scope: Scope,
  at: Position,
): Expression {
  expectCount(callee, given, 1, at);
  if (callee === "bitcast") {
    if (template === undefined || template.length !== undefined) {
      throw new WgslError(at, "bitcast takes one type", "write bitcast<u32>(…), for example");
    }
    const type = valueTypeOf(template.of);
    if (!isScalar(type, ...numbers))
      throw new WgslError(template.of, `bitcast gives no ${show(type)}`, "use f32, u32 or i32");
    return folded({
      kind: "builtin",
      name: "bitcast",
      arguments: [scalarOf(given[0]!, scope, "what bitcast takes", ...numbers)],
      type,
      at,
    });
  }
  if (template !== undefined)
    throw new WgslError(at, `'${callee}<…>' is no type`, "remove what stands in the angle brackets");
  const whole = callee === "i32" || callee === "u32" ? wholeNumberOf(given[0]!) : undefined;
  if (whole === undefined) {
    return folded({
      kind: "builtin",
      name: "convert",
      arguments: [scalarOf(given[0]!, scope, "what is converted")],
      type: scalars[callee],
      at,
    });
  }
  if ((callee === "i32" ? BigInt.asIntN : BigInt.asUintN)(32, whole) !== whole) {
    throw new WgslError(at, `${whole} does not fit ${callee}`, "write a smaller number");
  }
  const bits = Number(BigInt.asUintN(32, whole));
  return known({ kind: "literal", bits, type: scalars[callee], at }, bits);
}

/** What unsuffixed literals come to, with `+`, `-` and `*`: the least i32 cannot be written otherwise. */
function wholeNumberOf(syntax: ExpressionSyntax): bigint | undefined {
  const value = unboundedOf(syntax);
  if (value === undefined || BigInt.asIntN(64, value) === value) return value;
  throw new WgslError(
    { line: syntax.line, column: syntax.column },
    `${value} does not fit 64 bits`,
    "write a smaller number",
  );
}

function unboundedOf(syntax: ExpressionSyntax): bigint | undefined {
  if (syntax.kind === "number") {
    const value = literalOf(syntax.text);
    return typeof value !== "string" && value.type === null ? value.value : undefined;
  }
  if (syntax.kind === "unary" && syntax.operator === "-") {
    const operand = wholeNumberOf(syntax.operand);
    return operand === undefined ? undefined : -operand;
  }
  if (syntax.kind !== "binary" || !["+", "-", "*"].includes(syntax.operator)) return undefined;
  const [left, right] = [wholeNumberOf(syntax.left), wholeNumberOf(syntax.right)];
  if (left === undefined || right === undefined) return undefined;
  return syntax.operator === "+" ? left + right : syntax.operator === "-" ? left - right : left * right;
}

function folded(builtin: Builtin & { readonly type: ScalarType }): Builtin {
  const bits = constantsOf(builtin.arguments);
  const type = builtin.arguments[0]!.type as ScalarType;
  return bits === undefined ? builtin : known(builtin, foldBuiltin(builtin.name, type.name, builtin.type.name, bits));
}
