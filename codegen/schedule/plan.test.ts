/**
 * Each step's precondition: an error that names the step, says which condition fails and where, and what to write
 * instead.
 */
import { describe, expect, test } from "vitest";
import { readKernels } from "../../dsl/reader/index.ts";
import { defaultLimits } from "../../runtime/artifact.ts";
import { compile } from "../compile.ts";
import { CompileError, ScheduleError } from "../errors.ts";
import { scheduleOf } from "./given.ts";

const { kernels, diagnostics } = readKernels("steps.kernel.ts", {
  source: `
  import { batch, kernel, model, sum } from "treefold";
  export const product = kernel({
    axes: { t: batch, constructor: model, c: model }, inputs: { x: "f32[t, c]", w: "f32[constructor, c]" }, output: "f32[t, constructor]",
    body: ({ x, w }, { t, constructor, c }) => sum(c, "chain 16, chain", (i) => x(t, i) * w(constructor, i)),
  });
  export const half = kernel({
    axes: { t: batch, c: model }, inputs: { x: "f32[t, c]" }, output: "bf16[t, c]", body: ({ x }, { t, c }) => x(t, c) * 2,
  });
  export const halfProduct = kernel({
    axes: { t: batch, o: model, c: model },
    inputs: { x: "f32[t, c]", w: "f32[o, c]" },
    output: "bf16[t, o]",
    body: ({ x, w }, { t, o, c }) => sum(c, "chain 16, chain", (i) => x(t, i) * w(o, i)),
  });
`,
  typecheck: false,
});
const [product, half, halfProduct] = kernels;
const extents = { constructor: 40, c: 64 };

function errorOf(kernel: typeof product, steps: string, limits = defaultLimits): CompileError {
  try {
    compile(kernel!, { extents, schedule: scheduleOf(steps), limits });
  } catch (error) {
    if (error instanceof CompileError && error.cause instanceof ScheduleError) return error;
    throw error;
  }
  throw new Error(`'${steps}' applies`);
}

test("the kernels are right", () => expect(diagnostics).toEqual([]));

