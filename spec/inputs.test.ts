import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f32OfBits } from "../dsl/expr.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { parseTree, printTree } from "../dsl/tree-notation.ts";
import { arbitraryKernel } from "./arbitraries/kernels.ts";
import { evaluate } from "./evaluator.ts";
import { InputError, kindFor, randomInputs } from "./inputs.ts";
import { orderSensitivity, reductionsOf, replaceTrees, TreeError } from "./order.ts";
import { tries } from "./fixtures/effort.ts";

/** A sum over `k` of rows of x and w, as the linear kernels and their like have it. */
function sumOf(leaf: string, tree: string, weights = "bf16"): ReturnType<typeof parseKernel> {
  return parseKernel(`kernel sums {
    axis token: batch
    axis out: model
    axis inner: model
    input x: f32[token, inner]
    input w: ${weights}[out, inner]
    reducer sum {
      state value: f32 from 0.0
      combine value = left.value + right.value
    }
    reduce total = sum over k in inner by "${tree}" {
      leaf value = ${leaf}
    }
    output y: f32[token, out] = total
  }`);
}

const leaves = {
  product: "bf16(x[token, k]) * w[out, k]",
  distance: "abs(x[token, k] - w[out, k])",
  square: "x[token, k] * x[token, k]",
  plain: "x[token, k]",
};
const trees = ["chain 128, chain", "chain 3, lanes 5 chain, pairwise", "lanes 64 chain, pairwise", "pairwise", "chain"];

describe("random inputs", () => {
  it("make the order of a sum matter for nine in ten outputs", () => {
    for (const [name, leaf] of Object.entries(leaves)) {
      for (const tree of trees) {
        const kernel = sumOf(leaf, tree, name === "distance" ? "f32" : "bf16");
        const extents = { token: 20, out: 12, inner: 1000 };
        expect([name, tree, orderSensitivity(kernel, extents, randomInputs(kernel, extents, 1)) >= 0.9]).toEqual([
          name,
          tree,
          true,
        ]);
      }
    }
  });

  const kernels = new Map(
    [
      ...["rmsNorm", "linear", "logits", "attention"].map((name) => `../models/kernels/${name}.kernel.ts`),
      ...["layer-norm", "reductions", "authors"].map((name) => `fixtures/right/${name}.kernel.ts`),
    ]
      .flatMap((path) => readKernels(fileURLToPath(new URL(path, import.meta.url))).kernels)
      .map((kernel) => [kernel.name, kernel]),
  );

  const sizes: Record<string, (m: number) => Record<string, number>> = {
    layerNorm: (m) => ({ token: 5, channel: m }),
    welfordVariance: (m) => ({ token: 5, channel: m }),
    twoReductions: (m) => ({ token: 5, channel: m }),
    rmsNorm: (m) => ({ token: 5, channel: m }),
    logSoftmax: (m) => ({ token: 5, id: m }),
    softmax: (m) => ({ row: 5, c: m }),
    logSumExp: (m) => ({ token: 5, c: m }),
    runsNorm: (m) => ({ token: 5, c: m }),
    linear: (m) => ({ token: 5, out: 20, inner: m }),
    linearBias: (m) => ({ token: 5, out: 20, inner: m }),
    matmulNN: (m) => ({ token: 5, out: 20, inner: m }),
    batchedMatmul: (m) => ({ b: 2, h: 2, i: 3, j: 7, k: m }),
    sumOfDifferences: (m) => ({ token: 5, out: 20, inner: m }),
    nearest: (m) => ({ token: 5, code: 30, c: m }),
    cosine: (m) => ({ q: 5, d: 9, c: m }),
    conv1d: (m) => ({ b: 5, t: m, tap: 9, padded: m + 8 }),
    prefixMean: (m) => ({ token: 5, row: 2, key: m, c: 7 }),
    attention: () => ({ token: 5, row: 2, slot: 128, block: 7, key: 100, head: 2, kvHead: 1, dim: 8, page: 16 }),
  };

  it.each(Object.entries(sizes))("do so for %s", (name, size) => {
    for (const items of [133, 200]) {
      for (const seed of tries(1, 2) === 1 ? [1] : [1, 2]) {
        const kernel = kernels.get(name)!;
        const extents = size(items);
        expect([items, seed, orderSensitivity(kernel, extents, randomInputs(kernel, extents, seed)) >= 0.9]).toEqual([
          items,
          seed,
          true,
        ]);
      }
    }
  });

  it("may be of a kind that was chosen at another size, and leave a parameter as it is given", () => {
    const kernel = kernels.get("layerNorm")!;
    const options = { parameters: { epsilon: 2 ** -20 } };
    const kind = kindFor(kernel, { token: 20, channel: 200 }, 1, options.parameters);
    const { parameters } = randomInputs(kernel, { token: 1, channel: 200 }, 7, { ...options, kind });
    expect(parameters).toEqual(options.parameters);
  });

  it("are the same for a seed, and others for another", () => {
    fc.assert(
      fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
        expect(randomInputs(kernel, extents, seed)).toEqual(randomInputs(kernel, extents, seed));
      }),
      { numRuns: tries(8, 20) },
    );
    const kernel = sumOf(leaves.plain, "chain");
    const of = (seed: number): Uint32Array => randomInputs(kernel, { token: 2, out: 1, inner: 9 }, seed).inputs["x"]!;
    expect(of(1)).not.toEqual(of(2));
  });

  it("are zero or normal, of both signs, and bf16 where they are stored so", () => {
    const kernel = sumOf(leaves.product, "chain 128, chain");
    const { inputs } = randomInputs(kernel, { token: 9, out: 9, inner: 500 }, 3);
    const x = [...inputs["x"]!].map(f32OfBits);
    expect(x.every((value) => value === 0 || (Math.abs(value) >= 2 ** -21 && Math.abs(value) < 2 ** 5))).toBe(true);
    expect([0, -0].every((zero) => x.some((value) => Object.is(value, zero)))).toBe(true);
    expect(Math.abs(x.filter((value) => value < 0).length / x.length - 0.5)).toBeLessThan(0.1);
    expect(inputs["w"]!.every((bits) => (bits & 0xffff) === 0)).toBe(true);
    expect(new Set(inputs["w"]!.map((bits) => (bits >>> 16) & 0x7f)).size).toBe(128);
  });

  const paged = `kernel paged {
    axis token: batch
    axis row: batch
    axis page: batch
    axis key: sequence
    axis slot: batch
    input x: f32[slot]
    input position: u32[token]
    input rowOf: placement u32[token]
    input table: placement u32[row, page]
    input target: unique placement u32[token]
    input plain: i32[token]
    reducer sum {
      state value: f32 from 0.0
      combine value = left.value + right.value
    }
    reduce total = sum over k in key from 0 count position[token] + 1 by "chain 4, chain" {
      leaf value = x?[table?[rowOf[token], k / 4] * 4 + k % 4]
    }
    output y: f32[slot] over token at [target[token]] = total + f32(plain[token])
  }`;

  it("keep integers where they are used, with the first and the last among them", () => {
    const kernel = parseKernel(paged);
    const extents = { token: 40, row: 3, page: 6, key: 24, slot: 41 };
    const { inputs, initial } = randomInputs(kernel, extents, 8);
    const range = (name: string): [number, number] => [Math.min(...inputs[name]!), Math.max(...inputs[name]!)];
    expect(range("position")).toEqual([0, 23]);
    expect(range("rowOf")).toEqual([0, 2]);
    expect(range("table")).toEqual([0, 9]);
    expect(new Set(inputs["target"]).size).toBe(40);
    expect(range("target")[1]).toBeLessThan(41);
    expect(inputs["plain"]!.every((bits) => Math.abs(bits | 0) < 16)).toBe(true);
    expect(initial["y"]!.length).toBe(41);
    expect(() => evaluate(kernel, { extents, ...randomInputs(kernel, extents, 8) })).not.toThrow();
  });

  it("say which axis is too small for distinct places", () => {
    const extents = { token: 40, row: 3, page: 6, key: 24, slot: 39 };
    expect(() => randomInputs(parseKernel(paged), extents, 8)).toThrow(
      new InputError(
        "'target' needs 40 distinct values, but axis 'slot' has places for 39; fix: give 'slot' a larger extent",
      ),
    );
  });
});

