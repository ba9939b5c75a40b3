/** A sequence of numbers that decides everything about a random kernel. */
import fc from "fast-check";

/**
 * Decisions taken from given numbers, one after the other, and where they have come to an end from zeros. The simplest
 * alternative always answers to zero, so that fast-check makes a kernel simpler by making its numbers fewer and
 * smaller.
 */
export class Choices {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  /** A number in [0, limit). */
  below(limit: number): number {
    return (this.#numbers[this.#at++] ?? 0) % limit;
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  pick<T>(alternatives: readonly T[]): T {
    return alternatives[this.below(alternatives.length)]!;
  }

  /** One of the alternatives, each as often as its weight says. */
  weighted<T>(alternatives: readonly (readonly [weight: number, alternative: T])[]): T {
    let left = this.below(alternatives.reduce((total, [weight]) => total + weight, 0));
    for (const [weight, alternative] of alternatives) {
      if (left < weight) return alternative;
      left -= weight;
    }
    throw new Error("there is nothing to choose from");
  }

  /** Whether something happens that happens once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === times - 1;
  }

  /** A few of the alternatives, at least one, in any order. */
  some<T>(alternatives: readonly T[], most: number): T[] {
    const left = [...alternatives];
    const count = Math.min(left.length, this.between(1, most));
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0]!);
  }
}

/** As many decisions as a large kernel takes, all alternatives as likely as their weights say. */
export function arbitraryNumbers(): fc.Arbitrary<number[]> {
  return fc.noBias(fc.array(fc.nat(0xffff), { minLength: 0, maxLength: 400, size: "max" }));
}