describe("a step is refused, with its place, the condition and a fix that works:", () => {
  test.each<[steps: string, error: string, mended: string]>([
    [
      "walk(t); bind(out, 8)",
      "step 2, bind(out, 8): the kernel has no axis out; fix: name one of t, constructor",
      "walk(t); bind(constructor, 8)",
    ],
    [
      "bind(constrictor, 8)",
      "step 1, bind(constrictor, 8): the kernel has no axis constrictor; fix: write constructor",
      "bind(constructor, 8)",
    ],
    ["bind(c, 8)", "step 1, bind(c, 8): no output lies along axis c; fix: name one of t, constructor", "bind(t, 8)"],
    [
      "bind(t, 8); bind(t, 4)",
      "step 2, bind(t, 4): axis t has one already: step 1, bind(t, 8); fix: leave it out",
      "bind(t, 8)",
    ],
    [
      "bind(t, 8); bind(constructor, 64); unroll(2)",
      "step 2, bind(constructor, 64): 512 invocations are more than the device's 256; fix: write 'bind(constructor, 32)'",
      "bind(t, 4); bind(constructor, 64); unroll(2)",
    ],
    [
      "bind(t, 32); cooperate(1, 16)",
      "step 2, cooperate(1, 16): 512 invocations are more than the device's 256; fix: write 'cooperate(1, 8)'",
      "bind(t, 16); cooperate(1, 16)",
    ],
    [
      "sink(t, 512, blocked)",
      "step 1, sink(t, 512, blocked): an invocation would hold 512 points, more than 256; fix: sink fewer points",
      "sink(t, 4, blocked)",
    ],
    [
      "sink(t, 2, interleaved); walk(t)",
      "step 1, sink(t, 2, interleaved): axis t is walked, by invocations that hold neighbors; fix: write 'sink(t, 2, blocked)'",
      "sink(t, 2, blocked); walk(t)",
    ],
    [
      "reorder(c, t)",
      "step 1, reorder(c, t): no output lies along axis c; " +
        "fix: write 'reorder(t, constructor)' in the order that you want",
      "reorder(constructor, t)",
    ],
    [
      "reorder(constructor)",
      "step 1, reorder(constructor): it has to name each output axis once; fix: write 'reorder(t, constructor)' in the order that you want",
      "reorder(t, constructor)",
    ],
    [
      "cooperate(2, 8)",
      "step 1, cooperate(2, 8): no reduction's tree has a level 2 below its last; fix: give cooperate a level from 0 to 1",
      "cooperate(1, 8)",
    ],
    [
      "cooperate(1, 8); cooperate(0, 8)",
      "step 2, cooperate(0, 8): the pass has one already: step 1, cooperate(1, 8); fix: leave it out",
      "cooperate(1, 8)",
    ],
    ["unroll(128)", "step 1, unroll(128): 128 leaves in one round are more than 64; fix: take 64", "unroll(64)"],
    [
      "stage(16)",
      "step 1, stage(16): no two points of a tile have elements of 'x' in common; fix: leave it out, or bind or sink more points of another axis",
      "bind(t, 8); bind(constructor, 8); stage(16)",
    ],
    [
      "bind(t, 8); bind(constructor, 8); stage(1024)",
      "step 3, stage(1024): workgroup memory has no room for 9216 more words of its 16384 bytes; fix: leave it out, or give it smaller numbers",
      "bind(t, 8); bind(constructor, 8); stage(16)",
    ],
    [
      "cooperate(1, 8); stage(16)",
      "step 2, stage(16): invocations that cooperate on a fold take different leaves of it, and could not meet to stage them; fix: leave it or the cooperate out",
      "cooperate(1, 8)",
    ],
    [
      "bind(t, 8); walk(t); bind(constructor, 8); stage(16)",
      "step 4, stage(16): axis t is walked by several invocations or points, which could not meet to stage operands; fix: leave it or 'walk(t)' out",
      "bind(t, 8); bind(constructor, 8); stage(16)",
    ],
    [
      "partition(2)",
      "step 1, partition(2): no reduction's tree has a level 2 below its last; fix: give partition a level from 0 to 1",
      "partition(1)",
    ],
    [
      "walk(t); partition(1)",
      "step 2, partition(1): it is not the first step; fix: write it first",
      "partition(1); pass(1); walk(t)",
    ],
    [
      "partition(1); partition(1)",
      "step 2, partition(1): the kernel is partitioned already, at level 1; fix: leave it out",
      "partition(1)",
    ],
    [
      "partition(1); walk(t)",
      "step 2, walk(t): it does not say which pass it is about; fix: write 'pass(0)' or 'pass(1)' before it",
      "partition(1); pass(0); walk(t)",
    ],
    [
      "partition(1); pass(2)",
      "step 2, pass(2): the partition leaves 2 passes; fix: give it a number from 0 to 1",
      "partition(1); pass(1)",
    ],
    [
      "partition(1); pass(1); pass(0); pass(1)",
      "step 4, pass(1): the steps of pass 1 stand above; fix: write them together",
      "partition(1); pass(0); pass(1)",
    ],
    [
      "partition(1); pass(0); bind(t, 8); pass(1); bind(part0, 8)",
      "step 5, bind(part0, 8), of pass 1: no output lies along axis part0; fix: name one of t, constructor",
      "partition(1); pass(0); bind(t, 8); pass(1); bind(t, 8)",
    ],
    ["pass(0)", "step 1, pass(0): the kernel is not partitioned, so it has one pass; fix: leave it out", ""],
    [
      "layout(v, 8, 8)",
      "step 1, layout(v, 8, 8): the kernel has no input 'v'; fix: name one of x, w",
      "layout(w, 8, 8)",
    ],
    [
      "layout(w, 8)",
      "step 1, layout(w, 8): input 'w' has 2 axes, and the layout 1 blocks; fix: give a size for each axis; 1 leaves an axis as it is",
      "layout(w, 8, 1)",
    ],
    [
      "layout(w, 8, 4); layout(w, 4, 4)",
      "step 2, layout(w, 4, 4): input 'w' has a layout already; fix: leave it out",
      "layout(w, 8, 4)",
    ],
    [
      "layout(x, 8, 4)",
      "step 1, layout(x, 8, 4): axis t of input 'x' is not a model axis, and what writes it is row-major; fix: leave it out",
      "",
    ],
    [
      "layout(w, 1073741824, 4)",
      "step 1, layout(w, 1073741824, 4): in these blocks 'w' takes 68719476736 elements, more than 1073741824; fix: give smaller blocks",
      "layout(w, 4, 4)",
    ],
  ])("%s", (steps, error, mended) => {
    const { message } = errorOf(product, steps);
    expect(message).toBe(`schedule '${scheduleOf(steps).name}' does not fit kernel 'product': ${error}`);
    expect(() => compile(product!, { extents, schedule: scheduleOf(mended) })).not.toThrow();
  });

  test.each<[steps: string, error: string, mended: string]>([
    [
      "bind(t, 8)",
      "16-bit outputs need pairs of neighbors of axis c in one invocation; fix: write 'sink(c, 2, blocked)'",
      "bind(t, 8); sink(c, 2, blocked)",
    ],
    [
      "sink(c, 3, blocked)",
      "step 1, sink(c, 3, blocked): 16-bit outputs need pairs of neighbors of axis c in one invocation; fix: write 'sink(c, 2, blocked)'",
      "sink(c, 2, blocked)",
    ],
    [
      "reorder(c, t)",
      "step 1, reorder(c, t): two neighbors along axis c share a word of a 16-bit output; fix: put c last",
      "reorder(t, c); sink(c, 2, blocked)",
    ],
    ["unroll(8)", "step 1, unroll(8): the pass reduces nothing; fix: leave it out", "sink(c, 2, blocked)"],
  ])("%s, of a 16-bit output", (steps, error, mended) => {
    expect(errorOf(half, steps).message).toContain(`: ${error}`);
    expect(() => compile(half!, { extents, schedule: scheduleOf(mended) })).not.toThrow();
  });
});

test.each([
  ["partition(1)", "write 'pass(1); sink(o, 2, blocked)'", "partition(1); pass(1); sink(o, 2, blocked)"],
  [
    "partition(1); pass(1); bind(t, 8)",
    "write 'sink(o, 2, blocked)' behind 'pass(1)'",
    "partition(1); pass(1); sink(o, 2, blocked); bind(t, 8)",
  ],
])("%s of a 16-bit output is mended in the pass that stores it", (steps, fix, mended) => {
  const sizes = { o: 4, c: 64 };
  const compiled = (text: string) => compile(halfProduct!, { extents: sizes, schedule: scheduleOf(text) });
  expect(() => compiled(steps)).toThrow(
    `16-bit outputs need pairs of neighbors of axis o in one invocation; fix: ${fix}`,
  );
  expect(() => compiled(mended)).not.toThrow();
});
