import { describe, expect, test } from "vitest";
import { kernels } from "../../spec/fixtures/schedule-kernels.ts";
import { ScheduleError } from "../errors.ts";
import { printStep } from "../schedule/signatures.ts";
import type { Step } from "../schedule/step.ts";
import { parseSteps } from "../schedule/text.ts";
import { specialize } from "../specialize.ts";
import { applySteps } from "./apply.ts";
import { cacheShared } from "./cache.ts";
import { mergeFolds } from "./merge.ts";
import type { Nest } from "./nest.ts";
import { printNest } from "./print.ts";
import { verifyNest } from "./verify.ts";

const sizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  linear: { out: 4096, inner: 4096 },
  attention: { head: 16, kvHead: 4, dim: 64, page: 16 },
  rmsNorm: { channel: 100 },
  twoReductions: { channel: 100 },
  minmax: { c: 24 },
  storeRows: { kvHead: 2, dim: 5 },
  nestedPairwise: { out: 5, k: 3, j: 3 },
  welfordVariance: { channel: 40 },
  softmax: { c: 40 },
  keptApart: { key: 100, dim: 3 },
};

const printed = (nests: readonly Nest[]): string => nests.map(printNest).join("\n");

function applied(name: string, steps: readonly Step[]) {
  return applySteps(specialize(kernels.get(name)!, sizes[name]!), steps);
}

describe("the nest that build makes", () => {
  test.each(Object.keys(sizes))("of %s reads as its declaration", async (name) => {
    await expect(printed(applied(name, [])[0]!.nests)).toMatchFileSnapshot(`golden/${name}.nest`);
  });
});

describe("a step, before and after", () => {
  test.each([
    ["bind", "linear", "bind(out, 64)"],
    ["bind-walked", "rmsNorm", "walk(channel); bind(channel, 64)"],
    ["reorder", "linear", "bind(out, 8); reorder(out, token)"],
    ["sink", "linear", "bind(out, 32); sink(out, 2, blocked)"],
    ["sink-interleaved", "linear", "bind(out, 32); sink(out, 4, interleaved)"],
    ["sink-nested", "attention", "sink(dim, 2, blocked)"],
    ["sink-domain", "attention", "sink(token, 2, blocked)"],
    ["walk", "rmsNorm", "bind(channel, 64); walk(channel)"],
    ["walk-stores", "twoReductions", "walk(channel)"],
    ["cooperate", "linear", "bind(out, 8); cooperate(1, 8)"],
    ["cooperate-leaves", "softmax", "cooperate(0, 16)"],
    ["unroll", "linear", "unroll(8)"],
    [
      "stage",
      "linear",
      "bind(token, 8); sink(token, 2, interleaved); bind(out, 8); sink(out, 2, interleaved); stage(16)",
    ],
    ["stage-unrolled", "linear", "bind(token, 8); bind(out, 8); unroll(8); stage(16)"],
    ["partition", "linear", "partition(1)"],
    ["partition-pass", "linear", "partition(1); pass(1); bind(out, 64)"],
    ["layout", "linear", "layout(weight, 32, 8)"],
  ])("%s", async (golden, name, text) => {
    const stages = applied(name, parseSteps(text));
    const [before, after] = stages.slice(-2);
    const shown = [`// ${name}`, printed(before!.nests), `// ${printStep(after!.step!)}`, printed(after!.nests)];
    await expect(shown.join("\n")).toMatchFileSnapshot(`golden/steps/${golden}.nest`);
  });
});

describe("a pass after the steps, before and after", () => {
  test.each([
    ["merge", "attention", "sink(dim, 64, blocked)", mergeFolds],
    ["merge-points", "keptApart", "sink(token, 2, blocked)", mergeFolds],
    ["cache", "attention", "bind(head, 4)", cacheShared],
  ])("%s", async (golden, name, text, pass) => {
    const [before] = applied(name, parseSteps(text)).at(-1)!.nests;
    const after = verifyNest(pass(before!), golden);
    const shown = [`// ${name}`, printNest(before!), `// ${golden}`, printNest(after)];
    await expect(shown.join("\n")).toMatchFileSnapshot(`golden/passes/${golden}.nest`);
  });
});

describe("a step that does not apply says which precondition failed", () => {
  test.each([
    ["linear", "bind(inner, 8)", "step 1 (bind): kernel linear has no output axis 'inner'"],
    ["linear", "bind(out, 8); bind(out, 8)", "step 2 (bind): axis out has 8 invocations already"],
    [
      "linear",
      "sink(out, 2, blocked); bind(out, 8)",
      "step 2 (bind): an invocation holds 2 points of axis out already",
    ],
    [
      "linear",
      "sink(out, 2, blocked); sink(out, 2, blocked)",
      "step 2 (sink): an invocation holds 2 points of axis out already",
    ],
    ["linear", "walk(out); walk(out)", "step 2 (walk): axis out is walked already"],
    ["linear", "reorder(out)", "step 1 (reorder): out are not the output axes of kernel linear, each once"],
    ["linear", "walk(out); reorder(out, token)", "step 2 (reorder): axis out is serial already"],
    ["linear", "cooperate(1, 8); cooperate(1, 8)", "step 2 (cooperate): its reductions are shared already"],
    [
      "linear",
      "walk(out); cooperate(1, 8)",
      "step 2 (cooperate): no reduction stands where all invocations of a workgroup meet",
    ],
    [
      "linear",
      "bind(token, 8); bind(out, 8); stage(16); cooperate(1, 8)",
      "step 4 (cooperate): its operands are staged, which takes all invocations at once",
    ],
    ["linear", "unroll(1); unroll(8); unroll(8)", "step 3 (unroll): chains take 8 leaves in a round already"],
    ["linear", "unroll(8); unroll(8)", "step 2 (unroll): chains take 8 leaves in a round already"],
    ["storeRows", "unroll(8)", "step 1 (unroll): kernel storeRows folds nothing"],
    [
      "linear",
      "cooperate(1, 8); stage(16)",
      "step 2 (stage): its reductions are shared, which takes all invocations at once",
    ],
    [
      "linear",
      "bind(out, 8); walk(out); stage(16)",
      "step 3 (stage): axis out is walked, where invocations would meet at different barriers",
    ],
    [
      "rmsNorm",
      "bind(channel, 64); stage(16)",
      "step 2 (stage): no operand is shared along a tiled axis, so there is nothing to stage",
    ],
    [
      "linear",
      "bind(out, 64); partition(1)",
      "step 2 (partition): a kernel is partitioned before anything else is done to it",
    ],
    ["linear", "partition(2)", "step 1 (partition): no reduction's tree has a level 2 below its last"],
    ["linear", "pass(1)", "step 1 (pass): there is no pass 1 of 1"],
    ["linear", "layout(bias, 1, 2)", "step 1 (layout): kernel linear reads no input 'bias'"],
    ["linear", "layout(weight, 1)", "step 1 (layout): input weight has 2 axes and a layout of 1"],
    ["linear", "layout(x, 2, 8)", "step 1 (layout): input x has axis token, whose extent is known only at run time"],
    ["linear", "layout(weight, 2, 8); layout(weight, 2, 8)", "step 2 (layout): input weight has a layout already"],
  ])("%s: %s", (name, text, message) => {
    const run = (): unknown => applied(name, parseSteps(text));
    expect(run).toThrow(ScheduleError);
    expect(run).toThrow(message);
  });
});
