/**
 * The teeth of the invariance test: machines that go wrong in one way each, all of them caught. They run on the
 * evaluator, so no device is needed.
 */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Kernel } from "../../dsl/ir.ts";
import { readKernels } from "../../dsl/reader/index.ts";
import type { BitData } from "../data.ts";
import { evaluate } from "../evaluator.ts";
import { replaceTrees } from "../order.ts";
import type { AxisRange } from "./cases.ts";
import { checkRows, type Machine } from "./check.ts";
import { InvarianceError, TestSetupError } from "./errors.ts";
import { rolesOf } from "./roles.ts";

function kernelOf(file: string, name?: string): Kernel {
  return readKernels(fileURLToPath(new URL(`../../models/kernels/${file}.kernel.ts`, import.meta.url))).kernels.find(
    (kernel) => name === undefined || kernel.name === name,
  )!;
}

const linear = kernelOf("linear", "linear");
const linearAxes = { out: 6, inner: 200 };
const attention = kernelOf("attention");
const attentionAxes = { head: 2, kvHead: 1, dim: 4, page: 16, key: { min: 1, max: 40 } };
const storeRows = kernelOf("storeRows");
const storeAxes = { kvHead: 1, dim: 3 };

const trial = (
  kernel: Kernel,
  axes: Record<string, AxisRange>,
  machine: (data: BitData) => Record<string, Uint32Array>,
  more: { seed?: number; path?: string } = {},
) =>
  checkRows({ kernel, axes, schedules: ["evaluator"], runs: 12, seed: 1, ...more }, (async (_, data) =>
    machine(data)) satisfies Machine);

async function failureOf(
  kernel: Kernel,
  axes: Record<string, AxisRange>,
  machine: (data: BitData) => Record<string, Uint32Array>,
): Promise<InvarianceError> {
  const error: unknown = await trial(kernel, axes, machine).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InvarianceError);
  return error as InvarianceError;
}

/**
 * The negative control: a tree that follows the number of rows, as in engines that split K where there are few rows.
 */
function byBatchSize(data: BitData): Record<string, Uint32Array> {
  const count = 200 / (data.extents["token"]! <= 2 ? 8 : data.extents["token"]! <= 8 ? 2 : 1);
  return evaluate(replaceTrees(linear, [{ fold: "chain", count }, { fold: "chain" }]), data);
}

/** The data with one input's elements changed. */
const withInput = (data: BitData, name: string, change: (elements: Uint32Array) => void): BitData => {
  const elements = data.inputs[name]!.slice();
  change(elements);
  return { ...data, inputs: { ...data.inputs, [name]: elements } };
};

describe("what is invariant passes", () => {
  test.each([
    ["linear", linear, linearAxes],
    ["attention", attention, attentionAxes],
    ["storeRows", storeRows, storeAxes],
  ])("%s", async (_, kernel, axes) => {
    const tally = await trial(kernel, axes, (data) => evaluate(kernel, data));
    expect(tally.cases).toBe(12);
    expect(tally.rows).toBeGreaterThan(100);
    expect(tally.largest).toBeGreaterThan(10);
  });

  test("and the inputs can tell trees apart", async () => {
    expect((await trial(linear, linearAxes, (data) => evaluate(linear, data))).orderSensitive).toBeGreaterThan(0.9);
  });
});

