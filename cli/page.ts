/** `treefold page`: a checkpoint's model as a web page. */
import type { Command } from "commander";
import { buildHeld, checkName } from "./library.ts";
import { parsePath } from "./model.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program
    .command("page")
    .description(
      "Writes a web page that runs a model in the browser, on the visitor's GPU: its library, each kernel's " +
        "text audited, and its weights. Any static file server can serve it.",
    )
    .requiredOption("--model <dir>", "checkpoint directory: config.json, model.safetensors, tokenizer.json", parsePath)
    .requiredOption("--out <dir>", "folder to write; one that holds a page is replaced", parsePath)
    .option("--name <name>", "name of the model's package, and of the page; the checkpoint directory's if absent")
    .option("--no-audit", "do not audit the kernels' texts; the library then has no certificates")
    .option("--json", 'print {"out","name","fingerprint","golden"}')
    .action(page);
}

interface Options {
  readonly model: string;
  readonly out: string;
  readonly name?: string;
  readonly audit: boolean;
  readonly json?: boolean;
}

async function page({ model: directory, out, name, audit, json = false }: Options): Promise<void> {
  checkName(name);
  const { buildPage } = await import("../models/build/page.ts");
  const { checkTarget, pageFolder, writePage } = await import("../models/build/write.ts");
  await checkTarget(out, [directory], pageFolder);
  const { manifest } = await withProgress(`Building ${out}`, async (show) => {
    const progress = (what: string): void => show(`Building ${out}: ${what}`);
    const library = await buildHeld(directory, { audit, ...(name === undefined ? {} : { name }) }, progress);
    progress("writing");
    await writePage(library, await buildPage(library.manifest), out);
    return library;
  });
  const { name: title, fingerprint, golden } = manifest;
  process.stdout.write(
    json
      ? `${JSON.stringify({ out, name: title, fingerprint, golden: golden?.logits ?? null })}\n`
      : `${out}: page of '${title}', fingerprint ${fingerprint}\nAny static file server can serve it, as with: ` +
          `python3 -m http.server --directory ${out}\n`,
  );
}
