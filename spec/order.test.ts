/** Other orders of a kernel's sums: which there are, and which of them changes the most. */
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { evaluate } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";
import { checkRows } from "./invariance/check.ts";
import { mostChanging, orderSensitivity, otherOrders } from "./order.ts";

const kernelOf = (body: string) =>
  readKernels("order.kernel.ts", {
    source: `import { batch, kernel, max, model, reduce, reducer, sum } from "treefold";
  const affine = reducer({ state: { a: "f32", b: "f32" }, identity: { a: 1, b: 0 }, combine: (l, r) => ({ a: l.a * r.a, b: l.b * r.a + r.b }) });
  const mirrored = reducer({ state: { a: "f32", b: "f32" }, identity: { a: 0, b: 0 }, combine: (l, r) => ({ a: r.a + l.a, b: (l.b + r.b) }) });
  export const k = kernel({ axes: { t: batch, c: model }, inputs: { x: "f32[t, c]" }, output: "f32[t]", body: ({ x }, { t, c }) => ${body} });`,
  }).kernels[0]!;
const summed = (tree: string) => kernelOf(`sum(c, "${tree}", (i) => x(t, i))`);
const floats = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);

describe("other orders", () => {
  test.each([
    ["chain", ["chains of three", "folding by pairs", "a flat chain from the last item to the first"]],
    ["pairwise", ["a flat chain", "a flat chain from the last item to the first"]],
    ["chain 8, pairwise", ["a flat chain", "folding by pairs", "a flat chain from the last item to the first"]],
  ])("of a sum in '%s'", (tree, names) => {
    expect(otherOrders(summed(tree)).map(({ name }) => name)).toEqual(names);
  });

  test("begin at the last item only where a reducer's sides can be exchanged", () => {
    const names = (reducer: string): string[] =>
      otherOrders(kernelOf(`reduce(c, "chain 4, chain", ${reducer}, (i) => ({ a: x(t, i), b: x(t, i) })).b`)).map(
        ({ name }) => name,
      );
    expect(names("affine")).toEqual(["a flat chain", "folding by pairs"]);
    expect(names("mirrored")).toEqual([
      "a flat chain",
      "folding by pairs",
      "a flat chain from the last item to the first",
    ]);
  });

  test("fold what they say", () => {
    const kernel = summed("chain 2, chain");
    // (1e8 + 1) + -1e8 + 1 in several orders: what is added to 1e8 is lost.
    const data = { extents: { t: 1, c: 4 }, inputs: { x: floats(1e8, 1, -1e8, 1) } };
    expect(Object.values(evaluate(kernel, data))[0]).toEqual(floats(0));
    const results = Object.fromEntries(
      otherOrders(kernel).map(({ name, of }) => [
        name,
        new Float32Array(Object.values(evaluate(of(kernel), data))[0]!.buffer)[0],
      ]),
    );
    expect(results).toEqual({
      "a flat chain": 1,
      "folding by pairs": 0,
      "a flat chain from the last item to the first": 0,
    });
  });

  test("nested reductions turn, too", () => {
    const nested = kernelOf(`sum(c, "chain", (i) => x(t, i) * sum(c, "chain", (j) => x(t, j)))`);
    const data = { extents: { t: 1, c: 3 }, inputs: { x: floats(1e8, 1, -1e8) } };
    const last = otherOrders(nested).at(-1)!;
    // The inner sum is (-1e8 + 1) + 1e8 = 0 from the last, 0 from the first; the outer ones are 0 then.
    expect(Object.values(evaluate(last.of(nested), data))[0]).toEqual(
      Object.values(evaluate(nested, { ...data, inputs: { x: floats(-1e8, 1, 1e8) } }))[0],
    );
  });
});

describe("the order that changes the most", () => {
  test.each([
    ["chain", 4],
    ["chain", 3],
    ["pairwise", 4],
    ["chain 2, chain", 4],
    ["chain", 5],
    ["lanes 2 chain, pairwise", 6],
    ["chain 3, chain", 7],
  ])("changes nine outputs in ten of '%s' over %i items", (tree, items) => {
    const kernel = summed(tree);
    const extents = { t: 100, c: items };
    const data = randomInputs(kernel, extents, 1);
    const most = mostChanging(kernel, extents, data)!;
    expect(most.changed).toBeGreaterThanOrEqual(0.9);
    expect(orderSensitivity(kernel, extents, data)).toBe(most.changed);
    const changes = otherOrders(kernel).map(({ name, of }) => {
      const [a, b] = [kernel, of(kernel)].map((one) => Object.values(evaluate(one, { ...data, extents }))[0]!);
      return [name, a!.filter((bits, at) => bits !== b![at]).length / 100] as const;
    });
    expect(new Map(changes).get(most.order.name)).toBe(Math.max(...changes.map(([, changed]) => changed)));
  });

  test.each([
    ["chain", 1],
    ["chain", 2],
    ["pairwise", 2],
  ])("changes nothing of '%s' over %i items", (tree, items) => {
    const kernel = summed(tree);
    expect(orderSensitivity(kernel, { t: 30, c: items }, randomInputs(kernel, { t: 30, c: items }, 1))).toBe(0);
  });

  test("is none where no floats are summed", () => {
    const kernel = kernelOf(`max(c, "chain", (i) => x(t, i))`);
    expect(mostChanging(kernel, { t: 3, c: 9 }, randomInputs(kernel, { t: 3, c: 9 }, 1))).toBeUndefined();
  });

  test("is named by the invariance test", async () => {
    const kernel = summed("chain");
    const tally = await checkRows(
      { kernel, axes: { t: 20, c: 4 }, schedules: ["evaluator"], runs: 3, seed: 1 },
      async (_, data) => evaluate(kernel, data),
    );
    expect(otherOrders(kernel).map(({ name }) => name)).toContain(tally.order);
    expect(tally.orderSensitive).toBeGreaterThanOrEqual(0.9);
  });
});
