/** The self-test's questions: which kernel is asked, with which operands, and what another answer would mean. */
import type { Arithmetic } from "../runtime/artifact.ts";
import type { Decides } from "../runtime/doctor/index.ts";
import { Random } from "./random.ts";

export interface Question {
  readonly name: string;
  readonly kernel: string;
  readonly decides: Decides;
  readonly short?: boolean;
  readonly arithmetic?: Arithmetic;
  /** By name; the simplest if absent. */
  readonly schedule?: string;
  readonly extents?: Readonly<Record<string, number>>;
  /** By input; random ones, on which order matters, if absent. A tensor with more elements repeats them. */
  readonly inputs?: Readonly<Record<string, readonly number[] | Uint32Array>>;
  readonly otherwise: string;
  readonly follows: string;
}
/** Of all operands that are drawn. */
export const probeSeed = 20261121;

const bitsOf = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
/** Both orders and signs of pairs of numbers. */
function pairsOf(...pairs: (readonly [number, number])[]): { x: Uint32Array; y: Uint32Array } {
  const all = pairs.flatMap(
    ([a, b]) =>
      [
        [a, b],
        [b, a],
        [-a, -b],
        [-b, -a],
      ] as const,
  );
  return { x: bitsOf(...all.map(([a]) => a)), y: bitsOf(...all.map(([, b]) => b)) };
}

/** Full mantissas of both signs, their exponents within these. */
function numbers(name: string, count: number, from: number, to: number): Uint32Array {
  const random = new Random(probeSeed, name);
  return Uint32Array.from(
    { length: count },
    () => ((random.bits() & 0x807fffff) | ((127 + from + random.below(to - from)) << 23)) >>> 0,
  );
}

export function questions(): Question[] {
  const large = 2 ** 24;
  const rounding = pairsOf(
    [large, 1],
    [large, 3],
    [large, -1],
    [2 * large, 2],
    [1, 2 ** -24],
    [1, 2 ** -24 + 2 ** -40],
    [1, 3 * 2 ** -24],
    [1 + 2 ** -23, 2 ** -24],
    [large, -large],
    [1.5, -0],
    [0, -0],
  );
  const anyNumbers = { x: numbers("x", 1024, -20, 20), y: numbers("y", 1024, -20, 20), z: numbers("z", 1024, -20, 20) };
  // Contracted or factored, nearly all of these change.
  const close = { x: numbers("x", 1024, 0, 2), y: numbers("y", 1024, 0, 2), z: numbers("z", 1024, 0, 2) };
  const lost = { x: numbers("x", 1024, 10, 20), y: numbers("y", 1024, -2, 2) };
  const random = new Random(probeSeed, "words");
  const words = {
    a: Uint32Array.from({ length: 1024 }, (_, at) => special[at] ?? random.bits()),
    b: Uint32Array.from({ length: 1024 }, () => random.bits()),
  };
  const sealed = "the seal is seen through: nothing keeps this device's arithmetic";
  const plain = "nothing, since no kernel leaves it to the device";
  return [
    {
      name: "rounding of sums at 2^24 + 1 and + 3",
      kernel: "sums",
      decides: "always",
      short: true,
      inputs: rounding,
      otherwise: "sums are not rounded to nearest even",
      follows: sealed,
    },
    {
      name: "rounding of sums",
      kernel: "sums",
      decides: "always",
      inputs: anyNumbers,
      otherwise: "sums are not rounded to nearest even",
      follows: sealed,
    },
    {
      name: "rounding of products",
      kernel: "products",
      decides: "always",
      short: true,
      inputs: anyNumbers,
      otherwise: "products are not rounded to nearest even",
      follows: sealed,
    },
    {
      name: "(x + y) - x",
      kernel: "remainders",
      decides: "nothing",
      arithmetic: "builtin",
      inputs: { x: [...bitsOf(large, -large), ...lost.x], y: [...bitsOf(1, -1), ...lost.y] },
      otherwise: "it is simplified to y",
      follows: plain,
    },
    {
      name: "(x + y) - x, sealed",
      kernel: "remainders",
      decides: "always",
      short: true,
      inputs: { x: [...bitsOf(large, -large), ...lost.x], y: [...bitsOf(1, -1), ...lost.y] },
      otherwise: "sums are regrouped",
      follows: sealed,
    },
    {
      name: "x*y + z",
      kernel: "multiplyAdds",
      decides: "nothing",
      arithmetic: "builtin",
      inputs: close,
      otherwise: "products are contracted into sums",
      follows: plain,
    },
    {
      name: "x*y + z, sealed",
      kernel: "multiplyAdds",
      decides: "always",
      short: true,
      inputs: close,
      otherwise: "sealed products are contracted",
      follows: sealed,
    },
    {
      name: "x*y + x*z",
      kernel: "commonFactors",
      decides: "nothing",
      arithmetic: "builtin",
      inputs: close,
      otherwise: "common factors are taken out, or products contracted",
      follows: plain,
    },
    {
      name: "x*y + x*z, sealed",
      kernel: "commonFactors",
      decides: "always",
      short: true,
      inputs: close,
      otherwise: "common factors of sealed products are taken out",
      follows: sealed,
    },
    ...chainQuestions(),
    {
      name: "products below 2^-126",
      kernel: "products",
      decides: "nothing",
      inputs: { x: numbers("x", 256, -70, -64), y: numbers("y", 256, -66, -60) },
      otherwise: "subnormal numbers are flushed to zero",
      follows: "nothing, since no kernel meets one",
    },
    {
      name: "bits that are moved",
      kernel: "moves",
      decides: "always",
      short: true,
      inputs: { x: words.a },
      otherwise: "loads, stores or casts change bits",
      follows: "no kernel can be trusted",
    },
    {
      name: "zeros of both signs in folds",
      kernel: "zeros",
      decides: "always",
      short: true,
      extents: { k: 4, row: 6 },
      inputs: { x: zeroRows },
      otherwise: "signs of zeros are lost",
      follows: "results may differ in a zero's sign, and in what is made of it",
    },
    {
      name: "NaN and infinity by their bits",
      kernel: "specials",
      decides: "always",
      short: true,
      inputs: { x: words.a },
      otherwise: "tests on bits are folded",
      follows: "values that are no numbers are not found",
    },
    {
      name: "integers",
      kernel: "integers",
      decides: "always",
      short: true,
      inputs: words,
      otherwise: "integer arithmetic is wrong",
      follows: "no kernel can be trusted",
    },
    {
      name: "conversions, and halves to floats",
      kernel: "conversions",
      decides: "always",
      short: true,
      inputs: {
        a: words.a,
        x: numbers("whole", 1024, -4, 30).map((bits, at) => (at % 2 === 0 ? bits & 0x7fffffff : bits)),
      },
      otherwise: "conversions round otherwise",
      follows: "kernels that convert are wrong",
    },
    {
      name: "exp, log, 1/sqrt and division",
      kernel: "functions",
      decides: "always",
      inputs: { x: numbers("x", 1024, -20, 6).map((bits) => bits & 0x7fffffff), y: anyNumbers.y },
      otherwise: "they have other bits",
      follows: "softmax and norms are wrong",
    },
  ];
}

