/**
 * Whether the text evaluates the declared expression. Terms are hash-consed and rewritten alike on both sides, so they
 * are the same object or differ; the one liberty left is that a fold's own sum may be sealed, which changes no bit.
 */
import { operandsOf, type Term, type Value } from "./term.ts";
import { f32OfBits } from "../dsl/expr.ts";

/** A part of the one and its counterpart in the other. */
export interface Parts {
  readonly declared: Value;
  readonly found: Value;
}

export class Comparison {
  readonly #same = new Map<Term, Set<Term>>();

  /** Whether `found` is what was declared. */
  matches(declared: Value, found: Value): boolean {
    if (declared === found) return true;
    const [a, b] = [known(declared), known(found)];
    if (a !== undefined || b !== undefined) return a === b;
    return this.#sameTerm(declared as Term, found as Term);
  }

  #sameTerm(declared: Term, found: Term): boolean {
    if (declared === found) return true;
    // A zero that no driver sees may stand for one that it might.
    if (declared.kind === "float" && found.kind === "float")
      return declared.bits === found.bits && found.name === "hidden";
    const twice = roundedTwice(found);
    if (twice !== undefined) return this.#sameTerm(declared, twice);
    const sealed = sealedForm.get(declared.kind) === found.kind;
    if (!sealed && (declared.kind !== found.kind || declared.bits !== found.bits || declared.name !== found.name))
      return false;
    const before = this.#same.get(declared);
    if (before?.has(found) === true) return true;
    const [xs, ys] = [operandsOf(declared), operandsOf(found)];
    if (xs.length !== ys.length) return false;
    if (declared.kind === "affine") return this.#sameAffine(declared, found);
    const straight = xs.every((x, at) => this.#sameTerm(x, ys[at]!));
    const crossed =
      !straight &&
      xs.length === 2 &&
      commutes.has(declared.kind) &&
      this.#sameTerm(xs[0]!, ys[1]!) &&
      this.#sameTerm(xs[1]!, ys[0]!);
    if (!straight && !crossed && !this.#sameExtreme(declared, found) && !this.#sameFirst(declared, found)) return false;
    if (before === undefined) this.#same.set(declared, new Set([found]));
    else before.add(found);
    return true;
  }

  /**
   * The greatest of some values by their order, in which all NaNs are one, is the same in whatever order they are
   * taken.
   */
  #sameExtreme(declared: Term, found: Term): boolean {
    if (declared.kind !== "maximumByBits" && declared.kind !== "minimumByBits") return false;
    const [left, right] = [leavesOf(declared), leavesOf(found)];
    const rest = [...left].filter((leaf) => !right.delete(leaf));
    if (rest.length !== right.size || rest.length > mostLeaves) return false;
    return rest.every((leaf) => {
      const match = [...right].find((other) => this.#sameTerm(leaf, other));
      return match !== undefined && right.delete(match);
    });
  }

  /**
   * (0 + a) + b = (0 + b) + a: either is a + b, but for zeros, of which both give the positive one unless the other
   * operand is no zero.
   */
  #sameFirst(declared: Term, found: Term): boolean {
    const [xs, ys] = [firstTwo(declared), firstTwo(found)];
    if (xs === undefined || ys === undefined || (xs.inner !== ys.inner && sealedForm.get(xs.inner) !== ys.inner))
      return false;
    return (
      this.#sameTerm(xs.zero, ys.zero) && this.#sameTerm(xs.first, ys.second) && this.#sameTerm(xs.second, ys.first)
    );
  }

  /** Atoms are in the order of their ids, which a sealed sum among them may change. */
  #sameAffine(declared: Term, found: Term): boolean {
    const left = found.atoms.map((_, at) => at);
    return declared.atoms.every((atom, at) => {
      const match = left.findIndex(
        (other) => declared.coefficients[at] === found.coefficients[other] && this.#sameTerm(atom, found.atoms[other]!),
      );
      if (match >= 0) left.splice(match, 1);
      return match >= 0;
    });
  }

  /** The smallest parts in which the two differ. */
  partOfDifference(declared: Value, found: Value): Parts {
    return this.partsOfDifference(declared, found).at(-1)!;
  }
  /**
   * The two, and ever smaller parts in which they differ, going down while there is a pair of operands to blame; the
   * first of several.
   */
  partsOfDifference(declared: Value, found: Value): Parts[] {
    const all = [{ declared, found }];
    for (;;) {
      const { declared: a, found: b } = all.at(-1)!;
      if (typeof a !== "object" || typeof b !== "object" || a.bits !== b.bits || a.name !== b.name) return all;
      if (a.kind !== b.kind && sealedForm.get(a.kind) !== b.kind) return all;
      const [xs, ys] = [operandsOf(a), operandsOf(b)];
      if (xs.length !== ys.length || a.coefficients.some((coefficient, at) => coefficient !== b.coefficients[at]))
        return all;
      const straight = this.#differing(xs, ys);
      const crossed = xs.length === 2 && commutes.has(a.kind) ? this.#differing(xs, [ys[1]!, ys[0]!]) : straight;
      // Of equally many, operands of the same kind belong together.
      const alike = (pairs: readonly Parts[]): boolean =>
        pairs.every(({ declared: x, found: y }) => (x as Term).kind === (y as Term).kind);
      const differing =
        crossed.length < straight.length || (crossed.length === straight.length && !alike(straight) && alike(crossed))
          ? crossed
          : straight;
      if (differing.length === 0) return all;
      all.push(differing[0]!);
    }
  }

  #differing(xs: readonly Term[], ys: readonly Term[]): Parts[] {
    return xs.flatMap((x, at) => (this.matches(x, ys[at]!) ? [] : [{ declared: x, found: ys[at]! }]));
  }
}