describe("other trees", () => {
  it("replace every reduction's own, and keep names", () => {
    const kernel = replaceTrees(sumOf(leaves.plain, "chain"), parseTree("pairwise 4, chain"));
    expect(reductionsOf(kernel).map((reduce) => [printTree(reduce.tree), kernel.names.get(reduce)])).toEqual([
      ["pairwise 4, chain", "total"],
    ]);
  });

  it("leave one value", () => {
    expect(() => replaceTrees(sumOf(leaves.plain, "chain"), parseTree("chain 4"))).toThrow(
      new TreeError("'chain 4' leaves more than one value; fix: end it with 'chain' or 'pairwise' without a count"),
    );
  });

  it("change nothing where no float is summed, or all sums are exact", () => {
    const integers =
      parseKernel(`kernel k {\naxis i: model\naxis one: batch\ninput x: u32[i]\nreducer sum {\nstate value: u32 from 0\ncombine value = left.value + right.value\n}
      reduce s = sum over k in i by "pairwise" {\nleaf value = x[k]\n}\noutput y: u32[one] = s\n}`);
    expect(orderSensitivity(integers, { i: 50, one: 1 }, randomInputs(integers, { i: 50, one: 1 }, 1))).toBe(0);
    const kernel = sumOf(leaves.plain, "pairwise");
    const extents = { token: 2, out: 2, inner: 100 };
    const ones = { x: new Uint32Array(200).fill(0x3f800000), w: new Uint32Array(200).fill(0x3f800000) };
    expect(orderSensitivity(kernel, extents, { inputs: ones })).toBe(0);
  });
});
