/** Trees and small kernels for property tests: complete trees of every kind, and well-typed kernels of every shape. */
import fc from "fast-check";
import { Pool } from "../dsl/expr.ts";
import type { Axis, BinaryOperator, Expr, FunctionDeclaration, Input, Kernel, Output, Parameter, Reducer, StorageType, Variable } from "../dsl/ir.ts";
import type { Level, Tree } from "../dsl/tree.ts";

const count = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 64, 128));
const fold = fc.constantFrom("chain" as const, "pairwise" as const);
/** Outputs side by side: few, or as many as schedules with wide workgroups are made for. */
const width = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.integer({ min: 32, max: 70 }) });

const cuttingLevel: fc.Arbitrary<Level> = fc.oneof(
  fc.record({ fold, count }),
  fc.record({ fold, lanes: fc.integer({ min: 2, max: 9 }) }),
  fc.record({ fold, lanes: fc.integer({ min: 2, max: 9 }), count }),
);

/** Trees that leave one value of any number of items: up to three cutting levels, then one that takes all. */
export function arbitraryTree(): fc.Arbitrary<Tree> {
  return fc.tuple(fc.array(cuttingLevel, { maxLength: 3 }), fold).map(([levels, last]) => [...levels, { fold: last }]);
}

/** A kernel and extents that it runs at; what is compiled for these runs at other rows and, where its items are a sequence's, other items. */
export interface KernelCase {
  readonly kernel: Kernel;
  readonly extents: Readonly<Record<string, number>>;
  readonly extentsAt: (rows: number, items: number) => Readonly<Record<string, number>>;
}

/** What the builders below choose from. */
interface Choices {
  readonly trees: readonly [Tree, Tree];
  readonly storage: "f32" | "bf16";
  readonly weights: "f32" | "bf16";
  readonly extents: { readonly row: number; readonly out: number; readonly inner: number };
  readonly run: number;
  readonly operation: "add" | "subtract" | "multiply";
}

/** Small kernels of every shape that the language has; each builds its IR directly. */
export function arbitraryKernel(): fc.Arbitrary<KernelCase> {
  const choices: fc.Arbitrary<Choices> = fc.record({
    trees: fc.tuple(arbitraryTree(), arbitraryTree()),
    storage: fc.constantFrom("f32" as const, "bf16" as const),
    weights: fc.constantFrom("f32" as const, "bf16" as const),
    extents: fc.record({ row: fc.integer({ min: 1, max: 5 }), out: width, inner: fc.integer({ min: 1, max: 150 }) }),
    run: fc.integer({ min: 1, max: 40 }),
    operation: fc.constantFrom("add" as const, "subtract" as const, "multiply" as const),
  });
  return fc.tuple(fc.constantFrom(...shapes), choices).map(([shape, chosen]) => {
    const { kernel, extentsAt } = shape(chosen);
    return { kernel, extents: extentsAt(chosen.extents.row, chosen.extents.inner), extentsAt };
  });
}

/** Kernel parts, built in a pool of their own. */
class Builder {
  readonly pool = new Pool();
  readonly #inputs: Input[] = [];
  readonly #parameters: Parameter[] = [];
  readonly #outputs: Output[] = [];

  constructor(readonly name: string, readonly axes: readonly Axis[]) {}

  /** Declares an input; gives its load. */
  input(name: string, storage: StorageType, axes: readonly string[], more: Partial<Input> = {}): (...indices: Expr[]) => Expr {
    this.#inputs.push({ name, storage, axes, ownership: "request", unique: false, ...more });
    return (...indices) => this.pool.load(name, storage, indices);
  }

  parameter(name: string, type: Parameter["type"]): Expr {
    this.#parameters.push({ name, type });
    return this.pool.parameter(name, type);
  }

  at(axis: string): Expr {
    return this.pool.index(this.pool.axisVariable(axis));
  }

  /** A reduction of the items below `count` (the whole axis where absent), from `start`; gives its fields in order. */
  reduce(
    axis: string, tree: Tree, reducer: Reducer, leaf: (item: Expr, variable: Variable) => readonly Expr[],
    { start = this.pool.u32(0), count = this.pool.extent(axis), depth = 0 }: { start?: Expr; count?: Expr; depth?: number } = {},
  ): Expr[] {
    const variable = this.pool.itemVariable(axis[0]!, axis, start, count, depth);
    const reduce = this.pool.reduce({ axis, variable, start, count, tree, reducer, leaf: leaf(this.pool.index(variable), variable) });
    return reducer.fields.map((field) => this.pool.field(reduce, field.name));
  }

