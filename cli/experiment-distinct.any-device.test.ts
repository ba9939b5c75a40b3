/**
 * `treefold experiment distinct`, small: one answer with the model's kernels, on the schedule that ordinary ones are
 * put through, too.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { demoDirectory, packageRoot } from "../models/places.ts";
import { besideKernels, treefold } from "../spec/fixtures/commands.ts";
import type { DistinctRun } from "./experiment-distinct.ts";

besideKernels();
const folder = mkdtempSync(join(tmpdir(), "treefold-distinct-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("equal requests have equal answers", () => {
  const html = join(folder, "page.html");
  const { code, out, err } = treefold(
    "experiment",
    "distinct",
    "--model",
    demoDirectory,
    "--requests",
    "12",
    "--max-tokens",
    "12",
    "--temperature",
    "0.7",
    "--html",
    html,
    "--json",
  );
  const printed = JSON.parse(out) as { runs: [DistinctRun] };
  const { ours, ordinary, batchSizes } = printed.runs[0];
  expect(printed.runs).toHaveLength(1);
  expect(ours).toMatchObject({ requests: 12, distinct: 1, distinctLogprobs: 1, firstDivergence: null });
  // So few tokens need not part; their logprobs do.
  expect(ordinary).toMatchObject({ requests: 12 });
  expect(ordinary.distinctLogprobs).toBeGreaterThan(1);
  expect(code).toBe(ordinary.distinct > 1 ? 0 : 1);
  expect(err).toMatch(/^note: with fewer than 200 requests, nothing is demanded of the batches/);
  expect(err.includes("\nfinding: ordinary kernels gave one answer, too")).toBe(ordinary.distinct === 1);
  expect(batchSizes.different).toBe(Object.keys(batchSizes.sizes).length);
  expect(batchSizes.different).toBeGreaterThan(2);

  const shape = /^\| `experiment distinct` \| `(.*)` \|$/m.exec(
    readFileSync(join(packageRoot, "docs", "cli.md"), "utf8"),
  )![1]!;
  const zeros = shape.replace(/("\w+")(?=[,}])/g, "$1:0");
  const names = (value: unknown): string[] =>
    typeof value !== "object" || value === null
      ? []
      : Object.entries(value).flatMap(([name, inner]) => [name, ...(name === "sizes" ? [] : names(inner))]);
  expect(names(printed)).toEqual(names(JSON.parse(zeros)));

  const page = readFileSync(html, "utf8");
  expect(page).toMatch(/^<!doctype html>\n[^]*<\/html>\n$/);
  expect(page).not.toMatch(/\b(src|href)="(?!data:)|https?:\/\//);
  const plots = JSON.parse(/<script type="application\/json" id="plots">(.*)<\/script>/.exec(page)![1]!) as {
    id: string;
    series: { values: number[] }[];
  }[];
  expect(plots.map(({ id }) => id)).toEqual(["answers-0", "parting-0", "batches-0"]);
  expect(plots[0]!.series.map(({ values }) => values.reduce((total, value) => total + value, 0))).toEqual([12, 12]);
  expect(new Set(plots[2]!.series[0]!.values.filter((size) => size > 0)).size).toBe(batchSizes.different);
});