/** Folds bare and sealed; in loops, unrolled, and through workgroup memory; of few workgroups and many. */
function chainQuestions(): Question[] {
  const bare = { decides: "free", otherwise: "chains of sums are regrouped", follows: "sums are sealed" } as const;
  // Of one exponent, or few, sums of products of 16 bits would be exact in any order; of one sign, each addition loses
  // something.
  const factors = {
    x: numbers("x", 16 * 512, -6, 6).map((bits) => bits & 0x7fff0000),
    w: numbers("w", 4 * 512, -6, 6).map((bits) => bits & 0x7fff0000),
  };
  const asked: Question[] = [
    ...["alone", "alone-vector", "runs-together", "leaves-together", "runs-vector", "split"].map(
      (schedule): Question => ({
        ...bare,
        name: `a chain of sums, ${schedule}`,
        kernel: "chains",
        schedule,
        short: schedule === "alone",
        extents: { row: 64 },
      }),
    ),
    ...[64, 4096].map(
      (workgroups): Question => ({
        ...bare,
        name: `a chain of sums, ${workgroups} workgroups`,
        kernel: "chains",
        extents: { row: 64 * workgroups, k: 16 },
      }),
    ),
    {
      ...bare,
      name: "a chain of the same summands in each row",
      kernel: "uniformChains",
      short: true,
      extents: { row: 64 },
    },
    ...["alone", "alone-vector", "leaves-together"].map(
      (schedule): Question => ({
        ...bare,
        name: `a chain of exact products, ${schedule}`,
        kernel: "chainsOfProducts",
        schedule,
        short: schedule === "alone",
        extents: { row: 64, k: 512 },
        inputs: factors,
      }),
    ),
    { ...bare, name: "pairwise sums", kernel: "pairs", extents: { row: 64 } },
  ];
  const once = new Set([
    "chains alone",
    "chainsOfProducts alone",
    "chainsOfProducts alone-vector",
    "uniformChains alone",
    "pairs alone",
  ]);
  const again = asked.filter(
    ({ kernel, schedule = "alone", extents }) => once.has(`${kernel} ${schedule}`) && extents!["row"] === 64,
  );
  return [
    ...asked,
    ...again.map(
      (question): Question => ({
        ...question,
        name: `${question.name}, sealed`,
        decides: "always",
        arithmetic: "sealed",
        otherwise: "sealed sums are regrouped",
        follows: "results are this device's own",
      }),
    ),
  ];
}

/** Every kind of 32 bits: zeros, subnormals, infinities, NaNs with payloads, the largest and smallest of each sign. */
const special = [
  0, 0x80000000, 1, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x3f800000, 0xbf800000, 0x7f7fffff,
  0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff,
  0x4b800000, 0x4b800001, 0x0400, 0x8400, 0x03ff, 0x7bff, 0x7c00, 0xfc00, 0x7c01, 0x0001,
];

/** Rows of four: all -0, all +0, both, and beside a number. */
const zeroRows = [
  0x80000000, 0x80000000, 0x80000000, 0x80000000, 0, 0, 0, 0, 0x80000000, 0, 0x80000000, 0, 0, 0x80000000, 0,
  0x80000000, 0x80000000, 0xbf800000, 0x3f800000, 0x80000000, 0x3f800000, 0x80000000, 0xbf800000, 0x80000000,
];
