/** What a file imports: modules that are not there, and names that they do not have. */
import { readdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { Node, SyntaxKind, ts, type ImportDeclaration, type SourceFile } from "ts-morph";
import { importEdit, instead, removeFrom, removeStatement, replaceBy } from "./fixes.ts";
import { roleNames, typeNames } from "./intrinsic-names.ts";
import type { Modules } from "./modules.ts";
import type { Fix, Report } from "./report.ts";
import { nearest } from "./suggest.ts";

export const languageModule = "treefold";

/** What a module stands for in an import's quotes; undefined where it is no string. */
export function specifierOf(declaration: ImportDeclaration): string | undefined {
  return ts.isStringLiteral(declaration.compilerNode.moduleSpecifier)
    ? declaration.getModuleSpecifierValue()
    : undefined;
}

/**
 * Reports modules of a file that are not there, or not imported as what they are. False where there is one: what it
 * would have brought is not known, so that nothing else can be said of the file.
 */
export function checkModules(
  source: SourceFile,
  modules: Modules,
  isName: (name: string) => boolean,
  report: Report,
): boolean {
  const before = report.size;
  for (const declaration of source.getImportDeclarations()) checkModule(source, declaration, modules, isName, report);
  for (const statement of source.getVariableStatements()) checkRequire(statement, report);
  return report.size === before;
}

function checkModule(
  source: SourceFile,
  declaration: ImportDeclaration,
  modules: Modules,
  isName: (name: string) => boolean,
  report: Report,
): void {
  const specifier = specifierOf(declaration);
  if (specifier === undefined) return;
  const at = declaration.getModuleSpecifier();
  const { kind } = modules.resolve(source, specifier);
  const names = declaration.getNamedImports();
  if (kind === "language") {
    checkKind(source, declaration, isName, report);
    return;
  }
  if (kind === "missing") {
    const meant = nearestFile(source, specifier);
    report.add(
      "R013",
      at,
      `the module "${specifier}" was not found`,
      meant === undefined
        ? "correct the path; it is relative to this file and ends in .ts"
        : instead(`did you mean "${meant}"?`, at, JSON.stringify(meant)),
    );
    return;
  }
  if (kind !== "foreign") return;
  const isLanguage =
    nearest(specifier, [languageModule]) !== undefined ||
    /^@?tree-?fold\b|\btree-?fold$/i.test(specifier) ||
    (names.some((one) => one.getName() === "kernel" || one.getName() === "reducer") &&
      names.every((one) => isName(one.getName())));
  if (isLanguage) {
    report.add(
      "R013",
      at,
      `the module "${specifier}" was not found: the language's module is called "${languageModule}"`,
      instead(`write from "${languageModule}"`, at, `"${languageModule}"`),
    );
  }
}

/** Values of the language that are imported as types, or as a default. */
function checkKind(
  source: SourceFile,
  declaration: ImportDeclaration,
  isName: (name: string) => boolean,
  report: Report,
): void {
  const values = declaration.getNamedImports().filter((one) => isName(one.getName()) && !typeNames.has(one.getName()));
  if (declaration.isTypeOnly()) {
    const [first] = values;
    const keyword = declaration
      .getFirstChildByKind(SyntaxKind.ImportClause)
      ?.getFirstChildByKind(SyntaxKind.TypeKeyword);
    if (first === undefined) return;
    report.add("R013", declaration, `'${first.getName()}' is imported as a type, and is a value`, {
      words: "write import { … } without type",
      edits: [withoutType(declaration, keyword)],
    });
    return;
  }
  for (const one of values.filter((each) => each.isTypeOnly())) {
    report.add(
      "R013",
      one,
      `'${one.getName()}' is imported as a type, and is a value`,
      instead(`write ${one.getName()} without type`, one, one.getText().replace(/^type\s+/, "")),
    );
  }
  const main = declaration.getDefaultImport();
  if (main === undefined) return;
  const name = main.getText();
  const isSpace = source
    .getDescendantsOfKind(SyntaxKind.PropertyAccessExpression)
    .some((access) => access.getExpression().getText() === name);
  const used = namesUsed(source, isName);
  const text = isSpace ? `* as ${name}` : `{ ${(used.length === 0 ? ["kernel", "batch", "model"] : used).join(", ")} }`;
  const clause = declaration.getImportClauseOrThrow();
  report.add("R013", main, `"${languageModule}" has no default export`, {
    words: `write import ${text} from "${languageModule}"`,
    edits: declaration.getNamedImports().length > 0 ? [] : [replaceBy(clause, text)],
  });
}

function withoutType(declaration: ImportDeclaration, keyword: Node | undefined): ReturnType<typeof replaceBy> {
  if (keyword !== undefined) return { ...replaceBy(keyword, ""), endColumn: replaceBy(keyword, "").endColumn + 1 };
  return replaceBy(declaration, declaration.getText().replace(/^import\s+type\s+/, "import "));
}

/** `const { kernel } = require("treefold")`. */
function checkRequire(statement: Node & { getDeclarations(): Node[] }, report: Report): void {
  for (const declaration of statement.getDeclarations()) {
    if (!Node.isVariableDeclaration(declaration)) continue;
    const written = declaration.getInitializer();
    const call = Node.isAwaitExpression(written) ? written.getExpression() : written;
    if (!Node.isCallExpression(call) || !/^(require|import)$/.test(call.getExpression().getText())) continue;
    const [specifier] = call.getArguments();
    const pattern = declaration.getNameNode();
    const names = Node.isObjectBindingPattern(pattern)
      ? `{ ${pattern
          .getElements()
          .map((one) =>
            one.getPropertyNameNode() === undefined
              ? one.getName()
              : `${one.getPropertyNameNode()!.getText()} as ${one.getName()}`,
          )
          .join(", ")} }`
      : `* as ${pattern.getText()}`;
    const text = `import ${names} from ${specifier?.getText() ?? '"treefold"'};`;
    report.add(
      "R010",
      call,
      `'${call.getExpression().getText()}(…)' is not part of the language`,
      instead(`write ${text}`, statement, text),
    );
  }
}

/** A file beside the one that was named, called nearly so. */
function nearestFile(source: SourceFile, specifier: string): string | undefined {
  const path = resolve(dirname(source.getFilePath()), specifier);
  try {
    const files = readdirSync(dirname(path)).filter((name) => /\.m?ts$/.test(name) && name !== source.getBaseName());
    const meant = nearest(basename(path), files) ?? nearest(`${basename(path)}.ts`, files);
    return meant === undefined ? undefined : specifier.replace(/[^/]*$/, meant);
  } catch {
    return undefined;
  }
}

/** Names of the language that a file uses without having them, in the order in which they stand. */
export function namesUsed(
  source: SourceFile,
  isName: (name: string) => boolean,
  isKnown: (name: string) => boolean = () => false,
): string[] {
  const found = source.getDescendantsOfKind(SyntaxKind.Identifier).filter((node) => {
    const parent = node.getParent();
    if (!isName(node.getText()) || isKnown(node.getText())) return false;
    if (Node.isCallExpression(parent) && parent.getExpression() === node) return true;
    return (
      roleNames.has(node.getText()) &&
      ((Node.isPropertyAssignment(parent) && parent.getInitializer() === node) ||
        Node.isShorthandPropertyAssignment(parent))
    );
  });
  return [...new Set(found.map((node) => node.getText()))];
}

/** Imports all that a file uses of the language and has not. */
export function importUsed(source: SourceFile, names: readonly string[]): Fix {
  return {
    words: `write import { ${names.join(", ")} } from "${languageModule}" at the top of the module`,
    edits: [importEdit(source, names)],
  };
}

/** An imported name that the language has not, put right wherever it is used. */
export function renameImport(at: Node, name: string, meant: string): Fix {
  const source = at.getSourceFile();
  const isFree = !source
    .getImportDeclarations()
    .some((one) => one.getNamedImports().some((each) => each.getName() === meant));
  const specifier = Node.isImportSpecifier(at) ? at : undefined;
  const uses =
    specifier?.getAliasNode() === undefined
      ? source
          .getDescendantsOfKind(SyntaxKind.Identifier)
          .filter((node) => node.getText() === name && !Node.isImportSpecifier(node.getParent()) && !isMember(node))
      : [];
  return {
    words: `did you mean '${meant}'?`,
    isComplete: true,
    edits: [
      isFree ? replaceBy(specifier?.getNameNode() ?? at, meant) : removeFrom(at),
      ...uses.map((node) => replaceBy(node, meant)),
    ],
  };
}

function isMember(node: Node): boolean {
  const parent = node.getParent();
  return (
    (Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node) ||
    (Node.isPropertyAssignment(parent) && parent.getNameNode() === node) ||
    (Node.isBindingElement(parent) && parent.getPropertyNameNode() === node)
  );
}

/** Takes a name out of an import, or the whole import where it is the only one. */
export function removeImport(at: Node): ReturnType<typeof replaceBy> {
  const declaration = at.getFirstAncestorByKind(SyntaxKind.ImportDeclaration);
  return declaration !== undefined &&
    declaration.getNamedImports().length === 1 &&
    declaration.getDefaultImport() === undefined
    ? removeStatement(declaration)
    : removeFrom(at);
}
