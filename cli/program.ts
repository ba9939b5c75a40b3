/** The command line as a function: parses arguments and leaves the rest to the commands. Only results go to stdout. */
import { createRequire } from "node:module";
import { Command, CommanderError } from "commander";
import { debugMistake, shows } from "../runtime/debug.ts";
import { register as registerAudit } from "./audit.ts";
import { register as registerBuild } from "./build.ts";
import { register as registerCheck } from "./check.ts";
import { register as registerDoctor } from "./doctor.ts";
import { register as registerExplain } from "./explain.ts";
import { register as registerExperiment } from "./experiment.ts";
import { FindingError, UsageError } from "./exit.ts";
import { register as registerForward } from "./forward.ts";
import { register as registerGenerate } from "./generate.ts";
import { register as registerPage } from "./page.ts";
import { register as registerRun } from "./run.ts";
import { usageLine } from "./usage.ts";

const { version } = createRequire(import.meta.url)("#package.json") as { version: string };

/** Runs a command in this process, and gives its exit code; what goes wrong has been said on stderr then. */
export async function run(args: readonly string[]): Promise<number> {
  const program = makeProgram();
  try {
    if (debugMistake !== undefined) throw new UsageError(debugMistake);
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return report(error, program);
  }
}

function makeProgram(): Command {
  const program = new Command("treefold")
    .description("Compiles kernels whose bits do not depend on the batch, and runs models built from them.")
    .version(version)
    .addHelpText(
      "after",
      "\nExit codes: 0 success, 1 failure or finding, 2 wrong usage, or a text that 'audit' could not follow. " +
        "Only results go to stdout.\n" +
        "VK_DRIVER_FILES chooses the Vulkan driver; TREEFOLD_DEBUG=1 shows where an unexpected error comes from. " +
        "docs/environment.md lists all variables.",
    )
    .exitOverride()
    .configureOutput({ outputError: () => undefined }) // report() says it.
    .configureHelp({ showGlobalOptions: false });

  for (const register of [
    registerBuild,
    registerPage,
    registerGenerate,
    registerForward,
    registerRun,
    registerCheck,
    registerExplain,
    registerAudit,
    registerDoctor,
    registerExperiment,
  ])
    register(program);
  // Commander hands exitOverride on only to commands that are made after it through the parent.
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Says what went wrong, unless that has been said, and gives the exit code. */
export function report(error: unknown, program: Command = makeProgram()): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code !== "commander.help") process.stderr.write(`${usageLine(error, program)}\n`);
    return 2;
  }
  if (error instanceof FindingError) return error.exitCode;
  if (shows("errors") && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${message.trim().replace(/\s*\n\s*/g, " ")}\n`);
  return error instanceof UsageError ? 2 : 1;
}
