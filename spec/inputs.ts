/**
 * Seeded inputs that are hard on a kernel: full mantissas, wide exponents, both signs, cancellation and zeros of both
 * signs, so that another order of a sum gives other bits. Integers are chosen from how the kernel uses them.
 */
import { own } from "../dsl/own.ts";
import { bitsOfF32 } from "../dsl/expr.ts";
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { boundsOfUse, type Bounds } from "./bounds.ts";
import { sizeOf } from "./evaluator.ts";
import { addsFloats, changedBy, otherOrders, reductionsOf } from "./order.ts";
import { Random } from "./random.ts";
import { holdsFloats } from "../runtime/storage.ts";

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

export interface InputOptions {
  /** Values of parameters that are not left to chance. */
  readonly parameters?: Readonly<Record<string, number>>;
  /** What `kindFor` gave, where many inputs are made for one kernel. */
  readonly kind?: Kind;
}

/**
 * Random elements for everything that a kernel reads, one u32 for each element (a bf16 element as f32 bits). Each
 * tensor has its own stream, so that it does not depend on what else there is.
 *
 * What makes order matter differs between kernels, so there are several kinds of float data (see `kinds`): `kindFor`
 * chooses where none is given. Non-zero magnitudes lie in [2^-26, 2^5), parameters in [2^-8, 1).
 * @throws InputError where a unique table has more elements than its axis has places
 */
export function randomInputs(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  seed: number,
  { parameters: fixed = {}, kind = kindFor(kernel, extents, seed, fixed) }: InputOptions = {},
): RandomInputs {
  const bounds = boundsOfUse(kernel, extents);
  const reduced = new Set(reductionsOf(kernel).map(({ axis }) => axis));
  const floatInputs = kernel.inputs.filter(({ storage }) => holdsFloats(storage));
  const first = floatInputs[0]?.name;
  const leading = (floatInputs.find(({ axes }) => axes.some((axis) => reduced.has(axis))) ?? floatInputs[0])?.name;
  const elements = (
    { name, storage, axes }: { name: string; storage: StorageType; axes: readonly string[] },
    random: Random,
  ): Uint32Array => {
    const size = sizeOf(axes, extents);
    if (!holdsFloats(storage)) return integers(random, storage, size, bounds.inputs.get(name), kind.late);
    const along = axes.findLast((axis) => reduced.has(axis)) ?? axes.at(-1);
    const row = extents[along ?? ""] ?? 1;
    const stride = along === undefined ? 1 : sizeOf(axes.slice(axes.lastIndexOf(along) + 1), extents);
    const places =
      kind.floats.alone === true && name !== leading
        ? Array<Place>(row).fill("faint")
        : placesOf(new Random(seed, " places"), kind.floats, row);
    return floats(random, storage, size, kind.floats, { places, stride, negates: name === first });
  };
  const inputs = Object.fromEntries(
    kernel.inputs.map((input) => {
      const random = new Random(seed, input.name);
      return [
        input.name,
        input.unique
          ? distinct(random, input.name, sizeOf(input.axes, extents), bounds.inputs.get(input.name))
          : elements(input, random),
      ];
    }),
  );
  const parameters = Object.fromEntries(
    kernel.parameters.map(({ name, type }) => {
      const random = new Random(seed, name);
      return [
        name,
        own(fixed, name) ??
          (type === "f32"
            ? Math.fround(2 ** (-8 * random.unit()))
            : random.below(bounds.parameters.get(name)?.below ?? smallIntegers)),
      ];
    }),
  );
  const scattered = kernel.outputs.filter((output) => output.place !== undefined);
  return {
    inputs,
    parameters,
    initial: Object.fromEntries(
      scattered.map((output) => [output.name, elements(output, new Random(seed, output.name))]),
    ),
  };
}

/** A kind of data; what `kindFor` chooses at one size serves at others. */
export interface Kind {
  readonly floats: Floats;
  /** Whether integers are of the upper half of their bounds: a reduction of few items leaves order no room. */
  readonly late: boolean;
}

/**
 * Of outputs that change with the order of the sums, so many are wanted; other data of a kind have them, too, where
 * more do.
 */
const wanted = 0.9;
const enough = 0.95;

