/** Interval analysis of integer expressions, over given extents. */
import { own } from "./own.ts";
import type { Expr, Reduce, ValueType, Variable } from "./ir.ts";

/** Every value from `low` to `high`; undefined is no value at all. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** All values of an integer type. */
export function intervalOf(type: ValueType): Interval {
  return type === "i32" ? { low: -(2 ** 31), high: 2 ** 31 - 1 } : { low: 0, high: 2 ** 32 - 1 };
}

/** What is known at one place: the items that variables stand for, and what conditions have told. */
export class Intervals {
  readonly #extents: Readonly<Record<string, number>>;
  readonly #variables: ReadonlyMap<Variable, Interval>;
  readonly #told: ReadonlyMap<Expr, Interval>;
  readonly #arguments: ReadonlyMap<string, Interval>;

  constructor(
    extents: Readonly<Record<string, number>>,
    variables: ReadonlyMap<Variable, Interval> = new Map(),
    told: ReadonlyMap<Expr, Interval> = new Map(),
    args: ReadonlyMap<string, Interval> = new Map(),
  ) {
    this.#extents = extents;
    this.#variables = variables;
    this.#told = told;
    this.#arguments = args;
  }

  /** Inside a reduction's leaf; undefined where there are no items. */
  inside(reduce: Reduce): Intervals | undefined {
    const start = this.of(reduce.start);
    const count = this.of(reduce.count);
    if (start === undefined || count === undefined || count.high === 0) return undefined;
    // A domain lies inside its axis by construction, which the sum of two intervals can't show.
    const last = Math.min(start.high + count.high, own(this.#extents, reduce.axis) ?? Infinity) - 1;
    if (last < start.low) return undefined;
    return new Intervals(
      this.#extents,
      new Map([...this.#variables, [reduce.variable, { low: start.low, high: last }]]),
      this.#told,
      this.#arguments,
    );
  }

  /** Under a condition; undefined where it can't hold. */
  where(condition: Expr, holds: boolean): Intervals | undefined {
    if (condition.kind === "unary" && condition.operator === "not") return this.where(condition.operand, !holds);
    if (condition.kind !== "binary") return this;
    const { operator, left, right } = condition;
    if (operator === (holds ? "bothTrue" : "eitherTrue")) return this.where(left, holds)?.where(right, holds);
    if ((left.type !== "u32" && left.type !== "i32") || (operator !== "less" && operator !== "lessEqual")) return this;
    const [a, b] = [this.of(left), this.of(right)];
    if (a === undefined || b === undefined) return undefined;
    // less: a <= b - 1; otherwise b <= a.
    const strict = (operator === "less") === holds ? 1 : 0;
    const told = new Map(this.#told);
    const tell = (expr: Expr, interval: Interval): boolean => {
      if (expr.kind !== "constant") told.set(expr, interval);
      return interval.low <= interval.high;
    };
    const possible = holds
      ? tell(left, { low: a.low, high: Math.min(a.high, b.high - strict) }) &&
        tell(right, { low: Math.max(b.low, a.low + strict), high: b.high })
      : tell(right, { low: b.low, high: Math.min(b.high, a.high - strict) }) &&
        tell(left, { low: Math.max(a.low, b.low + strict), high: a.high });
    return possible ? new Intervals(this.#extents, this.#variables, told, this.#arguments) : undefined;
  }

  /** The values that an integer expression can have; undefined where it is never evaluated. */
  of(expr: Expr): Interval | undefined {
    const found = this.#find(expr);
    const told = this.#told.get(expr);
    if (found === undefined || told === undefined) return found;
    const both = { low: Math.max(found.low, told.low), high: Math.min(found.high, told.high) };
    return both.low <= both.high ? both : undefined;
  }

  #find(expr: Expr): Interval | undefined {
    switch (expr.kind) {
      case "constant": {
        const value = expr.type === "i32" ? expr.bits | 0 : expr.bits;
        return { low: value, high: value };
      }
      case "extent": {
        const extent = own(this.#extents, expr.axis);
        return extent === undefined ? intervalOf("u32") : { low: extent, high: extent };
      }
      case "index":
        return this.#variables.get(expr.variable) ?? axisRange(own(this.#extents, expr.variable.axis));
      case "argument":
        return this.#arguments.get(expr.name) ?? intervalOf(expr.type);
      case "select":
        return join(
          this.where(expr.condition, true)?.of(expr.whenTrue),
          this.where(expr.condition, false)?.of(expr.whenFalse),
        );
      case "call": {
        const args = new Map(
          expr.callee.parameters.map((parameter, i) => [
            parameter.name,
            this.of(expr.arguments[i]!) ?? intervalOf(parameter.type),
          ]),
        );
        return new Intervals(this.#extents, this.#variables, new Map(), args).of(expr.callee.result);
      }
      case "unary": {
        const operand = expr.operand.type === "f32" || expr.operand.type === "bool" ? undefined : this.of(expr.operand);
        const kept = operand !== undefined && (expr.operator === "toU32" || expr.operator === "toI32");
        return kept ? fit(operand, expr.type) : intervalOf(expr.type);
      }
      case "binary": {
        if (expr.left.type !== "u32" && expr.left.type !== "i32") return intervalOf(expr.type);
        const [a, b] = [this.of(expr.left), this.of(expr.right)];
        return a === undefined || b === undefined
          ? undefined
          : fit(combineIntervals(expr.operator, a, b) ?? intervalOf(expr.type), expr.type);
      }
      default:
        return intervalOf(expr.type);
    }
  }
}

function axisRange(extent: number | undefined): Interval | undefined {
  return extent === undefined ? intervalOf("u32") : extent === 0 ? undefined : { low: 0, high: extent - 1 };
}

/** What wraps around can be anything. */
function fit(interval: Interval, type: ValueType): Interval {
  const all = intervalOf(type);
  return interval.low < all.low || interval.high > all.high ? all : interval;
}

function join(a: Interval | undefined, b: Interval | undefined): Interval | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

function corners(a: Interval, b: Interval, apply: (x: number, y: number) => number): Interval {
  const values = [apply(a.low, b.low), apply(a.low, b.high), apply(a.high, b.low), apply(a.high, b.high)];
  return { low: Math.min(...values), high: Math.max(...values) };
}

/** The smallest power of two above a natural number; by doubling, since a logarithm's last bit is the engine's. */
function powerAbove(value: number): number {
  let power = 1;
  while (power <= value && power < Infinity) power *= 2;
  return power;
}

/** The values of an integer operation, before they wrap around; undefined where they can be any. */
export function combineIntervals(operator: string, a: Interval, b: Interval): Interval | undefined {
  const natural = a.low >= 0 && b.low >= 0;
  switch (operator) {
    case "add":
      return { low: a.low + b.low, high: a.high + b.high };
    case "subtract":
      return { low: a.low - b.high, high: a.high - b.low };
    case "multiply":
      return corners(a, b, (x, y) => x * y);
    case "minimum":
      return { low: Math.min(a.low, b.low), high: Math.min(a.high, b.high) };
    case "maximum":
      return { low: Math.max(a.low, b.low), high: Math.max(a.high, b.high) };
    case "divide":
      return b.low > 0 ? corners(a, b, (x, y) => Math.trunc(x / y)) : undefined;
    case "remainder":
      return !natural || b.low === 0 ? undefined : a.high < b.low ? a : { low: 0, high: Math.min(a.high, b.high - 1) };
    case "and":
      return natural ? { low: 0, high: Math.min(a.high, b.high) } : undefined;
    case "or":
    case "xor":
      return natural ? { low: 0, high: powerAbove(Math.max(a.high, b.high)) - 1 } : undefined;
    // Counts are taken modulo 32.
    case "shiftLeft":
      return a.low >= 0 && b.high < 32 ? corners(a, b, (x, y) => x * 2 ** y) : undefined;
    case "shiftRight":
      return b.high >= 32 ? undefined : corners(a, b, (x, y) => Math.floor(x / 2 ** y));
    default:
      return undefined;
  }
}
