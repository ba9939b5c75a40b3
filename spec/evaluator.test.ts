import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DenotationError, foldTree } from "../dsl/denotation.ts";
import { bitsOfF32 } from "../dsl/expr.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { parseTree } from "../dsl/tree-notation.ts";
import { arbitraryKernel } from "./arbitraries/kernels.ts";
import { arbitraryTree } from "./arbitraries/trees.ts";
import { evaluate, evaluateByDenotation, EvaluationError } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";
import { tries } from "./fixtures/effort.ts";

/** A tree's order as text: each combine in parentheses, `e` the identity. */
function order(tree: string, items: number, item?: number): string {
  return foldTree(
    parseTree(tree),
    items,
    String,
    () => "e",
    (left, right) => `(${left}${right})`,
    item,
  );
}

function floats(...values: number[]): Uint32Array {
  return Uint32Array.from(values, bitsOfF32);
}

/** The output `y` of a kernel over an axis `i` of the inputs' length, by both evaluators. */
function run(body: string, inputs: Record<string, Uint32Array>): Uint32Array {
  const i = Object.values(inputs)[0]!.length;
  const declared = Object.keys(inputs)
    .map((name) => `input ${name}: f32[i]`)
    .join("\n");
  const kernel = parseKernel(`kernel k {\naxis i: model\naxis one: batch\n${declared}\n${body}\n}`);
  const data = { extents: { i, one: 1 }, inputs };
  const { y } = evaluate(kernel, data);
  expect(evaluateByDenotation(kernel, data)["y"]).toEqual(y);
  return y!;
}

const sum = "reducer sum {\n state value: f32 from 0.0\n combine value = left.value + right.value\n}";

describe("the order of a tree", () => {
  it("is chains from the identity, and balanced pairs under one", () => {
    expect(order("chain", 3)).toBe("(((e0)1)2)");
    expect(order("chain 2, chain", 3)).toBe("((e((e0)1))(e2))");
    expect(order("pairwise", 3)).toBe("(e((01)2))");
    expect(order("pairwise", 6)).toBe("(e(((01)(23))(45)))");
    expect(order("pairwise", 1)).toBe("(e0)");
    expect(order("lanes 2 chain, pairwise", 5)).toBe("(e((((e0)2)4)((e1)3)))");
    expect(order("lanes 2 pairwise 2, chain", 6)).toBe("((((e(e(02)))(e(13)))(e4))(e5))");
    expect(order("lanes 4 chain, pairwise", 2)).toBe("(e((e0)(e1)))");
  });

  it("of no items is the identity", () => {
    for (const tree of ["chain", "pairwise", "lanes 3 chain, chain 2, pairwise"]) expect(order(tree, 0)).toBe("e");
  });

  it("of a partial item is that of its level", () => {
    expect(order("chain 2", 5, 1)).toBe("((e2)3)");
    expect(order("lanes 2 chain", 5, 1)).toBe("((e1)3)");
    expect(() => order("chain 2", 5, 3)).toThrow(DenotationError);
    expect(() => order("chain 2", 5)).toThrow("the tree leaves 3 values of 5 items, not one");
  });

  it("folds pairs as adjacent ones do, level by level", () => {
    const adjacent = (row: string[]): string =>
      row.length === 1
        ? row[0]!
        : adjacent(
            Array.from({ length: Math.ceil(row.length / 2) }, (_, i) =>
              2 * i + 1 < row.length ? `(${row[2 * i]}${row[2 * i + 1]})` : row[2 * i]!,
            ),
          );
    for (let n = 1; n <= 70; n++)
      expect(order("pairwise", n)).toBe(`(e${adjacent(Array.from({ length: n }, (_, i) => `${i}`))})`);
  });

  it("has every item once, for every tree", () => {
    fc.assert(
      fc.property(arbitraryTree(), fc.integer({ min: 0, max: 300 }), (tree, items) => {
        const all = foldTree<number[]>(
          tree,
          items,
          (i) => [i],
          () => [],
          (left, right) => [...left, ...right],
        );
        expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: items }, (_, i) => i));
      }),
    );
  });
});