/** What a fold's own step may be, too. */
const sealedForm = new Map<Term["kind"], Term["kind"]>([
  ["rawAdd", "add"],
  ["rawSubtract", "subtract"],
]);
const commutes = new Set([
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
]);

/** Values beyond which those that are left are not compared with each other. */
const mostLeaves = 64;

/** What a nest of the same operation is of. */
function leavesOf(term: Term): Set<Term> {
  const leaves = new Set<Term>();
  const seen = new Set<Term>();
  const open = [term];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.kind !== term.kind) leaves.add(part);
    else if (!seen.has(part)) {
      seen.add(part);
      open.push(part.a!, part.b!);
    }
  }
  return leaves;
}

/** Of a sum that begins with +0: that zero, and the two values that come after it. */
function firstTwo(
  term: Term,
): { readonly inner: Term["kind"]; readonly zero: Term; readonly first: Term; readonly second: Term } | undefined {
  const sum = (part: Term): part is Term & { a: Term; b: Term } => part.kind === "add" || part.kind === "rawAdd";
  if (!sum(term)) return undefined;
  for (const [inner, second] of [
    [term.a, term.b],
    [term.b, term.a],
  ] as const) {
    if (!sum(inner)) continue;
    for (const [zero, first] of [
      [inner.a, inner.b],
      [inner.b, inner.a],
    ] as const)
      if (zero.kind === "float" && zero.bits === 0) return { inner: inner.kind, zero, first, second };
  }
  return undefined;
}

/**
 * A value that is rounded to bf16 twice, or times 1 between: the first rounding's, which leaves a bf16 number (none is
 * subnormal) or the NaN.
 */
function roundedTwice(term: Term): Term | undefined {
  if (term.kind !== "roundBf16") return undefined;
  const { a } = term;
  if (a!.kind === "roundBf16") return a!;
  if (a!.kind !== "multiply") return undefined;
  const isOne = ({ kind, bits }: Term): boolean => kind === "float" && bits === 0x3f800000;
  const other = isOne(a!.a!) ? a!.b! : isOne(a!.b!) ? a!.a! : undefined;
  return other?.kind === "roundBf16" ? other : undefined;
}

function known(value: Value): number | boolean | undefined {
  if (typeof value !== "object") return value;
  return value.kind === "integer" || value.kind === "hidden" ? value.bits : undefined;
}

/** How a word of a tensor is called, in a message. */
export type Describe = (tensor: string, word: number) => string;

const infix: Partial<Record<Term["kind"], string>> = {
  add: "+",
  rawAdd: "+",
  subtract: "-",
  rawSubtract: "-",
  multiply: "*",
  rawMultiply: "*",
  rawDivide: "/",
  product: "*",
  divide: "/",
  remainder: "%",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
  less: "<",
  lessSigned: "<",
  equal: "==",
  lessFloat: "<",
  lessEqualFloat: "<=",
  equalFloat: "==",
  both: "&&",
  either: "||",
};
const titles: Partial<Record<Term["kind"], string>> = {
  rawAdd: "unsealed",
  rawSubtract: "unsealed",
  rawMultiply: "unsealed",
  rawFma: "fma, unsealed, of an inexact product",
  fma: "fma of an inexact product",
};

/** A value as a small tree, one operation on a line, cut below `depth`. */
export function renderTree(value: Value, describe: Describe, depth = 5): string {
  const lines: string[] = [];
  const visit = (part: Value, indent: string, left: number): void => {
    const inline = inlineText(part, describe, 1);
    if (typeof part !== "object" || operandsOf(part).length === 0 || inline !== undefined)
      return void lines.push(indent + (inline ?? leafText(part, describe)));
    if (left === 0) return void lines.push(`${indent}…`);
    lines.push(
      `${indent}${infix[part.kind] ?? part.kind}${titles[part.kind] === undefined ? "" : ` (${titles[part.kind]!})`}`,
    );
    for (const operand of operandsOf(part)) visit(operand, `${indent}  `, left - 1);
  };
  visit(value, "", depth);
  return lines.join("\n");
}

/** An expression on one line, if it is small. */
function inlineText(value: Value, describe: Describe, depth: number): string | undefined {
  if (typeof value !== "object" || operandsOf(value).length === 0) return leafText(value, describe);
  if (depth === 0) return undefined;
  const parts = operandsOf(value).map((operand) => inlineText(operand, describe, depth - 1));
  if (parts.some((part) => part === undefined)) return undefined;
  const symbol = infix[value.kind];
  const title = titles[value.kind] === undefined ? "" : ` (${titles[value.kind]!})`;
  if (value.kind === "affine") return linearText(value, parts as string[]);
  return symbol !== undefined && parts.length === 2
    ? `${parts[0]!} ${symbol} ${parts[1]!}${title}`
    : `${value.kind}(${parts.join(", ")})${title}`;
}

function linearText(value: Term, atoms: readonly string[]): string {
  const parts = atoms.map((atom, at) =>
    value.coefficients[at] === 1 ? atom : `${value.coefficients[at]! | 0} * ${atom}`,
  );
  return [...parts, ...(value.bits === 0 ? [] : [`${value.bits | 0}`])].join(" + ");
}

function leafText(value: Value, describe: Describe): string {
  if (typeof value !== "object") return String(value);
  switch (value.kind) {
    case "word":
      return value.a === null ? describe(value.name, value.bits) : `${value.name}[…]`;
    case "float":
      return `${f32OfBits(value.bits)}${value.name === "" && value.bits << 1 === 0 ? " (a literal)" : ""}`;
    case "integer":
    case "hidden":
      return String(value.bits);
    case "nothing":
      return "nothing";
    default:
      return value.name === "" ? value.kind : value.name;
  }
}
