/** TypeScript's own strict errors, as diagnostics. */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import {
  Node,
  Project,
  SyntaxKind,
  ts,
  type VariableDeclaration,
  type Diagnostic as TypeError,
  type DiagnosticMessageChain,
  type SourceFile,
} from "ts-morph";
import type { Diagnostic } from "../diagnostics.ts";
import type { SourceLocation } from "../ir.ts";
import { packageRoot } from "./modules.ts";

/** What follows from any fault of a declaration: no overload matches, and its body's parameters have no types. */
const consequences: ReadonlySet<number> = new Set([2554, 2769, 7006, 7031]);

/** What to do about the errors that authors meet most. */
const fixes: Readonly<Record<number, string>> = {
  2451: "give one of them another name",
  2528: "export one of them by its name: export const name = kernel({ … })",
  2304: 'declare the name, or import it from "treefold"',
  2305: "import a name that the module exports",
  2307: "correct the path; a relative one ends in .ts",
  2322: "give a value of the type that is expected here",
  2339: "use a name that was declared: inputs, params and axes are those of the declaration",
  2345: "pass an argument of the type that is expected here",
  2554: "give as many arguments as the function takes, and as many indices as the tensor has axes",
  2769: "compare the declaration with one of the forms that kernel and reduce accept",
  7006: "write the parameter's type, as in (x: number)",
  7031: "write the parameter's type, as in (x: number)",
};

/** Names and modules that a file may have from its folder's own settings: other libraries, Node's types. */
const settings: ReadonlySet<number> = new Set([2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 7016]);
const noModule: ReadonlySet<number> = new Set([2307, 2882]);

let shared: Project | undefined;

/**
 * Parsing TypeScript's library takes most of the time, so that it is done once. "treefold" is this package, wherever
 * the file is.
 */
function sharedProject(): Project {
  const types = [join(packageRoot, "dsl", "index.ts"), join(packageRoot, "dist", "dsl", "index.d.ts")].find((path) =>
    existsSync(path),
  );
  return (shared ??= new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      types: [],
      lib: ["lib.es2023.d.ts"],
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      ...(types === undefined ? {} : { paths: { treefold: [types] } }),
    },
  }));
}

/**
 * The strict type errors of a file and of the modules that it imports by relative paths, but for places on which the
 * rules have spoken (`ruled`). `source` is the file's text where it is not that of the disk; diagnostics name it
 * `file`.
 */
export function typeErrors(file: string, source: string | undefined, ruled: readonly SourceLocation[]): Diagnostic[] {
  const project = sharedProject();
  const root = resolve(file);
  const checked =
    source === undefined
      ? project.addSourceFileAtPath(root)
      : project.createSourceFile(root, source, { overwrite: true });
  project.resolveSourceFileDependencies();
  const isOwn = (path: string): boolean =>
    path === root ||
    (!path.startsWith(`${join(packageRoot, "dsl")}/`) && !path.includes("/node_modules/") && !path.endsWith(".d.ts"));
  const own = project.getSourceFiles().filter((one) => isOwn(one.getFilePath()));
  try {
    return own.flatMap((one) => {
      const shown = one === checked ? file : join(dirname(file), relative(dirname(root), one.getFilePath()));
      return errorsOf(
        project,
        one,
        shown,
        new Set(ruled.filter((place) => place.file === shown).map(({ line }) => line)),
      );
    });
  } finally {
    // Another reading may find other texts.
    for (const one of own) project.removeSourceFile(one);
  }
}

function errorsOf(project: Project, checked: SourceFile, shown: string, ruled: ReadonlySet<number>): Diagnostic[] {
  const program = project.getProgram();
  const errors = [...program.getSyntacticDiagnostics(checked), ...program.getSemanticDiagnostics(checked)].filter(
    (error) => !isSetting(checked, error),
  );
  const lineOf = (error: TypeError): number => checked.getLineAndColumnAtPos(error.getStart() ?? 0).line;
  const faultLines = new Set([...ruled, ...errors.filter((error) => !consequences.has(error.getCode())).map(lineOf)]);
  const follows = (start: number): boolean => {
    const call = checked.getDescendantAtPos(start)?.getAncestors().findLast(Node.isCallExpression);
    return (
      call !== undefined &&
      [...faultLines].some((line) => line >= call.getStartLineNumber() && line <= call.getEndLineNumber())
    );
  };
  return errors
    .filter((error) => !isToldBefore(checked, error, errors))
    .filter(
      (error) => !ruled.has(lineOf(error)) && !(consequences.has(error.getCode()) && follows(error.getStart() ?? 0)),
    )
    .map((error): Diagnostic => {
      const start = error.getStart() ?? 0;
      const { line, column } = checked.getLineAndColumnAtPos(start);
      const text = checked
        .getFullText()
        .slice(start, start + (error.getLength() ?? 1))
        .split(/[\n\r]/)[0]!;
      const message = error.getMessageText();
      const untyped =
        withoutType(checked, shown, start, error.getCode()) ?? inOtherForm(checked, shown, start, error.getCode());
      if (untyped !== undefined)
        return {
          ...untyped,
          code: `TS${error.getCode()}`,
          location: { file: shown, line, column, endColumn: column + Math.max(1, text.length) },
          notes: [],
        };
      return {
        code: `TS${error.getCode()}`,
        message: typeof message === "string" ? message : flatten(message),
        location: { file: shown, line, column, endColumn: column + Math.max(1, text.length) },
        notes: [],
        fix: fixes[error.getCode()] ?? "make the file type-check under TypeScript's strict mode",
      };
    });
}

