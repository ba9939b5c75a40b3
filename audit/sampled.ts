/**
 * Data that tells arithmetic apart, made of seeds: the words of inputs, of which every one that is read is remembered.
 */
import { bitsOfF32 } from "../dsl/expr.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Counterexample } from "./certificate.ts";
import type { Inputs } from "./evaluate.ts";

export interface SampledRequest {
  readonly kernel: Kernel;
  /** Extents of all axes, around which table entries lie. */
  readonly extents: Readonly<Record<string, number>>;
  /** The bits of a table's entry or an integer parameter, where they are not left to chance. */
  readonly entry?: (name: string, element: number) => number | undefined;
}

type Storage = "f32" | "bf16" | "u32" | "i32";
type Read = Omit<Counterexample["inputs"][number], "text">;

/** Words that a counterexample lists. */
const mostListed = 4096;

export class Sampled implements Inputs {
  readonly #seed: number;
  readonly #request: SampledRequest;
  readonly #candidates: readonly number[];
  readonly #read = new Map<string, Map<number, number>>();
  readonly #random = new Random();

  constructor(seed: number, request: SampledRequest) {
    this.#seed = seed;
    this.#request = request;
    // Around every extent, and the first few.
    const around = Object.values(request.extents).flatMap((extent) => [extent - 2, extent - 1, extent, extent + 1]);
    this.#candidates = [...new Set([0, 1, 2, 3, ...around])].filter((value) => value >= 0);
  }

