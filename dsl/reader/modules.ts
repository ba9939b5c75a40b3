/** Finds the modules that a kernel's source imports, by their text alone: nothing is executed or type-checked. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Node, Project, ts, type SourceFile } from "ts-morph";
import { editAt, shownSpan, showAs, type Report } from "./report.ts";

/** This package's root: the nearest folder above with its package.json, both from source and from dist/. */
export const packageRoot: string = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!isPackageRoot(folder)) {
    const above = dirname(folder);
    if (above === folder) throw new Error("treefold's own package.json was not found above its reader");
    folder = above;
  }
  return folder;
})();

function isPackageRoot(folder: string): boolean {
  const manifest = join(folder, "package.json");
  return existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown }).name === "treefold";
}

/** The elementary functions: plain functions, written in the language. */
export const mathFile = join(packageRoot, "dsl", "math.ts");

/** Whether a node stands in the library of elementary functions. */
export function isLibrary(node: Node): boolean {
  return node.getSourceFile().getFilePath() === mathFile;
}

const languageFiles = new Set(
  ["index", "language", "math"].flatMap((name) => [
    join(packageRoot, "dsl", `${name}.ts`),
    ...["js", "d.ts", "ts"].map((extension) => join(packageRoot, "dist", "dsl", `${name}.${extension}`)),
  ]),
);

export type Resolution =
  | { readonly kind: "language" }
  | { readonly kind: "module"; readonly source: SourceFile }
  | { readonly kind: "missing"; readonly path: string }
  | { readonly kind: "foreign" };

/** The source files of one reading. */
export class Modules {
  readonly #project = new Project({
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    skipLoadingLibFiles: true,
    compilerOptions: { noResolve: true, noLib: true, types: [] },
  });
  readonly #loaded = new Map<string, SourceFile>();
  readonly #shownFolder: string;
  readonly #folder: string;
  readonly root: SourceFile;

  /** `source` is the text of `file` where it is not that of the disk. */
  constructor(file: string, source: string | undefined) {
    this.#folder = dirname(resolve(file));
    this.#shownFolder = dirname(file);
    this.root = this.#add(resolve(file), source ?? readFileSync(file, "utf8"));
    showAs(this.root, file);
  }

  #add(path: string, text: string): SourceFile {
    const source = this.#project.createSourceFile(path, text, { overwrite: true });
    showAs(source, join(this.#shownFolder, relative(this.#folder, path)));
    this.#loaded.set(path, source);
    return source;
  }

  load(path: string): SourceFile | undefined {
    return this.#loaded.get(path) ?? (isFile(path) ? this.#add(path, readFileSync(path, "utf8")) : undefined);
  }

  /** TypeScript's syntax errors: what can't be parsed can't be read. */
  reportSyntax(source: SourceFile, report: Report): void {
    // What comes after the first one mostly follows from it.
    const [error] = syntaxErrors(source.compilerNode);
    if (error === undefined) return;
    const { start } = error;
    const message = ts.flattenDiagnosticMessageText(error.messageText, " ");
    const objects = objectsInBraces(source, start);
    if (objects !== undefined) {
      const [first] = objects;
      report.add(
        `TS${error.code}`,
        shownSpan(source, first!.start, first!.start + 1),
        "after => braces are a block, and no object",
        {
          words: "write parentheses around the object: ({ … })",
          edits: objects.map(({ start: from, end }) =>
            editAt(source, from, end, `(${source.getFullText().slice(from, end)})`),
          ),
        },
      );
      return;
    }
    const missing = missingMark(source, start, message);
    report.add(
      `TS${error.code}`,
      shownSpan(source, start, start + error.length),
      message,
      missing === undefined
        ? "correct the syntax: a kernel module is ordinary TypeScript"
        : { words: `write '${missing.text}' here`, edits: [editAt(source, missing.at, missing.at, missing.text)] },
    );
  }

  /** What an import specifier in `from` means. */
  resolve(from: SourceFile, specifier: string): Resolution {
    if (specifier === "treefold") return { kind: "language" };
    if (!specifier.startsWith("./") && !specifier.startsWith("../")) return { kind: "foreign" };
    const path = resolve(dirname(from.getFilePath()), specifier);
    if (languageFiles.has(path)) return { kind: "language" };
    const bare = path.replace(/\.js$/, "");
    for (const candidate of [path, `${path}.ts`, `${bare}.ts`, join(path, "index.ts")]) {
      if (languageFiles.has(candidate)) return { kind: "language" };
      if (/\.m?ts$/.test(candidate) && (this.#loaded.has(candidate) || isFile(candidate)))
        return { kind: "module", source: this.load(candidate)! };
    }
    return { kind: "missing", path };
  }
}

/** What the parser has found; a program would find the same, and takes longer to make than all the rest. */
function syntaxErrors(source: ts.SourceFile): readonly ts.DiagnosticWithLocation[] {
  return (source as unknown as { readonly parseDiagnostics: readonly ts.DiagnosticWithLocation[] }).parseDiagnostics;
}

/** Braces after an arrow that hold an object's fields, where it can be parsed with parentheses around them. */
function objectsInBraces(
  source: SourceFile,
  error: number,
): readonly { readonly start: number; readonly end: number }[] | undefined {
  const text = source.getFullText();
  const found = [...text.matchAll(/=>\s*(?=\{\s*\w+\s*[,:])/g)].flatMap(({ index, 0: arrow }) => {
    const start = index + arrow.length;
    const end = closingBrace(text, start);
    return end === undefined ? [] : [{ start, end }];
  });
  const wrapped = (objects: typeof found): string =>
    objects
      .toReversed()
      .reduce(
        (tried, { start, end }) => `${tried.slice(0, start)}(${tried.slice(start, end)})${tried.slice(end)}`,
        text,
      );
  const isRight = (objects: typeof found): boolean =>
    syntaxErrors(ts.createSourceFile("tried.ts", wrapped(objects), ts.ScriptTarget.ES2022)).length === 0;
  const outer = found.filter((one) => !found.some((other) => other.start < one.start && other.end >= one.end));
  const around = outer.filter(({ start, end }) => start < error && error <= end);
  return around.length === 0 ? undefined : [around, outer].find(isRight);
}

/** Where the braces that open at a place close, strings and comments left aside. */
function closingBrace(text: string, start: number): number | undefined {
  let depth = 0;
  for (const { index, 0: mark } of text
    .slice(start)
    .matchAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`|\/\/[^\n]*|\/\*[^]*?\*\/|[{}]/g)) {
    if (mark === "{") depth += 1;
    if (mark === "}" && --depth === 0) return start + index + 1;
  }
  return undefined;
}

/** The mark that a text lacks, where it can be parsed with it. */
function missingMark(
  source: SourceFile,
  start: number,
  message: string,
): { readonly text: string; readonly at: number } | undefined {
  const text = source.getFullText();
  const at = text.slice(0, start).trimEnd().length;
  const named = /^'([^']+)' expected/.exec(message)?.[1];
  const parses = (mark: string, place: number): boolean => {
    const tried = ts.createSourceFile(
      "tried.ts",
      text.slice(0, place) + mark + text.slice(place),
      ts.ScriptTarget.ES2022,
    );
    return syntaxErrors(tried).length === 0;
  };
  for (const place of [at, start]) {
    const mark = [named, "}", ")", "]"].find((one) => one !== undefined && parses(one, place));
    if (mark !== undefined) return { text: mark, at: place };
  }
  return undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
