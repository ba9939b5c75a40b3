/** `treefold generate`: greedy completions of prompts. */
import type { Command } from "commander";
import { UsageError } from "./exit.ts";
import { collect, deviceJson, parseCount, parsePath, withModel } from "./model.ts";

export function register(program: Command): void {
  program
    .command("generate")
    .description("Completes prompts greedily, all of them in one batch.")
    .requiredOption(
      "--model <dir>",
      "checkpoint directory (config.json, model.safetensors, tokenizer.json), or a library that 'treefold build' wrote",
      parsePath,
    )
    .requiredOption("--prompt <text>", "text to complete; may be repeated", collect)
    .option("--max-tokens <n>", "tokens to generate for each prompt, at most", parseCount, 64)
    .option(
      "--json",
      'print {"completions":[{"prompt","ids","text"}],"device","fingerprint"}; ids and text are those generated',
    )
    .action(generate);
}

interface Options {
  readonly model: string;
  readonly prompt: readonly string[];
  readonly maxTokens: number;
  readonly json?: boolean;
}

async function generate({ model: directory, prompt: prompts, maxTokens, json = false }: Options): Promise<void> {
  const empty = prompts.indexOf("");
  if (empty >= 0) throw new UsageError(`prompt ${empty} is empty; fix: give --prompt some text`);
  const { assertCheckpoint } = await import("../models/load.ts");
  const { isLibrary } = await import("../models/built.ts");
  const { readTokenizer } = await import("../models/checkpoint/tokenizer.ts");
  await assertCheckpoint(directory);
  // A library's own is read with it.
  if (!isLibrary(directory)) await readTokenizer(directory);
  await withModel(directory, async (model) => {
    const printer = json ? undefined : new Printer(prompts);
    const completions = await model.generateAll(prompts, {
      maxTokens,
      onPiece: (prompt, { text }, last) => printer?.print(prompt, text, last),
    });
    if (!json) return;
    process.stdout.write(
      `${JSON.stringify({
        completions: completions.map(({ ids, text }, index) => ({ prompt: prompts[index], ids, text })),
        device: deviceJson(model.device.info),
        fingerprint: model.fingerprint,
      })}\n`,
    );
  });
}

/**
 * Streams the first completion that has not ended, and keeps what the later ones have so far until it is their turn.
 */
class Printer {
  readonly #waiting: string[];
  readonly #ended: boolean[];
  #current = 0;

  constructor(prompts: readonly string[]) {
    this.#waiting = [...prompts];
    this.#ended = prompts.map(() => false);
  }

  print(prompt: number, text: string, last: boolean): void {
    this.#waiting[prompt] += last ? `${text}\n` : text;
    this.#ended[prompt] = last;
    if (prompt === this.#current) this.#flush();
  }

  #flush(): void {
    while (this.#current < this.#ended.length) {
      process.stdout.write(this.#waiting[this.#current]!);
      this.#waiting[this.#current] = "";
      if (!this.#ended[this.#current]) return;
      this.#current++;
      if (this.#current < this.#ended.length) process.stdout.write("\n");
    }
  }
}
