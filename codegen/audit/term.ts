/**
 * Terms: what a text computes, as hash-consed expressions over input words. The same expression is the same object, so
 * equality is `===`. A 32-bit integer that is known is a plain number (its pattern, below 2^32), a bool that is known a
 * plain boolean; everything else, and every float, is a Term. Signs are the operations' affair, not the values'.
 */

/** What a term is an instance of; operands are in `a`, `b`, `c`. */
export type TermKind =
  // Leaves.
  | "integer" // `bits`: a known integer, where a term is wanted
  | "float" // `bits`: an f32 constant
  | "hidden" // `bits`: an integer that the driver's compiler cannot know
  | "ones" // the uniform of all ones, which seals
  | "parameter" // `name`
  | "word" // word `bits` (or, of an unknown address, word `a`) of tensor `name`, an integer or f32
  | "argument" // `name`: a parameter of a function that is being summarised
  | "nothing" // a float that no chosen element needs
  // Integers.
  | "affine" // sum of coefficient times atom, plus `bits`, modulo 2^32
  | "product" | "divide" | "divideSigned" | "remainder" | "remainderSigned" | "minimum" | "maximum" | "minimumSigned" | "maximumSigned"
  | "and" | "or" | "xor" | "shiftLeft" | "shiftRight" | "shiftRightSigned" | "absolute" | "truncateU32" | "truncateI32" | "convertU32" | "convertI32"
  | "bits" // the bits of a float
  // Floats. A `raw` operation stands unsealed in the text.
  | "fromBits" | "add" | "rawAdd" | "subtract" | "rawSubtract" | "multiply" | "rawMultiply" | "fma" | "rawFma" | "negate" | "magnitude" | "floor"
  | "rawDivide" | "rawMinimum" | "rawMaximum" | "roundBf16" | "canonical" | "maximumByBits" | "minimumByBits" | "fromU32" | "fromI32"
  // Bools.
  | "less" | "lessSigned" | "equal" | "lessFloat" | "lessEqualFloat" | "equalFloat" | "not" | "both" | "either"
  // Of any type.
  | "select"; // a ? b : c

export type TermType = "float" | "integer" | "bool";

export interface Term {
  readonly id: number;
  readonly kind: TermKind;
  readonly type: TermType;
  readonly a: Term | null;
  readonly b: Term | null;
  readonly c: Term | null;
  readonly bits: number;
  readonly name: string;
  /** Of an integer: between which values its pattern lies, both included. */
  readonly low: number;
  readonly high: number;
  /** Of a linear term: its atoms, by id, and their coefficients. */
  readonly atoms: readonly Term[];
  readonly coefficients: readonly number[];
  readonly form: LinearForm | null;
}

/** Atoms times coefficients, without the constant that makes a linear term of it. */
export interface LinearForm {
  readonly atoms: readonly Term[];
  readonly coefficients: readonly number[];
  /** The sum's range as an integer that nothing wraps, coefficients of the upper half being negative. */
  readonly low: number;
  readonly high: number;
  readonly terms: Map<number, Term>;
  readonly scaled: Map<number, LinearForm>;
}

/** A 32-bit integer. */
export type Word = number | Term;
export type Truth = boolean | Term;
export type Value = Word | Truth;

export const maxU32 = 0xffffffff;
const none: readonly never[] = [];

