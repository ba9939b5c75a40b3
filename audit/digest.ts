/**
 * A number for an expression that does not depend on the order in which terms were made: equal structure, equal digest.
 */
import { operandsOf, type Term, type Value } from "./term.ts";

const symmetric = new Set<Term["kind"]>([
  "add",
  "rawAdd",
  "multiply",
  "rawMultiply",
  "product",
  "minimum",
  "maximum",
  "minimumSigned",
  "maximumSigned",
  "and",
  "or",
  "xor",
  "equal",
  "equalFloat",
  "both",
  "either",
  "affine",
]);

export class Digests {
  /**
   * Both halves of each term's digest, by its id, and whether it is known: a third of an audit's time went into objects
   * here.
   */
  #high = new Uint32Array(0x1000);
  #low = new Uint32Array(0x1000);
  #isKnown = new Uint8Array(0x1000);

  /** 64 bits, in hexadecimal. */
  of(value: Value): string {
    if (typeof value === "boolean") return value ? hex(1) + hex(1) : hex(2) + hex(2);
    if (typeof value === "number") return hex(highOf(value)) + hex(lowOf(value));
    if (isNumber(value)) return this.of(value.bits);
    this.#compute(value);
    return hex(this.#high[value.id]!) + hex(this.#low[value.id]!);
  }

  #compute(value: Term): void {
    // An explicit stack: a chain of sums is as deep as it is long.
    const pending: Term[] = [value];
    while (pending.length > 0) {
      const term = pending.at(-1)!;
      const before = pending.length;
      if (this.#isKnown[term.id] !== 1) {
        for (const operand of operandsOf(term))
          if (!isNumber(operand) && this.#isKnown[operand.id] !== 1) pending.push(operand);
      }
      if (pending.length > before) continue;
      pending.pop();
      if (this.#isKnown[term.id] !== 1) this.#combine(term);
    }
  }

  #combine(term: Term): void {
    if (term.id >= this.#isKnown.length) this.#grow(term.id);
    let high = mix(text(term.kind), term.bits);
    let low = mix(text(term.name), term.bits);
    const operands = operandsOf(term);
    const highs = operands.map((operand, at) =>
      mix(isNumber(operand) ? highOf(operand.bits) : this.#high[operand.id]!, term.coefficients[at] ?? 1),
    );
    const lows = operands.map((operand, at) =>
      mix(isNumber(operand) ? lowOf(operand.bits) : this.#low[operand.id]!, term.coefficients[at] ?? 1),
    );
    const order = operands.length === 2 ? inOrder : [...operands.keys()];
    if (symmetric.has(term.kind)) {
      if (operands.length !== 2) order.sort((a, b) => highs[a]! - highs[b]! || lows[a]! - lows[b]!);
      else if (highs[0]! > highs[1]! || (highs[0] === highs[1] && lows[0]! > lows[1]!)) {
        highs.reverse();
        lows.reverse();
      }
    }
    for (const at of order) [high, low] = [mix(high, highs[at]!), mix(low, lows[at]!)];
    this.#high[term.id] = high;
    this.#low[term.id] = low;
    this.#isKnown[term.id] = 1;
  }

  #grow(id: number): void {
    const size = Math.max(id + 1, this.#isKnown.length * 2);
    const [high, low, isKnown] = [new Uint32Array(size), new Uint32Array(size), new Uint8Array(size)];
    high.set(this.#high);
    low.set(this.#low);
    isKnown.set(this.#isKnown);
    [this.#high, this.#low, this.#isKnown] = [high, low, isKnown];
  }
}

const inOrder = [0, 1];

/** Integers count by their bits, however they are known. */
const isNumber = ({ kind }: Term): boolean => kind === "integer" || kind === "hidden";
const highOf = (bits: number): number => mix(3, bits);
const lowOf = (bits: number): number => mix(5, bits);

const texts = new Map<string, number>();
function text(name: string): number {
  let hash = texts.get(name);
  if (hash === undefined) {
    hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
    texts.set(name, hash);
  }
  return hash;
}

/** Murmur3's finaliser over both (Appleby, public domain). */
function mix(seed: number, value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ seed;
  hash = Math.imul(hash, 5) + 0xe6546b64;
  return (hash ^ (hash >>> 15)) >>> 0;
}

const hex = (bits: number): string => bits.toString(16).padStart(8, "0");
