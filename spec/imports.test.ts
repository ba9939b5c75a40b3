/**
 * Which way imports go: dsl <- codegen and audit, which do not know each other, <- models <- spec. The runtime knows
 * nothing of the compiler, and a page is a user of the runtime. The language and the compiler stand on a few files of
 * the runtime.
 */
import { readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Node, Project, SyntaxKind, type SourceFile } from "ts-morph";
import { describe, expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["dsl", "codegen", "audit", "runtime", "models", "spec", "cli", "page"] as const;
type Folder = (typeof folders)[number];

/** What the sources of each folder may import, besides their own folder's. */
const allowed: Readonly<Record<Folder, readonly Folder[]>> = {
  dsl: [],
  codegen: ["dsl"],
  audit: ["dsl"],
  runtime: [],
  models: ["dsl", "codegen", "audit", "runtime"],
  spec: ["dsl", "codegen", "audit", "runtime", "models"],
  cli: folders,
  page: [],
};

const project = new Project({
  skipAddingFilesFromTsConfig: true,
  skipFileDependencyResolution: true,
  skipLoadingLibFiles: true,
});
project.addSourceFilesAtPaths([
  ...folders.map((folder) => join(root, folder, "**/*.ts")),
  `!${join(root, "spec/fixtures/**")}`,
]);
const sources = project.getSourceFiles();

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
  readonly lazy: boolean;
}

/** Paths relative to the root; a package's name where it is none of ours. */
function importsOf(source: SourceFile): Import[] {
  const from = relative(root, source.getFilePath()).split(sep).join("/");
  const resolved = (specifier: string): string =>
    specifier.startsWith(".")
      ? relative(root, join(dirname(source.getFilePath()), specifier))
          .split(sep)
          .join("/")
      : specifier;
  const declared = [...source.getImportDeclarations(), ...source.getExportDeclarations()].flatMap((declaration) => {
    const specifier = declaration.getModuleSpecifierValue();
    return specifier === undefined
      ? []
      : [{ from, to: resolved(specifier), typesOnly: declaration.isTypeOnly(), lazy: false }];
  });
  const dynamic = source
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getKind() === SyntaxKind.ImportKeyword)
    .flatMap((call) => call.getArguments().filter(Node.isStringLiteral))
    .map((literal) => ({ from, to: resolved(literal.getLiteralValue()), typesOnly: false, lazy: true }));
  return [...declared, ...dynamic];
}

const folderOf = (path: string): Folder | undefined => folders.find((folder) => path.startsWith(`${folder}/`));
const imports = sources.flatMap(importsOf);
const show = ({ from, to }: Import): string => `${from} -> ${to}`;
const isTest = (path: string): boolean => path.endsWith(".test.ts");

/** How tensors store elements, and what the compiler writes and the runtime reads. */
const storage = "runtime/storage.ts";
const artifactFormat = "runtime/artifact.ts";
/** The files of the runtime that others may import. The audit reads how elements are stored for itself. */
const foundations: Readonly<Partial<Record<Folder, readonly string[]>>> = {
  dsl: [storage],
  codegen: [storage, artifactFormat, "runtime/debug.ts"],
  audit: [artifactFormat, "runtime/formula.ts"],
};

/**
 * The files of these folders that import themselves through others. Imports of types alone are gone when a file is run.
 */
function filesInCycles(within: readonly Folder[]): string[] {
  const values = imports.filter(({ typesOnly, lazy, from }) => !typesOnly && !lazy && within.includes(folderOf(from)!));
  const importsBy = new Map<string, string[]>();
  for (const { from, to } of values) importsBy.set(from, [...(importsBy.get(from) ?? []), to]);
  const reaches = (from: string): Set<string> => {
    const found = new Set(importsBy.get(from));
    for (const file of found) for (const to of importsBy.get(file) ?? []) found.add(to);
    return found;
  };
  return [...importsBy.keys()].filter((file) => reaches(file).has(file)).sort();
}

describe("imports", () => {
  test("there are some", () => {
    expect(imports.length).toBeGreaterThan(20);
  });

  test("go one way only", () => {
    const wrong = imports
      .filter(({ from, to }) => {
        const [importer, imported] = [folderOf(from)!, folderOf(to)];
        return (
          imported !== undefined && imported !== importer && !allowed[importer].includes(imported) && !isTest(from)
        );
      })
      .filter(({ from, to }) => !foundations[folderOf(from)!]?.includes(to));
    expect(wrong.map(show)).toEqual([]);
  });

  test("end in the files of the runtime that all others stand on", () => {
    const below = imports.filter(({ from }) => from === storage || from === artifactFormat);
    expect(below.map(show)).toEqual([`${artifactFormat} -> ${storage}`]);
  });

  test("go in no circle among the files of the language, the compiler and the audit", () => {
    expect(filesInCycles(["dsl", "codegen", "audit"])).toEqual([]);
  });

  test("leave the compiler's libraries out of what runs without it", () => {
    const compilers = ["ts-morph", "chevrotain", "typescript", "esbuild"];
    // models/build/ is loaded only when there is a library to build.
    const wrong = imports.filter(
      ({ from, to }) =>
        ["runtime", "models"].includes(folderOf(from)!) &&
        !from.startsWith("models/build/") &&
        compilers.includes(to) &&
        !isTest(from),
    );
    expect(wrong.map(show)).toEqual([]);
    const eager = imports.filter(
      ({ from, to, lazy, typesOnly }) =>
        ["models", "cli"].includes(folderOf(from)!) &&
        !lazy &&
        !typesOnly &&
        to.startsWith("models/build/") &&
        !from.startsWith("models/build/") &&
        !isTest(from),
    );
    expect(eager.map(show)).toEqual([]);
  });
});