  readonly word = (tensor: string, address: number): number => {
    const known = this.#read.get(tensor)?.get(address);
    return (
      known ??
      this.#put(
        tensor,
        address,
        this.#bits(this.#storageOf(tensor), tensor, address, this.#random.of(this.#seed, tensor, address)),
      )
    );
  };
  readonly parameter = (label: string, type: string): number => {
    const name = label.replace(/^parameter /, "");
    const known = this.#read.get(name)?.get(0);
    if (known !== undefined) return known;
    const bits = this.#bits(type === "float" ? "f32" : "u32", name, 0, this.#random.of(this.#seed, name, 0));
    // A negative epsilon makes a NaN of everything; other seeds try it.
    return this.#put(name, 0, type === "float" && isTame(this.#seed) ? bits & 0x7fffffff : bits);
  };

  #storageOf(tensor: string): Storage {
    let storage = this.#storages.get(tensor);
    if (storage === undefined)
      this.#storages.set(
        tensor,
        (storage = this.#request.kernel.inputs.find(({ name }) => name === tensor)?.storage ?? "f32"),
      );
    return storage;
  }
  readonly #storages = new Map<string, Storage>();

  #put(name: string, word: number, bits: number): number {
    let words = this.#read.get(name);
    if (words === undefined) this.#read.set(name, (words = new Map()));
    words.set(word, bits);
    return bits;
  }

  #bits(storage: Storage, name: string, word: number, random: Random): number {
    if (storage === "f32") return float(this.#seed, random);
    if (storage === "bf16") return ((bf16(this.#seed, random) >>> 16) | bf16(this.#seed, random)) >>> 0;
    return this.#request.entry?.(name, word) ?? this.#integer(random);
  }

  #integer(random: Random): number {
    switch (this.#seed % 5) {
      case 0:
        return random.below(4);
      case 1:
      case 2:
        return this.#candidates[random.below(this.#candidates.length)]!;
      case 3:
        return random.below(Math.max(...this.#candidates) + 1);
      default:
        return random.below(3) === 0 ? random.bits() : (random.below(64) - 16) >>> 0;
    }
  }

  /**
   * Another value for a word, the `turn`-th; gives what it held. Most are of even magnitude and differ in all their
   * bits; some are of any kind, or near one of `constants`.
   */
  vary(name: string, word: number, turn: number, constants: readonly number[]): number {
    const before = this.word(name, word);
    const random = this.#random.of(turn, name, word);
    const storage = this.#storageOf(name);
    if (storage === "u32" || storage === "i32") this.#put(name, word, this.#integer(random));
    else {
      const sign = (): number => random.below(2) << 31;
      const near = (): number => {
        if (turn % 8 === 7) return float((turn >>> 3) % 6, random);
        if (turn % 8 === 3 && constants.length > 0)
          return ((constants[random.below(constants.length)]! + random.below(0x800000) - 0x400000) | sign()) >>> 0;
        return (sign() | ((124 + random.below(6)) << 23) | random.below(0x800000)) >>> 0;
      };
      this.#put(name, word, storage === "f32" ? near() : ((flushed(near()) >>> 16) | flushed(near())) >>> 0);
    }
    return before;
  }
  set(name: string, word: number, bits: number): void {
    this.#put(name, word, bits);
  }

  /** What was read and is not zero. */
  get read(): Read[] {
    return [...this.#read].flatMap(([name, words]) =>
      [...words].flatMap(([word, bits]) => (bits === 0 ? [] : [{ name, word, bits }])),
    );
  }

  /** Makes zeros of these, if what `holds` says is still so. */
  without(some: readonly Read[], holds: () => boolean): void {
    for (const { name, word } of some) this.#put(name, word, 0);
    if (!holds()) for (const { name, word, bits } of some) this.#put(name, word, bits);
  }

  listed(): Read[] {
    return this.read.slice(0, mostListed);
  }
}

/** An f32 of the kind that this seed's turn is. */
function float(seed: number, random: Random): number {
  const sign = random.below(2) * 2 - 1;
  switch (seed % 7) {
    case 0:
      return bitsOfF32(sign * (random.unit() * 2));
    case 1:
      return bitsOfF32(sign * random.below(9));
    // All of one sign, and large.
    case 2:
      return bitsOfF32((seed % 14 < 7 ? -1 : 1) * (100 + random.unit() * 1000));
    case 3:
      return bitsOfF32(sign * random.unit() * 2 ** (random.below(40) - 20));
    // Ties of a rounding to 16 bits, and their neighbors.
    case 4:
      return (
        ((random.below(2) << 31) |
          ((120 + random.below(12)) << 23) |
          (random.below(128) << 16) |
          [0x8000, 0x8000, 0x7fff, 0x8001][random.below(4)]!) >>>
        0
      );
    // Every exponent, such as thresholds have.
    case 5:
      return ((random.below(2) << 31) | ((1 + random.below(254)) << 23) | (random.bits() & 0x7fffff)) >>> 0;
    default:
      return random.below(3) > 0 ? specials[random.below(specials.length)]! : bitsOfF32(sign * random.unit());
  }
}

/** Infinities, NaN, subnormals, and the ends of the normal numbers. */
const specials = [
  0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800000,
];

/** The seeds whose floats are zero or normal, and of no great magnitude. */
export const isTame = (seed: number): boolean => [0, 1, 3].includes(seed % 7);

/** The same as the upper half of a word, its lower half zero, and zero where it is small. */
function bf16(seed: number, random: Random): number {
  return flushed(float(seed, random));
}
function flushed(value: number): number {
  const bits = value & 0xffff0000;
  return (bits & 0x7fffffff) < 0x23800000 ? bits & 0x80000000 : bits;
}

/** Numbers that depend on a seed, a name and a place (a Weyl sequence through Murmur3's finalizer). */
class Random {
  readonly #names = new Map<string, number>();
  #state = 0;

  /** Begins anew, at this seed and place. */
  of(seed: number, name: string, word: number): this {
    let hash = this.#names.get(name);
    if (hash === undefined) {
      hash = 0;
      for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
      this.#names.set(name, hash);
    }
    this.#state = hash ^ Math.imul(seed + 1, 0x27d4eb2f) ^ Math.imul(word + 1, 0x85ebca6b);
    return this;
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
