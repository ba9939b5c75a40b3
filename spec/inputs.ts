/**
 * Seeded inputs that are hard on a kernel: full mantissas, wide exponents, both signs, cancellation and zeros of both
 * signs, so that another order of a sum gives other bits. Integers are chosen from how the kernel uses them.
 */
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { boundsOfUse, type Bounds } from "./bounds.ts";
import { sizeOf } from "./evaluator.ts";
import { orderSensitivity, addsFloats } from "./order.ts";
import { Random } from "./random.ts";

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
 *
 * What makes order matter differs between kernels, so there are several kinds of float data (see `kinds`); the first
 * is taken on which at least nine in ten outputs change with the order of the sums, or else the best.
 * Non-zero magnitudes lie in [2^-21, 2^5), parameters in [2^-8, 1).
 * @throws InputError where a unique table has more elements than its axis has places
 */
export function randomInputs(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number): RandomInputs {
  return inputsOfKind(kernel, extents, seed, kindFor(kernel, extents, seed));
}

function kindFor(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number): Kind {
  // Rows of a batch don't know of each other: a few of them tell enough, unless a table needs places for all.
  const few = kernel.inputs.some((input) => input.unique) ? extents : Object.fromEntries(
    kernel.axes.map(({ name, role }) => [name, role === "batch" ? Math.min(extents[name]!, 16) : extents[name]!]));
  let best = kinds[0]!;
  let most = 0;
  if (!addsFloats(kernel)) return best;
  for (const kind of kinds) {
    const sensitivity = orderSensitivity(kernel, few, inputsOfKind(kernel, few, seed, kind));
    if (sensitivity > most) [best, most] = [kind, sensitivity];
    if (sensitivity >= 0.9) break;
  }
  return best;
}

function inputsOfKind(kernel: Kernel, extents: Readonly<Record<string, number>>, seed: number, kind: Kind): RandomInputs {
  const bounds = boundsOfUse(kernel, extents);
  const firstFloat = kernel.inputs.find((input) => isFloat(input.storage))?.name;
  const elements = ({ name, storage, axes }: { name: string; storage: StorageType; axes: readonly string[] }, random: Random): Uint32Array => {
    const size = sizeOf(axes, extents);
    if (!isFloat(storage)) return integers(random, storage, size, bounds.inputs.get(name));
    const places = placesOf(new Random(seed, " places"), kind, extents[axes.at(-1) ?? ""] ?? 1);
    return floats(random, storage, size, kind, places, name === firstFloat);
  };
  const inputs = Object.fromEntries(kernel.inputs.map((input) => {
    const random = new Random(seed, input.name);
    return [input.name, input.unique ? distinct(random, input.name, sizeOf(input.axes, extents), bounds.inputs.get(input.name)) : elements(input, random)];
  }));
  const parameters = Object.fromEntries(kernel.parameters.map(({ name, type }) => {
    const random = new Random(seed, name);
    return [name, type === "f32" ? Math.fround(2 ** (-8 * random.unit())) : random.below(bounds.parameters.get(name)?.below ?? smallIntegers)];
  }));
  const scattered = kernel.outputs.filter((output) => output.place !== undefined);
  return { inputs, parameters, initial: Object.fromEntries(scattered.map((output) => [output.name, elements(output, new Random(seed, output.name))])) };
}

const smallIntegers = 16;

function isFloat(storage: StorageType): boolean {
  return storage === "f32" || storage === "bf16";
}

