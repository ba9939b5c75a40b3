/**
 * What the reader proposes works. Each fix that is an edit is made: its error is gone, and no other has come. A fix
 * that is advice is named here, with the reason why no edit can be made of it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { applyEdits, type Diagnostic } from "../dsl/diagnostics.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { laterMistakes } from "./fixtures/later-mistakes.ts";
import { laterMistakes2 } from "./fixtures/later-mistakes-2.ts";
import { laterMistakes3 } from "./fixtures/later-mistakes-3.ts";
import { laterMistakes4 } from "./fixtures/later-mistakes-4.ts";
import { mistakes as earlierMistakes } from "./fixtures/mistakes.ts";
import { effort } from "./fixtures/effort.ts";

const mistakes = [...earlierMistakes, ...laterMistakes, ...laterMistakes2, ...laterMistakes3, ...laterMistakes4];
const folder = join(import.meta.dirname, "fixtures", "wrong");
const header = `import { argmax, batch, below, bf16, exp, extent, f32, gather, kernel, max, model, reduce, reducer, runs, scatter, select, sequence,
  sum, u32, upTo } from "treefold";\n`;
const rules = [
  ...readFileSync(join(import.meta.dirname, "rules.md"), "utf8").matchAll(
    /^## (R\d{3}) [^]*?^```ts wrong\n([^]*?)^```$/gm,
  ),
];
const sources = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith(".kernel.ts"))
    .map((name) => ({ name, source: readFileSync(join(folder, name), "utf8") })),
  ...rules.map(([, code, source]) => ({ name: `rules.md ${code}`, source: header + source! })),
  {
    name: "one of several outputs",
    source: `import { batch, kernel } from "treefold";
export const k = kernel({
  axes: { token: batch }, inputs: { a: "u32[token]" }, outputs: { p: "u32[token]", q: "i32[token]" },
  body: ({ a }, { token }) => ({ p: a(token), q: a(token) >>> 1 }),
});\n`,
  },
];

/** Fixes that depend on the author's meaning, by what their error says, and why. */
const advice: readonly (readonly [says: RegExp, why: string])[] = [
  [
    /^a loop accumulates|^'\.reduce\(…\)'|calls itself|^an atomic accumulates|is an assignment/,
    "which reduction it stands for is not in the text",
  ],
  [/^a reduction over the batch axis/, "another reduction is another kernel"],
  [
    /^a reduction's bound (depends|is made of floats)|^a branch depends|enters arithmetic|enters the place/,
    "the request's own value is a table that does not exist yet",
  ],
  [/goes on to the longest|is not the request's own/, "the request's length is a table that does not exist yet"],
  [/^'\.map\(…\)'/, "what a callback did is written for one element"],
  [/^'if' is not part|^'Math\.cos'/, "one of its branches is no value; sines come from the host"],
  [/^'(sum|max|argmax)' (of conditions|over a domain)/, "the leaf is written elsewhere, or not at all"],
  [/has an axis that is called|has no axes/, "the axis has no name yet"],
  [/^'\w+' is not defined$/, "the name's value is not in the text"],
  [/binds \d+ storage buffers/, "which tensors belong into one, or where a kernel divides, is the author's to say"],
  [/takes \d arguments/, "the argument that is meant is not in the text"],
  [/^the module "\.\//, "the file does not exist"],
  [/^the enum|is a kernel, and a kernel|^this kernel is not declared at the top/, "its parts have to be written anew"],
  [/^a body without a return$|has no body/, "there is no value to return"],
  [/combine reads something other/, "what it reads becomes a field, which the leaf gives"],
  [/^an element may have several writers/, "where each point is written to is not in the text"],
  [/folds nothing$/, "the count that is meant is not in the text"],
  [/can't be called/, "a name stands in types, patterns and callers' code, too"],
  [/is both an input and an output|has the axis '\w+' twice/, "the second name is the author's"],
  [
    /^'\w+' has \d axes|indexed with brackets|this is the tensor/,
    "an axis of it is not bound here: what is reduced is the author's to say",
  ],
];

const keyOf = ({ code, message }: Diagnostic): string => `${code} ${message}`;

/** What is left of `before` once one of its faults is mended, and what is new. */
function mend(
  name: string,
  source: string,
  before: readonly Diagnostic[],
  one: Diagnostic,
): { readonly isGone: boolean; readonly fresh: readonly string[] } {
  const left = before.map(keyOf);
  const fresh = readKernels(name, { source: applyEdits(source, one.edits!) })
    .diagnostics.map(keyOf)
    .filter((key) => {
      const place = left.indexOf(key);
      if (place !== -1) left.splice(place, 1);
      return place === -1;
    });
  return { isGone: left.includes(keyOf(one)), fresh };
}

describe("fixes", () => {
  const used = new Set<RegExp>();

  test.each(sources)("of $name work, or are named as advice", ({ name, source }) => {
    const { diagnostics } = readKernels(name, { source, buffers: 8 });
    expect(diagnostics).not.toEqual([]);
    for (const one of diagnostics) {
      if (one.edits === undefined) {
        const named = advice.find(([says]) => says.test(one.message));
        expect(named, `${keyOf(one)}: neither an edit nor advice`).toBeDefined();
        used.add(named![0]);
      } else {
        expect(mend(name, source, diagnostics, one), `${keyOf(one)}; fix: ${one.fix}`).toEqual({
          isGone: true,
          fresh: [],
        });
      }
    }
  });

  test("are advice for no other reasons than those listed", () => {
    expect(advice.filter(([says]) => !used.has(says)).map(([says]) => String(says))).toEqual([]);
  });
});

describe("mistakes of newcomers", () => {
  test("are at least 200, each with a name of its own", () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(200);
    expect(new Set(mistakes.map(({ title }) => title)).size).toBe(mistakes.length);
  });

  test.each(mistakes)(
    "$title: the only error names the cause, and its fix makes the module right",
    ({ source, says, mended }) => {
      const { diagnostics } = readKernels("mistake.kernel.ts", { source });
      expect(diagnostics.map(keyOf)).toHaveLength(1);
      const [first] = diagnostics;
      expect(`${first!.message} ${first!.fix}`).toMatch(says);
      // Advice is followed by hand.
      expect(first!.edits === undefined).toBe(mended !== undefined);
      const after = readKernels("mistake.kernel.ts", { source: mended ?? applyEdits(source, first!.edits!) });
      expect(after.diagnostics.map(keyOf)).toEqual([]);
      expect(after.kernels.length).toBeGreaterThan(0);
    },
  );

  // With TypeScript's own errors, as `check` shows them; each takes a large part of a second.
  test.each(effort === "ci" ? mistakes : mistakes.filter((_, position) => position % 40 === 0))(
    "$title: TypeScript adds nothing",
    ({ source, mended }) => {
      const { diagnostics } = readKernels("mistake.kernel.ts", { source, typecheck: true });
      expect(diagnostics.map(keyOf)).toHaveLength(1);
      const right = mended ?? applyEdits(source, diagnostics[0]!.edits!);
      expect(readKernels("mistake.kernel.ts", { source: right, typecheck: true }).diagnostics.map(keyOf)).toEqual([]);
    },
  );
});
