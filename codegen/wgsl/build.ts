/** Makes expressions, and gives them their types. Nothing is simplified here. */
import { InternalCompilerError } from "../errors.ts";
import {
  type ArithmeticOperator,
  type ArrayType,
  type Binary,
  type BinaryOperator,
  type Bitcast,
  type Builtin,
  type Call,
  type Expression,
  type Fma,
  type FunctionTree,
  type Index,
  type Literal,
  type Member,
  type Name,
  type Scalar,
  type Select,
  type Symbol,
  type Unary,
  type UnaryOperator,
  type Vector,
  uniforms,
} from "./tree.ts";

export const vectorOf = (of: Scalar, size: 2 | 3 | 4): Vector => ({ kind: "vector", of, size });
export const arrayOf = (of: Scalar | Vector, length?: number): ArrayType =>
  length === undefined ? { kind: "array", of } : { kind: "array", of, length };

export const literal = (type: Scalar, bits: number): Literal => ({ kind: "literal", type, bits: bits >>> 0 });
export const u32 = (bits: number): Literal => literal("u32", bits);
/** Written in base 16. */
export const hex = (type: Scalar, bits: number): Literal => ({ ...literal(type, bits), notation: "hex" });
/** Written in base 16 with all eight digits. */
export const word = (bits: number): Literal => ({ ...literal("u32", bits), notation: "word" });

export const name = (of: Symbol): Name => ({ kind: "name", type: of.type, symbol: of });

export const unary = (operator: UnaryOperator, operand: Expression): Unary => ({
  kind: "unary",
  type: operand.type,
  operator,
  operand,
});

/** An operation whose value has its left operand's type. */
export const arithmetic = (operator: ArithmeticOperator, left: Expression, right: Expression): Binary => ({
  kind: "binary",
  type: left.type,
  operator,
  left,
  right,
});

/** A comparison, or two conditions joined. */
export const condition = (
  operator: Exclude<BinaryOperator, "+" | "-" | "*" | "/" | "%" | "^" | "<<" | ">>">,
  left: Expression,
  right: Expression,
): Binary => ({ kind: "binary", type: "bool", operator, left, right });

/** The same operation, written without parentheses of its own. */
export const bare = <T extends Binary | Unary>(operation: T): T => ({ ...operation, bare: true });

/** Conditions that must all hold, as one chain: `a && b && c`. */
export const allOf = (operator: "&&" | "&", conditions: readonly Expression[]): Expression =>
  conditions.reduce((left, right) => bare(condition(operator, left, right)));

/** An element of an array, or a component of a vector. */
export function index(of: Expression, at: Expression): Index {
  const { type } = of;
  if (typeof type === "string" || type.kind === "struct")
    throw new InternalCompilerError("what is indexed is neither an array nor a vector");
  return { kind: "index", type: type.of, of, index: at };
}

export const element = (of: Symbol, at: Expression): Index => index(name(of), at);

const components = ["x", "y", "z", "w"] as const;

/** A component of a vector, by its number. */
export function component(of: Expression, at: number): Member {
  const { type } = of;
  const member = components[at];
  if (typeof type === "string" || type.kind !== "vector" || member === undefined)
    throw new InternalCompilerError(`a vector has no component ${at}`);
  return { kind: "member", type: type.of, of, member };
}

/** A member of the uniforms. */
export const uniform = (named: string, type: Scalar): Member => ({
  kind: "member",
  type,
  of: name(uniforms),
  member: named,
});

/** A zero that no driver can see through: whatever is made of it is computed where it stands. */
export const unseenZero: Member = uniform("zero", "u32");

/** A constant that the driver's compiler cannot see: identities, zeros, and what WGSL has no literal for. */
export function unseen(type: Scalar, bits: number): Expression {
  if (type === "bool") return literal(type, bits);
  const pattern = bits === 0 ? unseenZero : arithmetic("^", word(bits), unseenZero);
  return type === "u32" ? pattern : bitcast(type, pattern);
}

export const callBuiltin = (
  callee: Builtin,
  args: readonly Expression[],
  type: Scalar = args[0]!.type as Scalar,
): Call => ({ kind: "call", type, callee, arguments: args });
export const convert = (type: "f32" | "i32" | "u32", of: Expression): Call => callBuiltin(type, [of], type);
export const call = (callee: Pick<FunctionTree, "symbol">, ...args: readonly Expression[]): Call => ({
  kind: "call",
  type: callee.symbol.type,
  callee: callee.symbol,
  arguments: args,
});
export const select = (whenFalse: Expression, whenTrue: Expression, on: Expression): Select => ({
  kind: "select",
  type: whenTrue.type,
  whenFalse,
  whenTrue,
  condition: on,
});
export const bitcast = (type: Scalar, operand: Expression): Bitcast => ({ kind: "bitcast", type, operand });
export const fma = (first: Expression, second: Expression, addend: Expression): Fma => ({
  kind: "fma",
  type: "f32",
  first,
  second,
  addend,
});
