/**
 * Terms as numbers: what an expression gives on concrete inputs, under the reference arithmetic (dsl/bits.ts). Nothing
 * here knows which rewritings there are.
 */
import { binaryBits, canonical, canonicalNaN, unaryBits } from "../dsl/bits.ts";
import { bitsOfF32, f32OfBits } from "../dsl/expr.ts";
import type { BinaryOperator } from "../dsl/ir.ts";
import { apply, type Bits, bitsFor, operationOf } from "./apply.ts";
import { operandsOf, type Term, type TermKind, type Value } from "./term.ts";

/** What the atoms of terms hold: words of tensors, parameters, and arguments of a function. */
export interface Inputs {
  /** Bits of a word at an address, as stored. */
  readonly word: (tensor: string, address: number) => number;
  readonly parameter: (label: string, type: Term["type"]) => number;
  readonly argument?: (term: Term) => number;
}

/** A term that stands for no value, such as a float that no chosen element needs. */
export class NoValue extends Error {
  override readonly name = "NoValue";
}

/** What reading a word costs, in terms. */
const costOfWord = 8;

/** A word that is read, with the places of what depends on it, in an order in which operands come first. */
export interface Cone {
  readonly word: Term;
  readonly places: Int32Array;
}

/** The places of ever smaller parts of two roots, which are the first. */
export interface Spine {
  readonly declared: Int32Array;
  readonly found: Int32Array;
}

/** Values of which many evaluations are wanted: their terms in an order in which operands come first. */
export class Evaluator {
  readonly #terms: readonly Term[];
  readonly #roots: readonly Value[];
  readonly #at = new Map<Term, number>();
  readonly #operands: readonly (readonly number[])[];
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #c: Int32Array;
  readonly #operation: Uint8Array;
  readonly #bits: Bits;
  /** All places but those of constants, whose bits are there from the beginning. */
  readonly #all: Int32Array;
  /** What an operation gives that gives a NaN; devices differ in it. */
  readonly #nan: number;
  /** What one evaluation costs, in terms. */
  readonly cost: number;

  constructor(roots: readonly Value[], nan = canonicalNaN) {
    this.#roots = roots;
    this.#nan = nan;
    const found = new Set<Term>();
    const open = roots.filter((root) => typeof root === "object");
    for (let term = open.pop(); term !== undefined; term = open.pop()) {
      if (found.has(term)) continue;
      found.add(term);
      open.push(...operandsOf(term));
    }
    // A term is made after its operands.
    this.#terms = [...found].sort((left, right) => left.id - right.id);
    this.#terms.forEach((term, at) => this.#at.set(term, at));
    this.#operands = this.#terms.map((term) => operandsOf(term).map((operand) => this.#at.get(operand)!));
    const operand = (which: number): Int32Array => Int32Array.from(this.#operands, (operands) => operands[which] ?? 0);
    [this.#a, this.#b, this.#c] = [operand(0), operand(1), operand(2)];
    this.#operation = Uint8Array.from(this.#terms, ({ kind }) => operationOf(kind));
    this.#bits = bitsFor(this.#terms.length);
    this.#terms.forEach((term, at) => {
      if (isConstant(term)) this.#bits.words[at] = term.bits;
    });
    this.#all = Int32Array.from(this.#terms.flatMap((term, at) => (isConstant(term) ? [] : [at])));
    this.cost = this.#all.length + costOfWord * this.#terms.filter(({ kind }) => kind === "word").length + 1;
  }

