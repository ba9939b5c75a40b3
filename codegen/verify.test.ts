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
import { Block } from "./statements.ts";
import { verifyKernel, verifyPasses } from "./verify.ts";
import { verifyStatements } from "./verify-statements.ts";

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

describe("statements", () => {
  /** The statements of a pass with a fault planted among them. */
  const planted = (schedule: string, plant: (top: Block) => void) => () => {
    const { lowered } = stagesUnder(schedule).passes[0]!;
    plant(lowered.context.top);
    verifyStatements(lowered, "planting");
  };
  const inside = (block: Block, condition: string, fill: (body: Block) => void): void => {
    const body = new Block(block);
    fill(body);
    block.statements.push({ kind: "if", condition, body });
  };
  const position = (top: Block, kind: string): number =>
    top.statements.findIndex((statement) => statement.kind === kind);

  test.each<[string, string, (top: Block) => void, string]>([
    [
      "a name declared twice",
      "alone",
      (top) => {
        top.let("mine", "1u");
        inside(top, "true", (body) => body.let("mine", "2u"));
      },
      "mine is declared twice",
    ],
    [
      "a name used before it is declared",
      "alone",
      (top) => {
        top.let("mine", "yours + 1u");
        top.let("yours", "1u");
      },
      "yours is used before it is declared",
    ],
    [
      "a name used outside of its block",
      "alone",
      (top) => {
        inside(top, "true", (body) => body.let("mine", "1u"));
        top.let("yours", "mine");
      },
      "mine is used outside of its block",
    ],
    [
      "a buffer of no binding",
      "alone",
      (top) => top.let("mine", "bias_data[0u]"),
      "bias_data is used before it is declared",
    ],
    [
      "a store to an input",
      "alone",
      (top) => top.assign("weight_data[0u]", "0u"),
      "weight_data is stored to, and is no variable or output",
    ],
    [
      "a store to a value",
      "alone",
      (top) => {
        top.let("mine", "1u");
        top.assign("mine", "2u");
      },
      "mine is stored to, and is no variable or output",
    ],
    [
      "a store to nothing",
      "alone",
      (top) => top.assign("mine", "2u"),
      "mine is stored to, and nothing declares it here",
    ],
    [
      "a barrier under a condition of the invocation's",
      "runs-together",
      (top) => inside(top, "local_index == 0u", (body) => body.barrier()),
      "a barrier stands where only some invocations of a workgroup may come, depending on local_index == 0u",
    ],
    [
      "a barrier under one that follows from it",
      "runs-together",
      (top) => {
        top.var("mine", "u32", "0u");
        inside(top, "local_index == 0u", (body) => body.assign("mine", "1u"));
        inside(top, "mine == 0u", (body) => body.barrier());
      },
      "a barrier stands where only some invocations of a workgroup may come, depending on mine == 0u",
    ],
    [
      "a barrier in a loop whose end is read from workgroup memory",
      "runs-together",
      (top) => {
        const body = new Block(top);
        body.barrier();
        const [shared] = stagesUnder("runs-together").passes[0]!.lowered.context.shared;
        top.statements.push({
          kind: "for",
          name: "mine",
          from: "0u",
          condition: `f32(mine) < ${shared!.name}[0]`,
          step: "1u",
          body,
        });
      },
      "a barrier stands where only some invocations of a workgroup may come, depending on f32(mine) < sum_parts_0[0]",
    ],
    [
      "a return of some before a barrier",
      "runs-together",
      (top) => {
        const past = new Block(top);
        past.statements.push({ kind: "return" });
        top.statements.splice(position(top, "barrier"), 0, { kind: "if", condition: "local_index == 1u", body: past });
      },
      "a barrier stands after a return of only some invocations of a workgroup, depending on local_index == 1u",
    ],
  ])("%s", (_, schedule, plant, message) => {
    expect(planted(schedule, () => undefined)).not.toThrow();
    expect(planted(schedule, plant)).toThrow(new InternalCompilerError(`after planting, kernel linear: ${message}`));
  });

  test("a condition that is the same for a whole workgroup may guard a barrier", () => {
    expect(
      planted("runs-together", (top) =>
        inside(top, "workgroup.x == 0u && uniforms.extent_token > 1u", (body) => body.barrier()),
      ),
    ).not.toThrow();
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
