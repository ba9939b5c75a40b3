/** Collects diagnostics at nodes of the source. */
import { Node, type SourceFile } from "ts-morph";
import { compareDiagnostics, type Diagnostic, type Edit, type SourceSpan } from "../diagnostics.ts";
import type { SourceLocation } from "../ir.ts";

const shownNames = new WeakMap<SourceFile, string>();

/** Diagnostics show `name` for this file, instead of its full path. */
export function showAs(source: SourceFile, name: string): void {
  shownNames.set(source, name);
}

/** Where a node starts, and where its first line ends. */
export function spanOfNode(node: Node): SourceSpan {
  return shownSpan(node.getSourceFile(), node.getStart(), node.getEnd());
}

/** The span from one position of a file to another. */
export function shownSpan(source: SourceFile, start: number, until: number): SourceSpan {
  const { line, column } = source.getLineAndColumnAtPos(start);
  const end = source.getLineAndColumnAtPos(until);
  const firstLine = source
    .getFullText()
    .slice(start)
    .match(/^[^\n\r\u2028\u2029]*/)![0]
    .trimEnd();
  const endColumn = end.line === line ? end.column : column + firstLine.length;
  return { file: shownNames.get(source) ?? source.getFilePath(), line, column, endColumn };
}

export function editAt(source: SourceFile, start: number, until: number, text: string): Edit {
  const [from, end] = [source.getLineAndColumnAtPos(start), source.getLineAndColumnAtPos(until)];
  return {
    file: shownNames.get(source) ?? source.getFilePath(),
    line: from.line,
    column: from.column,
    endLine: end.line,
    endColumn: end.column,
    text,
  };
}

export function locationOf(node: Node): SourceLocation {
  const { file, line, column } = spanOfNode(node);
  return { file, line, column };
}

/** What to write instead. Words without edits are advice: what to write depends on what the author means. */
export interface Fix {
  readonly words: string;
  readonly edits: readonly Edit[];
  /** Other ways, in words: stands after what is to be imported. */
  readonly more?: string;
  /** The edits import what they need themselves. */
  readonly isComplete?: boolean;
}

/** A second place that explains the first. */
export interface NoteAt {
  readonly message: string;
  readonly at?: Node;
}

/** Names that a fix calls, and roles that its edits give. */
const calls = /(?<![.\w])[a-z]\w*(?=\()/g;
const callsAndRoles = /(?<![.\w])[a-z]\w*(?=\()|(?<![.\w])(?:batch|model|sequence)\b(?!\s*[:\w'])/g;

function withoutStrings(text: string): string {
  return text.replace(/"[^"\n]*"/g, '""');
}

export class Report {
  readonly #found = new Map<string, Diagnostic>();
  /** Whether a name of "treefold" can be written at a place as it is. */
  isImported: (at: Node, name: string) => boolean = () => true;
  /** What a fix needs besides: the edit that imports a name from "treefold". */
  importOf: (at: Node, names: readonly string[]) => Edit | undefined = () => undefined;

  /** The same fault at the same place is reported once, however often its code is inlined. */
  add(code: string, at: Node | SourceSpan, message: string, fix: string | Fix, notes: readonly NoteAt[] = []): void {
    const location = at instanceof Node ? spanOfNode(at) : at;
    const key = `${code} ${location.file}:${location.line}:${location.column} ${message}`;
    if (this.#found.has(key)) return;
    const {
      words,
      edits,
      more: others = "",
      isComplete = false,
    }: Fix = typeof fix === "string" ? { words: fix, edits: [] } : fix;
    const named =
      edits.length === 0
        ? words.match(calls)
        : withoutStrings(edits.map(({ text }) => text).join(" ")).match(callsAndRoles);
    const missing =
      at instanceof Node && !isComplete && !/\bimport\b/.test(words)
        ? [...new Set(named)].filter((name) => !this.isImported(at, name))
        : [];
    const more = at instanceof Node && missing.length > 0 ? this.importOf(at, missing) : undefined;
    this.#found.set(key, {
      code,
      message,
      location,
      fix: `${words}${missing.length === 0 ? "" : `, and import ${missing.join(" and ")} from "treefold"`}${others}`,
      notes: notes.map((note) => ({
        message: note.message,
        ...(note.at === undefined ? {} : { location: spanOfNode(note.at) }),
      })),
      ...(edits.length === 0 ? {} : { edits: more === undefined ? edits : [...edits, more] }),
    });
  }

  /** Takes over what another report has found. */
  take(other: Report): void {
    for (const [key, diagnostic] of other.#found) this.#found.set(key, diagnostic);
  }

  get size(): number {
    return this.#found.size;
  }

  /** Forgets what was added after `size` was read, for a reading that is tried and given up. */
  rewind(size: number): void {
    for (const key of [...this.#found.keys()].slice(size)) this.#found.delete(key);
  }

  sorted(): Diagnostic[] {
    return [...this.#found.values()].sort(compareDiagnostics);
  }
}