/** The first kind on which enough outputs change with the order of the sums, or else the best. */
export function kindFor(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  seed: number,
  parameters: Readonly<Record<string, number>> = {},
): Kind {
  // Rows of a batch don't know of each other: a few of them tell enough, unless a table needs places for all.
  const few = kernel.inputs.some((input) => input.unique)
    ? extents
    : Object.fromEntries(
        kernel.axes.map(({ name, role }) => [name, role === "batch" ? Math.min(extents[name]!, 16) : extents[name]!]),
      );
  let best: Kind = { floats: kinds[0]!, late: false };
  let most = 0;
  if (!addsFloats(kernel)) return best;
  const bounds = [...boundsOfUse(kernel, extents).inputs.values()];
  const mayBeLate = bounds.some(
    ({ below, axis }) => below >= leastLate && reductionsOf(kernel).some((reduce) => reduce.axis === axis),
  );
  const all = kinds.flatMap((floats) => (mayBeLate ? [false, true] : [false]).map((late): Kind => ({ floats, late })));
  // Chains of three are no other order of three items, nor a flat chain of two: only then do others count.
  for (const order of otherOrders(kernel)) {
    if (most >= wanted) return best;
    for (const kind of all) {
      const changed = changedBy(order, kernel, few, randomInputs(kernel, few, seed, { parameters, kind }));
      if (changed > most) [best, most] = [kind, changed];
      if (changed >= enough) return kind;
    }
  }
  return best;
}

const smallIntegers = 16;
/** Bounds of at least so much leave room above their lower half. */
const leastLate = 64;
/** Among more integers than this, one 0 weighs little. */
const manyIntegers = 15;

/**
 * A way to make floats, all with full mantissas and, but for those that lie close together, zeros of both signs.
 * A row goes along the axis that is reduced.
 */
interface Floats {
  /** Exponents of most elements: from, to (exclusive). */
  readonly exponents: readonly [number, number];
  /** Of 8 places, how many are `tiny`, `small` and `lost` (see Place). */
  readonly tiny?: number;
  readonly small?: number;
  readonly lost?: number;
  /**
   * Of 8 places, how many nearly repeat the magnitude of the place before or, where all have one sign, of the row's
   * first.
   */
  readonly repeats?: number;
  /** The exponent of a row's first element, if that is large. What a sum loses after it depends on what it holds. */
  readonly large?: number;
  /**
   * Whether the first element is nearly repeated later in the row: negated in the first input, so that products cancel,
   * too.
   */
  readonly cancels?: boolean;
  /** Whether all of a row has one sign: rounding then errs to one side, as often as the tree lets it. */
  readonly oneSign: boolean;
  /**
   * The bits in which nearly repeated f32 elements may differ; the lowest three where absent. Where given, there are no
   * zeros: a row lies close around its mean, so that an error of the mean shows in every distance from it.
   */
  readonly spread?: number;
  /**
   * The bits in which the first differs from the others, too: a running mean approaches them in steps that get lost.
   */
  readonly offset?: number;
  /** Whether only the first input that is reduced is made so, and the others are `faint`. */
  readonly alone?: boolean;
  /**
   * Whether rows begin near 0 and stay near -16.8, where exp is less than half a unit in the last place of 1. No zeros.
   */
  readonly logits?: boolean;
}

const kinds: readonly Floats[] = [
  { exponents: [-6, 0], tiny: 1, small: 1, repeats: 1, large: 4, cancels: true, oneSign: false },
  { exponents: [-6, 0], small: 7, large: 4, cancels: true, oneSign: true },
  { exponents: [-3, 1], repeats: 7, oneSign: true },
  { exponents: [-6, 1], tiny: 1, repeats: 2, oneSign: false },
  { exponents: [4, 5], repeats: 8, oneSign: true, spread: 0x1f, offset: 0x200 },
  { exponents: [0, 1], repeats: 8, oneSign: true, spread: 0xfff },
  { exponents: [4, 5], repeats: 8, oneSign: true, spread: 0x1fffff },
  { exponents: [-6, 0], small: 8, large: 4, oneSign: true },
  { exponents: [-6, 0], small: 8, large: 4, oneSign: true, alone: true },
  { exponents: [-6, 0], lost: 8, large: 4, oneSign: true, alone: true },
  { exponents: [-6, 0], oneSign: true, logits: true },
];

/**
 * `tiny` elements are lost in a sum that holds a large one, `small` ones' products in a sum that holds a large product,
 * `lost` ones just so: a few of them together are not. `faint` elements hardly change a sum that holds any other.
 */
type Place = "any" | "tiny" | "small" | "lost" | "faint" | "repeat" | "large" | "opposite" | "top" | "low";

