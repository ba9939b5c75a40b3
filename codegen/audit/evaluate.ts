/**
 * Terms as numbers: what an expression gives on concrete inputs, under the reference arithmetic (dsl/bits.ts). Nothing
 * here knows which rewritings there are.
 */
import { binaryBits, canonical, canonicalNaN, unaryBits } from "../../dsl/bits.ts";
import { bitsOfF32, f32OfBits } from "../../dsl/expr.ts";
import type { BinaryOperator } from "../../dsl/ir.ts";
import { fmaBits } from "./fma.ts";
import { operandsOf, type Term, type Value } from "./term.ts";

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

/** What one evaluation met. */
export interface Met {
  /** A NaN, an infinity or a subnormal number, anywhere. */
  special: boolean;
}

/** Values of which many evaluations are wanted: their terms in an order in which operands come first. */
export class Evaluator {
  readonly #terms: readonly Term[];
  readonly #roots: readonly Value[];
  readonly #at = new Map<Term, number>();
  readonly #operands: readonly (readonly number[])[];
  readonly #bits: Uint32Array;
  /** What an operation gives that gives a NaN; devices differ in it. */
  readonly #nan: number;

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
    this.#bits = new Uint32Array(this.#terms.length);
  }

  /** How many terms one evaluation goes through. */
  get size(): number {
    return this.#terms.length;
  }

  /** The float words and those of 16 bits that are read, each with what depends on it, that of which least depends first. */
  words(): { readonly word: Term; readonly cone: readonly number[] }[] {
    const words = this.#terms.filter(({ kind, name }) => kind === "word" && !name.startsWith("unwritten ")).slice(0, 400);
    const cones = words.map((word) => {
      const depends = new Uint8Array(this.#terms.length);
      const cone = [this.#at.get(word)!];
      depends[cone[0]!] = 1;
      for (let at = cone[0]! + 1; at < this.#terms.length; at++) {
        if (!this.#operands[at]!.some((operand) => depends[operand] === 1)) continue;
        depends[at] = 1;
        cone.push(at);
      }
      return { word, cone };
    });
    return cones.sort((left, right) => left.cone.length - right.cone.length);
  }
  /** Where a word lies, by the last evaluation. */
  addressOf(word: Term): number {
    return word.a === null ? word.bits : this.#bits[this.#at.get(word.a)!]!;
  }
  /** Evaluates only these again, after `evaluate`. */
  again(cone: readonly number[], inputs: Inputs): number[] {
    for (const at of cone) this.#bits[at] = this.#valueOf(this.#terms[at]!, this.#operands[at]!, inputs);
    return this.#results();
  }

  /** The bits of the roots; a bool is 1 or 0. @throws NoValue */
  evaluate(inputs: Inputs, met?: Met): number[] {
    for (let at = 0; at < this.#terms.length; at++) {
      const term = this.#terms[at]!;
      let bits = this.#valueOf(term, this.#operands[at]!, inputs);
      if (term.type === "float") {
        if (this.#nan !== canonicalNaN && term.kind !== "canonical" && canonical(bits) === canonicalNaN) bits = this.#nan;
        if (met !== undefined && isSpecial(bits)) met.special = true;
      }
      this.#bits[at] = bits;
    }
    return this.#results();
  }

  #results(): number[] {
    return this.#roots.map((root) => (typeof root === "object" ? this.#bits[this.#at.get(root)!]! : Number(root)));
  }

  #valueOf(term: Term, operands: readonly number[], inputs: Inputs): number {
    const bits = this.#bits;
    const [a, b, c] = [bits[operands[0] ?? 0]!, bits[operands[1] ?? 0]!, bits[operands[2] ?? 0]!];
    if (term.kind === "affine") return operands.reduce((sum, operand, at) => (sum + Math.imul(bits[operand]!, term.coefficients[at]!)) >>> 0, term.bits);
    return valueOf(term, a, b, c, inputs);
  }
}

/** Terms that are evaluated once each, on the same inputs. */
export class Values {
  readonly #inputs: Inputs;
  readonly #known = new Map<Term, number>();

  constructor(inputs: Inputs) {
    this.#inputs = inputs;
  }

  /** @throws NoValue */
  of(value: Value): number {
    if (typeof value !== "object") return Number(value);
    const known = this.#known;
    const open = [value];
    while (open.length > 0) {
      const term = open.at(-1)!;
      const before = open.length;
      const operands = operandsOf(term);
      for (const operand of operands) if (!known.has(operand)) open.push(operand);
      if (open.length > before) continue;
      open.pop();
      if (known.has(term)) continue;
      const [a = 0, b = 0, c = 0] = operands.map((operand) => known.get(operand)!);
      const bits = term.kind === "affine"
        ? operands.reduce((sum, operand, at) => (sum + Math.imul(known.get(operand)!, term.coefficients[at]!)) >>> 0, term.bits)
        : valueOf(term, a, b, c, this.#inputs);
      known.set(term, bits);
    }
    return known.get(value)!;
  }
}

/** What an operation gives for the bits of its operands. */
function valueOf(term: Term, a: number, b: number, c: number, inputs: Inputs): number {
  switch (term.kind) {
    case "integer": case "hidden": case "float": return term.bits;
    case "ones": return 0xffffffff;
    case "word": {
      // WGSL gives zero to a variable without a value.
      if (term.name.startsWith("unwritten ")) return 0;
      const word = inputs.word(term.name, term.a === null ? term.bits : a);
      return term.type === "float" ? canonical(word) : word;
    }
    case "parameter": return inputs.parameter(term.name, term.type);
    case "argument": if (inputs.argument !== undefined) return inputs.argument(term); break;
    case "absolute": return unaryBits("absolute", "i32", a);
    case "not": return 1 - a;
    case "both": return a & b;
    case "either": return a | b;
    case "select": return a !== 0 ? b : c;
    case "bits": return a;
    case "fromBits": case "canonical": return canonical(a);
    case "negate": return unaryBits("negate", "f32", canonical(a));
    case "magnitude": return unaryBits("absolute", "f32", canonical(a));
    case "floor": return unaryBits("floor", "f32", canonical(a));
    case "roundBf16": return unaryBits("roundBf16", "f32", a);
    case "truncateU32": return unaryBits("toU32", "f32", canonical(a));
    case "truncateI32": return unaryBits("toI32", "f32", canonical(a));
    case "convertU32": return converted(a, 0, 0xffffffff);
    case "convertI32": return converted(a, -(2 ** 31), 2 ** 31 - 1);
    case "fromU32": case "rawFromU32": return unaryBits("toF32", "u32", a);
    case "fromI32": return unaryBits("toF32", "i32", a);
    case "fma": case "rawFma": return fmaBits(a, b, c);
    case "rawDivide": return canonical(bitsOfF32(f32OfBits(a) / f32OfBits(b)));
    case "rawMinimum": return f32OfBits(b) < f32OfBits(a) ? b : a;
    case "rawMaximum": return f32OfBits(a) < f32OfBits(b) ? b : a;
    default: {
      const words = wordOperators[term.kind];
      if (words !== undefined) return binaryBits(words[0], words[1], a, b);
      const floats = floatOperators[term.kind];
      if (floats !== undefined) return binaryBits(floats, "f32", canonical(a), canonical(b));
    }
  }
  throw new NoValue(`no value for ${term.kind}`);
}

const wordOperators: Partial<Record<Term["kind"], readonly [BinaryOperator, "u32" | "i32"]>> = {
  product: ["multiply", "u32"], divide: ["divide", "u32"], divideSigned: ["divide", "i32"],
  remainder: ["remainder", "u32"], remainderSigned: ["remainder", "i32"],
  minimum: ["minimum", "u32"], maximum: ["maximum", "u32"], minimumSigned: ["minimum", "i32"], maximumSigned: ["maximum", "i32"],
  and: ["and", "u32"], or: ["or", "u32"], xor: ["xor", "u32"],
  shiftLeft: ["shiftLeft", "u32"], shiftRight: ["shiftRight", "u32"], shiftRightSigned: ["shiftRight", "i32"],
  less: ["less", "u32"], lessSigned: ["less", "i32"], equal: ["equal", "u32"],
};

const floatOperators: Partial<Record<Term["kind"], BinaryOperator>> = {
  add: "add", rawAdd: "add", subtract: "subtract", rawSubtract: "subtract", multiply: "multiply", rawMultiply: "multiply",
  maximumByBits: "maximum", minimumByBits: "minimum", lessFloat: "less", lessEqualFloat: "lessEqual", equalFloat: "equal",
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
