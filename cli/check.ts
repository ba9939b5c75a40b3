/** `treefold check`: what is wrong with kernel files. */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { FindingError } from "./exit.ts";
import { assertFile, renderAll } from "./kernel-file.ts";
import { parsePath } from "./model.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program
    .command("check")
    .description("Checks kernel files against the language's rules and TypeScript's strict types.")
    .argument("<file...>", "TypeScript files that export kernels", (file, before: readonly string[] = []) => [
      ...before,
      parsePath(file),
    ])
    .option(
      "--buffers <count>",
      `storage buffers that a kernel may bind; ${promised}, which every WebGPU device offers, where it is not given`,
      parseCount,
    )
    .option("--json", 'print {"diagnostics":[{"code","file","line","column","message","notes","fix","edits"}]}')
    .action(check);
}

/** What every WebGPU device offers: the reader's own constant, which is not loaded for the help alone. */
const promised = 8;

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 0xffff)
    throw new InvalidArgumentError("Write a whole number from 1 up, as in --buffers 16.");
  return count;
}

async function check(
  files: readonly string[],
  { json = false, buffers = promised }: { json?: boolean; buffers?: number },
): Promise<void> {
  files.forEach(assertFile);
  const { readKernels } = await import("../dsl/reader/index.ts");
  const results = await withProgress("Checking", async (show) =>
    eachOnce(files, (file) => resolve(file)).map((file) => {
      show(`Checking ${file}`);
      const result = readKernels(file, { typecheck: true, buffers });
      const isEmpty = result.diagnostics.length === 0 && result.kernels.length === 0 && /\.kernel\.m?ts$/.test(file);
      return { file, ...result, diagnostics: isEmpty ? [noKernel(file)] : result.diagnostics };
    }),
  );
  // What two files import is at fault once.
  const diagnostics = eachOnce(
    results.flatMap((result) => result.diagnostics),
    ({ code, message, location: { file, line, column } }) => `${resolve(file)} ${line} ${column} ${code} ${message}`,
  );
  if (json) process.stdout.write(`${JSON.stringify({ diagnostics: diagnostics.map(toJson) })}\n`);
  else {
    if (diagnostics.length > 0) process.stdout.write(`${await renderAll(diagnostics)}\n`);
    for (const { file, kernels, diagnostics: found } of results) {
      if (found.length > 0)
        process.stdout.write(`${file}: ${found.length === 1 ? "1 error" : `${found.length} errors`}\n`);
      else if (kernels.length > 0)
        process.stdout.write(`${file}: no errors; kernels: ${kernels.map(({ name }) => name).join(", ")}\n`);
      else
        process.stdout.write(
          `${file}: no type errors, and no kernels; its functions are checked with the kernels that use them\n`,
        );
    }
  }
  if (diagnostics.length > 0) throw new FindingError("diagnostics");
}

function eachOnce<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
  return [...new Map([...all].reverse().map((one) => [keyOf(one), one])).values()].reverse();
}

function noKernel(file: string): Diagnostic {
  return {
    code: "R018",
    message: "this module declares no kernel",
    location: { file, line: 1, column: 1 },
    notes: [],
    fix:
      "write export const name = kernel({ axes, inputs, output, body }); a module of functions only is called " +
      "name.ts, without .kernel",
  };
}

function toJson({ code, message, location, notes, fix, edits = [] }: Diagnostic): object {
  return {
    code,
    file: location.file,
    line: location.line,
    column: location.column,
    message,
    notes: notes.map((note) => ({
      message: note.message,
      ...(note.location && { file: note.location.file, line: note.location.line, column: note.location.column }),
    })),
    fix,
    edits,
  };
}