/**
 * What stands where in each row of this length, the same in every tensor, so that products are tiny or cancel together.
 */
function placesOf(
  random: Random,
  { tiny = 0, small = 0, lost = 0, repeats = 0, large, cancels = false, logits = false }: Floats,
  row: number,
): Place[] {
  return Array.from({ length: row }, (_, i) => {
    const drawn = random.below(8);
    if (logits) return i === 0 ? "top" : "low";
    if (large !== undefined && i === 0) return "large";
    if (cancels && i === Math.floor((row * 3) / 4)) return "opposite";
    if (drawn < tiny) return "tiny";
    if (drawn < tiny + small) return "small";
    if (drawn < tiny + small + lost) return "lost";
    return i > 0 && drawn < tiny + small + lost + repeats ? "repeat" : "any";
  });
}

interface Arrangement {
  readonly places: readonly Place[];
  /** How far apart a row's neighbours lie. */
  readonly stride: number;
  readonly negates: boolean;
}

function floats(
  random: Random,
  storage: StorageType,
  size: number,
  kind: Floats,
  { places, stride, negates }: Arrangement,
): Uint32Array {
  const row = places.length;
  const signBit = 0x80000000;
  const lowBits = storage === "bf16" ? 0x10000 : (kind.spread ?? 0x7);
  const magnitude = (from: number, to: number): number =>
    ((127 + from + random.below(to - from)) << 23) | (random.bits() & 0x7fffff);
  const near = (other: number): number => (other & ~signBit) ^ (random.bits() & lowBits) ^ (kind.offset ?? 0);
  const elements = new Uint32Array(size);
  const signs = new Uint32Array(stride);
  for (let i = 0; i < size; i++) {
    const at = Math.floor(i / stride) % row;
    const sign = random.bits() & signBit;
    if (at === 0) signs[i % stride] = sign;
    const rowSign = signs[i % stride]!;
    const first = elements[i - at * stride]!;
    const repeated = kind.oneSign ? first : elements[i - stride]!;
    const element = (place: Place): number => {
      switch (place) {
        case "large":
          return sign | (magnitude(kind.large!, kind.large! + 1) & 0xffbfffff);
        case "opposite":
          return ((first ^ (negates ? signBit : 0)) & signBit) | near(first);
        case "repeat":
          return (repeated & ~signBit) === 0 ? element("any") : (kind.oneSign ? rowSign : sign) | near(repeated);
        case "tiny":
          return rowSign | magnitude(-21, -20);
        case "small":
          return rowSign | magnitude(-9, -8) | 0x400000;
        case "lost":
          return rowSign | magnitude(-21, -20) | 0x400000;
        case "faint":
          return rowSign | magnitude(-26, -25) | 0x400000;
        case "top":
          return magnitude(-6, -4);
        case "low":
          return bitsOfF32(-(16.64 + random.unit() / 4));
        case "any":
          return (kind.oneSign ? rowSign : sign) | magnitude(...kind.exponents);
      }
    };
    const place = places[at]!;
    const isZero =
      kind.spread === undefined &&
      kind.logits !== true &&
      place !== "large" &&
      place !== "opposite" &&
      random.below(64) === 0;
    elements[i] = (isZero ? sign : element(place)) & (storage === "bf16" ? 0xffff0000 : 0xffffffff);
  }
  return elements;
}

/**
 * Integers below a bound, of its upper half where they are `late`. Both 0 and the largest are among them if there is
 * room.
 */
function integers(
  random: Random,
  storage: StorageType,
  size: number,
  bound: Bounds | undefined,
  late: boolean,
): Uint32Array {
  if (bound === undefined)
    return Uint32Array.from(
      { length: size },
      () => random.below(smallIntegers) * (storage === "i32" && random.bits() & 1 ? -1 : 1),
    );
  const least = late && bound.below >= leastLate ? Math.floor(bound.below / 2) : 0;
  const elements = Uint32Array.from({ length: size }, () => least + random.below(bound.below - least));
  if (size > (least === 0 ? 1 : manyIntegers) && bound.below > 0) {
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
    throw new InputError(
      `'${name}' needs ${size} distinct values, but axis '${bound!.axis}' has places for ${limit}; fix: give ` +
        `'${bound!.axis}' a larger extent`,
    );
  }
  const places = Uint32Array.from({ length: limit }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const other = i + random.below(limit - i);
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
  return places.slice(0, size);
}
