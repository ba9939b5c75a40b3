/**
 * The checked IR: what a kernel declaration means once its source has been read and found right.
 *
 * A kernel is a few typed declarations and one expression for each output. Expressions are hash-consed in a `Pool`
 * (expr.ts): the same expression is the same object, so equality is `===` and sharing is visible to every pass.
 * There are no statements and no schedule here; order exists only inside a `Reduce`, as its tree.
 */
import type { Pool } from "./expr.ts";
import type { StorageType } from "../runtime/storage.ts";
import type { Tree } from "./tree.ts";

export type { StorageType };

/** What an expression evaluates to. bf16 exists in storage only: loading widens it to f32, which is exact. */
export type ValueType = "f32" | "u32" | "i32" | "bool";
/**
 * `batch`: which requests and tokens happen to be together; may address, and nothing else. `model`: fixed when a model
 * is generated; a constant of the emitted text. `sequence`: positions of the request itself; its extent is known only
 * at run time, and covers the longest of a batch's requests.
 */
export type AxisRole = "batch" | "model" | "sequence";

/** A place in a kernel's source; line and column are 1-based. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Axis {
  readonly name: string;
  readonly role: AxisRole;
}

/**
 * A tensor that the kernel reads, row-major over `axes`.
 * Integer tables are `request`-owned (a position, an id: may bound, branch and enter arithmetic) or `placement`
 * (a row, a slot, a page: may only address); `unique` placement tables are checked by the host to be injective.
 */
export interface Input {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
  readonly ownership: "request" | "placement";
  readonly unique: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly type: "f32" | "u32" | "i32";
}

/**
 * A tensor that the kernel writes. `value` is evaluated once for every point of the axes `over`.
 * A plain output has `over` equal to `axes` and no `place`. A scatter writes the element at the computed indices
 * `place` (one for each of `axes`) and leaves all others as they were; an index outside its axis writes nothing.
 */
export interface Output {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
  readonly over: readonly string[];
  readonly place?: readonly Expr[];
  readonly value: Expr;
}

export interface Kernel {
  readonly name: string;
  readonly axes: readonly Axis[];
  readonly inputs: readonly Input[];
  readonly parameters: readonly Parameter[];
  readonly outputs: readonly Output[];
  readonly location: SourceLocation;
  /** The pool that every expression of this kernel lives in. */
  readonly pool: Pool;
  /** Where an expression was written, and what its author called it. Messages and names only; never meaning. */
  readonly origins: ReadonlyMap<Expr | Reduce, SourceLocation>;
  readonly names: ReadonlyMap<Expr | Reduce, string>;
}

/**
 * A variable that an expression may be free in: an output axis, or the item of a reduction over an axis.
 * Reductions over the same domain share their variable, unless one is nested inside the other.
 */
export interface Variable {
  readonly name: string;
  readonly axis: string;
  readonly kind: "axis" | "item";
}

export type UnaryOperator =
  | "negate" // f32, i32
  | "absolute" // f32, i32
  | "floor" // f32, exact
  | "complement" // u32, i32: bitwise not
  | "not" // bool
  | "roundBf16" // f32 -> f32: nearest even on the bits (see roundBf16 in numbers.ts)
  | "toF32" // u32, i32 -> f32, nearest even
  | "toU32" // f32 (truncated; beyond the range the nearest f32 in it, NaN 0), i32 (same bits) -> u32
  | "toI32" // f32 (likewise), u32 (same bits) -> i32
  | "bitsOf" // f32 -> u32, same bits
  | "fromBits"; // u32 -> f32, same bits

export type BinaryOperator =
  | "add"
  | "subtract"
  | "multiply" // f32 (each correctly rounded), u32, i32 (wrapping)
  | "divide"
  | "remainder" // u32, i32 only (truncated); a float quotient is a call of math.ts
  | "minimum"
  | "maximum" // f32 by total order of the bits (-0 < +0, NaN outermost), u32, i32
  | "and"
  | "or"
  | "xor"
  | "shiftLeft"
  | "shiftRight" // u32, i32; shifts take a u32 count below 32
  | "less"
  | "lessEqual"
  | "equal"
  | "notEqual" // f32, u32, i32 -> bool
  | "bothTrue"
  | "eitherTrue"; // bool

