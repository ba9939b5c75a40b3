/** Addresses of a number of strides and a row: nothing but an address, however large a batch it would take to tell. */
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { audit } from "./index.ts";

const source = `import { batch, gather, kernel, model } from "treefold";
export const secondRow = kernel({
  axes: { row: batch, a: model }, inputs: { x: "f32[a, row]" }, output: "f32[row]",
  body: ({ x }, { row }) => gather(x, 1, row),
});
`;
const address = "(uniforms.extent_row + minimum_1)";

describe("a number of strides and a row", () => {
  const {
    kernels: [kernel],
  } = readKernels("second-row.kernel.ts", { source });
  const extents = { a: 6 };
  const artifact = compile(kernel!, {
    extents,
    schedule: schedulesFor(kernel!, { extents, limits: defaultLimits })[0]!,
    limits: defaultLimits,
  });
  const [pass] = artifact.passes;
  /** What the audit says of the text with another address in place of the one that it reads. */
  const judge = (edited: string): string[] => {
    expect(pass!.wgsl.split(address)).toHaveLength(2);
    const { failures } = audit(kernel!, {
      ...artifact,
      passes: [{ ...pass!, wgsl: pass!.wgsl.replace(address, edited) }],
    });
    return failures.map(({ message }) => message);
  };

  test("are an address", () => expect(judge(address)).toEqual([]));

  // Each reads the same element, or does so as long as the batch is small, which the executed ones are.
  test.each([
    ["divided", `(${address} - ${address} / 1000000u)`],
    ["divided", `(${address} + ${address} / 1000000u)`],
    ["bounded", `min(${address}, 1000000u)`],
    ["compared", `select(${address}, 0u, ${address} == 1000000u)`],
    ["subtracted from", `(${address} - local_index / 64u)`],
  ])("are not %s: %s", (_, edited) => {
    expect(judge(edited).at(-1)).toMatch(
      /number of strides is (divided|bounded|compared)|subtracted from a number of strides/,
    );
  });
});

describe("a row's remainder", () => {
  const {
    kernels: [kernel],
  } = readKernels("columns.kernel.ts", {
    source: `import { batch, kernel, model, sum } from "treefold";
export const columns = kernel({
  axes: { row: batch, a: model }, inputs: { x: "bf16[a, row]" }, output: "f32[row]",
  body: ({ x }, { row, a }) => sum(a, "chain", (i) => x(i, row)),
});
`,
  });
  const extents = { a: 6 };
  const artifact = compile(kernel!, {
    extents,
    schedule: schedulesFor(kernel!, { extents, limits: defaultLimits })[0]!,
    limits: defaultLimits,
  });
  const [pass] = artifact.passes;
  const place = "(minimum_0 % 2u) * 16u";
  const stored = "canonical(sum_0)";
  const judge = (from: string, to: string): string[] => {
    expect(pass!.wgsl.split(from)).toHaveLength(2);
    return audit(kernel!, { ...artifact, passes: [{ ...pass!, wgsl: pass!.wgsl.replace(from, to) }] }).failures.map(
      ({ kind, message }) => `${kind}: ${message}`,
    );
  };

  test("is the place of an element in its word", () => expect(judge(place, place)).toEqual([]));

  // None of them changes a result at any extent that is executed, or at all.
  test.each([
    [
      "of few, compared",
      stored,
      "canonical(select(sum_0, -sum_0, (minimum_0 % 2u) == 5u))",
      "a row's remainder is compared",
    ],
    ["of few, bounded", place, "min(minimum_0 % 2u, 1u) * 16u", "a row's remainder is bounded"],
    [
      "of few, subtracted from",
      place,
      "((minimum_0 % 2u) - 0u) * 16u",
      "a row's remainder is subtracted, or subtracted from",
    ],
    [
      "of few, divided by",
      place,
      "(minimum_0 % 2u) * (16u / (1u + minimum_0 % 2u))",
      "something is divided by a row's remainder",
    ],
    [
      "of few, in a float",
      stored,
      "canonical(sum_0 + f32((minimum_0 % 4u) / 4u))",
      "what depends on the batch is computed with",
    ],
    [
      "of few, that shifts a result",
      stored,
      "canonical(bitcast<f32>((7u >> (minimum_0 % 2u)) / 8u))",
      "what depends on the batch meets an operation that no address needs",
    ],
    [
      "of many, compared",
      stored,
      "canonical(select(sum_0, -sum_0, (minimum_0 % 192u) == 107u))",
      "a row is compared with something other than their number",
    ],
    [
      "of many, that shifts",
      place,
      "(minimum_0 % 2u) * 16u + (minimum_0 % 192u) / 191u",
      "what depends on the batch meets an operation that no address needs",
    ],
    [
      "of workgroups, compared",
      stored,
      "canonical(select(sum_0, -sum_0, (tile_0 % 192u) == 107u))",
      "a row is compared with something other than their number",
    ],
  ])("%s", (_, from, to, message) => expect(judge(from, to)).toContain(`taint: ${message}`));

  test("among those of a workgroup, is executed: every place has its elements compared", () => {
    expect(pass!.workgroupSize).toBe(64);
    expect(judge(stored, "canonical(select(sum_0, -sum_0, local_index == 43u))")).toEqual([
      expect.stringMatching(/^expression: output\[43\] is not what was declared/),
    ]);
    const { sizes } = audit(kernel!, artifact);
    expect(sizes.filter(({ paths }) => paths !== null).map(({ extents: { row } }) => row)).toEqual([3, 1, 64]);
  });
});
