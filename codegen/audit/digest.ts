/** A number for an expression that does not depend on the order in which terms were made: equal structure, equal digest. */
import { operandsOf, type Term, type Value } from "./term.ts";

const symmetric = new Set<Term["kind"]>([
  "add", "rawAdd", "multiply", "rawMultiply", "product", "minimum", "maximum", "minimumSigned", "maximumSigned", "and", "or", "xor", "equal", "equalFloat", "both", "either", "affine",
]);

export class Digests {
  readonly #known = new Map<Term, readonly [number, number]>();

  /** 64 bits, in hexadecimal. */
  of(value: Value): string {
    const [high, low] = this.#digest(value);
    return `${hex(high)}${hex(low)}`;
  }

  #digest(value: Value): readonly [number, number] {
    if (typeof value === "boolean") return value ? [1, 1] : [2, 2];
    if (typeof value === "number") return [mix(3, value), mix(5, value)];
    if (value.kind === "integer" || value.kind === "hidden") return this.#digest(value.bits);
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    // An explicit stack: a chain of sums is as deep as it is long.
    const pending: Term[] = [value];
    while (pending.length > 0) {
      const term = pending.at(-1)!;
      const before = pending.length;
      for (const operand of operandsOf(term)) if (operand.kind !== "integer" && operand.kind !== "hidden" && !this.#known.has(operand)) pending.push(operand);
      if (pending.length > before) continue;
      pending.pop();
      if (!this.#known.has(term)) this.#known.set(term, this.#ofOperands(term));
    }
    return this.#known.get(value)!;
  }

  #ofOperands(term: Term): readonly [number, number] {
    let high = mix(text(term.kind), term.bits);
    let low = mix(text(term.name), term.bits);
    const parts = operandsOf(term).map((operand, at) => {
      const [x, y] = operand.kind === "integer" || operand.kind === "hidden" ? this.#digest(operand.bits) : this.#known.get(operand)!;
      const scale = term.coefficients[at] ?? 1;
      return [mix(x, scale), mix(y, scale)] as const;
    });
    if (symmetric.has(term.kind)) parts.sort(([a, b], [c, d]) => a - c || b - d);
    for (const [x, y] of parts) [high, low] = [mix(high, x), mix(low, y)];
    return [high, low];
  }
}

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