/** Whether another name of the same function's patterns has told that it has no types. */
function isToldBefore(checked: SourceFile, error: TypeError, errors: readonly TypeError[]): boolean {
  const functionOf = (one: TypeError): Node | undefined =>
    checked
      .getDescendantAtPos(one.getStart() ?? 0)
      ?.getFirstAncestor(Node.isParameterDeclaration)
      ?.getParent();
  const first =
    error.getCode() === 7031
      ? errors.find((one) => one.getCode() === 7031 && functionOf(one) === functionOf(error))
      : error;
  return first !== error;
}

/**
 * A parameter without a type, in the language's words: numbers are what functions take, and a body's objects have the
 * kernel's types.
 */
function withoutType(
  checked: SourceFile,
  shown: string,
  start: number,
  code: number,
): Pick<Diagnostic, "message" | "fix" | "edits"> | undefined {
  const parameter = checked.getDescendantAtPos(start)?.getFirstAncestor(Node.isParameterDeclaration);
  if ((code !== 7006 && code !== 7031) || parameter === undefined) return undefined;
  const around = parameter.getParent();
  const name = Node.isFunctionDeclaration(around)
    ? around.getName()
    : Node.isVariableDeclaration(around?.getParent())
      ? (around.getParent() as VariableDeclaration).getName()
      : undefined;
  const isBody = checked
    .getDescendantsOfKind(SyntaxKind.PropertyAssignment)
    .some((one) => one.getName() === "body" && one.getInitializer()?.getText() === name);
  if (code === 7031 || isBody) {
    return {
      message:
        `'${checked.getDescendantAtPos(start)!.getText()}' has no type: what a body takes has the types of the ` +
        "kernel that it stands in",
      fix: isBody
        ? "write the body inside kernel({ … }): body: ({ … }, { … }) => …"
        : "give the function numbers: (x: number)",
    };
  }
  const text = parameter.getText();
  const end = checked.getLineAndColumnAtPos(parameter.getNameNode().getEnd());
  const isBare = Node.isArrowFunction(around) && around.getFirstChildByKind(SyntaxKind.OpenParenToken) === undefined;
  const begin = checked.getLineAndColumnAtPos(parameter.getStart());
  return {
    message: `the parameter '${text}' has no type`,
    fix: `write ${text}: number`,
    edits: [
      {
        file: shown,
        line: begin.line,
        column: begin.column,
        endLine: end.line,
        endColumn: end.column,
        text: isBare ? `(${text}: number)` : `${text}: number`,
      },
    ],
  };
}

/** What needs other words than TypeScript's: the kernel's own types, which have to be seen where it is declared. */
function inOtherForm(
  checked: SourceFile,
  shown: string,
  start: number,
  code: number,
): Pick<Diagnostic, "message" | "fix" | "edits"> | undefined {
  const node = checked.getDescendantAtPos(start);
  const declaration = node?.getFirstAncestor(Node.isVariableDeclaration);
  const type = declaration?.getTypeNode();
  if (code === 2304 && type !== undefined && node?.getText() === "Kernel" && type.getText() === "Kernel") {
    const [from, to] = [declaration!.getNameNode().getEnd(), type.getEnd()].map((at) =>
      checked.getLineAndColumnAtPos(at),
    );
    return {
      message: "a kernel's type is what kernel({ … }) gives, and has no name",
      fix: "leave ': Kernel' out",
      edits: [
        {
          file: shown,
          line: from!.line,
          column: from!.column,
          endLine: to!.line,
          endColumn: to!.column,
          text: "",
        },
      ],
    };
  }
  const shorthand = node?.getFirstAncestor(Node.isShorthandPropertyAssignment);
  const around = shorthand?.getFirstAncestor(Node.isCallExpression);
  if (code === 2769 && shorthand !== undefined && around?.getExpression().getText() === "kernel") {
    const name = shorthand.getName();
    const value = checked.getVariableDeclaration(name)?.getInitializer();
    const place = checked.getLineAndColumnAtPos(shorthand.getStart());
    const text = `${name}: ${value?.getText()}`;
    return {
      message: `'${name}' stands outside of the kernel, where TypeScript forgets which roles and types it holds`,
      fix: `write ${name} in the kernel: ${name}: { … }`,
      ...(Node.isObjectLiteralExpression(value)
        ? {
            edits: [
              {
                file: shown,
                ...{ line: place.line, column: place.column },
                ...{ endLine: place.line, endColumn: place.column + name.length, text },
              },
            ],
          }
        : {}),
    };
  }
  return undefined;
}

/** Whether an error would go away with other settings of the file's folder, which are not asked for here. */
function isSetting(checked: SourceFile, error: TypeError): boolean {
  if (!noModule.has(error.getCode())) return settings.has(error.getCode());
  return /^["'](?!\.)/.test(checked.getFullText().slice(error.getStart() ?? 0));
}

/** The chain's first and last message: what was wrong, and the innermost reason. */
function flatten(chain: DiagnosticMessageChain): string {
  let last = chain;
  for (let next = last.getNext()?.[0]; next !== undefined; next = last.getNext()?.[0]) last = next;
  return last === chain ? chain.getMessageText() : `${chain.getMessageText()} ${last.getMessageText()}`;
}
