/**
 * Seeded inputs that are hard on a kernel: full mantissas, wide exponents, both signs, cancellation and zeros of both
 * signs, so that another order of a sum gives other bits. Integers are chosen from how the kernel uses them.
 */
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { boundsOfUse, type Bounds } from "./bounds.ts";
import { sizeOf } from "./evaluator.ts";

/** Inputs that can't be made, such as more distinct places than an axis has. */
export class InputError extends Error {
  override readonly name = "InputError";
}

export interface RandomInputs {
  readonly inputs: Record<string, Uint32Array>;
  readonly parameters: Record<string, number>;
  /** What scattered outputs hold before. */
  readonly initial: Record<string, Uint32Array>;
}

/**
 * Random elements for everything that a kernel reads, one u32 for each element (a bf16 element as f32 bits). Each
 * tensor has its own stream, so that it does not depend on what else there is.
 * Floats are zero or have magnitudes in [2^-12, 2^4), parameters in [2^-20, 1).
 * @throws InputError where a unique table has more elements than its axis has places
 */
export function randomInputs(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number): RandomInputs {
  const bounds = boundsOfUse(kernel, extents);
  const inputs = Object.fromEntries(kernel.inputs.map((input) => {
    const size = sizeOf(input.axes, extents);
    const random = new Random(seed, input.name);
    if (isFloat(input.storage)) return [input.name, floats(random, seed, input.storage, size, extents[input.axes.at(-1) ?? ""] ?? 1)];
    const bound = bounds.inputs.get(input.name);
    return [input.name, input.unique ? distinct(random, input.name, size, bound) : integers(random, input.storage, size, bound)];
  }));
  const parameters = Object.fromEntries(kernel.parameters.map(({ name, type }) => {
    const random = new Random(seed, name);
    return [name, type === "f32" ? Math.fround(2 ** (-20 * random.unit())) : random.below(bounds.parameters.get(name)?.below ?? smallIntegers)];
  }));
  const initial = Object.fromEntries(kernel.outputs.filter((output) => output.place !== undefined).map((output) => {
    const random = new Random(seed, output.name);
    const size = sizeOf(output.axes, extents);
    return [output.name, isFloat(output.storage) ? floats(random, seed, output.storage, size, extents[output.axes.at(-1)!]!) : integers(random, output.storage, size, undefined)];
  }));
  return { inputs, parameters, initial };
}

const smallIntegers = 16;

function isFloat(storage: StorageType): boolean {
  return storage === "f32" || storage === "bf16";
}

/** xoshiro128** of Blackman and Vigna, its state filled by splitmix32 from the seed and a name. */
class Random {
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
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function splitmix(x: number): number {
  let z = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * Elements of rows of `row`. Three things make the order of a sum along a row matter: its first element is larger
 * than the rest, so that a flat chain loses what small ones add up to; exponents are wide; and some elements nearly
 * repeat the magnitude of the one before, at the same places in every tensor, so that products cancel, too.
 */
function floats(random: Random, seed: number, storage: StorageType, size: number, row: number): Uint32Array {
  const repeats = new Random(seed, " repeats");
  const isRepeat = Uint8Array.from({ length: row }, (_, i) => (i > 0 && repeats.below(4) === 0 ? 1 : 0));
  const elements = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    const bits = random.bits();
    const sign = bits & 0x80000000;
    const mantissa = bits & 0x7fffff;
    const kind = random.below(64);
    if (kind === 0) elements[i] = sign;
    else if (isRepeat[i % row] === 1 && (elements[i - 1]! & 0x7fffffff) !== 0) elements[i] = sign | ((elements[i - 1]! & 0x7fffffff) ^ (bits & (storage === "bf16" ? 0x10000 : 0xff)));
    else elements[i] = sign | ((127 + exponent(random, i % row === 0, kind)) << 23) | mantissa;
    if (storage === "bf16") elements[i]! &= 0xffff0000;
  }
  return elements;
}

/** Mostly within six octaves below 1, so that an exponential of a sum is neither 0 nor 1; one in four far below. */
function exponent(random: Random, isFirst: boolean, kind: number): number {
  if (isFirst) return 1;
  if (kind === 1) return 2 + random.below(2);
  return kind < 16 ? -12 + random.below(6) : -6 + random.below(6);
}

/** Integers below a bound, which both 0 and the largest are among if there is room. */
function integers(random: Random, storage: StorageType, size: number, bound: Bounds | undefined): Uint32Array {
  if (bound === undefined) return Uint32Array.from({ length: size }, () => random.below(smallIntegers) * (storage === "i32" && random.bits() & 1 ? -1 : 1));
  const elements = Uint32Array.from({ length: size }, () => random.below(bound.below));
  if (size > 1 && bound.below > 0) {
    const zero = random.below(size);
    elements[zero] = 0;
    elements[(zero + 1 + random.below(size - 1)) % size] = bound.below - 1;
  }
  return elements;
}

/** Distinct integers below a bound. */
function distinct(random: Random, name: string, size: number, bound: Bounds | undefined): Uint32Array {
  const limit = bound?.below ?? Math.max(size, smallIntegers);
  if (limit < size) {
    throw new InputError(`'${name}' needs ${size} distinct values, but axis '${bound!.axis}' has places for ${limit}: give it a larger extent`);
  }
  const places = Uint32Array.from({ length: limit }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const other = i + random.below(limit - i);
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
  return places.slice(0, size);
}
