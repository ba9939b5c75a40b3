/** What the names at the top of a module mean. */
import { Node, SyntaxKind, ts, type ImportDeclaration, type ImportSpecifier, type SourceFile } from "ts-morph";
import { checkModules, removeImport, renameImport } from "./imports.ts";
import { intrinsicNames, typeNames } from "./intrinsic-names.ts";
import { mathFile, type Modules } from "./modules.ts";
import type { Report } from "./report.ts";
import { functionInstead, otherMeant } from "./unknown-functions.ts";
import { nearest } from "./suggest.ts";
import { fault, Scope, type Binding, type Value } from "./values.ts";

/** Gives an initializer its value. */
export type EvaluateConstant = (initializer: Node, scope: Scope, name: string) => Value;

/** The elementary functions' file is this package's own, and the same for every reading. */
let knownLibraryNames: string[] | undefined;

/** Module scopes of one kernel's reading; every constant is evaluated at most once, when it is first used. */
export class ModuleScopes {
  readonly #scopes = new Map<SourceFile, Scope>();
  readonly #unreadable = new Set<SourceFile>();
  readonly #modules: Modules;
  readonly #report: Report;
  readonly #evaluate: EvaluateConstant;

  constructor(modules: Modules, report: Report, evaluate: EvaluateConstant) {
    this.#modules = modules;
    this.#report = report;
    this.#evaluate = evaluate;
  }

  /** A function of the elementary library. */
  library(name: string): Value | undefined {
    if (!this.#libraryNames().includes(name)) return undefined;
    const source = this.#modules.load(mathFile);
    return source === undefined ? undefined : this.exported(source, name);
  }

  #libraryNames(): string[] {
    if (knownLibraryNames !== undefined) return knownLibraryNames;
    const source = this.#modules.load(mathFile);
    return (knownLibraryNames = source === undefined ? [] : exportedNames(source));
  }

