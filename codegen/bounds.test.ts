/**
 * What a text may cost a driver's compiler, for kernels whose leaves, points or trees a schedule would repeat too
 * often.
 */
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { compile, compileInStages, offeredSchedules } from "./compile.ts";
import { costOf } from "./wgsl/cost.ts";
import { rewriteExpressions } from "./wgsl/walk.ts";

const rows = `axes: { t: batch, c: model }, inputs: { x: "f32[t, c]", y: "f32[t, c]" }`;
const pairs = `axes: { t: batch, o: model, c: model }, inputs: { x: "f32[t, c]", y: "f32[o, c]" }, output: "f32[t, o]"`;
const { kernels, diagnostics } = readKernels("costly.kernel.ts", {
  source: `
  import { batch, exp, kernel, max, model, reduce, reducer, select, sigmoid, sqrt, sum, tanh } from "treefold";
  const affine = reducer({ state: { a: "f32", b: "f32" }, identity: { a: 1, b: 0 }, combine: (l, r) => ({ a: l.a * r.a, b: l.b * r.a + r.b }) });
  const wide = reducer({
    state: { a: "f32", b: "f32", c: "f32", d: "f32" }, identity: { a: 0, b: 0, c: 0, d: 0 },
    combine: (l, r) => ({ a: l.a + r.a, b: l.b + r.b, c: l.c + r.c, d: l.d + r.d }),
  });
  export const recurrence = kernel({ ${rows}, outputs: { decay: "f32[t]", state: "f32[t]" }, body({ x, y }, { t, c }) {
    const { a, b } = reduce(c, "chain 16, chain", affine, (i) => ({ a: sigmoid(x(t, i)), b: y(t, i) }));
    return { decay: a, state: b };
  } });
  export const manySigmoids = kernel({ ${rows}, output: "f32[t]", body: ({ x, y }, { t, c }) => sum(c, "chain 16, chain", (i) =>
    sigmoid(x(t, i)) + sigmoid(x(t, i) * 2) + sigmoid(x(t, i) * 3) + sigmoid(x(t, i) * 4) + sigmoid(y(t, i)) + sigmoid(y(t, i) * 2)) });
  export const manyExps = kernel({ ${rows}, output: "f32[t]", body: ({ x, y }, { t, c }) => sum(c, "chain 16, chain", (i) =>
    exp(x(t, i)) + exp(x(t, i) * 2) + exp(x(t, i) * 3) + exp(x(t, i) * 4) + exp(y(t, i)) + exp(y(t, i) * 2) + exp(y(t, i) * 3)) });
  export const manyDivisions = kernel({ ${rows}, output: "f32[t]", body: ({ x, y }, { t, c }) => sum(c, "chain 16, chain", (i) =>
    x(t, i) / y(t, i) + y(t, i) / x(t, i) + (x(t, i) + 1) / (y(t, i) + 2) + sqrt(x(t, i)) / (y(t, i) + 3)) });
  export const ownConditions = kernel({ ${rows}, output: "f32[t]", body: ({ x, y }, { t, c }) => sum(c, "chain 16, chain", (i) =>
    select(x(t, i) > 0 && y(t, i) > 0 || x(t, i) < -1 && y(t, i) < -1, tanh(x(t, i)) / y(t, i), tanh(y(t, i)))) });
  export const costlyPairs = kernel({ ${pairs}, body: ({ x, y }, { t, o, c }) => sum(c, "chain 16, chain", (i) => tanh(x(t, i) * y(o, i)) / (y(o, i) + x(t, i))) });
  export const costlyEnds = kernel({ ${pairs}, body({ x, y }, { t, o, c }) {
    const s = sum(c, "chain", (i) => x(t, i) * y(o, i));
    return tanh(sigmoid(tanh(sigmoid(tanh(s)))));
  } });
  export const stacks = kernel({ ${pairs}, body({ x, y }, { t, o, c }) {
    const { a, b, c: third, d } = reduce(c, "pairwise", wide, (i) => ({ a: x(t, i), b: y(o, i), c: x(t, i) * y(o, i), d: x(t, i) + y(o, i) }));
    const two = reduce(c, "chain 2, pairwise", wide, (i) => ({ a: y(o, i), b: x(t, i), c: x(t, i) - y(o, i), d: y(o, i) * 2 }));
    const three = reduce(c, "chain 3, pairwise", wide, (i) => ({ a: y(o, i), b: x(t, i), c: x(t, i) - y(o, i), d: y(o, i) * 3 }));
    const four = reduce(c, "chain 4, pairwise", wide, (i) => ({ a: y(o, i), b: x(t, i), c: x(t, i) - y(o, i), d: y(o, i) * 4 }));
    const five = reduce(c, "chain 5, pairwise", wide, (i) => ({ a: y(o, i), b: x(t, i), c: x(t, i) - y(o, i), d: y(o, i) * 5 }));
    return a + b + third + d + two.a + two.b + two.c + two.d + three.a + three.b + three.c + three.d + four.a + four.b + four.c + four.d + five.a + five.b + five.c + five.d;
  } });
  export const softmaxed = kernel({ axes: { t: batch, o: model }, inputs: { x: "f32[t, o]" }, output: "f32[t, o]", body({ x }, { t, o }) {
    const top = max(o, "chain", (i) => x(t, i));
    const total = sum(o, "chain 16, chain", (i) => exp(x(t, i) - top));
    return sigmoid(exp(x(t, o) - top) / total);
  } });
`,
});