/** Of a kind and its operands' ids. */
function hashOf(kind: TermKind, a: number, b: number, c: number): number {
  let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b + kind.length, 0x85ebca6b) ^ Math.imul(c + kind.charCodeAt(0), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** More terms than the audit may make. */
export class TooManyTerms extends Error {
  override readonly name = "TooManyTerms";
}

export class TermPool {
  readonly #leaves = new Map<string, Term>();
  readonly #integers = new Map<number, Term>();
  #mask = 0xfff;
  #filled = 0;
  #nodes = new Array<Term | undefined>(this.#mask + 1).fill(undefined);
  readonly #forms = new Map<string, LinearForm>();
  readonly #alone = new Map<Term, LinearForm>();
  readonly #words = new Map<string, Map<number, Term>>();
  readonly #limit: number;
  #next = 1;

  constructor(limit = 40_000_000) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#next;
  }

  #make(kind: TermKind, type: TermType, fields: Partial<Term>): Term {
    if (this.#next >= this.#limit) throw new TooManyTerms(`more than ${this.#limit} terms`);
    return {
      id: this.#next++, kind, type, a: fields.a ?? null, b: fields.b ?? null, c: fields.c ?? null, bits: fields.bits ?? 0, name: fields.name ?? "",
      low: fields.low ?? 0, high: fields.high ?? maxU32, atoms: fields.form?.atoms ?? none, coefficients: fields.form?.coefficients ?? none,
      form: fields.form ?? null,
    };
  }

  /** A leaf, by its kind, name and bits. */
  leaf(kind: TermKind, type: TermType, name: string, bits = 0, range?: { low: number; high: number }): Term {
    const key = `${kind} ${type} ${bits} ${name}`;
    let term = this.#leaves.get(key);
    if (term === undefined) this.#leaves.set(key, (term = this.#make(kind, type, { name, bits, ...range })));
    return term;
  }

  /** A known integer as a term. */
  integer(bits: number): Term {
    let term = this.#integers.get(bits);
    if (term === undefined) this.#integers.set(bits, (term = this.#make("integer", "integer", { bits, low: bits, high: bits })));
    return term;
  }

  /** Word `address` of a tensor: of an f32 tensor a float, of all others an integer. */
  word(tensor: string, type: "float" | "integer", address: Word): Term {
    let words = this.#words.get(tensor);
    if (words === undefined) this.#words.set(tensor, (words = new Map()));
    const key = typeof address === "number" ? address : -address.id;
    let term = words.get(key);
    if (term === undefined) {
      term = this.#make("word", type, typeof address === "number" ? { name: tensor, bits: address } : { name: tensor, a: address });
      words.set(key, term);
    }
    return term;
  }

  /** An operation on one to three terms; `low` and `high` bound an integer's pattern. */
  node(kind: TermKind, type: TermType, a: Term, b: Term | null = null, c: Term | null = null, low = 0, high = maxU32): Term {
    // Open addressing over the terms themselves: this is where an audit's time goes.
    let at = hashOf(kind, a.id, b === null ? 0 : b.id, c === null ? 0 : c.id) & this.#mask;
    for (let found = this.#nodes[at]; found !== undefined; found = this.#nodes[(at = (at + 1) & this.#mask)]) {
      if (found.a === a && found.b === b && found.c === c && found.kind === kind) return found;
    }
    const term = this.#make(kind, type, { a, b, c, low, high });
    this.#nodes[at] = term;
    if (++this.#filled * 2 > this.#mask) this.#grow();
    return term;
  }

  #grow(): void {
    const before = this.#nodes;
    this.#mask = this.#mask * 2 + 1;
    this.#nodes = new Array<Term | undefined>(this.#mask + 1).fill(undefined);
    for (const term of before) {
      if (term === undefined) continue;
      let at = hashOf(term.kind, term.a!.id, term.b === null ? 0 : term.b.id, term.c === null ? 0 : term.c.id) & this.#mask;
      while (this.#nodes[at] !== undefined) at = (at + 1) & this.#mask;
      this.#nodes[at] = term;
    }
  }

  /** The sum of coefficient times atom; atoms in order of their ids, no coefficient zero, at least one of them. */
  form(atoms: readonly Term[], coefficients: readonly number[]): LinearForm {
    const key = atoms.map((atom, at) => `${atom.id}*${coefficients[at]!}`).join("+");
    let form = this.#forms.get(key);
    if (form === undefined) {
      let [low, high] = [0, 0];
      atoms.forEach((atom, at) => {
        const coefficient = coefficients[at]!;
        const signed = coefficient > 0x7fffffff ? coefficient - 2 ** 32 : coefficient;
        low += signed * (signed > 0 ? atom.low : atom.high);
        high += signed * (signed > 0 ? atom.high : atom.low);
      });
      this.#forms.set(key, (form = { atoms, coefficients, low, high, terms: new Map(), scaled: new Map() }));
    }
    return form;
  }
  /** One atom, once. */
  formOf(atom: Term): LinearForm {
    if (atom.form !== null) return atom.form;
    let form = this.#alone.get(atom);
    if (form === undefined) this.#alone.set(atom, (form = this.form([atom], [1])));
    return form;
  }

  /** A form plus a constant, as a term. */
  linear(form: LinearForm, constant: number): Term {
    if (constant === 0 && form.atoms.length === 1 && form.coefficients[0] === 1) return form.atoms[0]!;
    let term = form.terms.get(constant);
    if (term === undefined) {
      let [low, high] = [form.low + constant, form.high + constant];
      if (low >= 2 ** 32) [low, high] = [low - 2 ** 32, high - 2 ** 32];
      const inRange = low >= 0 && high < 2 ** 32;
      form.terms.set(constant, (term = this.#make("affine", "integer", { form, bits: constant, low: inRange ? low : 0, high: inRange ? high : maxU32 })));
    }
    return term;
  }
}

/** The operands of a term, in order. */
export function operandsOf(term: Term): readonly Term[] {
  if (term.kind === "affine") return term.atoms;
  return [term.a, term.b, term.c].filter((operand) => operand !== null);
}
