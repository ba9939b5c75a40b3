/** The pool of hash-consed expressions, and the few folds that every builder wants. */
import type {
  AxisRole,
  BinaryOperator,
  Call,
  Constant,
  Expr,
  Field,
  FunctionDeclaration,
  Index,
  Load,
  Reduce,
  Reducer,
  Register,
  Select,
  StorageType,
  UnaryOperator,
  ValueType,
  Variable,
} from "./ir.ts";
import { valueTypeOf } from "../runtime/storage.ts";
import type { Tree } from "./tree.ts";
import { foldBinary, foldUnary } from "./numbers.ts";

export type { AxisRole };

const none: ReadonlySet<Variable> = new Set();

/** Ids are unique over all pools, so that an expression of one pool is never mistaken for another's. */
let nextId = 0;
const axisVariables = new Map<string, Variable>();

function union(parts: readonly { readonly free: ReadonlySet<Variable> }[]): ReadonlySet<Variable> {
  let all: ReadonlySet<Variable> = none;
  for (const { free } of parts) {
    if (all === free || free.size === 0) continue;
    if (all.size === 0) all = free;
    else if (!containsAll(all, free)) all = new Set([...all, ...free]);
  }
  return all;
}

function containsAll(set: ReadonlySet<Variable>, others: ReadonlySet<Variable>): boolean {
  for (const other of others) if (!set.has(other)) return false;
  return true;
}

const comparisons = new Set<BinaryOperator>(["less", "lessEqual", "equal", "notEqual"]);

const scratch = new DataView(new ArrayBuffer(4));
/** The bits of a number rounded to f32. */
export function bitsOfF32(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}
/** The f32 number that has these bits. */
export function f32OfBits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/**
 * Makes and interns expressions. Building the same expression twice gives the same object, so `===` is equality.
 * Integer arithmetic on constants is folded, since it is exact; float arithmetic never is.
 */
export class Pool {
  readonly #interned = new Map<string, object>();
  readonly #nodes = new WeakSet<object>();
  readonly #constants = new Map<ValueType, Map<number, Constant>>();
  readonly #binaries = new Map<BinaryOperator, Map<Expr, Map<Expr, Expr>>>();
  readonly #variables = new Map<string, Variable>();

