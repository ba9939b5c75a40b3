import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { f32OfBits } from "../dsl/expr.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { parseTree, printTree } from "../dsl/tree-notation.ts";
import { arbitraryKernel } from "./arbitraries.ts";
import { evaluate } from "./evaluator.ts";
import { InputError, randomInputs } from "./inputs.ts";
import { orderSensitivity, reductionsOf, replaceTrees, TreeError } from "./order.ts";

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

const leaves = { product: "bf16(x[token, k]) * w[out, k]", distance: "abs(x[token, k] - w[out, k])", square: "x[token, k] * x[token, k]", plain: "x[token, k]" };
const trees = ["chain 128, chain", "chain 3, lanes 5 chain, pairwise", "lanes 64 chain, pairwise", "pairwise", "chain"];

describe("random inputs", () => {
  it("make the order of a sum matter for nine in ten outputs", () => {
    for (const [name, leaf] of Object.entries(leaves)) {
      for (const tree of trees) {
        const kernel = sumOf(leaf, tree, name === "distance" ? "f32" : "bf16");
        const extents = { token: 20, out: 12, inner: 1000 };
        expect([name, tree, orderSensitivity(kernel, extents, randomInputs(kernel, extents, 1)) >= 0.9]).toEqual([name, tree, true]);
      }
    }
  });

  it("do so, too, where distances from a mean are taken", () => {
    const kernels = ["layer-norm", "reductions"].flatMap((name) => readKernels(fileURLToPath(new URL(`fixtures/right/${name}.kernel.ts`, import.meta.url))).kernels);
    for (const name of ["layerNorm", "welfordVariance", "twoReductions"]) {
      const kernel = kernels.find((candidate) => candidate.name === name)!;
      const extents = { token: 40, channel: 200 };
      expect([name, orderSensitivity(kernel, extents, randomInputs(kernel, extents, 2)) >= 0.9]).toEqual([name, true]);
    }
  });

  it("are the same for a seed, and others for another", () => {
    fc.assert(fc.property(arbitraryKernel(), fc.integer(), ({ kernel, extents }, seed) => {
      expect(randomInputs(kernel, extents, seed)).toEqual(randomInputs(kernel, extents, seed));
    }), { numRuns: 20 });
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
      new InputError("'target' needs 40 distinct values, but axis 'slot' has places for 39: give it a larger extent"));
  });
});

describe("other trees", () => {
  it("replace every reduction's own, and keep names", () => {
    const kernel = replaceTrees(sumOf(leaves.plain, "chain"), parseTree("pairwise 4, chain"));
    expect(reductionsOf(kernel).map((reduce) => [printTree(reduce.tree), kernel.names.get(reduce)])).toEqual([["pairwise 4, chain", "total"]]);
  });

  it("leave one value", () => {
    expect(() => replaceTrees(sumOf(leaves.plain, "chain"), parseTree("chain 4"))).toThrow(
      new TreeError("'chain 4' leaves more than one value: end it with 'chain' or 'pairwise' without a count"));
  });

  it("change nothing where no float is summed, or all sums are exact", () => {
    const integers = parseKernel(`kernel k {\naxis i: model\naxis one: batch\ninput x: u32[i]\nreducer sum {\nstate value: u32 from 0\ncombine value = left.value + right.value\n}
      reduce s = sum over k in i by "pairwise" {\nleaf value = x[k]\n}\noutput y: u32[one] = s\n}`);
    expect(orderSensitivity(integers, { i: 50, one: 1 }, randomInputs(integers, { i: 50, one: 1 }, 1))).toBe(0);
    const kernel = sumOf(leaves.plain, "pairwise");
    const extents = { token: 2, out: 2, inner: 100 };
    const ones = { x: new Uint32Array(200).fill(0x3f800000), w: new Uint32Array(200).fill(0x3f800000) };
    expect(orderSensitivity(kernel, extents, { inputs: ones })).toBe(0);
  });
});
