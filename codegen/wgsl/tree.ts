/**
 * The syntax tree of an emitted shader: WGSL as far as the compiler writes it. It is typed and scoped: every expression
 * knows its type, and a name is a symbol, not a string. `name.ts` gives symbols their text, `print.ts` prints a module,
 * `verify.ts` checks it. The tree knows nothing of kernels, trees or schedules; of the passes over it, `barriers.ts`
 * alone names a step, where staging would need a barrier that some invocations miss.
 */
import type { SourceLocation } from "../../dsl/ir.ts";

export type Scalar = "f32" | "u32" | "i32" | "bool";
export interface Vector {
  readonly kind: "vector";
  readonly size: 2 | 3 | 4;
  readonly of: Scalar;
}
/** Without a length: a storage buffer's array, as long as what is bound. */
export interface ArrayType {
  readonly kind: "array";
  readonly of: Scalar | Vector;
  readonly length?: number;
}
/** The one struct, whose members a module lists. */
export interface Struct {
  readonly kind: "struct";
}
export type Type = Scalar | Vector | ArrayType | Struct;

/**
 * `output` is a buffer that the shader writes, `input` one that it only reads; `workgroup` is an array of a
 * workgroup's. `invocation` is a builtin value that differs between the invocations of a workgroup, `dispatch` one that
 * does not.
 */
export type SymbolKind =
  | "let"
  | "var"
  | "counter"
  | "parameter"
  | "function"
  | "uniforms"
  | "input"
  | "output"
  | "workgroup"
  | "invocation"
  | "dispatch";

/** What a name stands for. Two symbols are two variables, whatever they are called. */
export interface Symbol {
  readonly kind: SymbolKind;
  readonly type: Type;
  /** What the name is made of, with a number behind it; of a `fixed` name the name itself. */
  readonly hint: string;
  readonly fixed: boolean;
  /** Symbols are numbered as they are made, and names follow that order. */
  readonly serial: number;
}

let made = 0;

/** A symbol that gets a name of its own, made of the hint. */
export const symbol = (kind: SymbolKind, hint: string, type: Type): Symbol => ({
  kind,
  type,
  hint,
  fixed: false,
  serial: made++,
});

/** A symbol whose name is given. */
export const fixedSymbol = (kind: SymbolKind, name: string, type: Type): Symbol => ({
  kind,
  type,
  hint: name,
  fixed: true,
  serial: made++,
});

/** WGSL's own functions, as far as the compiler calls them. Those of a scalar type's name convert. */
export type Builtin =
  | "abs"
  | "exp"
  | "floor"
  | "inverseSqrt"
  | "log"
  | "max"
  | "min"
  | "sqrt"
  | "tanh"
  | "f32"
  | "i32"
  | "u32";

export type UnaryOperator = "-" | "!" | "~";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
export type BinaryOperator = ArithmeticOperator | "<" | "<=" | ">=" | ">" | "==" | "!=" | "&&" | "||";

interface Typed {
  readonly type: Type;
}

/** A 32-bit pattern, or 0 or 1 for bool. `hex`: written in base 16, `word`: with all eight digits. */
export interface Literal extends Typed {
  readonly kind: "literal";
  readonly type: Scalar;
  readonly bits: number;
  readonly notation?: "hex" | "word";
}
export interface Name extends Typed {
  readonly kind: "name";
  readonly symbol: Symbol;
}
/**
 * `bare`, here and below: written without parentheses of its own, as an argument, an index, or the first of a chain.
 */
