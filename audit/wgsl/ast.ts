/**
 * The WGSL that the compiler may print, as a tree: names resolved, every expression typed. It is a subset of WGSL in
 * which nothing is implicit: no conversions, no pointers, no shadowing across functions' parameters, no recursion.
 */

/** A place in the text; both are 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type ScalarName = "f32" | "u32" | "i32" | "bool";
export interface ScalarType {
  readonly kind: "scalar";
  readonly name: ScalarName;
}
export interface VectorType {
  readonly kind: "vector";
  readonly size: 2 | 3 | 4;
  readonly of: ScalarName;
}
/** `length` is null for a storage buffer's run-time array. Elements are scalars or vectors. */
export interface ArrayType {
  readonly kind: "array";
  readonly of: ScalarType | VectorType;
  readonly length: number | null;
}
export interface StructType {
  readonly kind: "struct";
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly type: ScalarType }[];
}
export type Type = ScalarType | VectorType | ArrayType | StructType;

/** A variable of the module, a function's parameter, or a let or var of a function; each declaration is one object. */
export interface Variable {
  readonly name: string;
  readonly type: Type;
  readonly kind: "uniform" | "storage" | "workgroup" | "parameter" | "let" | "var";
  readonly at: Position;
  /** Of a storage variable. */
  readonly access?: "read" | "read_write";
  /** Of a uniform or storage variable; the group is 0. */
  readonly binding?: number;
  /** Of a parameter of the entry point. */
  readonly builtin?: "workgroup_id" | "num_workgroups" | "local_invocation_index";
}

interface Node {
  readonly type: Type;
  readonly at: Position;
}

/** `bits`: the 32-bit pattern as an unsigned number; 0 or 1 for bool. */
export interface Literal extends Node {
  readonly kind: "literal";
  readonly bits: number;
}
export interface Name extends Node {
  readonly kind: "name";
  readonly variable: Variable;
}
/** A struct's member, or one component of a vector (x, y, z or w: `component` is its number). */
export interface Member extends Node {
  readonly kind: "member";
  readonly of: Expression;
  readonly name: string;
  readonly component: number;
}
/** An element of an array or a component of a vector. */
export interface Element extends Node {
  readonly kind: "element";
  readonly of: Expression;
  readonly index: Expression;
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: "-" | "~" | "!";
  readonly operand: Expression;
}
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "<"
  | "<="
  | ">"
  | ">="
  | "=="
  | "!="
  | "&&"
  | "||";
export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}
/** A call of one of the module's functions. */
export interface Call extends Node {
  readonly kind: "call";
  readonly callee: FunctionDeclaration;
  readonly arguments: readonly Expression[];
}
/**
 * A call of a builtin: `bitcast` and the conversions (`u32(x)`, `i32(x)`, `f32(x)`, `bool(x)`) give their node's type.
 */
export interface Builtin extends Node {
  readonly kind: "builtin";
  readonly name: "bitcast" | "convert" | "select" | "min" | "max" | "abs" | "floor" | "fma";
  readonly arguments: readonly Expression[];
}
export type Expression = Literal | Name | Member | Element | Unary | Binary | Call | Builtin;

export type Statement =
  | { readonly kind: "declare"; readonly variable: Variable; readonly value: Expression | null; readonly at: Position }
  /**
   * `target` is a var, or an element of an array that is a var, a workgroup variable or a read_write storage variable.
   */
  | { readonly kind: "assign"; readonly target: Expression; readonly value: Expression; readonly at: Position }
  | {
      readonly kind: "if";
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly at: Position;
    }
  /** `for (var i = from; condition; i += step)`; `while` loops have no variable, and none of the other two. */
  | {
      readonly kind: "for";
      readonly variable: Variable;
      readonly from: Expression;
      readonly condition: Expression;
      readonly step: Expression;
      readonly body: readonly Statement[];
      readonly at: Position;
    }
  | {
      readonly kind: "while";
      readonly condition: Expression;
      readonly body: readonly Statement[];
      readonly at: Position;
    }
  | { readonly kind: "return"; readonly value: Expression | null; readonly at: Position }
  | { readonly kind: "barrier"; readonly at: Position };

export interface FunctionDeclaration {
  readonly name: string;
  readonly parameters: readonly Variable[];
  /** null: the entry point, which returns nothing. */
  readonly result: Type | null;
  readonly body: readonly Statement[];
  readonly at: Position;
}

export interface Module {
  /** The uniforms' struct, whose fields lie 4 bytes apart from offset 0. */
  readonly uniform: Variable | null;
  /** In the order of the text. */
  readonly storage: readonly Variable[];
  readonly workgroup: readonly Variable[];
  /** In the order of the text: each calls only those before it. */
  readonly functions: readonly FunctionDeclaration[];
  readonly entry: FunctionDeclaration;
  /** Invocations in a workgroup: the product of the attribute's numbers. */
  readonly workgroupSize: number;
}
