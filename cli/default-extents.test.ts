/** Extents that are not given: they fit, differ, are not all aligned, and leave little to do. */
import { describe, expect, test } from "vitest";
import { checkExtents, readKernels } from "../dsl/reader/index.ts";
import { kernels } from "../spec/fixtures/schedule-kernels.ts";
import { strangers } from "../spec/fixtures/strangers/sizes.ts";
import { modelExtentsOr } from "./default-extents.ts";

const read = (axes: string, inputs: string, body: string) =>
  readKernels("own.kernel.ts", {
    source: `
  import { batch, kernel, model, sum, u32 } from "treefold";
  export const own = kernel({ axes: { token: batch, ${axes} }, inputs: { ${inputs} }, output: "f32[token, c]", body: ${body} });`,
  }).kernels[0]!;

describe("extents of model axes that are not given", () => {
  test("fit every kernel here, are not all alike, and not all multiples of 32", () => {
    for (const kernel of [...kernels.values(), ...strangers.values()]) {
      const extents = modelExtentsOr(kernel, {});
      const title = `${kernel.name} ${JSON.stringify(extents)}`;
      const values = Object.values(extents);
      expect(Object.keys(extents).sort(), title).toEqual(
        kernel.axes
          .filter(({ role }) => role === "model")
          .map(({ name }) => name)
          .sort(),
      );
      expect(checkExtents(kernel, extents), title).toEqual([]);
      if (values.length > 1) expect(new Set(values).size, title).toBeGreaterThan(1);
      if (values.length > 0)
        expect(
          values.some((value) => value % 32 !== 0),
          title,
        ).toBe(true);
    }
  });

  test("are whole vectors along a reduction's axis, odd along all others, and differ from those given", () => {
    const linear = read(
      "c: model, k: model",
      `x: "f32[token, k]", w: "f32[c, k]"`,
      `({ x, w }, { token, c, k }) => sum(k, "chain", (i) => x(token, i) * w(c, i))`,
    );
    expect(modelExtentsOr(linear, {})).toEqual({ c: 77, k: 200 });
    expect(modelExtentsOr(linear, { c: 200 })).toEqual({ c: 200, k: 208 });
    expect(modelExtentsOr(linear, { k: 77 })).toEqual({ c: 79, k: 77 });
  });

  test("are as long as an index needs, and alike where indices of each other need that", () => {
    const shifted = read(
      "c: model, wide: model",
      `x: "f32[token, wide]"`,
      "({ x }, { token, c }) => x(token, c + 300)",
    );
    expect(modelExtentsOr(shifted, {})).toEqual({ c: 37, wide: 337 });
    expect(modelExtentsOr(shifted, { c: 500 })).toEqual({ c: 500, wide: 800 });
    const crossed = read(
      "c: model, d: model",
      `x: "f32[token, d]", y: "f32[token, c]"`,
      `({ x, y }, { token, c, d }) => x(token, u32(c)) + sum(d, "chain", (i) => y(token, u32(i)))`,
    );
    expect(modelExtentsOr(crossed, {})).toEqual({ c: 200, d: 200 });
    // What is given decides, also where that is short; where nothing fits it, `checkExtents` has the last word.
    expect(modelExtentsOr(shifted, { wide: 310 })).toEqual({ c: 9, wide: 310 });
    expect(checkExtents(shifted, modelExtentsOr(shifted, { wide: 300 }))).not.toEqual([]);
    const halved = read("c: model, pair: model", `x: "f32[token, pair]"`, "({ x }, { token, c }) => x(token, c / 2)");
    expect(modelExtentsOr(halved, { pair: 8 })).toEqual({ c: 9, pair: 8 });
  });
});
