/**
 * The rewritings are sound: whatever is built through `Integers` and `Floats` has, for any values of its atoms, the
 * bits that the operations give one by one. The reference is dsl/bits.ts; nothing here knows which rewritings there
 * are.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { binaryBits, canonical, unaryBits } from "../dsl/bits.ts";
import { bitsOfF32, f32OfBits } from "../dsl/expr.ts";
import type { BinaryOperator } from "../dsl/ir.ts";
import { Evaluator } from "./evaluate.ts";
import { fmaBits } from "./fma.ts";
import { Floats } from "./floats.ts";
import { Integers } from "./integers.ts";
import { type Term, TermPool, type Truth, type Value, type Word } from "./term.ts";

/** The bits of a term when its atoms have these values. */
function evaluate(value: Value, atoms: ReadonlyMap<Term, number>): number {
  const none = (): never => {
    throw new Error("there are arguments only");
  };
  return new Evaluator([value]).evaluate({ word: none, parameter: none, argument: (term) => atoms.get(term)! })[0]!;
}

const word = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(63, 64, 255, 0x7fffffff, 0x80000000, 0xffff0000, 0xfffffffe, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
/** Few bits, all bits, special values. */
const float = fc
  .oneof(
    fc.integer({ min: -64, max: 64 }).map((value) => new Uint32Array(Float32Array.of(value / 8).buffer)[0]!),
    fc.integer({ min: 0, max: 0xffff }).map((high) => (high << 16) >>> 0),
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1),
  )
  .map(canonical);

const wordOperators = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "divideSigned",
  "remainder",
  "remainderSigned",
  "minimum",
  "maximum",
  "minimumSigned",
  "maximumSigned",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
  "shiftRightSigned",
] as const;
const truthOperators = ["less", "lessSigned", "equal"] as const;
const plain: Record<
  (typeof wordOperators)[number] | (typeof truthOperators)[number],
  readonly [BinaryOperator, "u32" | "i32"]
> = {
  add: ["add", "u32"],
  subtract: ["subtract", "u32"],
  multiply: ["multiply", "u32"],
  divide: ["divide", "u32"],
  divideSigned: ["divide", "i32"],
  remainder: ["remainder", "u32"],
  remainderSigned: ["remainder", "i32"],
  minimum: ["minimum", "u32"],
  maximum: ["maximum", "u32"],
  minimumSigned: ["minimum", "i32"],
  maximumSigned: ["maximum", "i32"],
  and: ["and", "u32"],
  or: ["or", "u32"],
  xor: ["xor", "u32"],
  shiftLeft: ["shiftLeft", "u32"],
  shiftRight: ["shiftRight", "u32"],
  shiftRightSigned: ["shiftRight", "i32"],
  less: ["less", "u32"],
  lessSigned: ["less", "i32"],
  equal: ["equal", "u32"],
};

/** A program: each step takes two of what there is, by position from the end, and adds its result. */
const wordStep = fc.record({
  operator: fc.constantFrom(...wordOperators, ...truthOperators, "select" as const, "constant" as const),
  left: fc.nat(6),
  right: fc.nat(6),
  constant: word,
  hidden: fc.boolean(),
});

test("integers: 4,000 programs of up to 12 operations", () => {
  let rewritten = 0;
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 2, maxLength: 3 }),
      fc.array(fc.nat(0xffff), { minLength: 3, maxLength: 3 }),
      fc.array(wordStep, { maxLength: 12 }),
      (values, bounds, steps) => {
        const integers = new Integers(new TermPool());
        const atoms = new Map<Term, number>();
        // Some atoms have a range, as a clamped index has.
        const words: [Word, number][] = values.map((value, at) => {
          const bound = bounds[at]!;
          const atom = integers.pool.leaf("argument", "integer", `${at}`, 0, at === 0 ? bound : 0xffffffff);
          atoms.set(atom, at === 0 ? value % (bound + 1) : value);
          return [atom, atoms.get(atom)!];
        });
        let truth: [Truth, number] = [true, 1];
        for (const { operator, left, right, constant, hidden } of steps) {
          const [[a, x], [b, y]] = [words.at(-1 - (left % words.length))!, words.at(-1 - (right % words.length))!];
          if (operator === "constant") words.push([hidden ? integers.hidden(constant) : constant, constant]);
          else if (operator === "select") words.push([integers.select(truth[0], a, b), truth[1] !== 0 ? x : y]);
          else {
            const [name, type] = plain[operator];
            const result = binaryBits(name, type, x, y);
            if (operator === "less" || operator === "lessSigned" || operator === "equal")
              truth = [integers[operator](a, b), result];
            else words.push([integers[operator](a, b), result]);
          }
        }
        for (const [term, bits] of words) {
          expect(evaluate(term, atoms)).toBe(bits);
          if (typeof term === "object") {
            expect(bits).toBeGreaterThanOrEqual(term.low);
            expect(bits).toBeLessThanOrEqual(term.high);
            if (term.kind === "affine") rewritten++;
          }
        }
        expect(evaluate(truth[0], atoms)).toBe(truth[1]);
      },
    ),
    { numRuns: 4000, seed: 4 },
  );
  expect(rewritten).toBeGreaterThan(1000);
});

