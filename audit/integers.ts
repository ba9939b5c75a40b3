/**
 * Arithmetic on words: numbers where both operands are known, terms otherwise. Each rewriting below is an identity of
 * integers modulo 2^32, or one of unsigned integers that the operands' ranges allow, so that it holds for every input:
 *
 * - sums, differences and products with constants are linear forms: modulo 2^32 they are a commutative ring;
 * - x / n and x % n of a linear form take out what n divides, where no sum can wrap: (n q + r) / n = q + r / n;
 * - quotients and remainders of each other: (x / n) / m = x / (n m), (x % (n m)) / n = (x / n) % m, (x % (n m)) % n = x
 *   % n;
 * - a quotient and its remainder are the whole: n (x / n) + x % n = x;
 * - x >> n is x / 2^n, x << n is x * 2^n, x & (2^n - 1) is x % 2^n and x & ~(2^n - 1) is (x / 2^n) * 2^n;
 * - min and max, and comparisons (truths.ts), are decided where the operands' ranges do not overlap.
 */
import { type LinearForm, maxU32, operandsOf, type Term, type TermKind, type Word } from "./term.ts";
import { Truths } from "./truths.ts";

const wrap = 2 ** 32;

export class Integers extends Truths {
  add(a: Word, b: Word): Word {
    return typeof a === "number" && typeof b === "number" ? (a + b) >>> 0 : this.#sum(a, 1, b, 1);
  }
  subtract(a: Word, b: Word): Word {
    return typeof a === "number" && typeof b === "number" ? (a - b) >>> 0 : this.#sum(a, 1, b, maxU32);
  }
  multiply(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return Math.imul(x, y) >>> 0;
    if (x !== undefined) return this.#sum(b, x, 0, 1);
    if (y !== undefined) return this.#sum(a, y, 0, 1);
    return this.#commuting(
      "product",
      a,
      b,
      0,
      Math.min(this.high(a) * this.high(b), wrap) < wrap ? this.high(a) * this.high(b) : maxU32,
    );
  }
  negate(a: Word): Word {
    return this.subtract(0, a);
  }
  complement(a: Word): Word {
    return this.subtract(maxU32, a);
  }

  /** a * scaleA + b * scaleB, as a linear form. */
  #sum(a: Word, scaleA: number, b: Word, scaleB: number): Word {
    const [x, y] = [this.known(a), this.known(b)];
    const constant =
      (Math.imul(x ?? constantOf(a as Term), scaleA) + Math.imul(y ?? constantOf(b as Term), scaleB)) >>> 0;
    const left = x === undefined ? this.#scaled(this.pool.formOf(a as Term), scaleA) : undefined;
    const right = y === undefined ? this.#scaled(this.pool.formOf(b as Term), scaleB) : undefined;
    const form = left === undefined ? right : right === undefined ? left : this.#together(left, right);
    return form === undefined ? constant : this.#whole(form, constant);
  }

  /** A form plus a constant, in which no quotient stands beside its remainder. */
  #whole(form: LinearForm, constant: number): Word {
    const at = form.atoms.length < 2 ? -1 : form.atoms.findIndex(({ kind }) => kind === "remainder");
    return (at < 0 ? undefined : this.#joined(form, constant)) ?? this.pool.linear(form, constant);
  }
  /** c n (x / n) + c (x % n) + the rest = c x + the rest. */
  #joined(form: LinearForm, constant: number): Word | undefined {
    for (const [at, atom] of form.atoms.entries()) {
      if (atom.kind !== "remainder" || atom.b!.kind !== "integer") continue;
      const [n, coefficient] = [atom.b!.bits, form.coefficients[at]!];
      const quotient = this.divide(atom.a!, n);
      const other = form.atoms.findIndex((candidate) => candidate === quotient);
      if (other < 0 || form.coefficients[other] !== Math.imul(coefficient, n) >>> 0) continue;
      const rest = form.atoms.flatMap((term, one): [Term, number][] =>
        one === at || one === other ? [] : [[term, form.coefficients[one]!]],
      );
      return this.add(this.#linear(rest, constant), this.multiply(atom.a!, coefficient));
    }
    return undefined;
  }

  #scaled(form: LinearForm, scale: number): LinearForm | undefined {
    if (scale === 1) return form;
    let scaled = form.scaled.get(scale);
    if (scaled === undefined) {
      scaled = this.#formOf(form.atoms.map((atom, at) => [atom, Math.imul(form.coefficients[at]!, scale) >>> 0]));
      // All of it may vanish modulo 2^32.
      if (scaled === undefined) return undefined;
      form.scaled.set(scale, scaled);
    }
    return scaled;
  }

  #together(left: LinearForm, right: LinearForm): LinearForm | undefined {
    const totals = new Map<Term, number>(left.atoms.map((atom, at) => [atom, left.coefficients[at]!]));
    right.atoms.forEach((atom, at) => totals.set(atom, ((totals.get(atom) ?? 0) + right.coefficients[at]!) >>> 0));
    return this.#formOf([...totals]);
  }

  #formOf(parts: readonly (readonly [Term, number])[]): LinearForm | undefined {
    const some = parts.filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => a.id - b.id);
    return some.length === 0
      ? undefined
      : this.pool.form(
          some.map(([atom]) => atom),
          some.map(([, coefficient]) => coefficient),
        );
  }

  #linear(parts: readonly (readonly [Term, number])[], constant: number): Word {
    const form = this.#formOf(parts);
    return form === undefined ? constant : this.pool.linear(form, constant);
  }

  divide(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    // WGSL: x / 0 is x, and x % 0 is 0.
    if (y === 0) return this.plain(a);
    if (x !== undefined && y !== undefined) return Math.floor(x / y);
    if (y === 1) return this.plain(a);
    if (y === undefined) return this.pool.node("divide", "integer", this.term(a), this.term(b), null, 0, this.high(a));
    const inner = this.#dividedAgain(a as Term, y);
    if (inner !== undefined) return inner;
    const { quotient, rest } = this.#divided(a as Term, y);
    if (rest === 0) return quotient;
    if (this.high(rest) < y) return quotient;
    const divided = this.pool.node(
      "divide",
      "integer",
      this.term(rest),
      this.pool.integer(y),
      null,
      Math.floor(this.low(rest) / y),
      Math.floor(this.high(rest) / y),
    );
    return this.add(quotient, divided);
  }
  remainder(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (y === 0) return 0;
    if (x !== undefined && y !== undefined) return x % y;
    if (y === undefined)
      return this.pool.node("remainder", "integer", this.term(a), this.term(b), null, 0, this.high(a));
    if (y === 1) return 0;
    const { kind, a: divided, b: by } = a as Term;
    if (kind === "remainder" && by!.kind === "integer" && by!.bits % y === 0) return this.remainder(divided!, y);
    const { rest } = this.#divided(a as Term, y);
    if (typeof rest === "number") return rest % y;
    return rest.high < y
      ? rest
      : this.pool.node("remainder", "integer", rest, this.pool.integer(y), null, 0, Math.min(rest.high, y - 1));
  }

  /** A quotient or remainder by a number, divided by another. */
  #dividedAgain({ kind, a, b }: Term, y: number): Word | undefined {
    if ((kind !== "divide" && kind !== "remainder") || b!.kind !== "integer") return undefined;
    const n = b!.bits;
    if (kind === "divide") return n * y < wrap ? this.divide(a!, n * y) : 0;
    return n % y === 0 ? this.remainder(this.divide(a!, y), n / y) : undefined;
  }

  /** a = n * quotient + rest, where nothing wraps; the rest is not reduced further. */
  #divided(a: Term, n: number): { quotient: Word; rest: Word } {
    if (a.kind !== "affine") return { quotient: 0, rest: a };
    const whole: (readonly [Term, number])[] = [];
    const left: (readonly [Term, number])[] = [];
    let high = a.bits;
    a.atoms.forEach((atom, at) => {
      const coefficient = a.coefficients[at]!;
      high += coefficient * atom.high;
      const part = Math.floor(coefficient / n);
      if (part > 0) whole.push([atom, part]);
      if (coefficient % n > 0) left.push([atom, coefficient % n]);
    });
    if (high >= wrap) return { quotient: 0, rest: a };
    return { quotient: this.#linear(whole, Math.floor(a.bits / n)), rest: this.#linear(left, a.bits % n) };
  }

  divideSigned(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x === undefined || y === undefined)
      return this.pool.node("divideSigned", "integer", this.term(a), this.term(b));
    return (y === 0 ? x : Math.trunc((x | 0) / (y | 0))) >>> 0;
  }
  remainderSigned(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x === undefined || y === undefined)
      return this.pool.node("remainderSigned", "integer", this.term(a), this.term(b));
    return (y === 0 ? 0 : (x | 0) % (y | 0)) >>> 0;
  }

  minimum(a: Word, b: Word): Word {
    if (typeof a === "number" && typeof b === "number") return Math.min(a, b);
    if (this.high(a) <= this.low(b)) return this.plain(a);
    if (this.high(b) <= this.low(a)) return this.plain(b);
    return this.#commuting("minimum", a, b, Math.min(this.low(a), this.low(b)), Math.min(this.high(a), this.high(b)));
  }
  maximum(a: Word, b: Word): Word {
    if (typeof a === "number" && typeof b === "number") return Math.max(a, b);
    if (this.high(a) <= this.low(b)) return this.plain(b);
    if (this.high(b) <= this.low(a)) return this.plain(a);
    return this.#commuting("maximum", a, b, Math.max(this.low(a), this.low(b)), Math.max(this.high(a), this.high(b)));
  }
  minimumSigned(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    return x !== undefined && y !== undefined ? Math.min(x | 0, y | 0) >>> 0 : this.#commuting("minimumSigned", a, b);
  }
  maximumSigned(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    return x !== undefined && y !== undefined ? Math.max(x | 0, y | 0) >>> 0 : this.#commuting("maximumSigned", a, b);
  }

  and(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return (x & y) >>> 0;
    const mask = x ?? y;
    if (mask === undefined) return this.#commuting("and", a, b, 0, Math.min(this.high(a), this.high(b)));
    const other = x === undefined ? a : b;
    if (mask === 0) return 0;
    if (mask === maxU32) return other;
    if (((mask + 1) & mask) === 0) return this.remainder(other, mask + 1);
    const period = -mask >>> 0;
    if ((period & (period - 1)) === 0) return this.multiply(this.divide(other, period), period);
    return this.#commuting("and", a, b, 0, Math.min(mask, this.high(other)));
  }
  or(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return this.#constant((x | y) >>> 0, a, b);
    if (a === 0) return b;
    if (b === 0) return a;
    return this.#hiding("or", a, b);
  }
  xor(a: Word, b: Word): Word {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return this.#constant((x ^ y) >>> 0, a, b);
    if (a === 0) return b;
    if (b === 0) return a;
    return this.#hiding("xor", a, b);
  }
  /** What is made of a hidden constant is hidden, too. */
  #constant(bits: number, a: Word, b: Word): Word {
    return typeof a === "number" && typeof b === "number" ? bits : this.hidden(bits);
  }
  /**
   * A commuting operation in which a hidden zero stays beside the bits of a float that it would seal: it changes no
   * bit, but what the driver may know of the value. Of all other integers a driver may know what it likes.
   */
  #hiding(kind: "or" | "xor", a: Word, b: Word): Word {
    const [s, t] = [this.term(a), this.term(b)];
    if (s.kind === "hidden" && !this.#seals(t)) return this[kind](s.bits, t);
    if (t.kind === "hidden" && !this.#seals(s)) return this[kind](s, t.bits);
    return s.id < t.id ? this.pool.node(kind, "integer", s, t) : this.pool.node(kind, "integer", t, s);
  }
  readonly #sealed = new Map<Term, boolean>();
  /** Whether an integer is made of the bits of a float that stands unsealed, or may, as a function's argument. */
  #seals(term: Term): boolean {
    let seals = this.#sealed.get(term);
    if (seals === undefined) {
      seals =
        term.kind === "bits"
          ? isUnsealed(term.a!)
          : operandsOf(term).some((operand) => operand.type === "integer" && this.#seals(operand));
      this.#sealed.set(term, seals);
    }
    return seals;
  }
  /** A constant that the driver's compiler cannot know. */
  hidden(bits: number): Term {
    return this.pool.constant("hidden", bits);
  }

  shiftLeft(a: Word, count: Word): Word {
    const n = this.known(count);
    if (n !== undefined) return this.multiply(a, 2 ** (n & 31));
    return this.pool.node("shiftLeft", "integer", this.term(a), this.term(count));
  }
  shiftRight(a: Word, count: Word): Word {
    const n = this.known(count);
    if (n !== undefined) return this.divide(a, 2 ** (n & 31));
    return this.pool.node("shiftRight", "integer", this.term(a), this.term(count), null, 0, this.high(a));
  }
  shiftRightSigned(a: Word, count: Word): Word {
    const [x, n] = [this.known(a), this.known(count)];
    if (x !== undefined && n !== undefined) return ((x | 0) >> (n & 31)) >>> 0;
    return this.pool.node("shiftRightSigned", "integer", this.term(a), this.term(count));
  }
  absolute(a: Word): Word {
    const x = this.known(a);
    return x !== undefined ? Math.abs(x | 0) >>> 0 : this.pool.node("absolute", "integer", this.term(a));
  }

  #commuting(kind: TermKind, a: Word, b: Word, low = 0, high = maxU32): Term {
    const [s, t] = [this.term(this.plain(a)), this.term(this.plain(b))];
    return s.id < t.id
      ? this.pool.node(kind, "integer", s, t, null, low, high)
      : this.pool.node(kind, "integer", t, s, null, low, high);
  }
}

/** Floats that `Floats.seal` makes others of, and those of which that is not known yet. */
function isUnsealed(float: Term): boolean {
  return float.kind === "argument" || float.kind.startsWith("raw") || (float.kind === "negate" && isUnsealed(float.a!));
}

/** What a term adds to its atoms. */
const constantOf = (term: Term): number => (term.form === null ? 0 : term.bits);