  output(name: string, storage: StorageType, axes: readonly string[], value: Expr, more: Partial<Output> = {}): this {
    this.#outputs.push({ name, storage, axes, over: axes, value, ...more });
    return this;
  }

  kernel(): Kernel {
    return {
      name: this.name, axes: this.axes, inputs: this.#inputs, parameters: this.#parameters, outputs: this.#outputs,
      location: { file: "", line: 1, column: 1 }, pool: this.pool, origins: new Map(), names: new Map(),
    };
  }
}

type FieldType = "f32" | "u32" | "i32";

/** A reducer of one field that folds by an operator. */
function by(pool: Pool, operator: BinaryOperator, type: FieldType, identity: number): Reducer {
  const combine = pool.binary(operator, pool.state("left", "value", type), pool.state("right", "value", type));
  return { name: operator === "add" ? "sum" : "max", fields: [{ name: "value", type, identity: pool.constant(type, identity), combine }] };
}

/** The bits of the lowest finite f32. */
const lowest = 0xff7fffff;

/** Largest value, and the lowest item that has it. */
function argmax(pool: Pool): Reducer {
  const [leftValue, rightValue] = [pool.state("left", "value", "f32"), pool.state("right", "value", "f32")];
  const [leftItem, rightItem] = [pool.state("left", "item", "u32"), pool.state("right", "item", "u32")];
  const largest = pool.binary("maximum", leftValue, rightValue);
  const has = (value: Expr): Expr => pool.binary("equal", pool.unary("bitsOf", value), pool.unary("bitsOf", largest));
  const none = pool.u32(0xffffffff);
  const item = pool.binary("minimum", pool.select(has(leftValue), leftItem, none), pool.select(has(rightValue), rightItem, none));
  return {
    name: "argmax",
    fields: [
      { name: "value", type: "f32", identity: pool.constant("f32", lowest), combine: largest },
      { name: "item", type: "u32", identity: none, combine: item },
    ],
  };
}

/** x -> sign * x + shift, composed from left to right: associative but for rounding, and not commutative. */
function composition(pool: Pool): Reducer {
  const state = (side: "left" | "right", field: string): Expr => pool.state(side, field, "f32");
  return {
    name: "composition",
    fields: [
      { name: "sign", type: "f32", identity: pool.f32(1), combine: pool.multiply(state("left", "sign"), state("right", "sign")) },
      { name: "shift", type: "f32", identity: pool.f32(0), combine: pool.add(pool.multiply(state("left", "shift"), state("right", "sign")), state("right", "shift")) },
    ],
  };
}

/** How many, their sum, and the sum of their squares. */
function moments(pool: Pool): Reducer {
  const plus = (name: string, type: FieldType): Reducer["fields"][number] => (
    { name, type, identity: pool.constant(type, 0), combine: pool.add(pool.state("left", name, type), pool.state("right", name, type)) });
  return { name: "moments", fields: [plus("count", "u32"), plus("total", "f32"), plus("squares", "f32")] };
}

/** A running maximum, and a sum that counts only what lies near it. */
function near(pool: Pool): Reducer {
  const [leftTop, rightTop] = [pool.state("left", "top", "f32"), pool.state("right", "top", "f32")];
  const top = pool.binary("maximum", leftTop, rightTop);
  const part = (side: "left" | "right", ownTop: Expr): Expr =>
    pool.select(pool.less(pool.add(ownTop, pool.f32(2)), top), pool.f32(0), pool.state(side, "mass", "f32"));
  return {
    name: "near",
    fields: [
      { name: "top", type: "f32", identity: pool.constant("f32", lowest), combine: top },
      { name: "mass", type: "f32", identity: pool.f32(0), combine: pool.add(part("left", leftTop), part("right", rightTop)) },
    ],
  };
}

/** x * (x + 3/4): a function of the author's. */
function curve(pool: Pool): FunctionDeclaration {
  const x = pool.argument("x", "f32");
  return { name: "curve", parameters: [{ name: "x", type: "f32" }], result: pool.multiply(x, pool.add(x, pool.f32(0.75))) };
}

type Shape = Omit<KernelCase, "extents">;

