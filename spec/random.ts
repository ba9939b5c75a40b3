/**
 * Random numbers for tests: xoshiro128** of Blackman and Vigna, its state filled by splitmix32 from the seed and a
 * name.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number, name: string) {
    let mixed = seed >>> 0;
    for (const character of name) mixed = Math.imul(mixed ^ character.codePointAt(0)!, 0x01000193) >>> 0;
    for (let i = 0; i < 4; i++) this.#state[i] = splitmix((mixed = (mixed + 0x9e3779b9) >>> 0));
  }

  /** 32 random bits. */
  bits(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /** In [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32;
  }

  /** An integer in [0, limit); 0 if there is none. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** The items in another order (Fisher and Yates). */
  shuffled<T>(items: readonly T[]): T[] {
    const result = [...items];
    for (let i = 0; i < result.length; i++) {
      const other = i + this.below(result.length - i);
      [result[i], result[other]] = [result[other]!, result[i]!];
    }
    return result;
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function splitmix(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