  /** The words that are read, `most` at most, each with what depends on it; that of which least depends first. */
  cones(most: number): Cone[] {
    const words = this.#terms
      .filter(({ kind, name }) => kind === "word" && !name.startsWith("unwritten "))
      .slice(0, most);
    const cones = words.map((word) => {
      const depends = new Uint8Array(this.#terms.length);
      const cone = [this.#at.get(word)!];
      depends[cone[0]!] = 1;
      for (let at = cone[0]! + 1; at < this.#terms.length; at++) {
        if (!this.#operands[at]!.some((operand) => depends[operand] === 1)) continue;
        depends[at] = 1;
        cone.push(at);
      }
      return { word, places: Int32Array.from(cone) };
    });
    return cones.sort((left, right) => left.places.length - right.places.length);
  }
  /** Constants that may be the bits of positive normal floats, such as thresholds. */
  get constants(): number[] {
    const bits = this.#terms.flatMap((term) => (isConstant(term) ? [term.bits & 0x7fffffff] : []));
    return [...new Set(bits)].filter((constant) => constant >= 0x00800000 && constant < 0x7f800000);
  }
  /** Where a word lies, by the last evaluation. */
  addressOf(word: Term): number {
    return word.a === null ? word.bits : this.#bits.words[this.#at.get(word.a)!]!;
  }

  /** The bits of the roots; a bool is 1 or 0. @throws NoValue */
  evaluate(inputs: Inputs): number[] {
    this.#go(this.#all, inputs);
    return this.results();
  }
  /** Evaluates only these places again, after `evaluate`; `before` is given what they held. */
  again(places: Int32Array, inputs: Inputs, before: Uint32Array): void {
    const { words } = this.#bits;
    for (let at = 0; at < places.length; at++) before[at] = words[places[at]!]!;
    this.#go(places, inputs);
  }
  /** Undoes `again`. */
  restore(places: Int32Array, before: Uint32Array): void {
    const { words } = this.#bits;
    for (let at = 0; at < places.length; at++) words[places[at]!] = before[at]!;
  }

  #go(places: Int32Array, inputs: Inputs): void {
    const bits = this.#bits;
    const isOther = this.#nan !== canonicalNaN;
    for (let next = 0; next < places.length; next++) {
      const at = places[next]!;
      const operation = this.#operation[at]!;
      if (operation !== 0) apply(operation, bits, at, this.#a[at]!, this.#b[at]!, this.#c[at]!);
      else bits.words[at] = this.#valueOf(this.#terms[at]!, at, inputs);
      if (
        isOther &&
        this.#terms[at]!.type === "float" &&
        this.#terms[at]!.kind !== "canonical" &&
        canonical(bits.words[at]!) === canonicalNaN
      )
        bits.words[at] = this.#nan;
    }
  }

  /** The bits of the roots, by the last evaluation. */
  results(): number[] {
    return this.#roots.map((root) => this.bitsOf(root));
  }
  bitsOf(value: Value): number {
    return typeof value === "object" ? this.#bits.words[this.#at.get(value)!]! : Number(value);
  }
  /** Of ever smaller parts of two roots, where they are: those that are known are left out. */
  spineOf(parts: readonly { readonly declared: Value; readonly found: Value }[]): Spine {
    const some = parts.filter(({ declared, found }) => typeof declared === "object" && typeof found === "object");
    const places = (values: readonly Value[]): Int32Array =>
      Int32Array.from(values, (value) => this.#at.get(value as Term)!);
    return { declared: places(some.map(({ declared }) => declared)), found: places(some.map(({ found }) => found)) };
  }
  /**
   * How far below a root the highest parts lie that differ by the last evaluation, looking no deeper than `most`;
   * Infinity where none do.
   */
  depthOf(spines: readonly Spine[], most = Infinity): number {
    const { words } = this.#bits;
    let least = Infinity;
    for (const { declared, found } of spines) {
      for (let depth = 0; depth < declared.length && depth < least && depth <= most; depth++) {
        if (words[declared[depth]!] !== words[found[depth]!]) least = depth;
      }
    }
    return least;
  }
  /** Whether the last evaluation met a NaN, an infinity or a subnormal number anywhere. */
  get metSpecial(): boolean {
    return this.#terms.some(({ type }, at) => type === "float" && isSpecial(this.#bits.words[at]!));
  }

  #valueOf(term: Term, at: number, inputs: Inputs): number {
    const { words } = this.#bits;
    if (term.kind === "affine")
      return this.#operands[at]!.reduce(
        (sum, operand, which) => (sum + Math.imul(words[operand]!, term.coefficients[which]!)) >>> 0,
        term.bits,
      );
    return otherValue(term, words[this.#a[at]!]!, words[this.#b[at]!]!, inputs);
  }
}

const isConstant = ({ kind }: Term): boolean => kind === "integer" || kind === "hidden" || kind === "float";

/** Terms that are evaluated once each, on the same inputs. */
export class Values {
  readonly #inputs: Inputs;
  /** By the terms' ids. */
  #bits = bitsFor(0x1000);
  #isKnown = new Uint8Array(0x1000);
  /** How many terms have been evaluated. */
  count = 0;

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  /** @throws NoValue */
  of(value: Value): number {
    if (typeof value !== "object") return Number(value);
    if (value.id >= this.#isKnown.length) this.#grow(value.id);
    const isKnown = this.#isKnown;
    if (isKnown[value.id] === 1) return this.#bits.words[value.id]!;
    const open = [value];
    while (open.length > 0) {
      const term = open.at(-1)!;
      const before = open.length;
      if (isKnown[term.id] !== 1)
        for (const operand of operandsOf(term)) if (isKnown[operand.id] !== 1) open.push(operand);
      if (open.length > before) continue;
      open.pop();
      if (isKnown[term.id] === 1) continue;
      this.#evaluate(term);
      isKnown[term.id] = 1;
      this.count++;
    }
    return this.#bits.words[value.id]!;
  }

  #evaluate(term: Term): void {
    const { words } = this.#bits;
    const operation = operationOf(term.kind);
    const [a, b, c] = [term.a?.id ?? 0, term.b?.id ?? 0, term.c?.id ?? 0];
    if (operation !== 0) apply(operation, this.#bits, term.id, a, b, c);
    else if (term.kind === "affine") {
      words[term.id] = term.atoms.reduce(
        (sum, atom, at) => (sum + Math.imul(words[atom.id]!, term.coefficients[at]!)) >>> 0,
        term.bits,
      );
    } else words[term.id] = otherValue(term, words[a]!, words[b]!, this.#inputs);
  }

  #grow(id: number): void {
    const size = Math.max(id + 1, this.#isKnown.length * 2);
    const [bits, isKnown] = [bitsFor(size), new Uint8Array(size)];
    bits.words.set(this.#bits.words);
    isKnown.set(this.#isKnown);
    [this.#bits, this.#isKnown] = [bits, isKnown];
  }
}

/** What an atom holds, or an operation gives that has no number. @throws NoValue */
function otherValue(term: Term, a: number, b: number, inputs: Inputs): number {
  switch (term.kind) {
    case "integer":
    case "hidden":
    case "float":
      return term.bits;
    case "ones":
      return 0xffffffff;
    case "word": {
      // WGSL gives zero to a variable without a value.
      if (term.name.startsWith("unwritten ")) return 0;
      const word = inputs.word(term.name, term.a === null ? term.bits : a);
      return term.type === "float" ? canonical(word) : word;
    }
    case "parameter":
      return inputs.parameter(term.name, term.type);
    case "argument":
      if (inputs.argument !== undefined) return inputs.argument(term);
      break;
    default:
      break;
  }
  return valueOf(term.kind, a, b);
}

/** What an operation that has no number (apply.ts) gives for the bits of its operands. @throws NoValue */
export function valueOf(kind: TermKind, a: number, b: number): number {
  switch (kind) {
    case "absolute":
      return unaryBits("absolute", "i32", a);
    case "floor":
      return unaryBits("floor", "f32", canonical(a));
    case "truncateU32":
      return unaryBits("toU32", "f32", canonical(a));
    case "truncateI32":
      return unaryBits("toI32", "f32", canonical(a));
    case "convertU32":
      return converted(a, 0, 0xffffffff);
    case "convertI32":
      return converted(a, -(2 ** 31), 2 ** 31 - 1);
    case "fromU32":
    case "rawFromU32":
      return unaryBits("toF32", "u32", a);
    case "fromI32":
      return unaryBits("toF32", "i32", a);
    case "rawDivide":
      return canonical(bitsOfF32(f32OfBits(a) / f32OfBits(b)));
    case "rawMinimum":
      return f32OfBits(b) < f32OfBits(a) ? b : a;
    case "rawMaximum":
      return f32OfBits(a) < f32OfBits(b) ? b : a;
    default: {
      const operator = signedOperators[kind];
      if (operator !== undefined) return binaryBits(operator, "i32", a, b);
    }
  }
  throw new NoValue(`no value for ${kind}`);
}

const signedOperators: Partial<Record<Term["kind"], BinaryOperator>> = {
  divideSigned: "divide",
  remainderSigned: "remainder",
  minimumSigned: "minimum",
  maximumSigned: "maximum",
  shiftRightSigned: "shiftRight",
  lessSigned: "less",
};

/** WGSL's own conversion. */
function converted(bits: number, least: number, most: number): number {
  const value = Math.trunc(f32OfBits(bits));
  return Number.isNaN(value) ? 0 : Math.min(Math.max(value, least), most) >>> 0;
}

/** Not zero, and not a normal number. */
export function isSpecial(bits: number): boolean {
  const exponent = bits & 0x7f800000;
  return exponent === 0x7f800000 || (exponent === 0 && bits << 1 !== 0);
}