const extents = (
  kernel: { readonly axes: readonly { readonly name: string }[] },
  size: number,
): Record<string, number> => Object.fromEntries(kernel.axes.map(({ name }) => [name, size]));

test("the kernels are right", () => {
  expect(diagnostics).toEqual([]);
});

describe.each([64, 1000])("with axes of %i", (size) => {
  test.each(kernels)("$name is cheap to compile under every schedule that fits", (kernel) => {
    const { fitting, misfits } = offeredSchedules(kernel, { extents: extents(kernel, size) });
    for (const schedule of fitting) {
      for (const { module } of compileInStages(kernel, { extents: extents(kernel, size), schedule }).passes) {
        const { operations, branches, privateBytes } = costOf(module);
        const what = `${schedule.name}: ${operations}, ${branches.inLoop}, ${privateBytes}`;
        expect([what, operations <= 16000, branches.inLoop <= 14, privateBytes <= 8192]).toEqual([
          what,
          true,
          true,
          true,
        ]);
      }
    }
    expect(fitting.map(({ name }) => name)).toContain("alone");
    for (const { reason } of misfits)
      expect(reason).toMatch(
        /^\d+ (operations, as often as|bytes of an invocation's own variables)|nothing to stage|workgroup memory|storage buffers|in common|barrier/,
      );
  });
});

test("an attention of 64 channels a head keeps the schedules that models prefer", () => {
  const [attention] = readKernels(new URL("../models/kernels/attention.kernel.ts", import.meta.url)).kernels;
  const sizes = { head: 16, kvHead: 8, dim: 64, page: 16 };
  const { fitting } = offeredSchedules(attention!, { extents: sizes });
  expect(fitting.map(({ name }) => name)).toEqual(expect.arrayContaining(["registers", "registers-together"]));
});

test("conditions of a kernel's own are joined without branches where registers repeat them in a loop", () => {
  const images = readKernels(new URL("../spec/fixtures/strangers/images.kernel.ts", import.meta.url)).kernels;
  const maxPool = images.find(({ name }) => name === "maxPool2d")!;
  const sizes = { c: 3, h: 7, w: 9, y: 4, x: 5, i: 3, j: 3 };
  const { fitting } = offeredSchedules(maxPool, { extents: sizes });
  const under = (name: string) =>
    compileInStages(maxPool, { extents: sizes, schedule: fitting.find((one) => one.name === name)! }).passes[0]!;
  expect(under("alone").printed().wgsl).toContain(" && ");
  const { module } = under("alone-4x4");
  expect(costOf(module).branches.inLoop).toBe(0);
  const body = rewriteExpressions(module.body, (expression) =>
    expression.kind === "binary" && expression.operator === "&" && expression.type === "bool"
      ? { ...expression, operator: "&&" }
      : expression,
  );
  expect(costOf({ ...module, body }).branches.inLoop).toBe(64);
});

test("leaves are taken fewer at a time before a text grows long", () => {
  const many = kernels.find(({ name }) => name === "manySigmoids")!;
  const { fitting } = offeredSchedules(many, { extents: { c: 64 } });
  const [pass] = compileInStages(many, {
    extents: { c: 64 },
    schedule: fitting.find(({ name }) => name === "alone-vector")!,
  }).passes;
  expect(costOf(pass!.module).operations).toBeLessThan(6000);
});

test("a chain of divisions keeps its schedules, and joins conditions without branches", () => {
  const recurrence = kernels.find(({ name }) => name === "recurrence")!;
  const { fitting } = offeredSchedules(recurrence, { extents: { c: 100 } });
  expect(fitting.map(({ name }) => name)).toEqual(expect.arrayContaining(["alone", "alone-vector", "runs-vector"]));
  const textOf = (name: string): string =>
    compile(recurrence, { extents: { c: 100 }, schedule: fitting.find((one) => one.name === name)! }).passes[0]!.wgsl;
  expect(textOf("alone")).toContain(" && ");
  expect(textOf("alone-vector")).not.toMatch(/ (&&|\|\|) /);
});

test("stacks of trees by pairs are no more than WebGPU promises", () => {
  const stacks = kernels.find(({ name }) => name === "stacks")!;
  const { misfits } = offeredSchedules(stacks, { extents: { o: 1000, c: 1000 } });
  expect(misfits.find(({ schedule }) => schedule.name === "alone-4x4")!.reason).toMatch(
    /^\d+ bytes of an invocation's own variables are more than the 8192 that WebGPU promises$/,
  );
});
