/** No line of ours is longer than 120 columns: what the formatter leaves, which is comments, texts and styles, too. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./fixtures/documents.ts";

const columns = 120;
const folders = ["audit", "cli", "codegen", "dsl", "models", "page", "runtime", "spec"];

/** Kept as their authors wrote them, or generated. */
const others = [
  "spec/fixtures/wrong/",
  "spec/fixtures/right/",
  "spec/fixtures/strangers/",
  "spec/fixtures/jinja-cases.py",
  "spec/results/",
];

/** Files with lines that can't be divided, patterns and sources of kernels as they are tested, and how many. */
const exceptions: Readonly<Record<string, number>> = {
  "audit/emit.ts": 2,
  "audit/followed.test.ts": 3,
  "audit/machine.test.ts": 1,
  "audit/mismatch.ts": 1,
  "audit/primitives.ts": 1,
  "audit/wgsl/parser.test.ts": 4,
  "cli/audit.test.ts": 4,
  "cli/cli.any-device.test.ts": 1,
  "cli/cli.test.ts": 6,
  "cli/default-extents.test.ts": 1,
  "codegen/bounds.test.ts": 16,
  "codegen/compile.test.ts": 1,
  "codegen/context.test.ts": 1,
  "codegen/offers.test.ts": 2,
  "codegen/schedule/plan.test.ts": 14,
  "codegen/schedule/text.test.ts": 6,
  "codegen/verify.test.ts": 1,
  "codegen/wgsl/print.test.ts": 1,
  "dsl/exactness/infer.test.ts": 12,
  "dsl/print-ir.ts": 1,
  "dsl/reader/declared-inputs.ts": 2,
  "dsl/reader/deeper-rules.test.ts": 3,
  "dsl/reader/identity.test.ts": 6,
  "dsl/reader/lookups.ts": 1,
  "dsl/reader/outputs.ts": 1,
  "dsl/reader/reader.test.ts": 17,
  "dsl/reader/reducers.ts": 1,
  "dsl/reader/reductions.ts": 2,
  "dsl/reader/states.ts": 1,
  "models/library.any-device.test.ts": 2,
  "runtime/engine/request.test.ts": 6,
  "runtime/faults.device.test.ts": 1,
  "runtime/limits.test.ts": 1,
  "runtime/model/chat.test.ts": 13,
  "runtime/model/jinja/filters.ts": 1,
  "runtime/model/jinja/json.ts": 1,
  "runtime/model/jinja/text.ts": 1,
  "runtime/model/tokenizer.test.ts": 1,
  "runtime/platform/browser.test.ts": 1,
  "runtime/platform/driver.test.ts": 1,
  "runtime/platform/quiet.any-device.test.ts": 3,
  "runtime/platform/quiet.ts": 1,
  "runtime/runtime.device.test.ts": 2,
  "spec/all-at-once.test.ts": 1,
  "spec/attacks/fresh.ts": 1,
  "spec/attacks/own.ts": 1,
  "spec/data.device.test.ts": 1,
  "spec/docs.test.ts": 1,
  "spec/evaluator.test.ts": 1,
  "spec/fixes.test.ts": 1,
  "spec/fixtures/chromium.ts": 1,
  "spec/fixtures/later-mistakes-3.ts": 1,
  "spec/inputs.test.ts": 1,
  "spec/invariance.device.test.ts": 3,
  "spec/invariance/check.test.ts": 2,
  "spec/locations.test.ts": 1,
  "spec/names.test.ts": 4,
  "spec/order.test.ts": 3,
  "spec/page.any-device.test.ts": 1,
  "spec/rules.test.ts": 1,
  "spec/sweep/sweep.any-device.test.ts": 1,
  "spec/texts/main.ts": 2,
};

test(`no line has more than ${columns} columns, but for the exceptions that are counted here`, () => {
  const files = folders.flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[])
      .map((name) => `${folder}/${name}`)
      .filter((path) => /\.(ts|mjs|css|html|py)$/.test(path)),
  );
  expect(files.length).toBeGreaterThan(300);
  const checked = ["vitest.config.ts", ...files].filter((path) => !others.some((one) => path.startsWith(one)));
  const long = checked.flatMap((path) => {
    const lines = readFileSync(join(root, path), "utf8").split("\n");
    const count = lines.filter((line) => [...line].length > columns).length;
    return count === 0 ? [] : [[path, count] as const];
  });
  expect(Object.fromEntries(long)).toEqual(exceptions);
});
