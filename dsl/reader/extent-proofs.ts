/**
 * Proofs that an index lies inside its axis whatever the extents are, as long as each axis has a point.
 *
 * Integers are bounded by linear forms over extents. An expression may have several bounds, none of them the best at
 * all extents: of a minimum, either side's. What the forms can't express is simply not proved.
 */
import type { Pool } from "../expr.ts";
import { inlined } from "../rewrite.ts";
import type { Expr } from "../ir.ts";

/** A sum of extents, each with a factor, and a constant; the constant's key is the empty name. */
type Form = ReadonlyMap<string, number>;

interface Bounds {
  readonly lower: readonly Form[];
  readonly upper: readonly Form[];
}

/** What conditions tell of expressions, besides what they are made of. */
type Told = ReadonlyMap<Expr, Bounds>;

const one = "";
/** More than an index that somebody writes needs, and few enough to try. */
const most = 12;

/** Whether the index is below the extent of `axis` at all extents of at least 1, and never wraps around. */
export function staysInside(pool: Pool, index: Expr, axis: string): boolean {
  return new Prover(pool).isAtMost(index, plus(extentOf(axis), constant(-1)), new Map());
}

class Prover {
  readonly #pool: Pool;
  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Of a choice, both sides may have bounds that no one form is above. */
  isAtMost(expr: Expr, limit: Form, told: Told): boolean {
    if (this.boundsOf(expr, told).upper.some((form) => isAtMost(form, limit))) return true;
    if (expr.kind !== "select") return false;
    return (
      this.isAtMost(expr.whenTrue, limit, this.#under(expr.condition, true, told)) &&
      this.isAtMost(expr.whenFalse, limit, this.#under(expr.condition, false, told))
    );
  }

  boundsOf(expr: Expr, told: Told): Bounds {
    const found = expr.type === "u32" ? this.#find(expr, told) : unbounded;
    const known = told.get(expr);
    return known === undefined
      ? found
      : { lower: few([...found.lower, ...known.lower]), upper: few([...found.upper, ...known.upper]) };
  }

  #find(expr: Expr, told: Told): Bounds {
    switch (expr.kind) {
      case "constant":
        return exactly(constant(expr.bits));
      case "extent":
        return exactly(extentOf(expr.axis));
      // A domain lies inside its axis, so its items do.
      case "index":
        return { lower: [zero], upper: [plus(extentOf(expr.variable.axis), constant(-1))] };
      case "select": {
        const [a, b] = [
          this.boundsOf(expr.whenTrue, this.#under(expr.condition, true, told)),
          this.boundsOf(expr.whenFalse, this.#under(expr.condition, false, told)),
        ];
        return { lower: atLeastAsLow(a.lower, b.lower), upper: atLeastAsHigh(a.upper, b.upper) };
      }
      case "call":
        return this.boundsOf(inlined(this.#pool, expr), told);
      case "binary":
        return this.#binary(expr.operator, expr.left, expr.right, told);
      default:
        return unbounded;
    }
  }

  #binary(operator: string, left: Expr, right: Expr, told: Told): Bounds {
    const [a, b] = [this.boundsOf(left, told), this.boundsOf(right, told)];
    const by = right.kind === "constant" ? right.bits : undefined;
    switch (operator) {
      case "add":
        return unwrapped(pairs(a.lower, b.lower, plus), pairs(a.upper, b.upper, plus));
      case "subtract": {
        const lower = pairs(a.lower, b.upper, minus).filter(isNatural);
        // Below 0 it would wrap around.
        return lower.length === 0 ? unbounded : { lower, upper: pairs(a.upper, b.lower, minus) };
      }
      case "multiply": {
        const factor = by ?? (left.kind === "constant" ? left.bits : undefined);
        const of = by === undefined ? b : a;
        return factor === undefined
          ? unbounded
          : unwrapped(
              of.lower.map((form) => times(form, factor)),
              of.upper.map((form) => times(form, factor)),
            );
      }
      case "divide":
        return {
          lower: [zero],
          upper: by === undefined ? a.upper : a.upper.map((form) => times(form, 1 / Math.max(1, by))),
        };
      case "shiftRight":
        return {
          lower: [zero],
          upper: by === undefined ? a.upper : a.upper.map((form) => times(form, 2 ** -(by & 31))),
        };
      case "remainder": {
        // Modulo zero a number is left as it is.
        const isPositive = b.lower.some((form) => isAtMost(constant(1), form));
        return {
          lower: [zero],
          upper: few([...a.upper, ...(isPositive ? b.upper.map((form) => plus(form, constant(-1))) : [])]),
        };
      }
      case "and":
        return { lower: [zero], upper: few([...a.upper, ...b.upper]) };
      case "minimum":
        return { lower: atLeastAsLow(a.lower, b.lower), upper: few([...a.upper, ...b.upper]) };
      case "maximum":
        return { lower: few([...a.lower, ...b.lower]), upper: atLeastAsHigh(a.upper, b.upper) };
      default:
        return unbounded;
    }
  }

  #under(condition: Expr, holds: boolean, told: Told): Told {
    if (condition.kind === "unary" && condition.operator === "not") return this.#under(condition.operand, !holds, told);
    if (condition.kind !== "binary") return told;
    const { operator, left, right } = condition;
    if (operator === (holds ? "bothTrue" : "eitherTrue"))
      return this.#under(right, holds, this.#under(left, holds, told));
    if (left.type !== "u32" || (operator !== "less" && operator !== "lessEqual")) return told;
    // less: left <= right - 1; otherwise right <= left.
    const strict = (operator === "less") === holds ? 1 : 0;
    const [small, large] = holds ? [left, right] : [right, left];
    const [below, above] = [this.boundsOf(small, told), this.boundsOf(large, told)];
    return new Map([
      ...told,
      [
        small,
        {
          lower: below.lower,
          upper: few([...below.upper, ...above.upper.map((form) => plus(form, constant(-strict)))]),
        },
      ],
      [
        large,
        {
          lower: few([...above.lower, ...below.lower.map((form) => plus(form, constant(strict)))]),
          upper: above.upper,
        },
      ],
    ]);
  }
}

const zero: Form = new Map();
const unbounded: Bounds = { lower: [zero], upper: [] };

function constant(value: number): Form {
  return new Map([[one, value]]);
}
function extentOf(axis: string): Form {
  return new Map([[axis, 1]]);
}
function exactly(form: Form): Bounds {
  return { lower: [form], upper: [form] };
}

function plus(a: Form, b: Form): Form {
  const sum = new Map(a);
  for (const [name, factor] of b) sum.set(name, (sum.get(name) ?? 0) + factor);
  return sum;
}
function times(form: Form, factor: number): Form {
  return new Map([...form].map(([name, value]) => [name, value * factor]));
}
function minus(a: Form, b: Form): Form {
  return plus(a, times(b, -1));
}

/** Whether it is 0 or more at all extents of at least 1: no extent lowers it, and it is so where each is 1. */
function isNatural(form: Form): boolean {
  const extents = [...form].filter(([name]) => name !== one);
  return extents.every(([, factor]) => factor >= 0) && [...form.values()].reduce((sum, value) => sum + value, 0) >= 0;
}
function isAtMost(a: Form, b: Form): boolean {
  return isNatural(minus(b, a));
}

/**
 * What wraps around is smaller than it would be: upper bounds hold, lower ones only where nothing wraps. No axis has
 * more than 2^30 points.
 */
function unwrapped(lower: readonly Form[], upper: readonly Form[]): Bounds {
  const atMost = (form: Form): number =>
    [...form].reduce((sum, [name, factor]) => sum + factor * (name === one ? 1 : factor > 0 ? 2 ** 30 : 1), 0);
  return { lower: upper.some((form) => atMost(form) < 2 ** 32) ? lower : [zero], upper };
}

function few(forms: readonly Form[]): readonly Form[] {
  return forms.slice(0, most);
}
function pairs(as: readonly Form[], bs: readonly Form[], of: (a: Form, b: Form) => Form): readonly Form[] {
  return few(as.flatMap((a) => bs.map((b) => of(a, b))));
}
/** Bounds of either of two values. */
function atLeastAsHigh(as: readonly Form[], bs: readonly Form[]): readonly Form[] {
  return few([
    ...as.filter((a) => bs.some((b) => isAtMost(b, a))),
    ...bs.filter((b) => as.some((a) => isAtMost(a, b))),
  ]);
}
function atLeastAsLow(as: readonly Form[], bs: readonly Form[]): readonly Form[] {
  return few([
    ...as.filter((a) => bs.some((b) => isAtMost(a, b))),
    ...bs.filter((b) => as.some((a) => isAtMost(b, a))),
    zero,
  ]);
}
