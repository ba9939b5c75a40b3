/**
 * The language: what a kernel module imports.
 *
 * A kernel module is ordinary TypeScript that type-checks under `strict`, and it is read from its source text, never
 * traced. Calling these functions at run time therefore only describes or refuses: `kernel` returns a frozen
 * description, and everything that stands for a value of the kernel throws.
 */
import type { AxisRole } from "./ir.ts";

/** A point on an axis. In arithmetic it is a u32; as a reduction's domain it is the whole axis. */
export type AxisIndex = number & { readonly __axis: true };
/** A stretch of an axis that a reduction goes over, made by `upTo`, `below` or handed to a run's leaf. */
export interface Range {
  readonly __range: true;
}
/** A range cut into runs of a fixed length, made by `runs`: the items are whole runs. */
export interface Runs {
  readonly __runs: true;
}
/** What a scattered output's body gives: where to write, and what. */
export interface Scattered {
  readonly __scattered: true;
}

/** Extents differ between requests and batches; may only address. */
export const batch: unique symbol = Symbol("batch");
/** Fixed when a model is generated; a constant of the emitted text. */
export const model: unique symbol = Symbol("model");
/**
 * The request's own positions. Beside a batch axis, its extent is the batch's: reductions over it are bounded by a
 * request's table.
 */
export const sequence: unique symbol = Symbol("sequence");

type Role = typeof batch | typeof model | typeof sequence;
type Dtype = "f32" | "bf16" | "u32" | "i32";
type Ownership = "" | "placement " | "unique placement ";
/** `"bf16[out, inner]"`; integer tables may be `"placement u32[token]"` or `"unique placement u32[token]"`. */
export type TensorType = `${Ownership}${Dtype}[${string}]`;

type Indices<Names extends string> = Names extends `${string},${infer Rest}` ? [number, ...Indices<Rest>] : [number];
/** A tensor, indexed by calling it with one index for each axis. */
export type Tensor<Type extends string> = Type extends `${string}[${infer Names}]`
  ? (...indices: Indices<Names>) => number
  : never;

interface Declaration<
  Axes extends Record<string, Role>,
  Inputs extends Record<string, TensorType>,
  Parameters extends Record<string, "f32" | "u32" | "i32">,
> {
  readonly axes: Axes;
  readonly inputs: Inputs;
  readonly params?: Parameters;
}

type Values<Inputs extends Record<string, TensorType>, Parameters extends Record<string, string>> = {
  readonly [Name in keyof Inputs]: Tensor<Inputs[Name]>;
} & { readonly [Name in keyof Parameters]: number };
type AxisIndices<Axes> = { readonly [Name in keyof Axes]: AxisIndex };

