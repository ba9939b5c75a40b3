#!/usr/bin/env node
/** The command line as a process. */
import { report, run } from "./program.ts";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // Whoever read the results has seen enough.
  process.exit(
    report(
      new Error(
        `the results cannot be written to stdout (${error.code ?? error.message}); fix: send them to a disk with room`,
        { cause: error },
      ),
    ),
  );
});
process.stderr.on("error", () => undefined); // There is nowhere left to say anything; the exit code still does.
// What no command has caught: a line for the user all the same.
process.on("uncaughtException", (error) => process.exit(report(error)));

process.exitCode = await run(process.argv.slice(2));
