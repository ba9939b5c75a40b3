/**
 * Wrong kernels as newcomers write them, and all that they are told. `vitest -u` rewrites the texts; read the
 * difference.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { renderDiagnostic } from "../dsl/diagnostics.ts";
import { readKernels } from "../dsl/reader/index.ts";

const folder = join(import.meta.dirname, "fixtures", "wrong");
const files = readdirSync(folder).filter((name) => name.endsWith(".kernel.ts"));

describe("wrong kernels", () => {
  test("are at least 40", () => expect(files.length).toBeGreaterThanOrEqual(40));

  test.each(files)("%s", async (name) => {
    const source = readFileSync(join(folder, name), "utf8");
    const { kernels, diagnostics } = readKernels(name, { source });
    // One file has a right kernel, which the wrong one calls.
    expect(kernels.map((kernel) => kernel.name)).toEqual(name === "kernel-calls-kernel.kernel.ts" ? ["rowSum"] : []);
    expect(diagnostics).not.toEqual([]);
    for (const diagnostic of diagnostics) {
      expect(diagnostic.fix).not.toBe("");
      expect(diagnostic.code).not.toBe("R000");
    }
    const text = diagnostics
      .map((diagnostic) => renderDiagnostic(diagnostic, (file) => (file === name ? source : undefined)))
      .join("\n\n");
    await expect(`${text}\n`).toMatchFileSnapshot(join(folder, name.replace(/\.kernel\.ts$/, ".txt")));
  });
});
