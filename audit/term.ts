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
  | "product"
  | "divide"
  | "divideSigned"
  | "remainder"
  | "remainderSigned"
  | "minimum"
  | "maximum"
  | "minimumSigned"
  | "maximumSigned"
  | "and"
  | "or"
  | "xor"
  | "shiftLeft"
  | "shiftRight"
  | "shiftRightSigned"
  | "absolute"
  | "truncateU32"
  | "truncateI32"
  | "convertU32"
  | "convertI32"
  | "bits" // the bits of a float
  // Floats. A `raw` operation stands unsealed in the text.
  | "fromBits"
  | "add"
  | "rawAdd"
  | "subtract"
  | "rawSubtract"
  | "multiply"
  | "rawMultiply"
  | "fma"
  | "rawFma"
  | "negate"
  | "magnitude"
  | "floor"
  | "rawDivide"
  | "rawMinimum"
  | "rawMaximum"
  | "roundBf16"
  | "canonical"
  | "maximumByBits"
  | "minimumByBits"
  | "fromU32"
  | "rawFromU32"
  | "fromI32"
  // Bools.
  | "less"
  | "lessSigned"
  | "equal"
  | "lessFloat"
  | "lessEqualFloat"
  | "equalFloat"
  | "not"
  | "both"
  | "either"
  // Of any type.
  | "select"; // a ? b : c

export type TermType = "float" | "integer" | "bool";

/** Of a linear term `bits` is the constant, and the atoms and coefficients are its form's. */
export class Term {
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
  readonly form: LinearForm | null;

  constructor(
    id: number,
    kind: TermKind,
    type: TermType,
    a: Term | null,
    b: Term | null,
    c: Term | null,
    bits: number,
    name: string,
    low: number,
    high: number,
    form: LinearForm | null,
  ) {
    this.id = id;
    this.kind = kind;
    this.type = type;
    this.a = a;
    this.b = b;
    this.c = c;
    this.bits = bits;
    this.name = name;
    this.low = low;
    this.high = high;
    this.form = form;
  }

  get atoms(): readonly Term[] {
    return this.form === null ? none : this.form.atoms;
  }
  get coefficients(): readonly number[] {
    return this.form === null ? none : this.form.coefficients;
  }
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
  let hash =
    Math.imul(a, 0x9e3779b1) ^ Math.imul(b + kind.length, 0x85ebca6b) ^ Math.imul(c + kind.charCodeAt(0), 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}

/** More terms than the audit may make. */
export class TooManyTerms extends Error {
  override readonly name = "TooManyTerms";
}

export class TermPool {
  readonly #leaves = new Map<string, Term>();
  readonly #constants = new Map<string, Map<number, Term>>();
  readonly #integers = new Map<number, Term>();
  #mask = 0xfff;
  #filled = 0;
  #nodes = new Array<Term | undefined>(this.#mask + 1).fill(undefined);
  #hashes = new Int32Array(this.#mask + 1);
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

  #id(): number {
    if (this.#next >= this.#limit) throw new TooManyTerms(`more than ${this.#limit} terms`);
    return this.#next++;
  }

  /** A leaf, by its kind and name. */
  leaf(
    kind: "argument" | "nothing" | "ones" | "parameter" | "word",
    type: TermType,
    name: string,
    low = 0,
    high = maxU32,
  ): Term {
    const key = `${kind} ${type} ${name}`;
    let term = this.#leaves.get(key);
    if (term === undefined)
      this.#leaves.set(key, (term = new Term(this.#id(), kind, type, null, null, null, 0, name, low, high, null)));
    return term;
  }

  /** A constant: an f32's bits, of which a zero may be hidden, or an integer that is hidden. */
  constant(kind: "float" | "hidden", bits: number, name = ""): Term {
    const key = kind === "float" ? name : "integer";
    let known = this.#constants.get(key);
    if (known === undefined) this.#constants.set(key, (known = new Map()));
    let term = known.get(bits);
    if (term === undefined)
      known.set(
        bits,
        (term = new Term(
          this.#id(),
          kind,
          kind === "float" ? "float" : "integer",
          null,
          null,
          null,
          bits,
          name,
          bits,
          bits,
          null,
        )),
      );
    return term;
  }

  /** A known integer as a term. */
  integer(bits: number): Term {
    let term = this.#integers.get(bits);
    if (term === undefined)
      this.#integers.set(
        bits,
        (term = new Term(this.#id(), "integer", "integer", null, null, null, bits, "", bits, bits, null)),
      );
    return term;
  }

  /** Word `address` of a tensor: of an f32 tensor a float, of all others an integer. */
  word(tensor: string, type: "float" | "integer", address: Word): Term {
    let words = this.#words.get(tensor);
    if (words === undefined) this.#words.set(tensor, (words = new Map()));
    const isPlace = typeof address === "number";
    const key = isPlace ? address : -address.id;
    let term = words.get(key);
    if (term === undefined)
      words.set(
        key,
        (term = new Term(
          this.#id(),
          "word",
          type,
          isPlace ? null : address,
          null,
          null,
          isPlace ? address : 0,
          tensor,
          0,
          maxU32,
          null,
        )),
      );
    return term;
  }

  /** An operation on one to three terms; `low` and `high` bound an integer's pattern. */
  node(
    kind: TermKind,
    type: TermType,
    a: Term,
    b: Term | null = null,
    c: Term | null = null,
    low = 0,
    high = maxU32,
  ): Term {
    // Open addressing over the terms themselves, their hashes beside them: this is where an audit's time goes.
    const hash = hashOf(kind, a.id, b === null ? 0 : b.id, c === null ? 0 : c.id);
    let at = hash & this.#mask;
    for (let found = this.#nodes[at]; found !== undefined; found = this.#nodes[(at = (at + 1) & this.#mask)]) {
      if (this.#hashes[at] === hash && found.a === a && found.b === b && found.c === c && found.kind === kind)
        return found;
    }
    const term = new Term(this.#id(), kind, type, a, b, c, 0, "", low, high, null);
    this.#nodes[at] = term;
    this.#hashes[at] = hash;
    if (++this.#filled * 2 > this.#mask) this.#grow();
    return term;
  }

  #grow(): void {
    const [nodes, hashes] = [this.#nodes, this.#hashes];
    this.#mask = this.#mask * 4 + 3;
    this.#nodes = new Array<Term | undefined>(this.#mask + 1).fill(undefined);
    this.#hashes = new Int32Array(this.#mask + 1);
    for (let before = 0; before < nodes.length; before++) {
      if (nodes[before] === undefined) continue;
      let at = hashes[before]! & this.#mask;
      while (this.#nodes[at] !== undefined) at = (at + 1) & this.#mask;
      this.#nodes[at] = nodes[before];
      this.#hashes[at] = hashes[before]!;
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
      form.terms.set(
        constant,
        (term = new Term(
          this.#id(),
          "affine",
          "integer",
          null,
          null,
          null,
          constant,
          "",
          inRange ? low : 0,
          inRange ? high : maxU32,
          form,
        )),
      );
    }
    return term;
  }
}

/** The operands of a term, in order. */
export function operandsOf(term: Term): readonly Term[] {
  if (term.a === null) return term.atoms;
  if (term.b === null) return [term.a];
  return term.c === null ? [term.a, term.b] : [term.a, term.b, term.c];
}
