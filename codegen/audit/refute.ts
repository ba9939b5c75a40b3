/**
 * Two expressions that differ may have the same value, so a difference refutes nothing by itself. This looks for inputs
 * on which the two have different bits, among data that tells arithmetic apart: all magnitudes, ties, sums that cancel,
 * table entries inside and outside of every axis, and at last values that are no finite numbers.
 */
import type { Kernel } from "../../dsl/ir.ts";
import { bitsOfF32 } from "../../dsl/expr.ts";
import { type Counterexample } from "./certificate.ts";
import { Evaluator, type Inputs, isSpecial, type Met, NoValue } from "./evaluate.ts";
import type { Value } from "./term.ts";

/** What the two are, that some inputs are to tell apart: pairs of a declared and a found value. */
export type Pair = readonly [declared: Value, found: Value];

export interface Search {
  readonly kernel: Kernel;
  /** Extents of all axes, around which table entries lie. */
  readonly extents: Readonly<Record<string, number>>;
  /** Terms that all evaluations together may go through. */
  readonly work?: number;
}

export interface Found extends Counterexample {
  /** Whether a value on the way is not finite, or subnormal: there no bits are promised, but these are not the declared ones. */
  readonly special: boolean;
}

/** A NaN as x86 makes it; another device's is `canonicalNaN`. */
const otherNaN = 0xffc00000;

const attempts = 4000;
const workOfSearch = 6_000_000;

