/** Data that tells arithmetic apart, made of seeds: the words of inputs, of which every one that is read is remembered. */
import { bitsOfF32 } from "../../dsl/expr.ts";
import type { Kernel } from "../../dsl/ir.ts";
import type { Counterexample } from "./certificate.ts";
import type { Inputs } from "./evaluate.ts";

export interface SampledRequest {
  readonly kernel: Kernel;
  /** Extents of all axes, around which table entries lie. */
  readonly extents: Readonly<Record<string, number>>;
  /** The bits of a table's entry or an integer parameter, where they are not left to chance. */
  readonly entry?: (name: string, element: number) => number | undefined;
}

/** Words that a counterexample lists. */
const mostListed = 4096;

export class Sampled implements Inputs {
  readonly #seed: number;
  readonly #request: SampledRequest;
  readonly #candidates: readonly number[];
  readonly #read = new Map<string, { readonly name: string; readonly word: number; bits: number }>();

  constructor(seed: number, request: SampledRequest) {
    this.#seed = seed;
    this.#request = request;
    // Around every extent, and the first few.
    const around = Object.values(request.extents).flatMap((extent) => [extent - 2, extent - 1, extent, extent + 1]);
    this.#candidates = [...new Set([0, 1, 2, 3, ...around])].filter((value) => value >= 0);
  }

  readonly word = (tensor: string, address: number): number => {
    const storage = this.#request.kernel.inputs.find(({ name }) => name === tensor)?.storage;
    return this.#of(tensor, address, (random) => this.#bits(storage ?? "f32", tensor, address, random));
  };
  readonly parameter = (label: string, type: string): number => {
    const name = label.replace(/^parameter /, "");
    return this.#of(name, 0, (random) => this.#bits(type === "float" ? "f32" : "u32", name, 0, random));
  };

  #of(name: string, word: number, make: (random: Random) => number): number {
    const key = `${name} ${word}`;
    let entry = this.#read.get(key);
    if (entry === undefined) this.#read.set(key, (entry = { name, word, bits: make(new Random(this.#seed, name, word)) }));
    return entry.bits;
  }

  #bits(storage: "f32" | "bf16" | "u32" | "i32", name: string, word: number, random: Random): number {
    if (storage === "f32") return float(this.#seed, random);
    if (storage === "bf16") return ((bf16(this.#seed, random) >>> 16) | bf16(this.#seed, random)) >>> 0;
    return this.#request.entry?.(name, word) ?? this.#integer(random);
  }

  #integer(random: Random): number {
    switch (this.#seed % 5) {
      case 0: return random.below(4);
      case 1: case 2: return this.#candidates[random.below(this.#candidates.length)]!;
      case 3: return random.below(Math.max(...this.#candidates) + 1);
      default: return random.below(3) === 0 ? random.bits() : (random.below(64) - 16) >>> 0;
    }
  }

  /** Another value for a word: the `at`-th of some that are near each other and differ in all their bits. */
  vary(name: string, word: number, at: number): void {
    const storage = this.#request.kernel.inputs.find((input) => input.name === name)?.storage ?? "f32";
    const key = `${name} ${word}`;
    const random = new Random(at, name, word);
    const near = (): number => ((126 + random.below(3)) << 23) | random.below(0x800000);
    const bits = storage === "f32" ? near() : storage === "bf16" ? ((near() >>> 16) | (near() & 0xffff0000)) >>> 0 : random.below(4096);
    this.#read.set(key, { name, word, bits });
  }

  /** What was read and is not zero. */
  get read(): string[] {
    return [...this.#read].flatMap(([key, { bits }]) => (bits === 0 ? [] : [key]));
  }

  /** Makes zeros of these, if what `holds` says is still so. */
  without(keys: readonly string[], holds: () => boolean): void {
    const before = keys.map((key) => this.#read.get(key)!.bits);
    for (const key of keys) this.#read.get(key)!.bits = 0;
    if (!holds()) keys.forEach((key, at) => { this.#read.get(key)!.bits = before[at]!; });
  }

  listed(): Omit<Counterexample["inputs"][number], "text">[] {
    return [...this.#read.values()].filter(({ bits }) => bits !== 0).slice(0, mostListed).map(({ name, word, bits }) => ({ name, word, bits }));
  }
}

/** An f32 of the kind that this seed's turn is. */
function float(seed: number, random: Random): number {
  const sign = random.below(2) * 2 - 1;
  switch (seed % 7) {
    case 0: return bitsOfF32(sign * (random.unit() * 2));
    case 1: return bitsOfF32(sign * random.below(9));
    // All of one sign, and large.
    case 2: return bitsOfF32((seed % 14 < 7 ? -1 : 1) * (100 + random.unit() * 1000));
    case 3: return bitsOfF32(sign * random.unit() * 2 ** (random.below(40) - 20));
    // Ties of a rounding to 16 bits, and their neighbors.
    case 4: return ((random.below(2) << 31) | ((120 + random.below(12)) << 23) | (random.below(128) << 16) | [0x8000, 0x8000, 0x7fff, 0x8001][random.below(4)]!) >>> 0;
    // Every exponent, such as thresholds have.
    case 5: return ((random.below(2) << 31) | ((1 + random.below(254)) << 23) | (random.bits() & 0x7fffff)) >>> 0;
    default: return (random.below(3) > 0 ? specials[random.below(specials.length)]! : bitsOfF32(sign * random.unit()));
  }
}

/** Infinities, NaN, subnormals, and the ends of the normal numbers. */
const specials = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000];

/** The seeds whose floats are zero or normal, and of no great magnitude. */
export const isTame = (seed: number): boolean => [0, 1, 3].includes(seed % 7);

/** The same as the upper half of a word, its lower half zero, and zero where it is small. */
function bf16(seed: number, random: Random): number {
  const bits = float(seed, random) & 0xffff0000;
  return (bits & 0x7fffffff) < 0x23800000 ? bits & 0x80000000 : bits;
}

/** Numbers that depend on a seed, a name and a place (a Weyl sequence through Murmur3's finalizer). */
class Random {
  #state: number;

  constructor(seed: number, name: string, word: number) {
    let hash = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(word + 1, 0x85ebca6b);
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    this.#state = hash | 0;
  }

  bits(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }
  below(limit: number): number {
    return Math.floor((this.bits() / 2 ** 32) * limit);
  }
  unit(): number {
    return this.bits() / 2 ** 32;
  }
}
