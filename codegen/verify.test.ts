/** The verifiers find faults that are planted into what passes give, and nothing where none is. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Expr, Kernel } from "../dsl/ir.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { modelExtents } from "../spec/extents.ts";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { compileInStages, schedulesFor } from "./compile.ts";
import { InternalCompilerError } from "./errors.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { verifyKernel, verifyPasses } from "./verify.ts";

const linear = readKernels(fileURLToPath(new URL("../models/kernels/linear.kernel.ts", import.meta.url))).kernels[0]!;
const extents = { out: 40, inner: 300 };

function stagesUnder(name: string, kernel: Kernel = linear) {
  const schedule = schedulesFor(kernel, { extents }).find((candidate) => candidate.name === name)!;
  return compileInStages(kernel, { extents, schedule });
}

describe("kernels", () => {
  const specialized = stagesUnder("alone").specialized;
  const { pool } = specialized;
  const output = specialized.outputs[0]!;
  const withValue = (value: Expr): PassKernel => ({ ...specialized, outputs: [{ ...output, value }] });
  const [token, out] = ["token", "out"].map((axis) => pool.index(pool.axisVariable(axis)));
  const weight = (...indices: Expr[]): Expr => pool.load("weight", "bf16", indices);

  test.each<[string, () => PassKernel, string]>([
    ["an unknown input", () => withValue(pool.load("bias", "f32", [out!])), "load of unknown input bias"],
    ["an index too few", () => withValue(weight(out!)), "weight has 2 axes and is read at 1 indices"],
    [
      "an index that is no u32",
      () => withValue(weight(out!, pool.constant("f32", 0))),
      "weight is read at an index that is not u32",
    ],
    [
      "an axis of another kernel",
      () => withValue(weight(out!, pool.index(pool.axisVariable("key")))),
      "output output mentions axis key, which nothing binds",
    ],
    ["a value of another type", () => withValue(token!), "output output is f32 and its value u32"],
    ["operands of two types", () => withValue(pool.add(weight(out!, token!), token!)), "add of f32 and u32"],
    [
      "an extent that is known",
      () => withValue(pool.unary("toF32", pool.extent("out"))),
      "the extent of model axis out is still a variable",
    ],
    [
      "a state outside of its reducer",
      () => withValue(pool.state("left", "value", "f32")),
      "state outside its function",
    ],
    [
      "a tree that leaves two values",
      () => {
        const sum = output.value as Expr & { kind: "field" };
        return withValue(pool.field(pool.reduce({ ...sum.of, tree: sum.of.tree.slice(0, 1) }), sum.field));
      },
      "the tree of a reduction over inner leaves more than one value",
    ],
  ])("%s", (_, planted, message) => {
    expect(verifyKernel(specialized, "planting")).toBe(specialized);
    expect(() => verifyKernel(planted(), "planting")).toThrow(
      new InternalCompilerError(`after planting, kernel linear: ${message}`),
    );
  });

  test("a pass that reads what none has written", () => {
    const passes = stagesUnder("split").passes.map(({ kernel }) => kernel);
    expect(verifyPasses(passes, "split")).toBe(passes);
    expect(() => verifyPasses(passes.slice(1), "planting")).toThrow(
      /^after planting, kernel linear: a pass reads scratch0_value: f32\[token, out, part0\], and an earlier one has written no such thing$/,
    );
    const [first, last] = passes;
    const swapped = {
      ...first!,
      outputs: first!.outputs.map((written) => ({ ...written, axes: [...written.axes].reverse() })),
    };
    expect(() => verifyPasses([swapped, last!], "planting")).toThrow(
      "has written scratch0_value: f32[part0, out, token]",
    );
  });
});

test.each([...kernels.keys()])("%s passes under every schedule, and each pass's kernel can be printed", (name) => {
  const kernel = kernels.get(name)!;
  const sizes = modelExtents(kernel, extentsOf(name, { rows: 3, items: 133, width: 68 }));
  for (const schedule of schedulesFor(kernel, { extents: sizes })) {
    for (const pass of compileInStages(kernel, { extents: sizes, schedule }).passes)
      expect(printKernel(pass.kernel)).toContain("output ");
  }
});