  languageNames(): string[] {
    return [...intrinsicNames, ...this.#libraryNames()];
  }
  language(name: string): Value | undefined {
    return this.#language(name);
  }

  /** Whether a name of "treefold" can be written in a file as it is; other names always can. */
  isImported(source: SourceFile, name: string): boolean {
    if (source.getFilePath() === mathFile || (!intrinsicNames.has(name) && !this.#libraryNames().includes(name)))
      return true;
    return (
      this.of(source).find(name) !== undefined ||
      source
        .getImportDeclarations()
        .some((one) => one.getNamespaceImport() !== undefined && this.#isLanguage(source, one))
    );
  }

  /** Whether "treefold" has a name. */
  isLanguageName(name: string): boolean {
    return intrinsicNames.has(name) || this.#libraryNames().includes(name);
  }

  /**
   * Names that a file imports from "treefold", which has none such, are reported even where nothing uses them. False
   * where a module is not there.
   */
  checkImports(source: SourceFile): boolean {
    if (!checkModules(source, this.#modules, (name) => this.isLanguageName(name), this.#report)) return false;
    const scope = this.of(source);
    for (const declaration of source.getImportDeclarations()) {
      if (declaration.isTypeOnly() || !this.#isLanguage(source, declaration)) continue;
      const main = declaration.getDefaultImport();
      if (main !== undefined) scope.find(main.getText())?.value();
      for (const one of declaration.getNamedImports()) {
        if (!one.isTypeOnly() && !typeNames.has(one.getName()))
          scope.find(one.getAliasNode()?.getText() ?? one.getName())?.value();
      }
    }
    return true;
  }

  /** Whether a file imports a name that may be meant to be this one. */
  isMisspeltImport(source: SourceFile, name: string): boolean {
    return source
      .getImportDeclarations()
      .some(
        (declaration) =>
          this.#isLanguage(source, declaration) &&
          declaration
            .getNamedImports()
            .some(
              (one) =>
                !this.isLanguageName(one.getName()) &&
                nearest(one.getName(), [...intrinsicNames, ...this.#libraryNames()]) === name,
            ),
      );
  }

  #isLanguage(source: SourceFile, declaration: ImportDeclaration): boolean {
    return (
      ts.isStringLiteral(declaration.compilerNode.moduleSpecifier) &&
      declaration.getModuleSpecifierValue() === "treefold" &&
      this.#modules.resolve(source, "treefold").kind === "language"
    );
  }

  of(source: SourceFile): Scope {
    let scope = this.#scopes.get(source);
    if (scope === undefined) this.#scopes.set(source, (scope = this.#build(source)));
    return scope;
  }

  /** The value that a module exports under a name; undefined where it exports none. */
  exported(source: SourceFile, name: string, visited = new Set<SourceFile>()): Value | undefined {
    if (visited.has(source)) return undefined;
    visited.add(source);
    const scope = this.of(source);
    if (this.#unreadable.has(source)) return fault;
    if (localNames(source).includes(name)) return scope.own(name)?.value();
    for (const declaration of source.getExportDeclarations()) {
      const { moduleSpecifier } = declaration.compilerNode;
      const specifier =
        moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
      const named = declaration
        .getNamedExports()
        .find((one) => (one.getAliasNode()?.getText() ?? one.getName()) === name);
      if (named === undefined && (declaration.hasNamedExports() || specifier === undefined)) continue;
      const original = named?.getName() ?? name;
      if (specifier === undefined) return scope.own(original)?.value();
      const target = this.#modules.resolve(source, specifier);
      const value =
        target.kind === "language"
          ? this.#language(original)
          : target.kind === "module"
            ? this.exported(target.source, original, visited)
            : undefined;
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** The constant of another module that an import names, where it is written there itself. */
  declarationOf(specifier: ImportSpecifier): Node | undefined {
    const declaration = specifier.getImportDeclaration();
    if (!ts.isStringLiteral(declaration.compilerNode.moduleSpecifier)) return undefined;
    const target = this.#modules.resolve(specifier.getSourceFile(), declaration.getModuleSpecifierValue());
    return target.kind === "module" ? this.of(target.source).own(specifier.getName())?.at : undefined;
  }

  #language(name: string): Value | undefined {
    return intrinsicNames.has(name) ? { kind: "intrinsic", name } : this.library(name);
  }

  #build(source: SourceFile): Scope {
    const scope = new Scope();
    this.#scopes.set(source, scope);
    const before = this.#report.size;
    this.#modules.reportSyntax(source, this.#report);
    if (this.#report.size > before) {
      this.#unreadable.add(source);
      return scope;
    }
    this.#bindImports(source, scope);
    for (const statement of source.getStatements()) {
      if (Node.isFunctionDeclaration(statement)) {
        const name = statement.getName();
        if (name !== undefined)
          scope.bind(name, {
            at: statement,
            value: () => ({ kind: "function", node: statement, scope, name, topLevel: true }),
          });
      } else if (Node.isVariableStatement(statement)) {
        for (const declaration of statement.getDeclarations()) {
          const initializer = declaration.getInitializer();
          const name = declaration.getName();
          if (!Node.isIdentifier(declaration.getNameNode()) || initializer === undefined) continue;
          if (statement.getDeclarationKind() !== "const") {
            scope.bind(
              name,
              once(declaration, () => {
                this.#report.add(
                  "R001",
                  declaration,
                  `'${name}' is declared with '${statement.getDeclarationKind()}', so it can change`,
                  `write 'const ${name}'`,
                );
                return fault;
              }),
            );
          } else
            scope.bind(
              name,
              once(declaration, () => this.#evaluate(initializer, scope, name)),
            );
        }
      }
    }
    return scope;
  }

  #bindImports(source: SourceFile, scope: Scope): void {
    for (const declaration of source.getImportDeclarations()) {
      if (declaration.isTypeOnly()) continue;
      if (!ts.isStringLiteral(declaration.compilerNode.moduleSpecifier)) {
        this.#report.add(
          "R010",
          declaration,
          "an import from something that is no string",
          'write import { … } from "treefold"',
        );
        continue;
      }
      const specifier = declaration.getModuleSpecifierValue();
      const target = this.#modules.resolve(source, specifier);
      const member = (name: string): Value | undefined =>
        target.kind === "language"
          ? this.#language(name)
          : target.kind === "module"
            ? this.exported(target.source, name)
            : undefined;
      const names = (): string[] =>
        target.kind === "language"
          ? [...intrinsicNames, ...this.#libraryNames()]
          : target.kind === "module"
            ? exportedNames(target.source)
            : [];
      for (const one of declaration.getNamedImports()) {
        const name = one.getName();
        const local = one.getAliasNode()?.getText() ?? name;
        if (one.isTypeOnly()) continue;
        scope.bind(
          local,
          once(one, () => member(name) ?? this.#missing(one, name, specifier, target.kind, names(), member)),
        );
      }
      const star = declaration.getNamespaceImport();
      if (star !== undefined)
        scope.bind(
          star.getText(),
          once(star, () => ({ kind: "namespace", member, names: names() })),
        );
      const main = declaration.getDefaultImport();
      if (main !== undefined)
        scope.bind(
          main.getText(),
          once(main, () => this.#missing(main, "default", specifier, target.kind, names())),
        );
    }
  }

  #missing(
    at: Node,
    name: string,
    specifier: string,
    kind: string,
    names: readonly string[],
    member: (name: string) => Value | undefined = () => undefined,
  ): Value {
    if (kind === "foreign") {
      this.#report.add(
        "R010",
        at,
        `'${name}' comes from "${specifier}", which a kernel can't use`,
        'use the functions of "treefold", or write this one in a module of your own and import it by a relative path',
      );
    } else if (kind === "missing") {
      const module = at.getFirstAncestorByKind(SyntaxKind.ImportDeclaration)?.getModuleSpecifier() ?? at;
      this.#report.add(
        "R013",
        module,
        `the module "${specifier}" was not found`,
        "correct the path; it is relative to this file and ends in .ts",
      );
    } else {
      if (name === "default" && kind === "language") return fault;
      const declaration = at.getFirstAncestorByKind(SyntaxKind.ImportDeclaration);
      const taken = new Set(declaration?.getNamedImports().map((one) => one.getName()));
      const others = kind === "language" && functionInstead(name) !== undefined ? [] : names;
      const meant =
        nearest(
          name,
          others.filter((one) => !taken.has(one)),
        ) ?? nearest(name, others);
      const replacement =
        kind === "language" ? (functionInstead(name) ?? functionInstead(otherMeant(name) ?? "")) : undefined;
      if (meant === undefined && replacement !== undefined && isCalled(at, name)) return fault;
      reportMissing(this.#report, at, name, specifier, meant, replacement, names);
      return meant === undefined ? fault : (member(meant) ?? fault);
    }
    return fault;
  }
}

function reportMissing(
  report: Report,
  at: Node,
  name: string,
  specifier: string,
  meant: string | undefined,
  replacement: string | undefined,
  names: readonly string[],
): void {
  const unused = {
    words:
      replacement === undefined
        ? `remove it; there are: ${names.slice(0, 40).join(", ")}`
        : `remove it; where it was to be used, ${replacement}`,
    edits: [removeImport(at)],
  };
  report.add(
    "R013",
    at,
    `"${specifier}" exports no '${name}'`,
    meant === undefined ? unused : renameImport(at, name, meant),
  );
}

/** Whether what an import names is called: what to write instead is said there. */
function isCalled(at: Node, name: string): boolean {
  const local = Node.isImportSpecifier(at) ? (at.getAliasNode()?.getText() ?? name) : name;
  return at
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .some((call) => call.getExpression().getText() === local);
}

/** A binding that is evaluated once; meeting it again while it is evaluated is a cycle, and a fault. */
function once(at: Node, evaluate: () => Value): Binding {
  let state: "new" | "busy" | Value = "new";
  return {
    at,
    value(): Value {
      if (state === "busy") return fault;
      if (state === "new") {
        state = "busy";
        state = evaluate();
      }
      return state;
    },
  };
}

function localNames(source: SourceFile): string[] {
  return source.getStatements().flatMap((statement) => {
    if (Node.isFunctionDeclaration(statement) && statement.isExported()) return [statement.getName() ?? "default"];
    if (Node.isVariableStatement(statement) && statement.isExported())
      return statement.getDeclarations().map((one) => one.getName());
    return [];
  });
}

function exportedNames(source: SourceFile): string[] {
  return [
    ...localNames(source),
    ...source
      .getExportDeclarations()
      .flatMap((one) => one.getNamedExports().map((each) => each.getAliasNode()?.getText() ?? each.getName())),
  ];
}