describe("what is not invariant is caught", () => {
  test("a tree chosen by batch size, shrunk and replayable", async () => {
    const { failure, message } = await failureOf(linear, linearAxes, byBatchSize);
    expect(failure.against).toBe("alone");
    expect(failure.extents["token"]).toBeLessThanOrEqual(3);
    expect(message).toMatch(
      /^linear under schedule 'evaluator': output\[\d+, \d+\] of token \d+ is 0x[0-9a-f]{8} (in a|as the \w+ in a) crowd of .*, and 0x[0-9a-f]{8} alone\. /,
    );
    const { seed, path } = failure.replay as { seed: number; path: string };
    await expect(trial(linear, linearAxes, byBatchSize, { seed, path })).rejects.toThrow(message);
  });

  test("one tree for all batches that is not the declared one", async () => {
    const { failure } = await failureOf(linear, linearAxes, (data) =>
      evaluate(replaceTrees(linear, [{ fold: "chain" }]), data),
    );
    expect([failure.against, failure.where]).toEqual(["by the reference evaluator", "alone"]);
  });

  test("another tree in the last row only", async () => {
    const other = replaceTrees(linear, [{ fold: "pairwise" }]);
    await failureOf(linear, linearAxes, (data) => {
      const { output } = evaluate(linear, data) as { output: Uint32Array };
      if (data.extents["token"]! > 1) output.set(evaluate(other, data)["output"]!.subarray(-6), output.length - 6);
      return { output };
    });
  });

  test("a neighbour's NaN, multiplied by zero", async () => {
    const { failure } = await failureOf(linear, linearAxes, (data) => {
      const { output } = evaluate(linear, data) as { output: Uint32Array };
      const poisoned = data.inputs["x"]!.some((bits) => (bits & 0x7fffffff) > 0x7f800000);
      return { output: poisoned ? output.map(() => 0x7fc00000) : output };
    });
    expect(failure.where).toContain("NaN");
  });

  test("rows that trade places", async () => {
    await failureOf(linear, linearAxes, (data) => {
      const { output } = evaluate(linear, data) as { output: Uint32Array };
      if (output.length > 6) output.copyWithin(0, 6, 12);
      return { output };
    });
  });

  test("keys past a token's own", async () => {
    const { failure } = await failureOf(attention, attentionAxes, (data) =>
      evaluate(
        attention,
        withInput(data, "position", (position) => position.fill(data.extents["key"]! - 1)),
      ),
    );
    expect(failure.kernel).toBe("attention");
  });

  test("pages looked for where they were before", async () => {
    const pages: Uint32Array[] = [];
    await failureOf(attention, attentionAxes, (data) => {
      pages.push(data.inputs["pages"]!);
      return evaluate(
        attention,
        withInput(data, "pages", (table) =>
          table.forEach((_, at) => {
            table[at] = pages[0]![at % pages[0]!.length]!;
          }),
        ),
      );
    });
  });

  test("an element written where no row writes", async () => {
    const { failure } = await failureOf(storeRows, storeAxes, (data) => {
      const { output } = evaluate(storeRows, data) as { output: Uint32Array };
      const places = new Set(data.inputs["place"]);
      const free = Array.from({ length: data.extents["slot"]! }, (_, slot) => slot).find((slot) => !places.has(slot));
      if (free !== undefined) output[free * 3] = 0x3f800000;
      return { output };
    });
    expect(failure.against).toBe("before, where no row of the batch writes");
  });
});

test("what the machine throws comes through as it is", async () => {
  const fault = new RangeError("out of memory");
  await expect(
    trial(linear, linearAxes, () => {
      throw fault;
    }),
  ).rejects.toBe(fault);
});

describe("roles", () => {
  test("of attention: rows, pools with their tables, axes that may grow", () => {
    const { rows, pools, stretchable, blocks } = rolesOf(attention);
    const extents = { page: 16 };
    expect(rows).toEqual(["token"]);
    expect(pools.map((pool) => [pool.axis, pool.unit(extents), pool.tables])).toEqual([
      ["row", 1, ["rowOf"]],
      ["slot", 16, ["pages"]],
    ]);
    expect(stretchable).toEqual(["block", "key"]);
    expect(blocks.map((block) => [block.axis, block.of, block.size(extents)])).toEqual([["block", "key", 16]]);
  });

  test("of a scatter: its places are a pool", () => {
    expect(rolesOf(storeRows).pools.map((pool) => [pool.axis, pool.tables])).toEqual([["slot", ["place"]]]);
  });

  test("rows that are read through a table can't be taken out", () => {
    const source = `import { batch, gather, kernel } from "treefold";
      export const next = kernel({ axes: { token: batch }, inputs: { x: "f32[token]", after: "placement u32[token]" }, output: "f32[token]",
        body: ({ x, after }, { token }) => gather(x, after(token)) });`;
    const { kernels } = readKernels("next.kernel.ts", { source });
    expect(() => rolesOf(kernels[0]!)).toThrow(TestSetupError);
    expect(() => rolesOf(kernels[0]!)).toThrow(
      "reads 'x' at computed points of 'token', the axis that its rows lie along",
    );
  });
});
