/** spec/rules.md tells the truth: its examples are read, and it has every code that the reader can give. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";

const text = readFileSync(join(import.meta.dirname, "rules.md"), "utf8");
const header = `import { argmax, batch, below, bf16, exp, extent, f32, gather, kernel, max, model, reduce, reducer, runs, scatter, select, sequence,
  sum, u32, upTo } from "treefold";\n`;

const rules = [...text.matchAll(/^<a id="(R\d{3})"><\/a>\n## (R\d{3}) (.+)\n([^]*?)(?=^<a id=|^## R000)/gm)].map(
  ([, anchor, code, title, body]) => ({ anchor: anchor!, code: code!, title: title!, body: body! }),
);

describe("rules.md", () => {
  test.each(rules)("$code $title", ({ anchor, code, body }) => {
    expect(anchor).toBe(code);
    const examples = [...body.matchAll(/^```ts (wrong|right)\n([^]*?)^```$/gm)].map(([, verdict, source]) => {
      const { kernels, diagnostics } = readKernels("example.kernel.ts", { source: header + source!, buffers: 8 });
      return {
        verdict,
        codes: [...new Set(diagnostics.map((diagnostic) => diagnostic.code))],
        kernels: kernels.length,
      };
    });
    expect(examples).toEqual([
      { verdict: "wrong", codes: [code], kernels: 0 },
      { verdict: "right", codes: [], kernels: 1 },
    ]);
  });

  test("has every code of the reader, and a link to each", () => {
    const folder = join(import.meta.dirname, "..", "dsl", "reader");
    const sources = readdirSync(folder)
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    const given = new Set(sources.flatMap((source) => source.match(/(?<=")R\d{3}(?=")/g) ?? []));
    given.delete("R000");
    expect(rules.map(({ code }) => code)).toEqual([...given].sort());
    for (const { code } of rules) expect(text).toContain(`[${code}](#${code})`);
  });
});
