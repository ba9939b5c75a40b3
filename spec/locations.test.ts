/** Places of files: paths, and file: URLs as text or as objects. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LocationError, pathOf } from "../dsl/location.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { besideKernels, treefoldHere } from "./fixtures/commands.ts";
import { assertInvariant } from "./invariance.ts";

const source = `import { batch, kernel } from "treefold";
export const copy = kernel({ axes: { t: batch }, inputs: { x: "f32[t]" }, output: "f32[t]", body: ({ x }, { t }) => x(t) });
`;
let folder: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "treefold a#b%20c-"));
  path = join(folder, "copy.kernel.ts");
  writeFileSync(path, source);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
besideKernels();

const refused: [string, unknown][] = [
  ["an http: URL", "https://example.org/a.kernel.ts"],
  ["an http: URL object", new URL("https://example.org/a.kernel.ts")],
  ["a file: URL of another host", "file://elsewhere/a.kernel.ts"],
  ["an empty text", ""],
  ["nothing", undefined],
  ["a data: URL", "data:text/plain,x"],
  ["a number", 3],
];

describe("readKernels", () => {
  test.each([
    ["a path", () => path],
    ["a file: URL", () => pathToFileURL(path)],
    ["its text", () => pathToFileURL(path).href],
    ["its text in capitals", () => pathToFileURL(path).href.replace("file:", "FILE:")],
    ["a URL of another realm", () => runInNewContext("({ href })", { href: pathToFileURL(path).href }) as URL],
  ])("takes %s", (_, place) => {
    const { kernels, diagnostics } = readKernels(place());
    expect(diagnostics).toEqual([]);
    expect(kernels.map(({ name }) => name)).toEqual(["copy"]);
  });

  test.each(refused)("refuses %s", (_, place) => {
    expect(() => readKernels(place as string)).toThrow(LocationError);
    expect(() => readKernels(place as string)).toThrow(/; fix: give a path, or a file: URL/);
  });

  test("takes a path with a colon", () => {
    expect(pathOf("C:/kernels/a.kernel.ts")).toBe("C:/kernels/a.kernel.ts");
    expect(pathOf("a:b.kernel.ts")).toBe("a:b.kernel.ts");
  });
});

test.each(refused)("assertInvariant refuses %s", async (_, place) => {
  await expect(assertInvariant(place as string, { axes: { channel: 3 } })).rejects.toThrow(
    /^[^]+; fix: give a path, or a file: URL/,
  );
});

describe("the command line", () => {
  test.each([
    ["check", []],
    ["explain", ["--stage", "tree"]],
  ])("%s takes a file: URL", async (command, more) => {
    const { code, out, err } = await treefoldHere(command, pathToFileURL(path).href, ...more);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("copy");
  });

  test.each(["check", "explain", "run", "audit"])("%s refuses another URL", async (command) => {
    const { code, err } = await treefoldHere(
      command,
      "https://example.org/a.kernel.ts",
      ...(command === "explain" ? ["--stage", "ir"] : []),
    );
    expect(code).toBe(2);
    expect(err).toMatch(/[Gg]ive a path, or a file: URL/);
  });
});
