/** Collects diagnostics at nodes of the source. */
import { Node, type SourceFile } from "ts-morph";
import { compareDiagnostics, type Diagnostic, type SourceSpan } from "../diagnostics.ts";
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
  const firstLine = source.getFullText().slice(start).match(/^[^\n\r\u2028\u2029]*/)![0].trimEnd();
  const endColumn = end.line === line ? end.column : column + firstLine.length;
  return { file: shownNames.get(source) ?? source.getFilePath(), line, column, endColumn };
}

export function locationOf(node: Node): SourceLocation {
  const { file, line, column } = spanOfNode(node);
  return { file, line, column };
}

/** A second place that explains the first. */
export interface NoteAt {
  readonly message: string;
  readonly at?: Node;
}

export class Report {
  readonly #found = new Map<string, Diagnostic>();
  /** Whether a name of "treefold" can be written at a place as it is. */
  isImported: (at: Node, name: string) => boolean = () => true;

  /** The same fault at the same place is reported once, however often its code is inlined. */
  add(code: string, at: Node | SourceSpan, message: string, fix: string, notes: readonly NoteAt[] = []): void {
    const location = at instanceof Node ? spanOfNode(at) : at;
    const key = `${code} ${location.file}:${location.line}:${location.column} ${message}`;
    if (this.#found.has(key)) return;
    const missing = at instanceof Node ? [...new Set(fix.match(/(?<![.\w])[a-z]\w*(?=\()/g))].filter((name) => !this.isImported(at, name)) : [];
    this.#found.set(key, {
      code, message, location, fix: missing.length === 0 ? fix : `${fix}, and import ${missing.join(" and ")} from "treefold"`,
      notes: notes.map((note) => ({ message: note.message, ...(note.at === undefined ? {} : { location: spanOfNode(note.at) }) })),
    });
  }

  /** Takes over what another report has found. */
  take(other: Report): void {
    for (const [key, diagnostic] of other.#found) this.#found.set(key, diagnostic);
  }

  get size(): number { return this.#found.size; }

  /** Forgets what was added after `size` was read, for a reading that is tried and given up. */
  rewind(size: number): void {
    for (const key of [...this.#found.keys()].slice(size)) this.#found.delete(key);
  }

  sorted(): Diagnostic[] { return [...this.#found.values()].sort(compareDiagnostics); }
}
