/** `treefold experiment`: what the promises are worth, shown on this machine beside kernels that make none. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { FindingError, UsageError } from "./exit.ts";
import type { Compared } from "./experiment-devices.ts";
import { collect, deviceJson, parseCount, parsePath, withModel } from "./model.ts";
import { checkFile, writeFile } from "./output-file.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  const experiment = program
    .command("experiment")
    .description("Shows what the promises are worth, beside kernels that make none.");
  experiment
    .command("devices")
    .description(
      "Completes a prompt on every Vulkan driver of this machine, with the model's kernels and with texts that " +
        "leave the arithmetic to the device, and shows where devices part.",
    )
    .requiredOption("--model <dir>", "checkpoint directory, or a library that 'treefold build' wrote", parsePath)
    .option("--prompt <text>", "text to complete greedily; the beginning of Genesis if absent")
    .option("--max-tokens <n>", "tokens to generate", parseCount, 32)
    .option(
      "--driver <manifest>",
      "a Vulkan driver's .json file; may be repeated; all that are found if absent",
      collect,
    )
    .option(
      "--here <folder>",
      "run on this process's own device alone, and leave the logits in the folder for comparison",
      parsePath,
    )
    .option(
      "--json",
      "print " +
        '{"runs":[{"arithmetic","devices":[{"device","logits","ids","text"}],' +
        '"different","of","firstToken","firstId","largest"}]}',
    )
    .action(devices);
  experiment
    .command("distinct")
    .description(
      "Asks one request many times of a serving engine that is busy with others, on a recorded schedule, with " +
        "the model's kernels and with ordinary ones, and counts the answers.",
    )
    .requiredOption("--model <dir>", "checkpoint directory, or a library that 'treefold build' wrote", parsePath)
    .option("--requests <n>", "how many times it is asked", parseCount, 1000)
    .option("--max-tokens <n>", "tokens to generate", parseCount, 100)
    .option("--prompt <text>", "what is asked", "The LORD is my shepherd; I shall not want.")
    .option("--seed <n>", "of the requests and of the schedule", parseSeed, 0)
    .option("--temperature <list>", "temperatures, each of which is a run", parseTemperatures, [0, 0.7])
    .option("--html <file>", "write a page with plots there, too", parsePath)
    .option(
      "--json",
      "print " +
        '{"runs":[{"temperature","ours":{"requests","distinct","distinctLogprobs","firstDivergence","seconds"},' +
        '"ordinary":{…},"batchSizes":{"mean","different","sizes"},' +
        '"preemptions","prefixHits"}]}',
    )
    .action(distinct);
  experiment
    .command("kl")
    .description(
      "Samples from a busy serving engine, has another process score the same tokens as a trainer does, and " +
        "compares the logprobs, with the model's kernels and with ordinary ones.",
    )
    .requiredOption("--model <dir>", "checkpoint directory, or a library that 'treefold build' wrote", parsePath)
    .option("--requests <n>", "sequences to sample", parseCount, 32)
    .option("--max-tokens <n>", "tokens to generate of each", parseCount, 64)
    .option("--temperature <t>", "at which they are sampled", parseTemperature, 0.7)
    .option("--seed <n>", "of the requests and of the schedule", parseSeed, 0)
    .addOption(
      new Option("--trainer <folder>", "be the trainer's process: score the sequences of the folder")
        .argParser(parsePath)
        .hideHelp(),
    )
    .option("--json", 'print {"ours":{"kl","differentBits","tokens"},"ordinary":{"kl","differentBits","tokens"}}')
    .action(kl);
  for (const command of experiment.commands) command.exitOverride();
}

interface DevicesOptions {
  readonly model: string;
  readonly prompt?: string;
  readonly maxTokens: number;
  readonly driver?: readonly string[];
  readonly here?: string;
  readonly json?: boolean;
}

interface DistinctOptions {
  readonly model: string;
  readonly requests: number;
  readonly maxTokens: number;
  readonly prompt: string;
  readonly seed: number;
  readonly temperature: readonly number[];
  readonly html?: string;
  readonly json?: boolean;
}

interface KlOptions {
  readonly model: string;
  readonly requests: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
  readonly trainer?: string;
  readonly json?: boolean;
}

async function devices({ model, prompt: given, maxTokens, driver, here, json = false }: DevicesOptions): Promise<void> {
  if (given === "") throw new UsageError("the prompt is empty; fix: give --prompt some text");
  const prompt = given ?? (await import("../spec/golden.ts")).goldenText;
  const { compareDevices, runHere } = await import("./experiment-devices.ts");
  if (here !== undefined)
    return void process.stdout.write(`${JSON.stringify(await runHere({ model, prompt, maxTokens }, here))}\n`);
  const { installedDrivers } = await import("../runtime/platform/driver.ts");
  const runs = await withProgress("Completing the prompt", async (show) =>
    compareDevices({ model, prompt, maxTokens }, driver ?? (await installedDrivers()), (what) =>
      show(`Completing the prompt: ${what}`),
    ),
  );
  if (json) process.stdout.write(`${JSON.stringify({ runs: runs.map(runJson) })}\n`);
  else process.stdout.write(runs.map(render).join("\n"));
  if (runs.some(({ arithmetic, different }) => arithmetic === "treefold" && different > 0))
    throw new FindingError("devices differ");
}

const runJson = (run: Compared) => ({
  ...run,
  devices: run.devices.map((one) => ({ ...one, device: deviceJson(one.device) })),
});

const titles: Readonly<Record<Compared["arithmetic"], string>> = {
  treefold: "The model's kernels",
  builtin: "The same schedules, arithmetic left to the device",
};

function render({ arithmetic, devices: seen, different, of, firstToken, largest, firstId }: Compared): string {
  const parts =
    different === 0
      ? `equal bits in all ${of} logits`
      : `${different} of ${of} logits differ, first at token ${firstToken}, by ${largest.toExponential(1)} at ` +
        `most; ${firstId === null ? "the completions are the same" : `the completions part at token ${firstId}`}`;
  const answers = seen.map(
    ({ device, logits, text }) => `  ${device.description}\n    ${logits}\n    ${JSON.stringify(text)}\n`,
  );
  return `${titles[arithmetic]}: ${parts}\n${answers.join("")}`;
}

async function distinct({ temperature: temperatures, html, json = false, ...given }: DistinctOptions): Promise<void> {
  if (given.prompt === "") throw new UsageError("the prompt is empty; fix: give --prompt some text");
  if (html !== undefined) await checkFile(html, "--html");
  const request = { ...given, temperatures };
  const { askManyTimes, jsonOf, leniency, renderRun, shortcomings } = await import("./experiment-distinct.ts");
  const { runs, device } = await withModel(request.model, async (model) => ({
    runs: await withProgress("Asking", (show) => askManyTimes(model, request, (what) => show(`Asking: ${what}`))),
    device: model.device.info.description,
  }));
  if (html !== undefined) {
    const { experimentPage } = await import("./experiment-page.ts");
    await writeFile(html, "--html", [await experimentPage({ request, runs, device })]);
  }
  process.stdout.write(json ? `${JSON.stringify({ runs: runs.map(jsonOf) })}\n` : runs.map(renderRun).join("\n"));
  const lenient = leniency(request.requests);
  if (lenient !== undefined) process.stderr.write(`note: ${lenient}\n`);
  tellFindings(shortcomings(runs, request.requests));
}

async function kl({ trainer, json = false, ...request }: KlOptions): Promise<void> {
  const { compareWithTrainer, klShortcomings, renderKl, sampleBoth, scoreHere } = await import("./experiment-kl.ts");
  if (trainer !== undefined) return scoreHere(request.model, trainer);
  const samples = await withModel(request.model, (model) =>
    withProgress("Sampling", (show) => sampleBoth(model, request, (what) => show(`Sampling: ${what}`))),
  );
  const result = await withProgress("Scoring in another process", () => compareWithTrainer(samples, request));
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : renderKl(result));
  tellFindings(klShortcomings(result));
}

/** Says on stderr what an experiment was to show and did not. @throws FindingError if there is something */
function tellFindings(findings: readonly string[]): void {
  for (const finding of findings) process.stderr.write(`finding: ${finding}\n`);
  if (findings.length > 0) throw new FindingError(findings.join("; "));
}

function parseSeed(argument: string): number {
  const seed = Number(argument);
  if (!/^\d+$/.test(argument) || seed > 0xffffffff) throw new InvalidArgumentError("Give a whole number below 2^32.");
  return seed;
}

/** What the engine takes, told before a model is loaded. */
function parseTemperature(argument: string): number {
  const temperature = Number(argument);
  if (!/^\d+(\.\d+)?$/.test(argument) || !(temperature === 0 || (temperature >= 0.01 && temperature <= 100)))
    throw new InvalidArgumentError("Give 0, or a number from 0.01 to 100.");
  return temperature;
}

function parseTemperatures(argument: string): number[] {
  if (!/^[\d.]+(,[\d.]+)*$/.test(argument))
    throw new InvalidArgumentError("Give temperatures with commas between them, as in --temperature 0,0.7.");
  return argument.split(",").map(parseTemperature);
}
