/**
 * Conditions on words, and values that a condition selects: bools where both operands are known, terms otherwise. A
 * comparison is decided where the operands' ranges do not overlap.
 */
import { maxU32, type Term, type TermKind, type TermPool, type Truth, type Value, type Word } from "./term.ts";

export class Truths {
  readonly pool: TermPool;

  constructor(pool: TermPool) {
    this.pool = pool;
  }

  /** The number that a word is known as. A hidden constant is known to us, if not to the driver. */
  known(word: Word): number | undefined {
    if (typeof word === "number") return word;
    return word.kind === "hidden" ? word.bits : undefined;
  }
  /** A word for control flow and addresses, where it does not matter who knows it. */
  plain(word: Word): Word {
    return typeof word !== "number" && word.kind === "hidden" ? word.bits : word;
  }
  /** A condition that decides which way is taken. */
  truth(condition: Truth): Truth {
    return condition;
  }
  term(value: Value): Term {
    if (typeof value === "number") return this.pool.integer(value);
    if (typeof value === "boolean") return this.pool.integer(value ? 1 : 0);
    return value;
  }
  low(word: Word): number {
    return typeof word === "number" ? word : word.kind === "hidden" ? word.bits : word.low;
  }
  high(word: Word): number {
    return typeof word === "number" ? word : word.kind === "hidden" ? word.bits : word.high;
  }

  less(a: Word, b: Word): Truth {
    if (typeof a === "number" && typeof b === "number") return a < b;
    if (this.high(a) < this.low(b)) return true;
    if (this.low(a) >= this.high(b)) return false;
    return this.pool.node("less", "bool", this.term(this.plain(a)), this.term(this.plain(b)));
  }
  lessSigned(a: Word, b: Word): Truth {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return (x | 0) < (y | 0);
    return this.pool.node("lessSigned", "bool", this.term(this.plain(a)), this.term(this.plain(b)));
  }
  equal(a: Word, b: Word): Truth {
    const [x, y] = [this.known(a), this.known(b)];
    if (x !== undefined && y !== undefined) return x === y;
    if (a === b) return true;
    if (this.high(a) < this.low(b) || this.high(b) < this.low(a)) return false;
    const [s, t] = [this.term(this.plain(a)), this.term(this.plain(b))];
    return s.id < t.id ? this.pool.node("equal", "bool", s, t) : this.pool.node("equal", "bool", t, s);
  }

  not(a: Truth): Truth {
    if (typeof a === "boolean") return !a;
    return a.kind === "not" ? a.a! : this.pool.node("not", "bool", a);
  }
  both(a: Truth, b: Truth): Truth {
    if (a === false || b === false) return false;
    if (a === true || a === b) return b;
    return b === true ? a : this.#ordered("both", a as Term, b as Term);
  }
  either(a: Truth, b: Truth): Truth {
    if (a === true || b === true) return true;
    if (a === false || a === b) return b;
    return b === false ? a : this.#ordered("either", a as Term, b as Term);
  }

  /** a != b, of bools. */
  differ(a: Truth, b: Truth): Truth {
    return this.either(this.both(a, this.not(b)), this.both(this.not(a), b));
  }

  /** `condition ? a : b`, of any type. */
  select<V extends Value>(condition: Truth, a: V, b: V): V {
    if (typeof condition === "boolean") return condition ? a : b;
    if (a === b) return a;
    if (condition.kind === "not") return this.select(condition.a!, b, a);
    const [s, t] = [this.#arm(a), this.#arm(b)];
    // A constant that is hidden on one side only is one constant all the same.
    if (s === t) return (isInteger(a) ? this.plain(a) : a) as V;
    const type = typeof a === "boolean" ? "bool" : typeof a === "number" ? "integer" : a.type;
    const isWord = type === "integer";
    return this.pool.node(
      "select",
      type,
      condition,
      s,
      t,
      isWord ? Math.min(s.low, t.low) : 0,
      isWord ? Math.max(s.high, t.high) : maxU32,
    ) as V;
  }

  /** Only an integer is plain: where floats are evaluated, too, their bits are no floats. */
  #arm(value: Value): Term {
    return this.term(isInteger(value) ? this.plain(value) : value);
  }
  #ordered(kind: TermKind, s: Term, t: Term): Term {
    return s.id < t.id ? this.pool.node(kind, "bool", s, t) : this.pool.node(kind, "bool", t, s);
  }
}

const isInteger = (value: Value): value is Word =>
  typeof value === "number" || (typeof value === "object" && value.type === "integer");
