/**
 * Names that lowering makes are none that a tensor has: what is brought through workgroup memory is not read in its
 * place.
 */
import { expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { compile, schedulesFor } from "./compile.ts";

const source = (second: string): string => `import { batch, kernel, model, sum } from "treefold";
export const linear = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "bf16[token, inner]", ${second}: "bf16[out, inner]" },
  output: "f32[token, out]",
  body: ({ x, ${second} }, { token, out, inner }) => sum(inner, "chain 8, chain", (k) => x(token, k) * ${second}(out, k)),
});`;

test("an input may be called as a made name would be", () => {
  const extents = { out: 20, inner: 64 };
  const textOf = (second: string): string => {
    const kernel = readKernels("names.kernel.ts", { source: source(second), typecheck: false }).kernels[0]!;
    const schedule = schedulesFor(kernel, { extents }).find(({ name }) => name === "tile-2x2")!;
    return compile(kernel, { extents, schedule }).passes[0]!.wgsl;
  };
  const made = [...textOf("weight").matchAll(/var<workgroup> (\w+):/g)].map(([, name]) => name!);
  expect(made.length).toBeGreaterThan(0);
  for (const name of made) expect(textOf(name)).not.toMatch(new RegExp(`var<workgroup> ${name}:`));
});
