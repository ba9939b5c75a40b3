/** What Commander finds wrong with a command line, in one line that says how to fix it. */
import type { Command, CommanderError } from "commander";

/** The line for a fault of the command line that Commander has found. */
export function usageLine(error: CommanderError, program: Command): string {
  const command = program.commands.find((candidate) => candidate.name() === program.args[0]);
  const help = `'treefold ${command === undefined ? "" : `${command.name()} `}--help'`;
  const message = error.message
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
  const [, meant] = /\(Did you mean (.+)\?\)$/.exec(message) ?? [];
  const what = message.replace(/ \(Did you mean .+$/, "").replace(/( is invalid(?: for argument '.+?')?)\. .*$/, "$1");
  const [, advice] = / is invalid(?: for argument '.+?')?\. (.+)$/.exec(message) ?? [];
  const fix =
    advice === undefined
      ? fixFor(error.code, message, help, command)
      : lowerFirst(advice.replace("Allowed choices are", "use one of"));
  return `error: ${what}${meant === undefined ? "" : ` (did you mean '${meant}'?)`}; fix: ${fix}`;
}

function fixFor(code: string, message: string, help: string, command: Command | undefined): string {
  switch (code) {
    case "commander.missingMandatoryOptionValue":
      return `add ${/'(.+)'/.exec(message)![1]}`;
    case "commander.missingArgument":
      return `add <${/'(.+)'/.exec(message)![1]}>; ${help} says what it is`;
    case "commander.optionMissingArgument":
      return `give it a value; ${help} says which`;
    case "commander.excessArguments": {
      const extents = (command?.args ?? [])
        .filter((argument) => /^\w+=\d+$/.test(argument))
        .map((extent) => `--axis ${extent}`);
      const hasAxis = command?.options.some(({ long }) => long === "--axis") === true;
      return extents.length > 0 && hasAxis
        ? `write ${extents.join(" ")}`
        : `put quotes around an argument that has spaces in it, and options before their values; ${help} shows how`;
    }
    default:
      return `${help} lists what there is`;
  }
}

function lowerFirst(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1);
}