/** A way to make floats, all with full mantissas and, but for those that lie close together, zeros of both signs. */
interface Kind {
  /** Exponents of most elements: from, to (exclusive). */
  readonly exponents: readonly [number, number];
  /** Of 8 places, how many are `tiny` and `small` (see Place). */
  readonly tiny: number;
  readonly small: number;
  /** Of 8 places, how many nearly repeat the magnitude of the place before or, where all have one sign, of the row's first. */
  readonly repeats: number;
  /**
   * The exponent of a row's first element, if that is large. Later in the row it is nearly repeated: negated in the
   * first input, so that products cancel, too. What a sum loses between the two depends on what it holds.
   */
  readonly large?: number;
  /** Whether all of a row has one sign: rounding then errs to one side, as often as the tree lets it. */
  readonly oneSign: boolean;
  /**
   * The bits in which nearly repeated f32 elements may differ; the lowest three where absent. Where given, there are no
   * zeros: a row lies close around its mean, so that an error of the mean shows in every distance from it.
   */
  readonly spread?: number;
}

const kinds: readonly Kind[] = [
  { exponents: [-6, 0], tiny: 1, small: 1, repeats: 1, large: 4, oneSign: false },
  { exponents: [-6, 0], tiny: 0, small: 7, repeats: 0, large: 4, oneSign: true },
  { exponents: [-3, 1], tiny: 0, small: 0, repeats: 7, oneSign: true },
  { exponents: [-6, 1], tiny: 1, small: 0, repeats: 2, oneSign: false },
  { exponents: [0, 1], tiny: 0, small: 0, repeats: 8, oneSign: true, spread: 0xfff },
  { exponents: [4, 5], tiny: 0, small: 0, repeats: 8, oneSign: true, spread: 0x1fffff },
];

/** `tiny` elements are lost in a sum that holds a large one, `small` ones' products in a sum that holds a large product. */
type Place = "any" | "tiny" | "small" | "repeat" | "large" | "opposite";

/** What stands where in each row of this length, the same in every tensor, so that products are tiny or cancel together. */
function placesOf(random: Random, kind: Kind, row: number): Place[] {
  return Array.from({ length: row }, (_, i) => {
    const drawn = random.below(8);
    if (kind.large !== undefined && i === 0) return "large";
    if (kind.large !== undefined && i === Math.floor(row * 3 / 4)) return "opposite";
    if (drawn < kind.tiny) return "tiny";
    if (drawn < kind.tiny + kind.small) return "small";
    return i > 0 && drawn < kind.tiny + kind.small + kind.repeats ? "repeat" : "any";
  });
}

function floats(random: Random, storage: StorageType, size: number, kind: Kind, places: readonly Place[], negates: boolean): Uint32Array {
  const row = places.length;
  const signBit = 0x80000000;
  const lowBits = storage === "bf16" ? 0x10000 : kind.spread ?? 0x7;
  const magnitude = (from: number, to: number): number => ((127 + from + random.below(to - from)) << 23) | (random.bits() & 0x7fffff);
  const near = (other: number): number => (other & ~signBit) ^ (random.bits() & lowBits);
  const elements = new Uint32Array(size);
  let rowSign = 0;
  for (let i = 0; i < size; i++) {
    const sign = random.bits() & signBit;
    if (i % row === 0) rowSign = sign;
    const first = elements[i - (i % row)]!;
    const repeated = kind.oneSign ? first : elements[i - 1]!;
    const element = (place: Place): number => {
      switch (place) {
        case "large": return sign | (magnitude(kind.large!, kind.large! + 1) & 0xffbfffff);
        case "opposite": return ((first ^ (negates ? signBit : 0)) & signBit) | near(first);
        case "repeat": return (repeated & ~signBit) === 0 ? element("any") : (kind.oneSign ? rowSign : sign) | near(repeated);
        case "tiny": return rowSign | magnitude(-21, -20);
        case "small": return rowSign | magnitude(-9, -8) | 0x400000;
        case "any": return (kind.oneSign ? rowSign : sign) | magnitude(...kind.exponents);
      }
    };
    const place = places[i % row]!;
    const isZero = kind.spread === undefined && place !== "large" && place !== "opposite" && random.below(64) === 0;
    elements[i] = (isZero ? sign : element(place)) & (storage === "bf16" ? 0xffff0000 : 0xffffffff);
  }
  return elements;
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
