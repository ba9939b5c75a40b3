/** What is proved of an index holds at all extents that can be tried, and what kernels need is proved. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bitAlgebra } from "../bits.ts";
import { Denotation } from "../denotation.ts";
import { Pool } from "../expr.ts";
import type { BinaryOperator, Expr } from "../ir.ts";
import { Intervals } from "../intervals.ts";
import { staysInside } from "./extent-proofs.ts";

const axes = ["a", "b"] as const;
const operators: readonly BinaryOperator[] = [
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
  "minimum",
  "maximum",
  "and",
  "shiftRight",
  "shiftLeft",
];
const comparisons: readonly BinaryOperator[] = ["less", "lessEqual"];

/** A u32 over the points and extents of two axes. */
function build(pool: Pool, drawn: readonly number[], depth: number): Expr {
  let at = 0;
  const next = (below: number): number => (drawn[at++ % drawn.length]! + at) % below;
  const grow = (left: number): Expr => {
    if (left === 0 || next(6) === 0) {
      const axis = axes[next(2)]!;
      return [
        pool.index(pool.axisVariable(axis)),
        pool.index(pool.axisVariable(axis)),
        pool.extent(axis),
        pool.u32([0, 1, 2, 3, 7, 32, 33][next(7)]!),
      ][next(4)]!;
    }
    if (next(5) > 0) return pool.binary(operators[next(operators.length)]!, grow(left - 1), grow(left - 1));
    const compared = pool.binary(comparisons[next(2)]!, grow(left - 1), grow(left - 1));
    return pool.select(next(3) === 0 ? pool.unary("not", compared) : compared, grow(left - 1), grow(left - 1));
  };
  return grow(depth);
}

const extents = [1, 2, 3, 5].flatMap((a) => [1, 2, 3, 8].map((b) => ({ a, b })));

test("what is proved, and every interval, holds", () => {
  let proved = 0;
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { minLength: 3, maxLength: 24 }),
      fc.integer({ min: 1, max: 3 }),
      (drawn, depth) => {
        const pool = new Pool();
        const index = build(pool, drawn, depth);
        const isProved = staysInside(pool, index, "a");
        if (isProved) proved++;
        for (const extent of extents) {
          const interval = new Intervals(extent).of(index);
          for (let a = 0; a < extent.a; a++)
            for (let b = 0; b < extent.b; b++) {
              const denotation = new Denotation(bitAlgebra(extent, {}, () => 0));
              const value = denotation.valueOf(
                index,
                denotation.bind(pool.axisVariable("b"), b, denotation.bind(pool.axisVariable("a"), a)),
              );
              if (isProved && value >= extent.a)
                expect.fail(`${value} at ${JSON.stringify({ ...extent, at: [a, b] })}`);
              if (interval !== undefined && (value < interval.low || value > interval.high))
                expect.fail(`${value} is not in ${JSON.stringify(interval)}`);
            }
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(proved).toBeGreaterThan(200);
});

test("what kernels need is proved, and what leaves is not", () => {
  const pool = new Pool();
  const [a, b, sizeA, sizeB, one] = [
    pool.index(pool.axisVariable("a")),
    pool.index(pool.axisVariable("b")),
    pool.extent("a"),
    pool.extent("b"),
    pool.u32(1),
  ];
  const parameter = pool.parameter("shift", "u32");
  const right = [
    a,
    pool.u32(0),
    pool.subtract(sizeA, one),
    pool.subtract(pool.subtract(sizeA, one), a),
    pool.binary("remainder", b, sizeA),
    pool.minimum(parameter, pool.subtract(sizeA, one)),
    pool.divide(a, pool.u32(16)),
    pool.divide(pool.multiply(a, pool.u32(4)), pool.u32(4)),
    pool.select(pool.less(pool.u32(0), a), pool.subtract(a, one), pool.u32(0)),
    pool.select(pool.less(pool.add(a, b), sizeA), pool.add(a, b), a),
    pool.select(pool.less(a, sizeB), a, pool.subtract(a, sizeB)),
    pool.call(
      {
        name: "wrap",
        parameters: [
          { name: "n", type: "u32" },
          { name: "by", type: "u32" },
        ],
        result: pool.binary("remainder", pool.argument("n", "u32"), pool.argument("by", "u32")),
      },
      [pool.add(a, b), sizeA],
    ),
  ];
  expect(right.map((index) => staysInside(pool, index, "a"))).toEqual(right.map(() => true));
  const wrong = [
    b,
    pool.add(a, one),
    pool.subtract(a, one),
    pool.subtract(sizeA, pool.u32(2)),
    pool.u32(1),
    parameter,
    pool.minimum(b, sizeA),
    pool.binary("remainder", b, sizeB),
    pool.binary("maximum", a, b),
    pool.select(pool.less(a, pool.u32(3)), pool.subtract(a, one), pool.u32(0)),
    // The sum wraps around to a number below what is subtracted.
    pool.subtract(pool.minimum(pool.add(a, pool.u32(2 ** 32 - 1)), pool.u32(2 ** 32 - 2)), pool.u32(2 ** 32 - 2)),
  ];
  expect(wrong.map((index) => staysInside(pool, index, "a"))).toEqual(wrong.map(() => false));
});
