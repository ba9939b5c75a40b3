/**
 * Holds the WGSL in examples/ to what the compiler prints, for the sizes and schedules in the table of its README.md.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { effort } from "./fixtures/effort.ts";

const folder = join(import.meta.dirname, "..", "examples");

/** A row of the table. */
interface Example {
  readonly file: string;
  readonly kernel: string;
  readonly extents: Readonly<Record<string, number>>;
  /** Texts that the row links to. */
  readonly texts: readonly string[];
}

const examples = [
  ...readFileSync(join(folder, "README.md"), "utf8").matchAll(
    /^\| \[(\w+)\]\(([\w-]+)\.kernel\.ts\) \| ([^|]+) \| ([^|]+) \|/gm,
  ),
].map(
  ([, kernel, file, sizes, texts]): Example => ({
    file: file!,
    kernel: kernel!,
    extents: Object.fromEntries(
      [...sizes!.matchAll(/(\w+)=(\d+)/g)].map(([, axis, extent]) => [axis!, Number(extent)]),
    ),
    texts: [...texts!.matchAll(/\(([^)]+\.wgsl)\)/g)].map(([, text]) => text!),
  }),
);
const written = new Set<string>();

describe.each(examples)("the example $file", ({ file, kernel: name, extents, texts }) => {
  const path = join(folder, `${file}.kernel.ts`);
  const { kernels, diagnostics } = readKernels(path, { typecheck: effort !== "quick" });

  test("reads without a diagnostic as the one kernel that the table names", () => {
    expect(diagnostics).toEqual([]);
    expect(kernels.map((kernel) => kernel.name)).toEqual([name]);
  });

  test("has the WGSL that the compiler prints under two schedules", async () => {
    const [kernel] = kernels;
    const schedules = schedulesFor(kernel!, { extents }).filter(({ name }) =>
      texts.some((text) => text.startsWith(`${file}.${name}.`)),
    );
    expect(schedules).toHaveLength(2);
    for (const schedule of schedules) {
      const { passes } = compile(kernel!, { extents, schedule });
      for (const [at, { wgsl }] of passes.entries()) {
        const text = [file, schedule.name, ...(passes.length === 1 ? [] : [`pass-${at + 1}`]), "wgsl"].join(".");
        written.add(text);
        expect(texts).toContain(text);
        await expect(wgsl).toMatchFileSnapshot(join(folder, text));
      }
    }
  });
});

test("examples/ holds the kernels and texts of its table, and nothing else", () => {
  const kernels = examples.map(({ file }) => `${file}.kernel.ts`);
  expect(examples.length).toBeGreaterThanOrEqual(6);
  // A text that is new is written when all tests are done.
  expect(readdirSync(folder).filter((name) => !written.has(name))).toEqual([...kernels, "README.md"].sort());
});
