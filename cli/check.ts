/** `treefold check`: what is wrong with kernel files. */
import type { Command } from "commander";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import { FindingError } from "./exit.ts";
import { assertFile, renderAll } from "./kernel-file.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program.command("check")
    .description("Checks kernel files against the language's rules.")
    .argument("<file...>", "TypeScript files that export kernels")
    .option("--json", 'print {"diagnostics":[{"code","file","line","column","message","notes","fix"}]}')
    .action(check);
}

async function check(files: readonly string[], { json = false }: { json?: boolean }): Promise<void> {
  files.forEach(assertFile);
  const { readKernels } = await import("../dsl/reader/index.ts");
  const results = await withProgress("Checking", async (show) => files.map((file) => {
    show(`Checking ${file}`);
    return { file, ...readKernels(file) };
  }));
  const diagnostics = results.flatMap((result) => result.diagnostics);
  if (json) process.stdout.write(`${JSON.stringify({ diagnostics: diagnostics.map(toJson) })}\n`);
  else {
    if (diagnostics.length > 0) process.stdout.write(`${await renderAll(diagnostics)}\n`);
    for (const { file, kernels, diagnostics: found } of results) {
      if (found.length > 0) process.stdout.write(`${file}: ${found.length === 1 ? "1 error" : `${found.length} errors`}\n`);
      else process.stdout.write(`${file}: no errors; kernels: ${kernels.map(({ name }) => name).join(", ") || "none"}\n`);
    }
  }
  if (diagnostics.length > 0) throw new FindingError("diagnostics");
}

function toJson({ code, message, location, notes, fix }: Diagnostic): object {
  return {
    code, file: location.file, line: location.line, column: location.column, message,
    notes: notes.map((note) => ({ message: note.message, ...(note.location && { file: note.location.file, line: note.location.line, column: note.location.column }) })),
    fix,
  };
}
