/** Float operations that stand unsealed where they must not: a driver may contract, regroup, factor or fold them. */
import type { Comparison } from "./compare.ts";
import type { Floats } from "./floats.ts";
import type { Integers } from "./integers.ts";
import { operandsOf, type Term, type Value, type Word } from "./term.ts";

const sealedKinds: Partial<Record<Term["kind"], Term["kind"]>> = {
  rawAdd: "add",
  rawSubtract: "subtract",
  rawMultiply: "multiply",
  rawFma: "fma",
  rawFromU32: "fromU32",
};

/**
 * What is never right in a text: only the additions of a fold may stand bare, and exact products in them. WGSL lets a
 * device round an fma once or twice, so that one of an inexact product has no promised bits, sealed or not.
 */
const forbidden = new Set<Term["kind"]>([
  "rawMultiply",
  "rawFma",
  "fma",
  "rawDivide",
  "rawMinimum",
  "rawMaximum",
  "rawFromU32",
]);

/** Whether a text's value has an operation in it that may stand unsealed nowhere. */
export function hasForbidden(found: Value): boolean {
  return typeof found === "object" && reachable(found).some(({ kind }) => forbidden.has(kind));
}

/** Whether a text's value differs from what it should be only in what it does not seal. */
export function isUnsealed(
  declared: Value,
  found: Value,
  comparison: Comparison,
  integers: Integers,
  floats: Floats,
): boolean {
  if (typeof found !== "object") return false;
  const sealing = new Sealing(integers, floats);
  return comparison.matches(sealing.of(declared), sealing.of(found));
}

function reachable(root: Term): Term[] {
  const found = new Set<Term>();
  const open = [root];
  for (let term = open.pop(); term !== undefined; term = open.pop()) {
    if (found.has(term)) continue;
    found.add(term);
    open.push(...operandsOf(term));
  }
  return [...found].sort((left, right) => left.id - right.id);
}

/** The same value with every operation sealed, and every zero hidden. */
class Sealing {
  readonly #integers: Integers;
  readonly #floats: Floats;
  readonly #made = new Map<Term, Value>();

  constructor(integers: Integers, floats: Floats) {
    this.#integers = integers;
    this.#floats = floats;
  }

  of(value: Value): Value {
    if (typeof value !== "object") return value;
    for (const term of reachable(value)) if (!this.#made.has(term)) this.#made.set(term, this.#sealed(term));
    return this.#made.get(value)!;
  }

  #sealed(term: Term): Value {
    const { pool } = this.#integers;
    if (term.kind === "float") return this.#floats.constant(term.bits, true);
    const operands = operandsOf(term);
    const sealed = operands.map((operand) => this.#made.get(operand)!);
    const kind = sealedKinds[term.kind] ?? term.kind;
    if (kind === term.kind && sealed.every((operand, at) => operand === operands[at])) return term;
    if (term.kind === "affine") {
      return sealed.reduce<Word>(
        (sum, atom, at) => this.#integers.add(sum, this.#integers.multiply(atom as Word, term.coefficients[at]!)),
        term.bits,
      );
    }
    if (term.kind === "word")
      return pool.word(term.name, term.type === "float" ? "float" : "integer", sealed[0] as Word);
    const [a, b = null, c = null] = sealed.map((operand) => this.#integers.term(operand));
    return pool.node(kind, term.type, a!, b, c, term.low, term.high);
  }
}
