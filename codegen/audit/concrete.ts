/**
 * Execution on concrete inputs: words stay terms, so that what was computed can be shown, and are evaluated wherever
 * control flow or an address needs to know them. What cannot be followed for all data at once is followed for these.
 */
import { NoValue, Values } from "./evaluate.ts";
import { Integers } from "./integers.ts";
import type { Sampled } from "./sampled.ts";
import type { TermPool, Truth, Value, Word } from "./term.ts";

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
    return typeof word === "number" ? word : this.#known(() => this.#values.of(word), () => super.plain(word));
  }
  override truth(condition: Truth): Truth {
    return typeof condition === "boolean" ? condition : this.#known<Truth>(() => this.#values.of(condition) !== 0, () => condition);
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