/** A declared kernel, as it exists at run time: a description only. Its meaning is read from the source text. */
export interface KernelDescription {
  readonly axes: Readonly<Record<string, AxisRole>>;
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * Declares a kernel. Its body is an expression over the inputs, given for one point of the output's axes:
 * `const` declarations, arithmetic, calls and a `return`; every accumulation is a reduction with a declared tree.
 */
export function kernel<
  const Axes extends Record<string, Role>,
  const Inputs extends Record<string, TensorType>,
  const Parameters extends Record<string, "f32" | "u32" | "i32"> = Record<never, never>,
>(
  declaration: Declaration<Axes, Inputs, Parameters> & {
    readonly output: TensorType;
    body(values: Values<Inputs, Parameters>, axes: AxisIndices<Axes>): number | Scattered;
  },
): KernelDescription;
export function kernel<
  const Axes extends Record<string, Role>,
  const Inputs extends Record<string, TensorType>,
  const Outputs extends Record<string, TensorType>,
  const Parameters extends Record<string, "f32" | "u32" | "i32"> = Record<never, never>,
>(
  declaration: Declaration<Axes, Inputs, Parameters> & {
    readonly outputs: Outputs;
    body(
      values: Values<Inputs, Parameters>,
      axes: AxisIndices<Axes>,
    ): { readonly [Name in keyof Outputs]: number | Scattered };
  },
): KernelDescription;
export function kernel(declaration: {
  readonly axes: Record<string, Role>;
  readonly inputs: Record<string, string>;
}): KernelDescription {
  const axes = Object.fromEntries(
    Object.entries(declaration.axes).map(([name, role]) => [name, role.description as AxisRole]),
  );
  return Object.freeze({ axes, inputs: { ...declaration.inputs } });
}

/** A reducer's state by field name. */
export type StateTypes = Record<string, "f32" | "u32" | "i32">;
type StateOf<Types extends StateTypes> = { readonly [Name in keyof Types]: number };

/** How two partial results become one. `left` is the accumulator, `right` the next item. */
export interface ReducerDescription<Types extends StateTypes> {
  readonly state: Types;
  readonly identity: StateOf<Types>;
  combine(left: StateOf<Types>, right: StateOf<Types>): StateOf<Types>;
}
/** Declares a reducer. `identity` must leave every state as it is: combine(identity, s) = s. */
export function reducer<const Types extends StateTypes>(
  description: ReducerDescription<Types>,
): ReducerDescription<Types> {
  return description;
}

function onlyInSource(name: string): never {
  throw new Error(`${name}() has no value at run time: a kernel's body is read from its source, not called`);
}

/** All points of an axis, a range of them, or one run. */
export type Domain = AxisIndex | Range;

/** Sum along `tree`. Integers wrap. An empty sum is +0. */
export function sum(_domain: Domain, _tree: string, _leaf: (item: AxisIndex) => number): number {
  return onlyInSource("sum");
}
/**
 * With a domain: the largest leaf; of none, the lowest finite f32 (0 for u32, -2^31 for i32).
 * With two numbers: the larger. Floats are ordered by their bits: -0 < +0.
 */
export function max(domain: Domain, tree: string, leaf: (item: AxisIndex) => number): number;
export function max(left: number, right: number): number;
export function max(..._: unknown[]): number {
  return onlyInSource("max");
}
/** The smaller of two numbers. Floats are ordered by their bits: -0 < +0. */
export function min(_left: number, _right: number): number {
  return onlyInSource("min");
}
/** The lowest item (a u32) at which the leaf is largest. */
export function argmax(_domain: Domain, _tree: string, _leaf: (item: AxisIndex) => number): number {
  return onlyInSource("argmax");
}
/** Folds with a reducer of one's own. Over `runs`, the leaf is given the run as a domain for reductions inside it. */
export function reduce<Types extends StateTypes>(
  domain: Runs,
  tree: string,
  by: ReducerDescription<Types>,
  leaf: (run: Range) => StateOf<Types>,
): StateOf<Types>;
export function reduce<Types extends StateTypes>(
  domain: Domain,
  tree: string,
  by: ReducerDescription<Types>,
  leaf: (item: AxisIndex) => StateOf<Types>,
): StateOf<Types>;
export function reduce(..._: unknown[]): never {
  return onlyInSource("reduce");
}

/** The items 0 to `last`, inclusive. */
export function upTo(_axis: AxisIndex, _last: number): Range {
  return onlyInSource("upTo");
}
/** The items 0 to `count` - 1. */
export function below(_axis: AxisIndex, _count: number): Range {
  return onlyInSource("below");
}
/** Cuts a domain into runs of `length` consecutive items, at multiples of `length`; the last may be shorter. */
export function runs(_domain: Domain, _length: number): Runs {
  return onlyInSource("runs");
}

/** The extent of an axis, a u32. */
export function extent(_axis: AxisIndex): number {
  return onlyInSource("extent");
}
/** An element at computed indices; +0 where an index lies outside its axis. Placement tables may be used here. */
export function gather<T extends (...indices: never[]) => number>(_tensor: T, ..._indices: Parameters<T>): number {
  return onlyInSource("gather");
}
/** Writes `value` at computed indices of the output, one for each of its axes; outside, nothing is written. */
export function scatter(_place: readonly number[], _value: number): Scattered {
  return onlyInSource("scatter");
}
/** `condition ? whenTrue : whenFalse`, both evaluated. */
export function select(_condition: boolean, _whenTrue: number, _whenFalse: number): number {
  return onlyInSource("select");
}

/** Rounds to bf16 (nearest even; below 2^-56 to zero), which makes products with bf16 exact. */
export function bf16(_value: number): number {
  return onlyInSource("bf16");
}
/** Converts an integer to f32, nearest even. */
export function f32(_value: number): number {
  return onlyInSource("f32");
}
/** Converts to u32: floats truncate, i32 keep their bits. */
export function u32(_value: number): number {
  return onlyInSource("u32");
}
/** Converts to i32: floats truncate, u32 keep their bits. */
export function i32(_value: number): number {
  return onlyInSource("i32");
}
/** The bits of an f32, as a u32. */
export function bitsOf(_value: number): number {
  return onlyInSource("bitsOf");
}
/** The f32 that has these bits. */
export function fromBits(_bits: number): number {
  return onlyInSource("fromBits");
}
/** Magnitude of an f32 or i32. */
export function abs(_value: number): number {
  return onlyInSource("abs");
}
/** Largest integer not above an f32. */
export function floor(_value: number): number {
  return onlyInSource("floor");
}
