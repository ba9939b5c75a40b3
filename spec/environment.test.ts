/** docs/environment.md lists every environment variable that the sources read, and for each the files that read it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { debugLevels, parseDebugLevels } from "../runtime/debug.ts";
import { root } from "./fixtures/documents.ts";

const folders = ["cli", "codegen", "dsl", "audit", "models", "page", "runtime", "spec"];
const sources = [
  "vitest.config.ts",
  ...folders.flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true }) as string[]).map((name) => `${folder}/${name}`),
  ),
].filter((path) => /\.m?ts$|\.mjs$/.test(path) && path !== "spec/environment.test.ts");

const access = /(?<![\w/])(?:process\.env|environment)(?:\.([A-Za-z_]\w*)\b|\["(\w+)"\])(?!\s*=[^=])/g;

/** Names of the variables that a source reads: not those that it only assigns or deletes, or sets for its own tests. */
function namesReadBy(source: string): string[] {
  const text = source.replaceAll(/\bdelete (?:process\.env|environment)\S*/g, "");
  const names = [...text.matchAll(access)].map(([, property, key]) => (property ?? key)!);
  return names.filter((name) => !text.includes(`vi.stubEnv("${name}"`));
}

const page = readFileSync(join(root, "docs", "environment.md"), "utf8");
const listed = [...page.matchAll(/^\| `(\w+)` \|[^|]*\|[^|]*\| ([^|]+) \|$/gm)].map(
  ([, name, readers]) => `${name}: ${[...readers!.matchAll(/`([^`]+)`/g)].map(([, path]) => path).join(", ")}`,
);

test("docs/environment.md lists each variable that the sources read, with the files that read it", () => {
  const readers = new Map<string, Set<string>>();
  for (const path of sources)
    for (const name of namesReadBy(readFileSync(join(root, path), "utf8")))
      readers.set(name, (readers.get(name) ?? new Set()).add(path));
  expect(readers.size).toBeGreaterThan(20);
  const read = [...readers].map(([name, paths]) => `${name}: ${[...paths].sort().join(", ")}`);
  expect(listed.toSorted()).toEqual(read.sort());
});

test("no source reads a variable whose name it computes, or takes one out of process.env by its pattern", () => {
  const hidden = sources.filter((path) =>
    /\bprocess\.env\[(?!")|\}\s*=\s*process\.env\b/.test(readFileSync(join(root, path), "utf8")),
  );
  expect(hidden).toEqual([]);
});

test("every word that begins with TREEFOLD_ in a source is a listed variable", () => {
  const words = sources.flatMap((path) => readFileSync(join(root, path), "utf8").match(/\bTREEFOLD_[A-Z_]+\b/g) ?? []);
  expect(words.filter((word) => !page.includes(`| \`${word}\` |`))).toEqual([]);
});

test("docs/environment.md lists the debug levels under their numbers", () => {
  const rows = [...page.matchAll(/^\| (\d) \| `(\w+)` \|/gm)].map(([, number, level]) => [Number(number), level]);
  expect(rows.map(([, level]) => level)).toEqual([...debugLevels]);
  for (const number of [1, 2, 3]) {
    const upTo = rows.filter(([of]) => (of as number) <= number).map(([, level]) => level);
    expect([...parseDebugLevels(String(number)).levels].toSorted()).toEqual(upTo.toSorted());
  }
});

test("a debug level is a name or a number, and every other word is reported", () => {
  expect([...parseDebugLevels("").levels]).toEqual([]);
  expect([...parseDebugLevels("0").levels]).toEqual([]);
  expect([...parseDebugLevels("wgsl, timings").levels]).toEqual(["wgsl", "timings"]);
  expect(parseDebugLevels("4,ir,wsgl,-1").unknown).toEqual(["4", "wsgl", "-1"]);
});
