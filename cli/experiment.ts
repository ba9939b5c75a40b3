/** `treefold experiment`: what the promises are worth, shown on this machine beside kernels that make none. */
import type { Command } from "commander";
import { FindingError, UsageError } from "./exit.ts";
import type { Compared } from "./experiment-devices.ts";
import { collect, deviceJson, parseCount, parsePath } from "./model.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  const experiment = program.command("experiment").description("Shows what the promises are worth, beside kernels that make none.");
  experiment.command("devices")
    .description("Completes a prompt on every Vulkan driver of this machine, with the model's kernels and with texts that leave the arithmetic to the device, and shows where devices part.")
    .requiredOption("--model <dir>", "checkpoint directory", parsePath)
    .option("--prompt <text>", "text to complete greedily; the beginning of Genesis if absent")
    .option("--max-tokens <n>", "tokens to generate", parseCount, 32)
    .option("--driver <manifest>", "a Vulkan driver's .json file; may be repeated; all that are found if absent", collect)
    .option("--here <folder>", "run on this process's own device alone, and leave the logits in the folder for comparison", parsePath)
    .option("--json", 'print {"runs":[{"arithmetic","devices":[{"device","logits","ids","text"}],"different","of","firstToken","firstId","largest"}]}')
    .action(devices);
  for (const command of experiment.commands) command.exitOverride();
}

interface Options {
  readonly model: string;
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly driver?: readonly string[];
  readonly here?: string;
  readonly json?: boolean;
}

async function devices({ model, prompt: given, maxTokens, driver, here, json = false }: Options): Promise<void> {
  if (given === "") throw new UsageError("the prompt is empty; fix: give --prompt some text");
  const prompt = given ?? (await import("../spec/golden.ts")).goldenText;
  const { compareDevices, runHere } = await import("./experiment-devices.ts");
  if (here !== undefined) return void process.stdout.write(`${JSON.stringify(await runHere({ model, prompt, maxTokens }, here))}\n`);
  const { installedDrivers } = await import("../runtime/platform/driver.ts");
  const runs = await withProgress("Completing the prompt", async (show) =>
    compareDevices({ model, prompt, maxTokens }, driver ?? await installedDrivers(), (what) => show(`Completing the prompt: ${what}`)));
  if (json) process.stdout.write(`${JSON.stringify({ runs: runs.map((run) => ({ ...run, devices: run.devices.map((one) => ({ ...one, device: deviceJson(one.device) })) })) })}\n`);
  else process.stdout.write(runs.map(render).join("\n"));
  if (runs.some(({ arithmetic, different }) => arithmetic === "treefold" && different > 0)) throw new FindingError("devices differ");
}

const titles: Readonly<Record<Compared["arithmetic"], string>> = {
  treefold: "The model's kernels", builtin: "The same schedules, arithmetic left to the device",
};

function render({ arithmetic, devices: seen, different, of, firstToken, largest, firstId }: Compared): string {
  const parts = different === 0 ? `equal bits in all ${of} logits`
    : `${different} of ${of} logits differ, first at token ${firstToken}, by ${largest.toExponential(1)} at most; ${firstId === null ? "the completions are the same" : `the completions part at token ${firstId}`}`;
  return `${titles[arithmetic]}: ${parts}\n${seen.map(({ device, logits, text }) => `  ${device.description}\n    ${logits}\n    ${JSON.stringify(text)}\n`).join("")}`;
}