interface Node {
  /** Position in the pool; operands always have smaller ids. */
  readonly id: number;
  readonly type: ValueType;
  readonly free: ReadonlySet<Variable>;
}

/** `bits`: the 32-bit pattern, as an unsigned number; 0 or 1 for bool. */
export interface Constant extends Node {
  readonly kind: "constant";
  readonly bits: number;
}
export interface Index extends Node {
  readonly kind: "index";
  readonly variable: Variable;
}
export interface Extent extends Node {
  readonly kind: "extent";
  readonly axis: string;
}
export interface ParameterValue extends Node {
  readonly kind: "parameter";
  readonly name: string;
}
/** An element of an input. `guarded` (a gather): +0 where an index lies outside its axis; otherwise all lie inside. */
export interface Load extends Node {
  readonly kind: "load";
  readonly input: string;
  readonly storage: StorageType;
  readonly indices: readonly Expr[];
  readonly guarded: boolean;
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expr;
}
export interface Binary extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
}
export interface Select extends Node {
  readonly kind: "select";
  readonly condition: Expr;
  readonly whenTrue: Expr;
  readonly whenFalse: Expr;
}
export interface Call extends Node {
  readonly kind: "call";
  readonly callee: FunctionDeclaration;
  readonly arguments: readonly Expr[];
}
/** A parameter, inside a function's result. */
export interface Argument extends Node {
  readonly kind: "argument";
  readonly name: string;
}
/** One side's state, inside a reducer's combine: `left` is the accumulator, `right` the next item. */
export interface State extends Node {
  readonly kind: "state";
  readonly side: "left" | "right";
  readonly field: string;
}
/** One field of a reduction's result. */
export interface Field extends Node {
  readonly kind: "field";
  readonly of: Reduce;
  readonly field: string;
}
/** A value that generated text already holds under a name. Made by codegen; a checked kernel has none. */
export interface Register extends Node {
  readonly kind: "register";
  readonly name: string;
}

export type Expr =
  | Constant
  | Index
  | Extent
  | ParameterValue
  | Load
  | Unary
  | Binary
  | Select
  | Call
  | Argument
  | State
  | Field
  | Register;

/** A pure function of the author's or of the library's, already resolved for its argument types. */
export interface FunctionDeclaration {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: ValueType }[];
  readonly result: Expr;
  /** One of math.ts, of whose results more is known than its text shows (exactness/library.ts). */
  readonly library?: true;
}

/** A reducer is data: the built-in ones are written in the same terms as an author's. */
export interface Reducer {
  readonly name: string;
  readonly fields: readonly {
    readonly name: string;
    readonly type: "f32" | "u32" | "i32";
    readonly identity: Constant;
    /** The field's new value, over `State` of both sides. */
    readonly combine: Expr;
  }[];
}

/**
 * Folds the items `start + i` for i in [0, count) of `axis` along `tree`, starting every fold from the identity.
 * `variable` stands for the item (`start + i`, not i) inside `leaf`, which gives one expression for each field.
 * The tree cuts by i. A domain that starts at 0 is therefore cut at absolute positions, and a run inside such a
 * domain starts at a multiple of its length, so its cuts are absolute, too.
 *
 * With `item`, the value is not the whole fold but that item (a u32 below the number of items) of the level above
 * the last one of `tree`: the shape that the first pass of a split takes.
 */
export interface Reduce {
  readonly kind: "reduce";
  readonly id: number;
  readonly free: ReadonlySet<Variable>;
  readonly axis: string;
  readonly variable: Variable;
  readonly start: Expr;
  readonly count: Expr;
  readonly tree: Tree;
  readonly reducer: Reducer;
  readonly leaf: readonly Expr[];
  readonly item?: Expr;
}
