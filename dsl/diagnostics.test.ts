import { describe, expect, test } from "vitest";
import { compareDiagnostics, renderDiagnostic, type Diagnostic } from "./diagnostics.ts";

const source = [
  "export const rows = kernel({",
  "\taxes: { token: batch },",
  '  body: (x, { token }) => sum(token, "chain", (t) => x(t)),',
  "});",
].join("\n");
const sourceOf = (file: string): string | undefined => (file === "rows.kernel.ts" ? source : undefined);
const at = (line: number, column: number, endColumn?: number): Diagnostic["location"] => ({
  file: "rows.kernel.ts",
  line,
  column,
  ...(endColumn === undefined ? {} : { endColumn }),
});

const diagnostic: Diagnostic = {
  code: "R002",
  message: "a reduction over the batch axis 'token'",
  location: at(3, 31, 36),
  fix: "reduce over a model axis",
  notes: [{ message: "'token' is a batch axis", location: at(2, 10, 22) }, { message: "batch axes may only address" }],
};

describe("renderDiagnostic", () => {
  test("shows the place, the line, carets, notes and the fix", () => {
    expect(renderDiagnostic(diagnostic, sourceOf)).toBe(
      [
        "rows.kernel.ts:3:31 error R002: a reduction over the batch axis 'token'",
        '  3 |   body: (x, { token }) => sum(token, "chain", (t) => x(t)),',
        "    |                               ^^^^^",
        "note: 'token' is a batch axis: rows.kernel.ts:2:10",
        "  2 |   axes: { token: batch },",
        "    |           ^^^^^^^^^^^^",
        "note: batch axes may only address",
        "fix: reduce over a model axis",
      ].join("\n"),
    );
  });

  test("leaves out lines that it can't have, and marks one place where no end is known", () => {
    expect(renderDiagnostic({ ...diagnostic, notes: [] }, () => undefined)).toBe(
      "rows.kernel.ts:3:31 error R002: a reduction over the batch axis 'token'\nfix: reduce over a model axis",
    );
    expect(renderDiagnostic({ ...diagnostic, location: at(4, 1), notes: [] }, sourceOf)).toContain(
      "  4 | });\n    | ^\n",
    );
    expect(renderDiagnostic({ ...diagnostic, location: at(1, 28, 99), notes: [] }, sourceOf)).toContain(
      "    |                            ^\n",
    );
  });

  test("counts in a gutter as wide as the line's number", () => {
    const long = `${"\n".repeat(99)}const x = 1;`;
    expect(renderDiagnostic({ ...diagnostic, location: at(100, 7, 8), notes: [] }, () => long)).toContain(
      "  100 | const x = 1;\n      |       ^\n",
    );
  });
});

test("diagnostics are sorted by file, place and code", () => {
  const make = (file: string, line: number, column: number, code: string): Diagnostic => ({
    ...diagnostic,
    code,
    location: { file, line, column },
  });
  const sorted = [
    make("a.ts", 2, 1, "R001"),
    make("a.ts", 10, 1, "R001"),
    make("a.ts", 10, 3, "R001"),
    make("a.ts", 10, 3, "R002"),
    make("b.ts", 1, 1, "R001"),
  ];
  expect([...sorted].reverse().sort(compareDiagnostics)).toEqual(sorted);
});