const matrixAxes: readonly Axis[] = [{ name: "row", role: "batch" }, { name: "out", role: "model" }, { name: "inner", role: "model" }];
const rowAxes: readonly Axis[] = [{ name: "row", role: "batch" }, { name: "inner", role: "model" }];
const sequenceAxes: readonly Axis[] = [{ name: "row", role: "batch" }, { name: "out", role: "model" }, { name: "key", role: "sequence" }];

/** sum |x - w|, sum of bf16 products, and their like, with a bias. */
function twoOperandSum({ trees, storage, weights, operation, extents }: Choices): Shape {
  const b = new Builder("twoOperandSum", matrixAxes);
  const { pool } = b;
  const [x, w, bias] = [b.input("x", "f32", ["row", "inner"]), b.input("weight", weights, ["out", "inner"]), b.input("bias", "bf16", ["out"])];
  const [total] = b.reduce("inner", trees[0], by(pool, "add", "f32", 0), (k) => {
    const left = x(b.at("row"), k);
    const right = w(b.at("out"), k);
    return [operation === "multiply" ? pool.multiply(pool.unary("roundBf16", left), right) : pool.unary("absolute", pool.binary(operation, left, right))];
  });
  return { kernel: b.output("y", storage, ["row", "out"], pool.add(total!, bias(b.at("out")))).kernel(), extentsAt: (row) => ({ ...extents, row }) };
}

/** max(x + w). */
function twoOperandMax({ trees, storage, weights, operation, extents }: Choices): Shape {
  const b = new Builder("twoOperandMax", matrixAxes);
  const [x, w] = [b.input("x", "f32", ["row", "inner"]), b.input("weight", weights, ["out", "inner"])];
  const [top] = b.reduce("inner", trees[0], by(b.pool, "maximum", "f32", lowest), (k) => [b.pool.binary(operation, x(b.at("row"), k), w(b.at("out"), k))]);
  return { kernel: b.output("y", storage, ["row", "out"], top!).kernel(), extentsAt: (row) => ({ ...extents, row }) };
}

/** Each element less its row's sum, times the sum of squares of such: the second reduction's leaf needs the first. */
function twoReductions({ trees, storage, extents: { inner } }: Choices): Shape {
  const b = new Builder("twoReductions", rowAxes);
  const { pool } = b;
  const x = b.input("x", "f32", ["row", "inner"]);
  const scale = b.parameter("scale", "f32");
  const [total] = b.reduce("inner", trees[0], by(pool, "add", "f32", 0), (k) => [pool.multiply(x(b.at("row"), k), scale)]);
  const centred = (at: Expr): Expr => pool.subtract(x(b.at("row"), at), total!);
  const [squares] = b.reduce("inner", trees[1], by(pool, "add", "f32", 0), (k) => [pool.multiply(centred(k), centred(k))]);
  return { kernel: b.output("y", storage, ["row", "inner"], pool.multiply(centred(b.at("inner")), squares!)).kernel(), extentsAt: (row) => ({ row, inner }) };
}

/** Reducers of several fields over the same leaf's operands, each with an output of its own. */
function authorsReducers({ trees, storage, extents: { inner } }: Choices): Shape {
  const b = new Builder("authorsReducers", rowAxes);
  const { pool } = b;
  const x = b.input("x", "f32", ["row", "inner"]);
  const at = (k: Expr): Expr => x(b.at("row"), k);
  const sign = (value: Expr): Expr => pool.select(pool.less(value, pool.f32(0)), pool.f32(-1), pool.f32(1));
  const [, shift] = b.reduce("inner", trees[0], composition(pool), (k) => [sign(at(k)), pool.call(curve(pool), [at(k)])]);
  const [n, sum, squares] = b.reduce("inner", trees[1], moments(pool), (k) => [pool.u32(1), at(k), pool.multiply(at(k), at(k))]);
  const [, item] = b.reduce("inner", trees[0], argmax(pool), (k) => [at(k), k]);
  return {
    kernel: b.output("shift", storage, ["row"], shift!)
      .output("spread", "f32", ["row"], pool.subtract(pool.multiply(squares!, pool.unary("toF32", n!)), pool.multiply(sum!, sum!)))
      .output("best", "u32", ["row"], item!).kernel(),
    extentsAt: (row) => ({ row, inner }),
  };
}

