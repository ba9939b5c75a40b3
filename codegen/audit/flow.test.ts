/** Addresses of a number of strides and a row: nothing but an address, however large a batch it would take to tell. */
import { describe, expect, test } from "vitest";
import { readKernels } from "../../dsl/reader/index.ts";
import { defaultLimits } from "../../runtime/artifact.ts";
import { compile, schedulesFor } from "../compile.ts";
import { audit } from "./index.ts";

const source = `import { batch, gather, kernel, model } from "treefold";
export const secondRow = kernel({
  axes: { row: batch, a: model }, inputs: { x: "f32[a, row]" }, output: "f32[row]",
  body: ({ x }, { row }) => gather(x, 1, row),
});
`;
const address = "(uniforms.extent_row + minimum_1)";

describe("a number of strides and a row", () => {
  const { kernels: [kernel] } = readKernels("second-row.kernel.ts", { source });
  const extents = { a: 6 };
  const artifact = compile(kernel!, { extents, schedule: schedulesFor(kernel!, { extents, limits: defaultLimits })[0]!, limits: defaultLimits });
  const [pass] = artifact.passes;
  /** What the audit says of the text with another address in place of the one that it reads. */
  const judge = (edited: string): string[] => {
    expect(pass!.wgsl.split(address)).toHaveLength(2);
    const { failures } = audit(kernel!, { ...artifact, passes: [{ ...pass!, wgsl: pass!.wgsl.replace(address, edited) }] });
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
    expect(judge(edited)).toEqual([expect.stringMatching(/number of strides is (divided|bounded|compared)|subtracted from a number of strides/)]);
  });
});
