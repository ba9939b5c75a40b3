/** `treefold generate`: greedy completions of prompts. */
import type { Command } from "commander";
import { UsageError } from "./exit.ts";
import { assertCheckpoint, collect, deviceJson, parseCount, withModel } from "./model.ts";

export function register(program: Command): void {
  program.command("generate")
    .description("Completes prompts greedily, all of them in one batch.")
    .requiredOption("--model <dir>", "checkpoint directory: config.json, model.safetensors, tokenizer.json")
    .requiredOption("--prompt <text>", "text to complete; may be repeated", collect)
    .option("--max-tokens <n>", "tokens to generate for each prompt, at most", parseCount, 64)
    .option("--json", 'print {"completions":[{"prompt","ids","text"}],"device","fingerprint"}; ids and text are those generated')
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
  await assertCheckpoint(directory);
  const { readTokenizer } = await import("../models/checkpoint/tokenizer.ts");
  const { generate: complete } = await import("../models/decode.ts");
  const tokenizer = await readTokenizer(directory);
  await withModel(directory, async (model) => {
    const printer = json ? undefined : new Printer(prompts.map((text) => ({ text, stream: tokenizer.stream() })));
    const completions = await complete(model, prompts.map((text) => tokenizer.encode(text)), {
      maxTokens,
      onToken: (prompt, id) => printer?.token(prompt, id),
      onEnd: (prompt) => printer?.end(prompt),
    });
    if (!json) return;
    process.stdout.write(`${JSON.stringify({
      completions: completions.map((ids, index) => ({ prompt: prompts[index], ids, text: tokenizer.decode(ids) })),
      device: deviceJson(model.device.info),
      fingerprint: model.fingerprint,
    })}\n`);
  });
}

interface Printed {
  readonly text: string;
  readonly stream: { push(id: number): string; end(): string };
}

/** Streams the first completion that has not ended, and keeps what the later ones have so far until it is their turn. */
class Printer {
  readonly #waiting: string[];
  readonly #ended: boolean[];
  #current = 0;

  constructor(private readonly prompts: readonly Printed[]) {
    this.#waiting = prompts.map(({ text }) => text);
    this.#ended = prompts.map(() => false);
  }

  token(prompt: number, id: number): void {
    this.#waiting[prompt] += this.prompts[prompt]!.stream.push(id);
    if (prompt === this.#current) this.#flush();
  }

  end(prompt: number): void {
    this.#waiting[prompt] += `${this.prompts[prompt]!.stream.end()}\n`;
    this.#ended[prompt] = true;
    if (prompt === this.#current) this.#flush();
  }

  #flush(): void {
    while (this.#current < this.prompts.length) {
      process.stdout.write(this.#waiting[this.#current]!);
      this.#waiting[this.#current] = "";
      if (!this.#ended[this.#current]) return;
      this.#current++;
      if (this.#current < this.prompts.length) process.stdout.write("\n");
    }
  }
}