export interface Unary extends Typed {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
  readonly bare?: boolean;
}
export interface Binary extends Typed {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly bare?: boolean;
  /** A fold's own addition: the only float operation that stands without a fence (fences.ts). */
  readonly accumulates?: boolean;
}
export interface Index extends Typed {
  readonly kind: "index";
  readonly of: Expression;
  readonly index: Expression;
}
/** A member of the uniforms, or a component of a vector. */
export interface Member extends Typed {
  readonly kind: "member";
  readonly of: Expression;
  readonly member: string;
}
/** The callee is one of WGSL's own functions, or the symbol of one of the module's. */
export interface Call extends Typed {
  readonly kind: "call";
  readonly callee: Builtin | Symbol;
  readonly arguments: readonly Expression[];
}
export interface Select extends Typed {
  readonly kind: "select";
  readonly whenFalse: Expression;
  readonly whenTrue: Expression;
  readonly condition: Expression;
}
export interface Bitcast extends Typed {
  readonly kind: "bitcast";
  readonly type: Scalar;
  readonly operand: Expression;
}
/** `first * second + addend`, of a product that is exact: fused or not, the bits are the same. */
export interface Fma extends Typed {
  readonly kind: "fma";
  readonly first: Expression;
  readonly second: Expression;
  readonly addend: Expression;
  readonly accumulates?: boolean;
}
/**
 * An arithmetic fence: the value itself, which no driver can contract, regroup or factor. It prints as a call of
 * `seal`.
 */
export interface Fence extends Typed {
  readonly kind: "fence";
  readonly operand: Expression;
}

export type Expression = Literal | Name | Unary | Binary | Index | Member | Call | Select | Bitcast | Fma | Fence;

interface Placed {
  /** What of the kernel's source the statement computes, for the source map. */
  readonly origin: SourceLocation | null;
}
export interface Let extends Placed {
  readonly kind: "let";
  readonly symbol: Symbol;
  readonly value: Expression;
}
export interface Var extends Placed {
  readonly kind: "var";
  readonly symbol: Symbol;
  readonly value?: Expression;
}
/** A store to a variable, or to an element of an array. */
export interface Assign extends Placed {
  readonly kind: "assign";
  readonly target: Expression;
  readonly value: Expression;
}
export interface For {
  readonly kind: "for";
  readonly counter: Symbol;
  readonly from: Expression;
  readonly condition: Expression;
  readonly step: Expression;
  readonly body: Block;
}
export interface While {
  readonly kind: "while";
  readonly condition: Expression;
  readonly body: Block;
}
export interface If {
  readonly kind: "if";
  readonly condition: Expression;
  readonly body: Block;
}
export interface Return {
  readonly kind: "return";
  readonly value?: Expression;
}
export interface Barrier {
  readonly kind: "barrier";
}
export type Statement = Let | Var | Assign | For | While | If | Return | Barrier;

export interface Block {
  readonly statements: readonly Statement[];
}

/** A function of the module. Its symbol's type is the result's. */
export interface FunctionTree {
  readonly symbol: Symbol;
  readonly parameters: readonly Symbol[];
  readonly body: Block;
}

export interface Buffer {
  readonly symbol: Symbol;
  readonly binding: number;
}

export interface UniformMember {
  readonly name: string;
  readonly type: Scalar;
}

/** A compute shader. Functions come after those that they call. */
export interface Module {
  readonly label: string;
  readonly uniforms: readonly UniformMember[];
  readonly buffers: readonly Buffer[];
  readonly workgroupArrays: readonly Symbol[];
  readonly functions: readonly FunctionTree[];
  readonly workgroupSize: number;
  readonly body: Block;
  /** Names that no made one may be. */
  readonly reserved: ReadonlySet<string>;
}

/** The uniform buffer, of which there is one. */
export const uniforms = fixedSymbol("uniforms", "uniforms", { kind: "struct" });

const threeWords: Vector = { kind: "vector", of: "u32", size: 3 };
/** The workgroup's number along each dimension of the dispatch. */
export const workgroupId = fixedSymbol("dispatch", "workgroup", threeWords);
/** Workgroups along each dimension of the dispatch. */
export const workgroupCount = fixedSymbol("dispatch", "workgroups", threeWords);
/** The invocation's number in its workgroup. */
export const localIndex = fixedSymbol("invocation", "local_index", "u32");

/** An entry point's parameters, with what WGSL calls them. */
export const entryParameters: readonly { readonly builtin: string; readonly symbol: Symbol }[] = [
  { builtin: "workgroup_id", symbol: workgroupId },
  { builtin: "num_workgroups", symbol: workgroupCount },
  { builtin: "local_invocation_index", symbol: localIndex },
];

/** The symbol that a store to this target changes; undefined where it is none. */
export function targetSymbol(target: Expression): Symbol | undefined {
  if (target.kind === "name") return target.symbol;
  return target.kind === "index" ? targetSymbol(target.of) : undefined;
}
