/**
 * What a declaration means: the exact order and expression of an output element, over any algebra of values.
 *
 * The reference evaluator reads it over numbers, an audit can read it over terms. Nothing here knows of schedules.
 */
import type {
  Binary,
  BinaryOperator,
  Constant,
  Expr,
  FunctionDeclaration,
  Load,
  Reduce,
  Reducer,
  UnaryOperator,
  ValueType,
  Variable,
} from "./ir.ts";
import { rowsOf, spanOf, type Tree } from "./tree.ts";
import { collect } from "./visit.ts";

/** A reduction whose tree leaves no single value for the items it was given, or an item that there is not. */
export class DenotationError extends Error {
  override readonly name = "DenotationError";
}

/**
 * Folds `items` items along `tree`: the one definition of its order.
 * Every fold starts from the identity. With `item`, the value is that one of the row that the last level leaves.
 * @throws DenotationError where the last level leaves another number of values than one, or has no such item
 */
export function foldTree<S>(
  tree: Tree,
  items: number,
  leaf: (item: number) => S,
  identity: () => S,
  combine: (left: S, right: S) => S,
  item?: number,
): S {
  const rows = rowsOf(tree, items);
  const values = rows[tree.length]!;
  if (item === undefined && values !== 1)
    throw new DenotationError(`the tree leaves ${values} values of ${items} items, not one`);
  if (item !== undefined && item >= values)
    throw new DenotationError(`the tree leaves ${values} values of ${items} items: there is no item ${item}`);

  /** Value `index` of row `row`. */
  const valueOf = (row: number, index: number): S => {
    if (row === 0) return leaf(index);
    const level = tree[row - 1]!;
    const { first, stride, count } = spanOf(level, rows[row - 1]!, index);
    const below = (i: number): S => valueOf(row - 1, first + i * stride);
    if (level.fold === "pairwise")
      return count === 0 ? identity() : combine(identity(), balanced(0, count, below, combine));
    let folded = identity();
    for (let i = 0; i < count; i++) folded = combine(folded, below(i));
    return folded;
  };
  return valueOf(tree.length, item ?? 0);
}

/** The balanced tree of the items from `first` to `end`: split at the largest power of two below their number. */
function balanced<S>(first: number, end: number, item: (i: number) => S, combine: (left: S, right: S) => S): S {
  const count = end - first;
  if (count === 1) return item(first);
  const middle = first + 2 ** (31 - Math.clz32(count - 1));
  return combine(balanced(first, middle, item, combine), balanced(middle, end, item, combine));
}

/** Values that expressions can be evaluated over: bit patterns, terms, ranges. */
export interface Algebra<V> {
  constant(constant: Constant): V;
  /** A field's identity; emitted text reads it from a uniform. */
  identity(constant: Constant): V;
  extent(axis: string): V;
  parameter(name: string, type: ValueType): V;
  load(load: Load, indices: readonly V[]): V;
  unary(operator: UnaryOperator, type: ValueType, operand: V): V;
  binary(operator: BinaryOperator, type: ValueType, left: V, right: V): V;
  select(condition: V, whenTrue: V, whenFalse: V): V;
  /** A call as a value of its own; where absent, a call is its callee's result. */
  call?(callee: FunctionDeclaration, args: readonly V[]): V;
  /** A sum's own step, accumulator + item, where it is told from other additions; where absent, it is one of them. */
  step?(left: V, right: V): V;
  /** Item `index` of a domain that begins at `start`. */
  item(start: V, index: number): V;
  /** The integer that a reduction's number of items or partial item must be known as. */
  integer(value: V): number;
}

/** One state of a reducer: a value for each field, in order. */
type StateValue<V> = readonly V[];

/**
 * Values that are known while some variables are bound. A value is kept in the outermost scope that binds all it
 * mentions, so it is computed once for each point of those and no other variables.
 */