test("integers: of every word and every two numbers, quotients, remainders and the whole that they are of", () => {
  const small = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(word, small, small, fc.integer({ min: 1, max: 9999 }), (value, n, m, factor) => {
      const integers = new Integers(new TermPool());
      const x = integers.add(integers.pool.leaf("argument", "integer", "x"), 5);
      const atoms = new Map([[integers.pool.leaf("argument", "integer", "x"), value]]);
      const own = (value + 5) >>> 0;
      const [quotient, rest] = [integers.divide(x, n * m), integers.remainder(x, n * m)];
      const whole = integers.add(
        integers.multiply(quotient, Math.imul(factor, n * m) >>> 0),
        integers.multiply(rest, factor),
      );
      expect(whole).toBe(integers.multiply(x, factor));
      for (const [term, bits] of [
        [integers.divide(integers.divide(x, n), m), Math.floor(own / n / m)],
        [integers.divide(rest, n), Math.floor((own % (n * m)) / n)],
        [integers.remainder(rest, n), (own % (n * m)) % n],
        [
          integers.add(integers.multiply(integers.divide(x, n), m), integers.remainder(x, n)),
          (Math.floor(own / n) * m + (own % n)) >>> 0,
        ],
      ] as const)
        expect(evaluate(term, atoms)).toBe(bits);
      expect(integers.divide(rest, n)).toBe(integers.remainder(integers.divide(x, n), m));
    }),
    { numRuns: 2000, seed: 5 },
  );
});

test("a choice between a constant and the same one hidden is that constant", () => {
  const integers = new Integers(new TermPool());
  const condition = integers.less(integers.pool.leaf("argument", "integer", "x"), 3);
  expect(integers.select<Word>(condition, 7, integers.hidden(7))).toBe(7);
  expect(integers.select<Word>(condition, integers.hidden(7), 7)).toBe(7);
  expect(integers.select<Word>(condition, 7, integers.hidden(8))).not.toBe(7);
});

const floatStep = fc.record({
  operator: fc.constantFrom(
    "add",
    "subtract",
    "multiply",
    "negate",
    "magnitude",
    "seal",
    "fma",
    "bits",
    "select",
    "constant",
    "half" as const,
  ),
  left: fc.nat(6),
  right: fc.nat(6),
  third: fc.nat(6),
  raw: fc.boolean(),
  constant: float,
});

test("floats: 4,000 programs of up to 12 operations", () => {
  let fused = 0;
  fc.assert(
    fc.property(
      fc.array(float, { minLength: 2, maxLength: 4 }),
      fc.array(floatStep, { maxLength: 12 }),
      (values, steps) => {
        const integers = new Integers(new TermPool());
        const floats = new Floats(integers);
        const atoms = new Map<Term, number>();
        const all: [Term, number][] = values.map((value, at) => {
          const atom = floats.pool.leaf("argument", "float", `${at}`);
          atoms.set(atom, value);
          return [atom, value];
        });
        const half = ([a, x]: [Term, number]): [Term, number] => [
          floats.fromBits(integers.and(floats.bitsOf(a), 0xffff0000)),
          canonical((x & 0xffff0000) >>> 0),
        ];
        all.push(...all.map(half));
        const of = (operator: BinaryOperator, x: number, y: number): number => binaryBits(operator, "f32", x, y);
        for (const { operator, left, right, third, raw, constant } of steps) {
          const at = (position: number): [Term, number] => all.at(-1 - (position % all.length))!;
          const [[a, x], [b, y], [c, z]] = [at(left), at(right), at(third)];
          switch (operator) {
            case "add":
            case "subtract":
            case "multiply":
              all.push([floats[operator](a, b, raw), of(operator, x, y)]);
              break;
            case "negate":
              all.push([floats.negate(a), unaryBits("negate", "f32", x)]);
              break;
            case "magnitude":
              all.push([floats.magnitude(a), unaryBits("absolute", "f32", x)]);
              break;
            case "seal":
              all.push([floats.seal(a), x]);
              break;
            case "bits":
              all.push([floats.fromBits(floats.bitsOf(a)), x]);
              break;
            case "select":
              all.push([integers.select(floats.less(a, b), a, c), of("less", x, y) !== 0 ? x : z]);
              break;
            case "constant":
              all.push([floats.constant(constant, raw), constant]);
              break;
            // The upper half of a word: a bf16 value, whose products are exact.
            case "half":
              all.push(half([a, x]));
              break;
            case "fma": {
              if (floats.significantBits(a) + floats.significantBits(b) > 24) break;
              const product = f32OfBits(x) * f32OfBits(y);
              // Beyond the range of f32 no product is exact, whatever its bits.
              if (
                !Number.isFinite(product) ||
                !Number.isFinite(Math.fround(product)) ||
                (product !== 0 && Math.abs(product) < 2 ** -126)
              )
                break;
              expect(Math.fround(product)).toBe(product);
              fused++;
              all.push([floats.fma(a, b, c), of("add", z, of("multiply", x, y))]);
              break;
            }
          }
        }
        for (const [term, bits] of all) expect(canonical(evaluate(term, atoms))).toBe(canonical(bits));
      },
    ),
    { numRuns: 4000, seed: 5 },
  );
  expect(fused).toBeGreaterThan(300);
});