/** Runs of a request's own keys: each run's maximum and sum, merged by an author's reducer; some requests have none. */
function boundedRuns({ trees, storage, weights, run: length, extents: { out } }: Choices): Shape {
  const b = new Builder("boundedRuns", sequenceAxes);
  const { pool } = b;
  const [x, w] = [b.input("x", "f32", ["row", "key"]), b.input("weight", weights, ["out", "key"])];
  const items = b.input("length", "u32", ["row"])(b.at("row"));
  const leafOf = (k: Expr): Expr => pool.multiply(pool.unary("roundBf16", x(b.at("row"), k)), w(b.at("out"), k));
  const [, mass] = b.reduce("key", trees[0], near(pool), (run) => {
    const start = pool.multiply(run, pool.u32(length));
    const within = { start, count: pool.minimum(pool.u32(length), pool.subtract(items, start)), depth: 1 };
    const [top] = b.reduce("key", trees[1], by(pool, "maximum", "f32", lowest), (k) => [x(b.at("row"), k)], within);
    const [total] = b.reduce("key", trees[1], by(pool, "add", "f32", 0), (k) => [pool.subtract(leafOf(k), top!)], within);
    return [top!, total!];
  }, { count: pool.divideUp(items, length) });
  return { kernel: b.output("y", storage, ["row", "out"], mass!).kernel(), extentsAt: (row, key) => ({ row, out, key }) };
}

/** A weighted sum over the first keys, kept in pages of four that a request's own table finds; stored to a place of the row's. */
function pages({ trees, storage, weights, extents: { out } }: Choices): Shape {
  const axes: readonly Axis[] = [...sequenceAxes, { name: "page", role: "batch" }, { name: "slot", role: "batch" }, { name: "place", role: "batch" }];
  const b = new Builder("pages", axes);
  const { pool } = b;
  b.input("store", weights, ["slot", "out"]);
  const x = b.input("x", "f32", ["row", "key"]);
  b.input("table", "u32", ["row", "page"], { ownership: "placement" });
  const last = b.input("last", "u32", ["row"])(b.at("row"));
  const place = b.input("target", "u32", ["row"], { ownership: "placement", unique: true })(b.at("row"));
  const [total] = b.reduce("key", trees[0], by(pool, "add", "f32", 0), (k) => {
    const page = pool.load("table", "u32", [b.at("row"), pool.divide(k, pool.u32(4))], true);
    const slot = pool.add(pool.multiply(page, pool.u32(4)), pool.binary("remainder", k, pool.u32(4)));
    return [pool.multiply(x(b.at("row"), k), pool.load("store", weights, [slot, b.at("out")], true))];
  }, { count: pool.add(last, pool.u32(1)) });
  return {
    kernel: b.output("y", storage, ["place", "out"], total!, { over: ["row", "out"], place: [place, b.at("out")] }).kernel(),
    extentsAt: (row, key) => ({ row, out, key, page: Math.ceil(key / 4), slot: 4 * Math.ceil(key / 8) + 1, place: row + 2 }),
  };
}

/** Wrapping sums of u32, and the largest i32. */
function integers({ trees, extents }: Choices): Shape {
  const b = new Builder("integers", matrixAxes);
  const { pool } = b;
  const [ids, steps] = [b.input("ids", "u32", ["row", "inner"]), b.input("steps", "i32", ["out", "inner"])];
  const [total] = b.reduce("inner", trees[0], by(pool, "add", "u32", 0), (k) => [pool.multiply(ids(b.at("row"), k), pool.u32(0x9e3779b9))]);
  const [top] = b.reduce("inner", trees[1], by(pool, "maximum", "i32", 0x80000000), (k) => [pool.subtract(steps(b.at("out"), k), pool.unary("toI32", ids(b.at("row"), k)))]);
  return { kernel: b.output("hash", "u32", ["row"], total!).output("top", "i32", ["row", "out"], top!).kernel(), extentsAt: (row) => ({ ...extents, row }) };
}

/** No reduction at all: a curve of a product, rounded. */
function elementwise({ storage, weights, operation, extents: { inner } }: Choices): Shape {
  const b = new Builder("elementwise", rowAxes);
  const { pool } = b;
  const [x, gain] = [b.input("x", "f32", ["row", "inner"]), b.input("gain", weights, ["inner"])];
  const value = pool.call(curve(pool), [pool.binary(operation, x(b.at("row"), b.at("inner")), gain(b.at("inner")))]);
  return { kernel: b.output("y", storage, ["row", "inner"], value).kernel(), extentsAt: (row) => ({ row, inner }) };
}

const shapes = [twoOperandSum, twoOperandMax, twoReductions, authorsReducers, boundedRuns, pages, integers, elementwise];