class Scope<V> {
  readonly values = new Map<Expr | Reduce, V | StateValue<V>>();
  constructor(
    readonly parent: Scope<V> | undefined,
    readonly variable: Variable | undefined,
    readonly bound: V | undefined,
    /** What the arguments of a function, or the states of a combine, stand for; such a scope keeps all its values. */
    readonly leaf?: (expr: Expr) => V | undefined,
  ) {}
}

/** Values by the values of a few variables, one after the other. */
class Slots<V> {
  readonly values = new Map<Expr | Reduce, V | StateValue<V>>();
  readonly #below = new Map<V, Slots<V>>();
  below(value: V): Slots<V> {
    let slots = this.#below.get(value);
    if (slots === undefined) this.#below.set(value, (slots = new Slots<V>()));
    return slots;
  }
}

/** Evaluates the expressions of one kernel at points of its output axes. */
export class Denotation<V> {
  readonly #algebra: Algebra<V>;
  readonly #root: Scope<V> = new Scope<V>(undefined, undefined, undefined);

  constructor(algebra: Algebra<V>) {
    this.#algebra = algebra;
  }

  /**
   * The scope of a point: one binding for each axis variable, outermost first. Extend it to share what does not change.
   */
  bind(variable: Variable, value: V, outer: Scope<V> = this.#root): Scope<V> {
    return new Scope(outer, variable, value);
  }

  /** The value of an expression at the point that `scope` binds. */
  valueOf(expr: Expr, scope: Scope<V> = this.#root): V {
    const home = this.#home(expr, scope);
    const known = home.values.get(expr);
    if (known !== undefined) return known as V;
    const value = this.#evaluate(expr, home);
    home.values.set(expr, value);
    return value;
  }

