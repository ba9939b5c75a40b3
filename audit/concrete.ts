/**
 * Execution on concrete inputs: words stay terms, so that what was computed can be shown, and are evaluated wherever
 * control flow or an address needs to know them. What cannot be followed for all data at once is followed for these.
 */
import { apply, bitsFor, operationOf } from "./apply.ts";
import { canonical } from "../dsl/bits.ts";
import { NoValue, Values, valueOf } from "./evaluate.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import type { Sampled } from "./sampled.ts";
import {
  type Term,
  type TermKind,
  TermPool,
  TooManyTerms,
  type TermType,
  type Truth,
  type Value,
  type Word,
} from "./term.ts";

export class ConcreteIntegers extends Integers {
  readonly #values: Values;

  constructor(pool: TermPool, inputs: Sampled) {
    super(pool);
    this.#values = new Values(inputs);
  }

  /** @throws NoValue */
  bitsOf(value: Value): number {
    return this.#values.of(value);
  }

  override plain(word: Word): Word {
    return typeof word === "number"
      ? word
      : this.#known(
          () => this.#values.of(word),
          () => super.plain(word),
        );
  }
  override truth(condition: Truth): Truth {
    return typeof condition === "boolean"
      ? condition
      : this.#known<Truth>(
          () => this.#values.of(condition) !== 0,
          () => condition,
        );
  }

  /** A function is summarized with unknown arguments. */
  #known<T>(known: () => T, unknown: () => T): T {
    try {
      return known();
    } catch (error) {
      if (error instanceof NoValue) return unknown();
      throw error;
    }
  }
}

/**
 * Terms of which those of known values are these values at once: an execution for nothing but its bits. A float is a
 * constant, and an integer or a bool plain, as `Integers` and `Floats` have them wherever they are known.
 */
export class ConcretePool extends TermPool {
  readonly #inputs: Sampled;
  readonly #bits = bitsFor(4);
  readonly #most: number;
  /** Operations and reads so far. */
  operations = 0;

  /** `most`: operations and reads after which the execution ends. */
  constructor(inputs: Sampled, most: number) {
    super();
    this.#inputs = inputs;
    this.#most = most;
  }

  #count(): void {
    if (++this.operations > this.#most) throw new TooManyTerms(`more than ${this.#most} operations`);
  }

  #known(type: TermType, bits: number): Term {
    return type === "float" ? this.constant("float", bits) : ((type === "bool" ? bits !== 0 : bits) as unknown as Term);
  }
  /** There is one zero of each sign: nobody has to hide it from a driver. */
  override constant(kind: "float" | "hidden", bits: number, name = ""): Term {
    return super.constant(kind, bits, kind === "float" ? "" : name);
  }
  override leaf(
    kind: "argument" | "nothing" | "ones" | "parameter" | "word",
    type: TermType,
    name: string,
    low?: number,
    high?: number,
  ): Term {
    return kind === "parameter"
      ? this.#known(type, this.#inputs.parameter(name, type))
      : super.leaf(kind, type, name, low, high);
  }
  override word(tensor: string, type: "float" | "integer", address: Word): Term {
    if (typeof address !== "number") return super.word(tensor, type, address);
    this.#count();
    const bits = this.#inputs.word(tensor, address);
    return this.#known(type, type === "float" ? canonical(bits) : bits);
  }
  override node(
    kind: TermKind,
    type: TermType,
    a: Term,
    b: Term | null = null,
    c: Term | null = null,
    low?: number,
    high?: number,
  ): Term {
    if (!isKnown(a) || (b !== null && !isKnown(b)) || (c !== null && !isKnown(c)))
      return super.node(kind, type, a, b, c, low, high);
    this.#count();
    const { words } = this.#bits;
    [words[1], words[2], words[3]] = [a.bits, b === null ? 0 : b.bits, c === null ? 0 : c.bits];
    const operation = operationOf(kind);
    if (operation === 0) return this.#known(type, valueOf(kind, a.bits, b === null ? 0 : b.bits));
    apply(operation, this.#bits, 0, 1, 2, 3);
    return this.#known(type, words[0]!);
  }
}

/** Operations of known values, whose form does not matter. */
export class ConcreteFloats extends Floats {
  override add(a: Term, b: Term, raw = false): Term {
    return isKnown(a) && isKnown(b) ? this.pool.node("add", "float", a, b) : super.add(a, b, raw);
  }
  override subtract(a: Term, b: Term, raw = false): Term {
    return isKnown(a) && isKnown(b) ? this.pool.node("subtract", "float", a, b) : super.subtract(a, b, raw);
  }
  override multiply(a: Term, b: Term, raw = false): Term {
    return isKnown(a) && isKnown(b) ? this.pool.node("multiply", "float", a, b) : super.multiply(a, b, raw);
  }
  override fma(a: Term, b: Term, c: Term): Term {
    return isKnown(a) && isKnown(b) && isKnown(c) ? this.pool.node("fma", "float", a, b, c) : super.fma(a, b, c);
  }
}

const isKnown = ({ kind }: Term): boolean => kind === "float" || kind === "integer" || kind === "hidden";