/** Inputs on which one of the pairs has different bits; undefined where none were found. */
export function counterexampleTo(pairs: readonly Pair[], { kernel, extents, work = workOfSearch }: Search): Found | undefined {
  try {
    const both = new Evaluator(pairs.flat());
    const candidates = candidatesOf(extents);
    const storages = new Map<string, Storage>(kernel.inputs.map(({ name, storage }) => [name, storage]));
    let best: { readonly seed: number; readonly rank: number } | undefined;
    const most = Math.min(attempts, Math.ceil(work / both.size));
    for (let seed = 0; seed < most; seed++) {
      const rank = rankOf(both, new Sampled(seed, storages, candidates));
      if (rank !== undefined && (best === undefined || rank < best.rank)) best = { seed, rank };
      if (best?.rank === 0 || (best !== undefined && seed > most / 4)) break;
    }
    if (best !== undefined) return shrunk(both, new Sampled(best.seed, storages, candidates), best.rank, Math.ceil(work / both.size));
    return ofNaN(pairs, storages, candidates);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

type Storage = "f32" | "bf16" | "u32" | "i32";

/** How far a difference is within the contract: 0 where all values are finite and normal, 2 where even the results are not; undefined where there is none. */
function rankOf(both: Evaluator, inputs: Inputs): number | undefined {
  const met: Met = { special: false };
  const pair = differing(both.evaluate(inputs, met));
  if (pair === undefined) return undefined;
  return !met.special ? 0 : pair.some(isSpecial) ? 2 : 1;
}

function differing(values: readonly number[]): readonly [declared: number, found: number] | undefined {
  for (let at = 0; at < values.length; at += 2) if (values[at] !== values[at + 1]) return [values[at]!, values[at + 1]!];
  return undefined;
}

/** A NaN that is stored as the device makes it differs from the declared one where the device's is another. */
function ofNaN(pairs: readonly Pair[], storages: ReadonlyMap<string, Storage>, candidates: readonly number[]): Found | undefined {
  const isStored = pairs.some(([declared, found]) =>
    typeof declared === "object" && declared.kind === "canonical" && typeof found === "object" && found.kind !== "canonical");
  if (!isStored) return undefined;
  const declared = new Evaluator(pairs.map(([value]) => value));
  const found = new Evaluator(pairs.map(([, value]) => value), otherNaN);
  for (let seed = 0; seed < 200; seed++) {
    const inputs = new Sampled(7 * seed + 6, storages, candidates);
    const [as, bs] = [declared.evaluate(inputs), found.evaluate(inputs)];
    const at = as.findIndex((bits, pair) => bits !== bs[pair]);
    if (at >= 0) return { inputs: inputs.listed(), declared: as[at]!, found: bs[at]!, special: true };
  }
  return undefined;
}

/** The same difference, with as many inputs as possible zero. */
function shrunk(both: Evaluator, inputs: Sampled, rank: number, evaluations: number): Found {
  const holds = (): boolean => {
    const now = rankOf(both, inputs);
    return now !== undefined && now <= rank;
  };
  holds();
  let left = Math.min(evaluations, 600);
  // Halves first: most words seldom matter.
  for (let size = inputs.read.length; size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const keys = inputs.read;
    for (let from = 0; from < keys.length && left-- > 0; from += size) inputs.without(keys.slice(from, from + size), holds);
  }
  const met: Met = { special: false };
  const [declared, found] = differing(both.evaluate(inputs, met))!;
  return { inputs: inputs.listed(), declared, found, special: met.special };
}

/** Table entries: around every extent, and each below the first few. */
function candidatesOf(extents: Readonly<Record<string, number>>): number[] {
  const around = Object.values(extents).flatMap((extent) => [extent - 2, extent - 1, extent, extent + 1]);
  return [...new Set([0, 1, 2, 3, ...around])].filter((value) => value >= 0);
}

const fives = 5;

/** Data made of a seed. What was read is known, and may be set to zero. */
class Sampled implements Inputs {
  readonly #seed: number;
  readonly #storages: ReadonlyMap<string, Storage>;
  readonly #candidates: readonly number[];
  readonly #read = new Map<string, { readonly name: string; readonly word: number; bits: number }>();

  constructor(seed: number, storages: ReadonlyMap<string, Storage>, candidates: readonly number[]) {
    this.#seed = seed;
    this.#storages = storages;
    this.#candidates = candidates;
  }

  readonly word = (tensor: string, address: number): number =>
    this.#of(tensor, address, (random) => this.#bits(this.#storages.get(tensor) ?? "f32", random));

  readonly parameter = (label: string, type: string): number =>
    this.#of(label.replace(/^parameter /, ""), 0, (random) => this.#bits(type === "float" ? "f32" : "u32", random));

  #of(name: string, word: number, make: (random: Random) => number): number {
    const key = `${name} ${word}`;
    let entry = this.#read.get(key);
    if (entry === undefined) this.#read.set(key, (entry = { name, word, bits: make(new Random(this.#seed, name, word)) }));
    return entry.bits;
  }

  #bits(storage: Storage, random: Random): number {
    switch (storage) {
      case "f32": return float(this.#seed, random);
      case "bf16": return ((bf16(this.#seed, random) >>> 16) | bf16(this.#seed, random)) >>> 0;
      default: return this.#integer(random);
    }
  }

  #integer(random: Random): number {
    switch (this.#seed % fives) {
      case 0: return random.below(4);
      case 1: case 2: return this.#candidates[random.below(this.#candidates.length)]!;
      case 3: return random.below(Math.max(...this.#candidates) + 1);
      default: return random.below(3) === 0 ? random.bits() : (random.below(64) - 16) >>> 0;
    }
  }

  get read(): string[] {
    return [...this.#read].flatMap(([key, { bits }]) => (bits === 0 ? [] : [key]));
  }

  /** Makes zeros of these, if what `holds` says is still so. */
  without(keys: readonly string[], holds: () => boolean): void {
    const before = keys.map((key) => this.#read.get(key)!.bits);
    for (const key of keys) this.#read.get(key)!.bits = 0;
    if (!holds()) keys.forEach((key, at) => { this.#read.get(key)!.bits = before[at]!; });
  }

  listed(): Counterexample["inputs"] {
    return [...this.#read.values()].filter(({ bits }) => bits !== 0).map(({ name, word, bits }) => ({ name, word, bits }));
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
    default: return [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, bitsOfF32(sign), bitsOfF32(random.unit())][random.below(12)]!;
  }
}

/** The same as the upper half of a word, its lower half zero, and zero where it is small. */
function bf16(seed: number, random: Random): number {
  const bits = float(seed, random) & 0xffff0000;
  return (bits & 0x7fffffff) < 0x23800000 ? bits & 0x80000000 : bits;
}

/** Numbers that depend on a seed, a name and a place (SplitMix, Steele et al. 2014, in 32 bits). */
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
