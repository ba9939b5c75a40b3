/** Finds the modules that a kernel's source imports, by their text alone: nothing is executed or type-checked. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Project, type SourceFile } from "ts-morph";
import { shownSpan, showAs, type Report } from "./report.ts";

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

const languageFiles = new Set(["index", "language", "math"].flatMap((name) => [
  join(packageRoot, "dsl", `${name}.ts`),
  ...["js", "d.ts", "ts"].map((extension) => join(packageRoot, "dist", "dsl", `${name}.${extension}`)),
]));

export type Resolution =
  | { readonly kind: "language" }
  | { readonly kind: "module"; readonly source: SourceFile }
  | { readonly kind: "missing"; readonly path: string }
  | { readonly kind: "foreign" };

/** The source files of one reading. */
export class Modules {
  readonly #project = new Project({
    skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true, skipLoadingLibFiles: true,
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
    for (const error of this.#project.getProgram().getSyntacticDiagnostics(source)) {
      const start = error.getStart();
      report.add(`TS${error.getCode()}`, shownSpan(source, start, start + error.getLength()), String(error.getMessageText()), "correct the syntax: a kernel module is ordinary TypeScript");
    }
  }

  /** What an import specifier in `from` means. */
  resolve(from: SourceFile, specifier: string): Resolution {
    if (specifier === "treefold" || specifier.startsWith("treefold/")) return { kind: "language" };
    if (!specifier.startsWith("./") && !specifier.startsWith("../")) return { kind: "foreign" };
    const path = resolve(dirname(from.getFilePath()), specifier);
    if (languageFiles.has(path)) return { kind: "language" };
    const bare = path.replace(/\.js$/, "");
    for (const candidate of [path, `${path}.ts`, `${bare}.ts`, join(path, "index.ts")]) {
      if (languageFiles.has(candidate)) return { kind: "language" };
      if (/\.m?ts$/.test(candidate) && (this.#loaded.has(candidate) || isFile(candidate))) return { kind: "module", source: this.load(candidate)! };
    }
    return { kind: "missing", path };
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
