/** What the author of a kernel is told: what, where, and what to write instead. */
import type { SourceLocation } from "./ir.ts";

/** A place, or with `endColumn` (exclusive, 1-based) a stretch of one line. */
export type SourceSpan = SourceLocation & { readonly endColumn?: number };

/** A stretch of a file's text (1-based, its end exclusive), and what to write in its place. */
export interface Edit extends SourceLocation {
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
}

export interface Diagnostic {
  /** `R001` and so on (spec/rules.md), or TypeScript's own `TS2339`. */
  readonly code: string;
  readonly message: string;
  readonly location: SourceSpan;
  readonly notes: readonly { readonly message: string; readonly location?: SourceSpan }[];
  /** What to write instead. Never empty. */
  readonly fix: string;
  /**
   * The fix as edits, which mend this fault alone. Left out where the fix is advice: what to write depends on what is
   * meant.
   */
  readonly edits?: readonly Edit[];
}

/** A file's text with edits of it made. They don't overlap; those at one place stand in their order. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  const starts = [0, ...[...source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((end) => end.index + end[0].length)];
  const offset = (line: number, column: number): number => starts[line - 1]! + column - 1;
  const places = edits.map((edit) => ({
    text: edit.text,
    start: offset(edit.line, edit.column),
    end: offset(edit.endLine, edit.endColumn),
  }));
  let result = "";
  let at = 0;
  for (const { text, start, end } of places.toSorted((a, b) => a.start - b.start)) {
    if (start < at) throw new Error("two edits of a fix overlap");
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}

/** By file, then by place, then by code. */
export function compareDiagnostics(left: Diagnostic, right: Diagnostic): number {
  const a = left.location;
  const b = right.location;
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(left.code, right.code) ||
    compareText(left.message, right.message)
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * The diagnostic as text, several lines without a final line break:
 *
 *     rows.kernel.ts:9:20 error R002: a reduction over the batch axis 'token'
 *       9 |     return sum(token, "chain", (t) => x(t, channel));
 *         |                ^^^^^
 *     note: 'token' is a batch axis: rows.kernel.ts:4:11
 *       4 |   axes: { token: batch, channel: model },
 *         |           ^^^^^^^^^^^^
 *     fix: …
 *
 * `sourceOf` gives a file's text, or undefined where it can't be had; then the source lines are left out.
 * `heading` stands where `error R002` does, for what is no error.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sourceOf: (file: string) => string | undefined,
  heading = `error ${diagnostic.code}`,
): string {
  const { message, location, notes, fix } = diagnostic;
  return [
    `${renderPlace(location)} ${heading}: ${message}`,
    ...excerpt(location, sourceOf),
    ...notes.flatMap((note) =>
      note.location === undefined
        ? [`note: ${note.message}`]
        : [`note: ${note.message}: ${renderPlace(note.location)}`, ...excerpt(note.location, sourceOf)],
    ),
    `fix: ${fix}`,
  ].join("\n");
}

function renderPlace({ file, line, column }: SourceLocation): string {
  return `${file}:${line}:${column}`;
}

/** The source line with its number in a gutter, and carets under the stretch. Tabs are shown as two blanks. */
function excerpt(span: SourceSpan, sourceOf: (file: string) => string | undefined): string[] {
  const text = sourceOf(span.file)?.split(/\r\n|[\n\r\u2028\u2029]/)[span.line - 1];
  if (text === undefined) return [];
  const widen = (part: string): string => part.replaceAll("\t", "  ");
  const number = String(span.line);
  const gutter = " ".repeat(number.length);
  const before = widen(text.slice(0, span.column - 1));
  const marked = widen(text.slice(span.column - 1, Math.min(span.endColumn ?? span.column + 1, text.length + 1) - 1));
  return [
    `  ${number} | ${widen(text)}`,
    `  ${gutter} | ${" ".repeat(before.length)}${"^".repeat(Math.max(1, marked.length))}`,
  ];
}
