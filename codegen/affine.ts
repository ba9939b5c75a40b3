/** What is known of u32 index expressions: linear forms, divisors and bounds. Addresses are simplified with it. */
import type { Expr } from "../dsl/ir.ts";
import type { Pool } from "../dsl/expr.ts";

/** What the lowering knows of a name that it introduced. */
export interface Fact {
  /** The value is a multiple of this. */
  readonly multiple?: number;
  /** The value is at most this. */
  readonly maximum?: number;
}

/** A sum of multiples of atoms, and a constant. */
interface Linear {
  readonly constant: number;
  readonly terms: readonly { readonly atom: Expr; readonly coefficient: number }[];
}

export class Affine {
  readonly #pool: Pool;
  readonly #facts = new Map<Expr, Fact>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  know(register: Expr, fact: Fact): void {
    this.#facts.set(register, fact);
  }

  /** A number that divides the value; 0 when the value is 0. */
  divisor(expr: Expr): number {
    const known = this.#facts.get(expr)?.multiple;
    if (known !== undefined) return known;
    if (expr.kind === "constant") return expr.bits;
    if (expr.kind === "binary" && expr.operator === "multiply")
      return this.divisor(expr.left) * this.divisor(expr.right);
    if (expr.kind === "binary" && expr.operator === "add")
      return gcd(this.divisor(expr.left), this.divisor(expr.right));
    return 1;
  }

  /** An upper bound of the value; Infinity when none is known. */
  maximum(expr: Expr): number {
    const known = this.#facts.get(expr)?.maximum;
    if (known !== undefined) return known;
    if (expr.kind === "constant") return expr.bits;
    if (expr.kind !== "binary") return Infinity;
    const left = this.maximum(expr.left);
    const right = this.maximum(expr.right);
    switch (expr.operator) {
      case "add":
        return left + right;
      case "multiply":
        return left === 0 || right === 0 ? 0 : left * right;
      case "divide":
        return expr.right.kind === "constant" && expr.right.bits > 0 ? Math.floor(left / expr.right.bits) : left;
      case "remainder":
        return expr.right.kind === "constant" && expr.right.bits > 0 ? Math.min(left, expr.right.bits - 1) : left;
      case "minimum":
        return Math.min(left, right);
      default:
        return Infinity;
    }
  }

  #linear(expr: Expr): Linear {
    const terms = new Map<Expr, number>();
    let constant = 0;
    const visit = (node: Expr, factor: number): void => {
      if (node.kind === "constant") constant += node.bits * factor;
      else if (node.kind === "binary" && node.operator === "add") {
        visit(node.left, factor);
        visit(node.right, factor);
      } else if (node.kind === "binary" && node.operator === "multiply" && node.right.kind === "constant")
        visit(node.left, factor * node.right.bits);
      else if (node.kind === "binary" && node.operator === "multiply" && node.left.kind === "constant")
        visit(node.right, factor * node.left.bits);
      else terms.set(node, (terms.get(node) ?? 0) + factor);
    };
    visit(expr, 1);
    return { constant, terms: [...terms].map(([atom, coefficient]) => ({ atom, coefficient })) };
  }

  #sum(linear: Linear): Expr {
    const pool = this.#pool;
    const parts = linear.terms.map(({ atom, coefficient }) => pool.multiply(atom, pool.u32(coefficient)));
    return pool.add(
      parts.reduce((total, part) => pool.add(total, part), pool.u32(0)),
      pool.u32(linear.constant),
    );
  }

  /** The same value with like terms gathered and the constant last. */
  normal(expr: Expr): Expr {
    return this.#sum(this.#linear(expr));
  }

  /**
   * Quotient and remainder by a constant. Terms that it divides go to the quotient; where what is left is known to
   * be below the divisor, no division is left in the text.
   */
  divide(expr: Expr, by: number): { readonly quotient: Expr; readonly remainder: Expr } {
    const pool = this.#pool;
    if (by === 1) return { quotient: expr, remainder: pool.u32(0) };
    const linear = this.#linear(expr);
    const divides = linear.terms.map(({ atom, coefficient }) => (coefficient * this.divisor(atom)) % by === 0);
    const whole = linear.terms.filter((_, at) => divides[at]);
    const carried = Math.floor(linear.constant / by);
    const rest = this.#sum({ constant: linear.constant % by, terms: linear.terms.filter((_, at) => !divides[at]) });
    const exact = whole.map(({ atom, coefficient }) =>
      coefficient % by === 0
        ? pool.multiply(atom, pool.u32(coefficient / by))
        : pool.divide(pool.multiply(atom, pool.u32(coefficient)), pool.u32(by)),
    );
    const base = pool.add(
      exact.reduce((total, part) => pool.add(total, part), pool.u32(0)),
      pool.u32(carried),
    );
    if (this.maximum(rest) < by) return { quotient: base, remainder: rest };
    return {
      quotient: pool.add(base, pool.divide(rest, pool.u32(by))),
      remainder: pool.binary("remainder", rest, pool.u32(by)),
    };
  }
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
