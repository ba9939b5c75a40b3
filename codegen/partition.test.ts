/** What the first pass of a partition reads for items past the end of a bounded domain, which no later pass folds. */
import { expect, test } from "vitest";
import { audit } from "../audit/index.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { compile } from "./compile.ts";
import { parseSteps } from "./schedule/text.ts";

const source = `import { batch, below, kernel, model, reduce, reducer, runs, sequence, sum } from "treefold";

const add = reducer({ state: { t: "f32" }, identity: { t: 0 }, combine: (l, r) => ({ t: l.t + r.t }) });

export const ofTable = kernel({
  axes: { tok: batch, key: sequence },
  inputs: { v: "f32[key]", pos: "u32[tok]" },
  output: "f32[tok]",
  body: ({ v, pos }, { tok, key }) =>
    reduce(runs(below(key, pos(tok)), 5), "chain", add, (run) => ({ t: sum(run, "chain", (k) => v(k)) })).t,
});

export const ofPoint = kernel({
  axes: { row: batch, key: model, o: model },
  inputs: { v: "f32[key]" },
  output: "f32[row, o]",
  body: ({ v }, { row, key, o }) =>
    reduce(runs(below(key, o), 5), "chain", add, (run) => ({ t: sum(run, "chain", (k) => v(k)) })).t,
});
`;

test.each([
  ["ofTable", {}],
  ["ofPoint", { key: 11, o: 12 }],
])("runs of %s that begin behind its bound read nothing behind the input's end", (name, extents) => {
  const kernel = readKernels("runs.kernel.ts", { source }).kernels.find((one) => one.name === name)!;
  const schedule = { name: "given", steps: parseSteps("partition(0)") };
  expect(audit(kernel, compile(kernel, { extents, schedule })).failures).toEqual([]);
});