  #intern<T extends object>(key: string, make: (id: number) => T): T {
    let node = this.#interned.get(key) as T | undefined;
    if (node === undefined) {
      this.#interned.set(key, (node = make(nextId++)));
      this.#nodes.add(node);
    }
    return node;
  }

  /** Whether this pool made a node, so that the same parts would give the same node again. */
  holds(node: object): boolean {
    return this.#nodes.has(node);
  }

  /** The variable of an output axis: one for each name, in all pools. */
  axisVariable(axis: string): Variable {
    let variable = axisVariables.get(axis);
    if (variable === undefined) axisVariables.set(axis, (variable = { name: axis, axis, kind: "axis" }));
    return variable;
  }

  /**
   * The item variable of the domain (axis, start, count), the `depth`-th nested one over it: sibling reductions over
   * one domain share it, which makes a leaf that they have in common one expression.
   */
  itemVariable(name: string, axis: string, start: Expr, count: Expr, depth = 0): Variable {
    return this.#variable(`item ${axis} ${start.id} ${count.id} ${depth}`, { name, axis, kind: "item" });
  }

  #variable(key: string, variable: Variable): Variable {
    let known = this.#variables.get(key);
    if (known === undefined) this.#variables.set(key, (known = variable));
    return known;
  }

  #variableIds = new Map<Variable, number>();
  #variableId(variable: Variable): number {
    let id = this.#variableIds.get(variable);
    if (id === undefined) this.#variableIds.set(variable, (id = this.#variableIds.size));
    return id;
  }

  constant(type: ValueType, bits: number): Constant {
    const pattern = bits >>> 0;
    let ofType = this.#constants.get(type);
    if (ofType === undefined) this.#constants.set(type, (ofType = new Map()));
    let node = ofType.get(pattern);
    if (node === undefined) {
      node = { kind: "constant", id: nextId++, type, free: none, bits: pattern };
      ofType.set(pattern, node);
      this.#nodes.add(node);
    }
    return node;
  }
  f32(value: number): Constant {
    return this.constant("f32", bitsOfF32(value));
  }
  u32(value: number): Constant {
    return this.constant("u32", value);
  }
  i32(value: number): Constant {
    return this.constant("i32", value);
  }
  bool(value: boolean): Constant {
    return this.constant("bool", value ? 1 : 0);
  }

  index(variable: Variable): Index {
    return this.#intern(`index ${this.#variableId(variable)}`, (id) => ({
      kind: "index",
      id,
      type: "u32",
      free: new Set([variable]),
      variable,
    }));
  }
  extent(axis: string): Expr {
    return this.#intern<Expr>(`extent ${axis}`, (id) => ({ kind: "extent", id, type: "u32", free: none, axis }));
  }
  parameter(name: string, type: ValueType): Expr {
    return this.#intern<Expr>(`parameter ${name} ${type}`, (id) => ({ kind: "parameter", id, type, free: none, name }));
  }
  argument(name: string, type: ValueType): Expr {
    return this.#intern<Expr>(`argument ${name} ${type}`, (id) => ({ kind: "argument", id, type, free: none, name }));
  }
  state(side: "left" | "right", field: string, type: ValueType): Expr {
    return this.#intern<Expr>(`state ${side} ${field} ${type}`, (id) => ({
      kind: "state",
      id,
      type,
      free: none,
      side,
      field,
    }));
  }

  load(input: string, storage: StorageType, indices: readonly Expr[], guarded = false): Load {
    const key = `load ${input} ${guarded} ${indices.map((index) => index.id).join(" ")}`;
    return this.#intern(key, (id) => ({
      kind: "load",
      id,
      type: valueTypeOf(storage),
      free: union(indices),
      input,
      storage,
      indices,
      guarded,
    }));
  }

  unary(operator: UnaryOperator, operand: Expr): Expr {
    const type: ValueType =
      operator === "toF32" || operator === "fromBits"
        ? "f32"
        : operator === "toU32" || operator === "bitsOf"
          ? "u32"
          : operator === "toI32"
            ? "i32"
            : operand.type;
    if (operand.kind === "constant") {
      const folded = foldUnary(operator, operand.type, operand.bits);
      if (folded !== undefined) return this.constant(type, folded);
    }
    return this.#intern<Expr>(`unary ${operator} ${operand.id}`, (id) => ({
      kind: "unary",
      id,
      type,
      free: operand.free,
      operator,
      operand,
    }));
  }

  binary(operator: BinaryOperator, left: Expr, right: Expr): Expr {
    const type = comparisons.has(operator) ? "bool" : left.type;
    if (left.kind === "constant" && right.kind === "constant") {
      const folded = foldBinary(operator, left.type, left.bits, right.bits);
      if (folded !== undefined) return this.constant(type, folded);
    }
    const simpler = this.#identity(operator, left, right);
    if (simpler !== undefined) return simpler;
    // Most nodes are addresses' sums, products and constants: these are found without making a key.
    let byLeft = this.#binaries.get(operator);
    if (byLeft === undefined) this.#binaries.set(operator, (byLeft = new Map()));
    let byRight = byLeft.get(left);
    if (byRight === undefined) byLeft.set(left, (byRight = new Map()));
    let node = byRight.get(right);
    if (node === undefined) {
      node = { kind: "binary", id: nextId++, type, free: union([left, right]), operator, left, right };
      byRight.set(right, node);
      this.#nodes.add(node);
    }
    return node;
  }

  /** Integer identities only: x+0, x*1, x*0, x/1, x-0. Floats keep every operation that was written. */
  #identity(operator: BinaryOperator, left: Expr, right: Expr): Expr | undefined {
    if (left.type !== "u32" && left.type !== "i32") return undefined;
    const value = (expr: Expr): number | undefined => (expr.kind === "constant" ? expr.bits : undefined);
    if (operator === "add" && value(left) === 0) return right;
    if (operator === "multiply" && value(left) === 1) return right;
    if (operator === "multiply" && (value(left) === 0 || value(right) === 0)) return this.constant(left.type, 0);
    if ((operator === "add" || operator === "subtract") && value(right) === 0) return left;
    if ((operator === "multiply" || operator === "divide") && value(right) === 1) return left;
    if (operator === "remainder" && value(right) === 1) return this.constant(left.type, 0);
    return undefined;
  }

  add(left: Expr, right: Expr): Expr {
    return this.binary("add", left, right);
  }
  subtract(left: Expr, right: Expr): Expr {
    return this.binary("subtract", left, right);
  }
  multiply(left: Expr, right: Expr): Expr {
    return this.binary("multiply", left, right);
  }
  divide(left: Expr, right: Expr): Expr {
    return this.binary("divide", left, right);
  }
  minimum(left: Expr, right: Expr): Expr {
    return left === right ? left : this.binary("minimum", left, right);
  }
  less(left: Expr, right: Expr): Expr {
    return this.binary("less", left, right);
  }
  /** ceil(left / right) of u32. */
  divideUp(left: Expr, right: number): Expr {
    return this.divide(this.add(left, this.u32(right - 1)), this.u32(right));
  }

  select(condition: Expr, whenTrue: Expr, whenFalse: Expr): Expr {
    if (condition.kind === "constant") return condition.bits !== 0 ? whenTrue : whenFalse;
    return this.#intern<Select>(`select ${condition.id} ${whenTrue.id} ${whenFalse.id}`, (id) => ({
      kind: "select",
      id,
      type: whenTrue.type,
      free: union([condition, whenTrue, whenFalse]),
      condition,
      whenTrue,
      whenFalse,
    }));
  }

  /** `callee` must be one object per (function, argument types): calls are told apart by its name. */
  call(callee: FunctionDeclaration, args: readonly Expr[]): Call {
    return this.#intern(`call ${callee.name} ${args.map((arg) => arg.id).join(" ")}`, (id) => ({
      kind: "call",
      id,
      type: callee.result.type,
      free: union(args),
      callee,
      arguments: args,
    }));
  }

  reduce(parts: {
    axis: string;
    variable: Variable;
    start: Expr;
    count: Expr;
    tree: Tree;
    reducer: Reducer;
    leaf: readonly Expr[];
    item?: Expr;
  }): Reduce {
    const { axis, variable, start, count, tree, reducer, leaf, item } = parts;
    const levels = tree.map((level) => `${level.lanes ?? ""}${level.fold}${level.count ?? ""}`).join(",");
    const key =
      `reduce ${axis} ${this.#variableId(variable)} ${start.id} ${count.id} ${levels} ${this.#reducerId(reducer)} ` +
      `${leaf.map((expr) => expr.id).join(" ")} at ${item?.id ?? ""}`;
    return this.#intern(key, (id) => {
      const inner = new Set(union(leaf));
      inner.delete(variable);
      const free = union([start, count, ...(item === undefined ? [] : [item]), { free: inner }]);
      return {
        kind: "reduce",
        id,
        free,
        axis,
        variable,
        start,
        count,
        tree,
        reducer,
        leaf,
        ...(item === undefined ? {} : { item }),
      };
    });
  }

  readonly #reducers = new Map<Reducer, number>();
  #reducerId(reducer: Reducer): number {
    let id = this.#reducers.get(reducer);
    if (id === undefined) this.#reducers.set(reducer, (id = this.#reducers.size));
    return id;
  }

  field(of: Reduce, field: string): Field {
    const found = of.reducer.fields.find((candidate) => candidate.name === field);
    if (found === undefined) throw new Error(`reducer ${of.reducer.name} has no field ${field}`);
    return this.#intern(`field ${of.id} ${field}`, (id) => ({
      kind: "field",
      id,
      type: found.type,
      free: of.free,
      of,
      field,
    }));
  }

  /** A value already held under `name`; it may mention variables, as an element of a table does. Always a new node. */
  register(name: string, type: ValueType, free: ReadonlySet<Variable> = none): Register {
    const id = nextId++;
    return { kind: "register", id, type, free, name };
  }
}
