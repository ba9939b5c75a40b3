/**
 * Compares a written word with its declaration, as expressions or, on data, as bits. A difference that some inputs show
 * is thrown at once; one that none show is kept until the case ends.
 */
import { Comparison, renderTree } from "./compare.ts";
import type { ConcreteIntegers } from "./concrete.ts";
import { describeWord } from "./describe.ts";
import type { Expected } from "./expected.ts";
import type { Stored } from "./memory.ts";
import { Mismatch } from "./mismatch.ts";
import { counterexampleTo, type Pair } from "./refute.ts";
import type { CaseSetting } from "./setting.ts";
import type { Value } from "./term.ts";
import { hasForbidden, isUnsealed } from "./unsealed.ts";

/** Differences at one size that no inputs show, before the search ends. */
const mostUnclear = 6;
/** Terms that are evaluated to find inputs for a difference that a rule refutes already. */
const shortSearch = 200_000;

export class Differences {
  readonly #setting: CaseSetting;
  readonly #comparison = new Comparison();
  #unclear = 0;
  #first: Mismatch | undefined;

  constructor(setting: CaseSetting) {
    this.#setting = setting;
  }

  /** @throws Mismatch */
  compare({ element, guard, value }: Expected, found: Stored): void {
    const declared = value();
    const show = (part: Value): string =>
      renderTree(part, (tensor, word) => describeWord(this.#setting.tensors, tensor, word));
    if (this.#setting.concrete !== undefined)
      return this.#compareBits(
        this.#setting.concrete,
        element,
        [guard, found.guard],
        [declared, found.value],
        found.line,
      );
    const search = {
      kernel: this.#setting.request.kernel,
      extents: this.#setting.extents,
      effort: this.#setting.request.effort,
    };
    if (!this.#comparison.matches(guard, found.guard)) {
      const trees = { declared: `written where ${show(guard)}`, found: `written where ${show(found.guard)}` };
      this.#differs(
        new Mismatch(
          element,
          trees,
          found.line,
          counterexampleTo([[guard, found.guard]], search),
          this.#setting.textOf,
        ),
      );
      return;
    }
    if (this.#comparison.matches(declared, found.value)) return;
    const parts = this.#comparison.partOfDifference(declared, found.value);
    const isSeal =
      hasForbidden(found.value) ||
      isUnsealed(declared, found.value, this.#comparison, this.#setting.integers, this.#setting.floats);
    const pair: Pair = [declared, found.value];
    // Inputs say more than a rule that is broken; where one is, a short search is enough.
    const why =
      counterexampleTo([pair], isSeal ? { ...search, effort: { ...search.effort, left: shortSearch } } : search) ??
      (isSeal ? "seal" : undefined);
    this.#differs(
      new Mismatch(
        element,
        { declared: show(parts.declared), found: show(parts.found) },
        found.line,
        why,
        this.#setting.textOf,
      ),
    );
  }

  #compareBits(concrete: ConcreteIntegers, element: string, guards: Pair, values: Pair, line: number): void {
    for (const pair of [guards, values]) {
      const [declared, found] = pair.map((value) => concrete.bitsOf(value)) as [number, number];
      if (declared === found) continue;
      const [left, right] = pair.map((value) =>
        renderTree(value, (tensor, word) => describeWord(this.#setting.tensors, tensor, word), 3),
      ) as [string, string];
      throw new Mismatch(
        element,
        { declared: left, found: right },
        line,
        { inputs: this.#setting.sampled!.listed(), declared, found, special: false },
        this.#setting.textOf,
      );
    }
  }

  /** A difference that no inputs show is kept, and thrown at the end where none is found that they do. */
  #differs(mismatch: Mismatch): void {
    if (mismatch.outcome === "refuted" || ++this.#unclear > mostUnclear)
      throw this.#first !== undefined && mismatch.outcome !== "refuted" ? this.#first : mismatch;
    this.#first ??= mismatch;
  }

  /** @throws Mismatch where a difference was kept that no inputs show */
  assertNone(): void {
    if (this.#first !== undefined) throw this.#first;
  }
}
