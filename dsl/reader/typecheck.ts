/** TypeScript's own strict errors, as diagnostics. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Project, ts, type DiagnosticMessageChain } from "ts-morph";
import type { Diagnostic } from "../diagnostics.ts";
import { packageRoot } from "./modules.ts";

const noOverload = 2769;

/** What to do about the errors that authors meet most. */
const fixes: Readonly<Record<number, string>> = {
  2304: "declare the name, or import it from \"treefold\"",
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

/**
 * The strict type errors of one file, whose "treefold" is this package, but for lines on which the rules have spoken.
 * `source` is its text where it is not that of the disk; diagnostics name the file `file`.
 */
export function typeErrors(file: string, source: string | undefined, ruled: ReadonlySet<number>): Diagnostic[] {
  const types = [join(packageRoot, "dsl", "index.ts"), join(packageRoot, "dist", "dsl", "index.d.ts")].find((path) => existsSync(path));
  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    compilerOptions: {
      strict: true, noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, types: [], lib: ["lib.es2023.d.ts"],
      target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
      ...(types === undefined ? {} : { paths: { treefold: [types] } }),
    },
  });
  const checked = source === undefined ? project.addSourceFileAtPath(resolve(file)) : project.createSourceFile(resolve(file), source, { overwrite: true });
  const program = project.getProgram();
  const errors = [...program.getSyntacticDiagnostics(checked), ...program.getSemanticDiagnostics(checked)];
  const lineOf = (error: { getStart(): number | undefined }): number => checked.getLineAndColumnAtPos(error.getStart() ?? 0).line;
  const faultLines = new Set([...ruled, ...errors.filter((error) => error.getCode() !== noOverload).map(lineOf)]);
  /** That no overload matches follows from any fault inside of the call. */
  const follows = (start: number): boolean => {
    const call = checked.getDescendantAtPos(start)?.getFirstAncestorByKind(ts.SyntaxKind.CallExpression);
    return call !== undefined && [...faultLines].some((line) => line >= call.getStartLineNumber() && line <= call.getEndLineNumber());
  };
  return errors.filter((error) => !ruled.has(lineOf(error)) && !(error.getCode() === noOverload && follows(error.getStart() ?? 0))).map((error): Diagnostic => {
    const start = error.getStart() ?? 0;
    const { line, column } = checked.getLineAndColumnAtPos(start);
    const text = checked.getFullText().slice(start, start + (error.getLength() ?? 1)).split(/[\n\r]/)[0]!;
    const message = error.getMessageText();
    return {
      code: `TS${error.getCode()}`, message: typeof message === "string" ? message : flatten(message),
      location: { file, line, column, endColumn: column + Math.max(1, text.length) }, notes: [],
      fix: fixes[error.getCode()] ?? "make the file type-check under TypeScript's strict mode",
    };
  });
}

/** The chain's first and last message: what was wrong, and the innermost reason. */
function flatten(chain: DiagnosticMessageChain): string {
  let last = chain;
  for (let next = last.getNext()?.[0]; next !== undefined; next = last.getNext()?.[0]) last = next;
  return last === chain ? chain.getMessageText() : `${chain.getMessageText()} ${last.getMessageText()}`;
}
