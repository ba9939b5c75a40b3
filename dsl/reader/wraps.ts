/**
 * Whether a bound of the request's own stays 0 or more. Below 0 an integer wraps around to a large one, and the items
 * then end where the batch's longest request does.
 *
 * Integers are bounded by linear forms over what they are made of: elements of tables, parameters, extents, items. A
 * length or position is taken to fit an axis, so nothing here overflows upwards.
 */
import { isOwn } from "../batch.ts";
import type { Binary, Expr } from "../ir.ts";
import { inlined } from "../rewrite.ts";
import { collect } from "../visit.ts";
import { constant, exactly, few, pairs, plus, times, zero, type Bounds, type Form } from "./forms.ts";
import { isUnknown } from "./poison.ts";
import type { Reading } from "./reading.ts";

/** What conditions tell of expressions, besides what they are made of. */
type Told = ReadonlyMap<Expr, Bounds>;

/** The operation in a bound that may fall below 0; undefined where none can. */
export function mayWrap(reading: Reading, bound: Expr): Expr | undefined {
  return new Wraps(reading).find(bound, new Map());
}

class Wraps {
  readonly #reading: Reading;
  constructor(reading: Reading) {
    this.#reading = reading;
  }

  find(expr: Expr, told: Told): Expr | undefined {
    const either = (parts: readonly Expr[]): Expr | undefined => {
      for (const part of parts) {
        const found = this.find(part, told);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    switch (expr.kind) {
      case "call":
        return isUnknown(expr) || expr.callee.name.startsWith("?")
          ? undefined
          : this.#written(expr, this.find(inlined(this.#reading.pool, expr), told));
      case "select":
        return (
          this.find(expr.whenTrue, this.#under(expr.condition, true, told)) ??
          this.find(expr.whenFalse, this.#under(expr.condition, false, told))
        );
      case "unary":
        if (expr.operator === "complement") return expr;
        return expr.operator === "toU32" && expr.operand.type === "i32" && !this.#isNatural(expr.operand, told)
          ? expr
          : this.find(expr.operand, told);
      case "field":
        return either(expr.of.leaf);
      case "binary": {
        const { operator, left, right } = expr;
        switch (operator) {
          // What is below 0 in an i32 is found where it becomes a u32.
          case "add":
          case "subtract": {
            const isWrong = expr.type === "u32" && !this.#isNatural(expr, told);
            return either(termsOf(expr).map(([, term]) => term)) ?? (isWrong ? this.#subtractionIn(expr) : undefined);
          }
          // A side that wraps around leaves the other one, if that is the request's own.
          case "minimum":
          case "and": {
            const found = [left, right].map((side) => this.find(side, told));
            const isBounded = [left, right].some(
              (side, place) => found[place] === undefined && isOwn(this.#reading, side),
            );
            return isBounded ? undefined : (found[0] ?? found[1]);
          }
          case "multiply":
          case "or":
          case "xor":
            return [left, right].some((side) => side.kind === "constant" && side.type === "u32" && side.bits >= 2 ** 31)
              ? expr
              : either([left, right]);
          case "divide":
          case "remainder":
          case "shiftRight":
          case "shiftLeft":
            return this.find(left, told);
          default:
            return either([left, right]);
        }
      }
      default:
        return undefined;
    }
  }

  /** What was found in a call, as its function's text has it. */
  #written(call: Expr & { kind: "call" }, found: Expr | undefined): Expr | undefined {
    const { nodes } = this.#reading;
    if (found === undefined || nodes.has(found)) return found;
    const isSame = (part: Expr): boolean =>
      nodes.has(part) && part.kind === found.kind && "operator" in part && part.operator === (found as Binary).operator;
    return [...collect([call.callee.result])].find(isSame) ?? call;
  }

  /** The innermost of a sum's operations that takes away. */
  #subtractionIn(expr: Expr): Expr {
    if (expr.kind !== "binary" || expr.operator === "subtract") return expr;
    return [expr.left, expr.right].find((side) => isSum(side) && takesAway(side)) ?? expr;
  }

  #isNatural(expr: Expr, told: Told): boolean {
    return this.#boundsOf(expr, told).lower.some((form) => this.#isPositive(form));
  }

  #boundsOf(expr: Expr, told: Told): Bounds {
    const found = this.#find(expr, told);
    const known = told.get(expr);
    return known === undefined
      ? found
      : { lower: few([...known.lower, ...found.lower]), upper: few([...known.upper, ...found.upper]) };
  }

  #find(expr: Expr, told: Told): Bounds {
    const itself = exactly(new Map([[expr, 1]]));
    switch (expr.kind) {
      case "constant":
        return exactly(constant(expr.type === "i32" ? signed(expr) : expr.bits));
      case "index":
        return { lower: itself.lower, upper: [...itself.upper, this.#lastOf(expr.variable.axis)] };
      case "select": {
        const a = this.#boundsOf(expr.whenTrue, this.#under(expr.condition, true, told));
        const b = this.#boundsOf(expr.whenFalse, this.#under(expr.condition, false, told));
        return { lower: this.#low(a.lower, b.lower), upper: this.#high(a.upper, b.upper) };
      }
      case "call":
        return expr.callee.name.startsWith("?") ? itself : this.#boundsOf(inlined(this.#reading.pool, expr), told);
      case "unary": {
        if (expr.operand.type !== "u32" && expr.operand.type !== "i32") return itself;
        const operand = this.#boundsOf(expr.operand, told);
        if (expr.operator === "toI32" || expr.operator === "toU32") return operand;
        const below = expr.operator === "complement" ? -1 : 0;
        if (expr.operator !== "negate" && expr.operator !== "complement") return itself;
        const opposite = (forms: readonly Form[]): Form[] =>
          forms.map((form) => plus(times(form, -1), constant(below)));
        return { lower: opposite(operand.upper), upper: opposite(operand.lower) };
      }
      case "binary":
        return this.#binary(expr, told) ?? itself;
      default:
        return itself;
    }
  }

  #binary(expr: Expr & { kind: "binary" }, told: Told): Bounds | undefined {
    const { operator, left, right } = expr;
    if (left.type !== "u32" && left.type !== "i32") return undefined;
    if (operator === "add" || operator === "subtract") {
      let sum = exactly(constant(0));
      for (const [sign, term] of termsOf(expr)) {
        const of = term.kind === "constant" ? exactly(constant(signed(term))) : this.#boundsOf(term, told);
        const [lower, upper] = sign > 0 ? [of.lower, of.upper] : [of.upper, of.lower];
        const added = (form: Form, other: Form): Form => plus(form, times(other, sign));
        sum = { lower: pairs(sum.lower, lower, added), upper: pairs(sum.upper, upper, added) };
      }
      return sum;
    }
    const [a, b] = [this.#boundsOf(left, told), this.#boundsOf(right, told)];
    const by = right.kind === "constant" ? signed(right) : undefined;
    const isNatural = a.lower.some((form) => this.#isPositive(form));
    const zeroOrMore = isNatural ? [zero] : [];
    const itself = new Map([[expr, 1]]);
    switch (operator) {
      case "multiply": {
        const factor = by ?? (left.kind === "constant" ? signed(left) : undefined);
        const of = by === undefined ? b : a;
        if (factor === undefined) return undefined;
        const scaled = (forms: readonly Form[]): Form[] => forms.map((form) => times(form, factor));
        return factor >= 0
          ? { lower: scaled(of.lower), upper: scaled(of.upper) }
          : { lower: scaled(of.upper), upper: scaled(of.lower) };
      }
      case "divide":
      case "shiftRight": {
        const divisor = operator === "divide" ? by : by === undefined ? undefined : 2 ** (by & 31);
        return {
          lower: zeroOrMore,
          upper: !isNatural ? [] : [...few(a.upper.map((form) => times(form, 1 / Math.max(1, divisor ?? 1)))), itself],
        };
      }
      // n - n % 16
      case "remainder":
        return {
          lower: zeroOrMore,
          upper: !isNatural ? [] : few([itself, ...a.upper, ...b.upper.map((form) => plus(form, constant(-1)))]),
        };
      case "and":
        return { lower: zeroOrMore, upper: isNatural ? few([itself, ...a.upper, ...b.upper]) : [] };
      case "minimum":
        return { lower: [...this.#low(a.lower, b.lower), itself], upper: few([itself, ...a.upper, ...b.upper]) };
      case "maximum":
        return { lower: few([itself, ...a.lower, ...b.lower]), upper: [...this.#high(a.upper, b.upper), itself] };
      default:
        return undefined;
    }
  }

  #under(condition: Expr, holds: boolean, told: Told): Told {
    if (condition.kind === "unary" && condition.operator === "not") return this.#under(condition.operand, !holds, told);
    if (condition.kind !== "binary") return told;
    const { operator, left, right } = condition;
    if (operator === (holds ? "bothTrue" : "eitherTrue"))
      return this.#under(right, holds, this.#under(left, holds, told));
    if (left.type !== "u32" && left.type !== "i32") return told;
    const [a, b] = [this.#boundsOf(left, told), this.#boundsOf(right, told)];
    if (operator === "equal" || operator === "notEqual") {
      if (holds === (operator === "equal")) return new Map([...told, [left, b], [right, a]]);
      // No u32 is below 0, so one that is not 0 is 1 or more.
      const [other, against] = left.kind === "constant" ? [right, left] : [left, right];
      return against.kind === "constant" && against.bits === 0 && other.type === "u32"
        ? new Map([...told, [other, { lower: [constant(1)], upper: [] }]])
        : told;
    }
    if (operator !== "less" && operator !== "lessEqual") return told;
    // less: left <= right - 1; otherwise right <= left.
    const strict = (operator === "less") === holds ? 1 : 0;
    const [small, large, below, above] = holds ? [left, right, a, b] : [right, left, b, a];
    const add = (forms: readonly Form[], by: number): Form[] => forms.map((form) => plus(form, constant(by)));
    return new Map([
      ...told,
      [small, { lower: below.lower, upper: few([...add(above.upper, -strict), ...below.upper]) }],
      [large, { lower: few([...add(below.lower, strict), ...above.lower]), upper: above.upper }],
    ]);
  }

  #lastOf(axis: string): Form {
    return plus(new Map([[this.#reading.pool.extent(axis), 1]]), constant(-1));
  }

  /** Whether a form is 0 or more, where extents are 1 or more and an i32 can be anything. */
  #isPositive(form: Form): boolean {
    let least = 0;
    for (const [of, factor] of form) {
      if (of === "one") least += factor;
      else if (factor < 0 || (factor > 0 && of.type === "i32")) return false;
      else if (of.kind === "extent") least += factor;
    }
    return least >= 0;
  }

  #isAtMost(a: Form, b: Form): boolean {
    return this.#isPositive(plus(b, times(a, -1)));
  }

  /** Bounds of either of two values. */
  #low(as: readonly Form[], bs: readonly Form[]): readonly Form[] {
    return few([
      ...as.filter((a) => bs.some((b) => this.#isAtMost(a, b))),
      ...bs.filter((b) => as.some((a) => this.#isAtMost(b, a))),
      ...([as, bs].every((forms) => forms.some((form) => this.#isPositive(form))) ? [zero] : []),
    ]);
  }
  #high(as: readonly Form[], bs: readonly Form[]): readonly Form[] {
    return few([
      ...as.filter((a) => bs.some((b) => this.#isAtMost(b, a))),
      ...bs.filter((b) => as.some((a) => this.#isAtMost(a, b))),
    ]);
  }
}

function isSum(expr: Expr): expr is Expr & { kind: "binary" } {
  return expr.kind === "binary" && (expr.operator === "add" || expr.operator === "subtract") && expr.type !== "f32";
}

/** What a sum of sums adds and takes away: (a - b) + c wraps around only where all of it is below 0. */
function termsOf(expr: Expr, sign = 1): (readonly [sign: number, term: Expr])[] {
  if (!isSum(expr)) return [[sign, expr]];
  return [...termsOf(expr.left, sign), ...termsOf(expr.right, expr.operator === "add" ? sign : -sign)];
}

function takesAway(expr: Expr): boolean {
  return termsOf(expr).some(([sign, term]) => sign < 0 || (term.kind === "constant" && signed(term) < 0));
}

/** A constant from 2 ** 31 is added and multiplied like the negative number of the same bits. */
function signed(expr: Expr & { kind: "constant" }): number {
  return expr.bits | 0;
}