  #home(expr: Expr | Reduce, scope: Scope<V>): Scope<V> {
    let home = scope;
    while (home.variable !== undefined && !expr.free.has(home.variable) && home.parent !== undefined)
      home = home.parent;
    return home;
  }

  #evaluate(expr: Expr, scope: Scope<V>): V {
    const algebra = this.#algebra;
    const value = (operand: Expr): V => this.valueOf(operand, scope);
    switch (expr.kind) {
      case "constant":
        return algebra.constant(expr);
      case "extent":
        return algebra.extent(expr.axis);
      case "parameter":
        return algebra.parameter(expr.name, expr.type);
      case "load":
        return algebra.load(expr, expr.indices.map(value));
      case "unary":
        return algebra.unary(expr.operator, expr.operand.type, value(expr.operand));
      case "binary":
        return algebra.binary(expr.operator, expr.left.type, value(expr.left), value(expr.right));
      case "select":
        return algebra.select(value(expr.condition), value(expr.whenTrue), value(expr.whenFalse));
      case "call":
        return this.#call(expr.callee, expr.arguments.map(value));
      case "field":
        return this.#reduction(expr.of, scope)[expr.of.reducer.fields.findIndex((field) => field.name === expr.field)]!;
      case "index":
        return this.#bound(expr.variable, scope);
      case "argument":
      case "state":
      case "register": {
        for (let at: Scope<V> | undefined = scope; at !== undefined; at = at.parent) {
          const found = at.leaf?.(expr);
          if (found !== undefined) return found;
        }
        throw new DenotationError(`${expr.kind} stands outside of what gives it a value`);
      }
    }
  }

  #bound(variable: Variable, scope: Scope<V>): V {
    for (let at: Scope<V> | undefined = scope; at !== undefined; at = at.parent)
      if (at.variable === variable) return at.bound!;
    throw new DenotationError(`'${variable.name}' has no value here`);
  }

  #call(callee: FunctionDeclaration, args: readonly V[]): V {
    return this.#algebra.call === undefined ? this.resultOf(callee, args) : this.#algebra.call(callee, args);
  }

  /** What a function gives for these arguments. */
  resultOf(callee: FunctionDeclaration, args: readonly V[]): V {
    const byName = new Map(callee.parameters.map((parameter, i) => [parameter.name, args[i]!]));
    return this.valueOf(
      callee.result,
      new Scope<V>(this.#root, undefined, undefined, (expr) =>
        expr.kind === "argument" ? byName.get(expr.name) : undefined,
      ),
    );
  }

  /**
   * A reduction's value is kept by what its own variables are bound to, so that it is shared across loops that lie
   * between them and do not matter to it: attention's scores under the channels of a head.
   */
  #reduction(reduce: Reduce, scope: Scope<V>): StateValue<V> {
    const home = this.#home(reduce, scope);
    const slot = this.#slotOf(reduce, home);
    const known = slot.get(reduce);
    if (known !== undefined) return known as StateValue<V>;
    const algebra = this.#algebra;
    const start = this.valueOf(reduce.start, home);
    const leaf = (i: number): StateValue<V> => {
      const inner = this.bind(reduce.variable, algebra.item(start, i), home);
      return reduce.leaf.map((field) => this.valueOf(field, inner));
    };
    const state = foldTree<StateValue<V>>(
      reduce.tree,
      algebra.integer(this.valueOf(reduce.count, home)),
      leaf,
      () => reduce.reducer.fields.map((field) => algebra.identity(field.identity)),
      (left, right) => this.#combine(reduce.reducer, left, right, home),
      reduce.item === undefined ? undefined : algebra.integer(this.valueOf(reduce.item, home)),
    );
    slot.set(reduce, state);
    return state;
  }

  readonly #shared = new Map<Reduce, Slots<V>>();
  /**
   * Where a reduction's value is kept: inside of a call or a combine with its scope, otherwise by its variables'
   * values.
   */
  #slotOf(reduce: Reduce, home: Scope<V>): Map<Expr | Reduce, V | StateValue<V>> {
    let slots = this.#shared.get(reduce);
    if (slots === undefined) this.#shared.set(reduce, (slots = new Slots<V>()));
    for (let at: Scope<V> = home; at.parent !== undefined; at = at.parent)
      if (at.variable === undefined) return home.values;
    // In an order of the reduction's own: two outputs may bind the same variables one inside the other, and the other
    // way around.
    for (const variable of reduce.free) slots = slots.below(this.#bound(variable, home));
    return slots.values;
  }

  #combine(reducer: Reducer, left: StateValue<V>, right: StateValue<V>, outer: Scope<V>): StateValue<V> {
    const sides = { left, right };
    const scope = new Scope<V>(outer, undefined, undefined, (expr) =>
      expr.kind === "state"
        ? sides[expr.side][reducer.fields.findIndex((field) => field.name === expr.field)]
        : undefined,
    );
    const { step } = this.#algebra;
    const combines = reducer.fields.map((field) => field.combine);
    return combines.map((combine, at) =>
      step !== undefined && isOwnStep(combines, at)
        ? step(this.valueOf((combine as Binary).left, scope), this.valueOf((combine as Binary).right, scope))
        : this.valueOf(combine, scope),
    );
  }
}

/**
 * Whether the combine at this place is nothing but the sum of both sides' floats, and no other one computes with it:
 * then it is the fold's own step, of which a chain of such sums is made.
 */
export function isOwnStep(combines: readonly Expr[], at: number): boolean {
  const combine = combines[at]!;
  return isPlainSum(combine) && combines.every((other) => other === combine || !mentions(other, combine));
}

function mentions(expr: Expr, part: Expr): boolean {
  return collect([expr]).has(part);
}

/** Whether a combine is nothing but the sum of both sides' floats. */
function isPlainSum(combine: Expr): boolean {
  return (
    combine.kind === "binary" &&
    combine.operator === "add" &&
    combine.type === "f32" &&
    combine.left.kind === "state" &&
    combine.left.side === "left" &&
    combine.right.kind === "state" &&
    combine.right.side === "right"
  );
}

export type { Scope };