describe("what runs in browsers", () => {
  test("has nothing of Node but in the platform's own files for it", () => {
    const isNode = (to: string): boolean => to.startsWith("node:") || ["webgpu", "tar-fs"].includes(to);
    const wrong = imports.filter(
      ({ from, to }) =>
        ["runtime", "page"].includes(folderOf(from)!) &&
        isNode(to) &&
        !isTest(from) &&
        !["runtime/platform/node.ts", "runtime/platform/driver.ts", "runtime/platform/quiet.ts"].includes(from),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test("a page imports the runtime as any user would, by its name", () => {
    const isPlots = (from: string): boolean => from.startsWith("page/experiment/");
    const own = imports.filter(({ from }) => folderOf(from) === "page" && !isPlots(from));
    expect(own.length).toBeGreaterThan(3);
    expect([...new Set(own.map(({ to }) => to).filter((to) => folderOf(to) !== "page"))]).toEqual(["treefold-runtime"]);
    // An experiment's page has numbers to draw, and no model.
    expect([...new Set(imports.filter(({ from }) => isPlots(from)).map(({ to }) => to))].sort()).toEqual([
      "page/experiment/plots.ts",
      "uplot",
    ]);
  });
});

describe("the audit", () => {
  const audits = imports.filter(({ from }) => from.startsWith("audit/") && !isTest(from));
  // Of the runtime: the format of what is judged, and how its formulas are evaluated.
  const known = [...foundations.audit!, "chevrotain", "node:crypto"];

  test("is among the sources", () => expect(audits.length).toBeGreaterThan(10));

  test("imports nothing of the lowering", () => {
    const wrong = audits.filter(({ to }) => !to.startsWith("audit/") && !to.startsWith("dsl/") && !known.includes(to));
    expect(wrong.map(show)).toEqual([]);
  });

  test("reads the denotation in one file, and the lowering nowhere", () => {
    const readers = imports.filter(
      ({ from, to }) => /^(audit|codegen)\//.test(from) && to === "dsl/denotation.ts" && !isTest(from),
    );
    expect(readers.map(({ from }) => from)).toEqual(["audit/declared.ts"]);
  });

  test("reads WGSL knowing nothing else of ours", () => {
    const wrong = audits.filter(
      ({ from, to }) => from.startsWith("audit/wgsl/") && !to.startsWith("audit/wgsl/") && to !== "chevrotain",
    );
    expect(wrong.map(show)).toEqual([]);
  });
});

test("the shader's tree knows nothing of kernels, schedules or how they are lowered", () => {
  const known = ["codegen/errors.ts", "dsl/ir.ts", "dsl/expr.ts", artifactFormat];
  const own = imports.filter(({ from }) => from.startsWith("codegen/wgsl/") && !isTest(from));
  expect(own.length).toBeGreaterThan(20);
  expect(own.filter(({ to }) => !to.startsWith("codegen/wgsl/") && !known.includes(to)).map(show)).toEqual([]);
});

test("nothing in codegen or the audit names a kernel or a reducer", () => {
  const declared = readdirSync(join(root, "models", "kernels"))
    .filter((name) => name.endsWith(".kernel.ts"))
    .flatMap((name) => project.getSourceFileOrThrow(join(root, "models", "kernels", name)).getVariableDeclarations())
    .filter((declaration) => /^(kernel|reducer)\(/.test(declaration.getInitializer()?.getText() ?? ""))
    .map((declaration) => declaration.getName());
  expect(declared.length).toBeGreaterThan(5);
  // An operator of the IR, too.
  const names = new Set([...declared, "sum", "argmax"].filter((name) => name !== "add"));
  const wrong = sources
    .filter((source) => {
      const path = relative(root, source.getFilePath());
      return ["codegen", "audit"].includes(folderOf(path)!) && !isTest(path);
    })
    .flatMap((source) =>
      source
        .getDescendants()
        .filter((node) => Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node))
        .filter((literal) => names.has(literal.getLiteralText()))
        .map(
          (literal) =>
            `${relative(root, source.getFilePath())}:${literal.getStartLineNumber()} '${literal.getLiteralText()}'`,
        ),
    );
  expect(wrong).toEqual([]);
});