describe("the evaluator", () => {
  it("gives the denotation's bits for every kernel", () => {
    fc.assert(
      fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
        const data = { extents, ...randomInputs(kernel, extents, seed) };
        expect(evaluate(kernel, data)).toEqual(evaluateByDenotation(kernel, data));
      }),
      { numRuns: tries(20, 60) },
    );
  });

  it("gives them for outputs over the same axes in the opposite nesting", () => {
    const kernel = parseKernel(`kernel k {\naxis i: model\naxis a: model\naxis c: model\ninput x: f32[a, c, i]\n${sum}
reduce s = sum over k in i by "chain" {\nleaf value = x[a, c, k]\n}\noutput y: f32[a, c] = s\noutput z: f32[c, a] = s\n}`);
    const data = { extents: { i: 1, a: 2, c: 2 }, inputs: { x: floats(1, 2, 3, 4) } };
    const expected = { y: floats(1, 2, 3, 4), z: floats(1, 3, 2, 4) };
    expect(evaluate(kernel, data)).toEqual(expected);
    expect(evaluateByDenotation(kernel, data)).toEqual(expected);
  });

  it("never gives a sum of -0, and +0 for none", () => {
    const total = (count: string): string =>
      `${sum}\nreduce s = sum over k in i from 0 count ${count} by "chain 2, pairwise" {\nleaf value = ` +
      "x[k]\n}\noutput y: f32[one] = s";
    expect(run(total("extent(i)"), { x: floats(-0, -0, -0) })).toEqual(floats(0));
    expect(run(total("0"), { x: floats(5) })).toEqual(floats(0));
  });

  it("rounds each operation, in the order of the tree", () => {
    const total = (tree: string): string =>
      `${sum}\nreduce s = sum over k in i by "${tree}" {\nleaf value = x[k]\n}\noutput y: f32[one] = s`;
    const x = floats(2 ** 24, 1, 1, -(2 ** 24));
    expect(run(total("chain"), { x })).toEqual(floats(0));
    expect(run(total("pairwise"), { x })).toEqual(floats(1));
    expect(run(total("lanes 2 chain, chain"), { x })).toEqual(floats(1));
    // (1 + 2^-12)^2 loses its 2^-24 before 1 + 2^-11 is taken away; fused, that would be left.
    expect(run("output y: f32[i] = x[i] * x[i] + w[i]", { x: floats(1 + 2 ** -12), w: floats(-1 - 2 ** -11) })).toEqual(
      floats(0),
    );
  });

  it("has one NaN, and orders floats by their bits", () => {
    expect(run("output y: f32[i] = fromBits(bitsOf(x[i]) | 0xffc00001)", { x: floats(1) })).toEqual(
      Uint32Array.of(0x7fc00000),
    );
    expect(run("output y: f32[i] = x[i] - x[i]", { x: floats(Infinity, -Infinity) })).toEqual(
      Uint32Array.of(0x7fc00000, 0x7fc00000),
    );
    expect(run("output y: f32[i] = max(x[i], w[i])", { x: floats(-0, 0, NaN, 1), w: floats(0, -0, 1, NaN) })).toEqual(
      floats(0, 0, NaN, NaN),
    );
    expect(run("output y: f32[i] = min(x[i], w[i])", { x: floats(-0, 0, NaN, 1), w: floats(0, -0, 1, NaN) })).toEqual(
      floats(-0, -0, 1, 1),
    );
    expect(run("output y: f32[i] = select(x[i] == 0.0, -x[i], abs(x[i]))", { x: floats(-0, 0, -2) })).toEqual(
      floats(0, -0, 2),
    );
  });

  it("converts by truncation that saturates, and rounds to bf16 to nearest even", () => {
    expect(run("output y: u32[i] = u32(x[i])", { x: floats(-1, 1.9, 2 ** 32, NaN) })).toEqual(
      Uint32Array.of(0, 1, 0xffffff00, 0),
    );
    expect(run("output y: i32[i] = i32(x[i])", { x: floats(-1.9, 2 ** 31, -(2 ** 40)) })).toEqual(
      Uint32Array.of(0xffffffff, 0x7fffff80, 0x80000000),
    );
    expect(
      run("output y: bf16[i] = x[i]", {
        x: Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x23000000, 0x7f7fffff),
      }),
    ).toEqual(Uint32Array.of(0x3f800000, 0x3f820000, 0x3f810000, 0, 0x7f800000));
  });

  it("wraps integers, and divides by zero as WGSL does", () => {
    const bits = (value: string, a: number, b: number): number => {
      const kernel = parseKernel(
        "kernel k {\naxis i: batch\ninput a: u32[i]\ninput b: u32[i]\noutput y: u32[i] = " +
          `${value.replace(/\b[ab]\b/g, "$&[i]")}\n}`,
      );
      const data = { extents: { i: 1 }, inputs: { a: Uint32Array.of(a), b: Uint32Array.of(b) } };
      expect(evaluateByDenotation(kernel, data)).toEqual(evaluate(kernel, data));
      return evaluate(kernel, data)["y"]![0]!;
    };
    expect(bits("a * b", 0x10001, 0x10001)).toBe(0x20001);
    expect(bits("a - b", 1, 2)).toBe(0xffffffff);
    expect(bits("a / b", 7, 0)).toBe(7);
    expect(bits("a % b", 7, 0)).toBe(0);
    expect(bits("u32(i32(a) / i32(b))", 0x80000000, 0xffffffff)).toBe(0x80000000);
    expect(bits("a << b", 1, 33)).toBe(2);
    expect(bits("u32(i32(a) >> b)", 0x80000000, 4)).toBe(0xf8000000);
  });

  it("merges Welford's moments, an author's reducer of three fields", () => {
    // The mean of the merge is exact here, so that a halving stands for the division.
    const welford = `reducer welford {
      state n: f32 from 0.0
      state mean: f32 from 0.0
      state m2: f32 from 0.0
      let delta = right.mean - left.mean
      let isEmpty = left.n == 0.0
      combine n = left.n + right.n
      combine mean = select(isEmpty, right.mean, left.mean + delta * 0.5)
      combine m2 = select(isEmpty, right.m2, left.m2 + right.m2 + delta * delta * (left.n * 0.5))
    }
    reduce w = welford over k in i by "pairwise" {
      leaf n = 1.0
      leaf mean = x[k]
      leaf m2 = 0.0
    }`;
    const x = floats(1, 2, 4, 9);
    expect(run(`${welford}\noutput y: f32[one] = w.mean`, { x })).toEqual(floats(4));
    expect(run(`${welford}\noutput y: f32[one] = w.m2`, { x })).toEqual(floats(38));
    expect(run(`${welford}\noutput y: f32[one] = w.n`, { x })).toEqual(floats(4));
  });

  it("merges runs by their maximum, as online softmax does", () => {
    // Powers of two stand for exponentials: 2^d from the exponent's bits.
    const softmax = `function power(d: f32) {
      return select(d < -126.0, 0.0, fromBits(u32(i32(d) + 127i) << 23))
    }
    reducer online {
      state m: f32 from -8.507059e+37
      state l: f32 from 0.0
      let m = max(left.m, right.m)
      combine m = m
      combine l = left.l * power(left.m - m) + right.l * power(right.m - m)
    }
    reducer max {
      state value: f32 from -3.4028235e+38
      combine value = max(left.value, right.value)
    }
    ${sum}
    reduce s = online over r in i from 0 count (extent(i) + 1) / 2 by "chain" {
      reduce m = max over k in i from r * 2 count min(2, extent(i) - r * 2) by "chain" {
        leaf value = x[k]
      }
      reduce l = sum over j in i from r * 2 count min(2, extent(i) - r * 2) by "pairwise" {
        leaf value = power(x[j] - m)
      }
      leaf m = m
      leaf l = l
    }`;
    // 2^1 + 2^3 + 2^0 + 2^5 + 2^5 = 75, in units of 2^5.
    expect(run(`${softmax}\noutput y: f32[one] = s.l`, { x: floats(1, 3, 0, 5, 5) })).toEqual(floats(75 / 32));
    expect(run(`${softmax}\noutput y: f32[one] = s.m`, { x: floats(1, 3, 0, 5, 5) })).toEqual(floats(5));
  });

  it("evaluates one item of a level, as the first pass of a split does", () => {
    const partial =
      `${sum}\nreduce s = sum over k in i item i by "lanes 2 chain 2" {\nleaf value = x[k]\n}\noutput ` +
      "y: f32[i] = s";
    const kernel = parseKernel(
      "kernel k {\naxis i: model\naxis j: batch\ninput x: " +
        `f32[i]\n${partial.replaceAll("item i", "item j").replace("y: f32[i]", "y: f32[j]")}\n}`,
    );
    const data = { extents: { i: 7, j: 4 }, inputs: { x: floats(1, 2, 4, 8, 16, 32, 64) } };
    expect(evaluate(kernel, data)["y"]).toEqual(floats(5, 10, 80, 32));
    expect(evaluateByDenotation(kernel, data)["y"]).toEqual(floats(5, 10, 80, 32));
    expect(() => evaluate(kernel, { ...data, extents: { i: 7, j: 5 } })).toThrow(DenotationError);
  });

  it("computes a nested reduction once for all loops that it does not depend on, and anew for all others", () => {
    const kernel = parseKernel(`kernel k {
      axis row: batch
      axis out: model
      axis i: model
      axis j: sequence
      axis l: model
      input x: f32[row, i]
      input y: f32[j, l]
      input w: f32[out, j]
      input length: u32[row]
      ${sum}
      reduce outer = sum over a in i by "chain 2, pairwise" {
        reduce middle = sum over b in j from 0 count length[row] by "chain 3, chain" {
          reduce inner = sum over c in l by "lanes 2 chain, chain" {
            leaf value = x[row, a] * y[b, c]
          }
          leaf value = inner * w[out, b]
        }
        leaf value = middle
      }
      output z: f32[row, out] = outer
    }`);
    const extents = { row: 3, out: 4, i: 5, j: 6, l: 7 };
    const data = { extents, ...randomInputs(kernel, extents, 2) };
    expect(evaluate(kernel, data)).toEqual(evaluateByDenotation(kernel, data));
  });

  it("gives 0 for what is gathered outside, and drops what is scattered outside", () => {
    const kernel = parseKernel(`kernel k {
      axis i: batch
      axis place: batch
      input at: u32[i]
      input x: f32[i]
      output y: f32[place] over i at [at[i] + 1] = x?[at[i]] + 1.0
    }`);
    const data = {
      extents: { i: 3, place: 4 },
      inputs: { at: Uint32Array.of(2, 3, 0), x: floats(1, 2, 3) },
      initial: { y: floats(9, 9, 9, 9) },
    };
    expect(evaluate(kernel, data)["y"]).toEqual(floats(9, 2, 9, 4));
    expect(evaluateByDenotation(kernel, data)["y"]).toEqual(floats(9, 2, 9, 4));
  });

  it("refuses data that does not fit, and plain indices that leave their axis", () => {
    const kernel = parseKernel(
      "kernel k {\naxis i: model\ninput x: f32[i]\nparameter p: f32\noutput y: f32[i] = x[i + 1] * p\n}",
    );
    const data = { extents: { i: 2 }, inputs: { x: floats(1, 2) }, parameters: { p: 1 } };
    for (const evaluator of [evaluate, evaluateByDenotation]) {
      expect(() => evaluator(kernel, data)).toThrow(
        new EvaluationError("x is read at 2, outside of axis 'i'; fix: use gather where an index may lie outside"),
      );
      expect(() => evaluator(kernel, { ...data, inputs: { x: floats(1) } })).toThrow(
        "'x' (f32[i]) of kernel 'k' needs 2 elements, not 1; fix: ",
      );
      expect(() => evaluator(kernel, { ...data, extents: {} })).toThrow(
        "axis 'i' (model) of kernel 'k' has no extent; fix: ",
      );
      expect(() => evaluator(kernel, { ...data, parameters: {} })).toThrow(
        "parameter 'p' of kernel 'k' has no value; fix: ",
      );
    }
  });
});