test("a rewriting that is wrong is found", () => {
  const integers = new Integers(new TermPool());
  const x = integers.pool.leaf("argument", "integer", "0");
  // (x + 1) / 2 * 2 is not x + 1, and x / 2 of what may wrap is not half of it.
  const wrong = integers.multiply(integers.divide(integers.add(x, 1), 2), 2);
  expect(evaluate(wrong, new Map([[x, 6]]))).not.toBe(7);
  expect(evaluate(integers.divide(integers.multiply(x, 2), 2), new Map([[x, 0x80000001]]))).toBe(1);
});

test("what stands unsealed is another term, as is a product that is fused and not exact", () => {
  const floats = new Floats(new Integers(new TermPool()));
  const [a, b, c] = ["0", "1", "2"].map((name) => floats.pool.leaf("argument", "float", name)) as [Term, Term, Term];
  expect(floats.add(a, b, true)).not.toBe(floats.add(a, b));
  expect(floats.seal(floats.add(a, b, true))).toBe(floats.add(a, b));
  expect(floats.fma(a, b, c)).not.toBe(floats.add(c, floats.multiply(a, b), true));
  expect(floats.seal(floats.fma(a, b, c))).not.toBe(floats.add(c, floats.multiply(a, b)));
  const upper = (x: Term): Term => floats.fromBits(new Integers(floats.pool).and(floats.bitsOf(x), 0xffff0000));
  expect(floats.fma(upper(a), upper(b), c)).toBe(floats.add(c, floats.multiply(upper(a), upper(b)), true));
});

test("a fused product is rounded once: as exact arithmetic has it", () => {
  const places = 300n;
  /** A float as an integer, of 2^-300. */
  const exact = (bits: number): bigint => {
    const exponent = (bits >>> 23) & 0xff;
    const mantissa =
      BigInt((bits & 0x7fffff) | (exponent === 0 ? 0 : 0x800000)) <<
      (places - 149n - 1n + BigInt(Math.max(exponent, 1)));
    return bits >>> 31 === 1 ? -mantissa : mantissa;
  };
  fc.assert(
    fc.property(fc.tuple(float, float, float), fc.boolean(), ([a, b, other], cancels) => {
      const finite = [a, b, other].every((bits) => (bits & 0x7f800000) !== 0x7f800000);
      // A sum that nearly cancels is where rounding twice shows.
      const c = cancels ? bitsOfF32(-f32OfBits(a) * f32OfBits(b)) : other;
      if (!finite || (c & 0x7f800000) === 0x7f800000) return;
      const bits = fmaBits(a, b, c);
      if ((bits & 0x7f800000) === 0x7f800000) return;
      const sum = exact(a) * exact(b) + (exact(c) << places);
      const distance = (candidate: number): bigint => {
        const d = (exact(candidate) << places) - sum;
        return d < 0n ? -d : d;
      };
      for (const neighbor of [bits - 1, bits + 1]) {
        if ((neighbor & 0x7f800000) === 0x7f800000 || neighbor < 0 || (neighbor ^ bits) >>> 31 === 1) continue;
        expect(distance(bits) <= distance(neighbor)).toBe(true);
        if (distance(bits) === distance(neighbor)) expect(bits & 1).toBe(0);
      }
    }),
    { numRuns: 4000, seed: 6 },
  );
});
