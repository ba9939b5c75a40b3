/** `treefold build`: a checkpoint's model as a library of its own. */
import type { Command } from "commander";
import { buildHeld, checkName } from "./library.ts";
import { parsePath } from "./model.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program
    .command("build")
    .description(
      "Writes a model as a package: a typed module, its kernels' WGSL and trees, each kernel's text audited, " +
        "and its weights. It needs treefold-runtime, and no compiler.",
    )
    .requiredOption("--model <dir>", "checkpoint directory: config.json, model.safetensors, tokenizer.json", parsePath)
    .requiredOption("--out <dir>", "folder to write; one that holds a library is replaced", parsePath)
    .option("--name <name>", "name of the package; the checkpoint directory's if absent")
    .option("--no-weights", "leave the weights where they are: load({ weights }) then says where")
    .option("--no-audit", "do not audit the kernels' texts; the library then has no certificates")
    .option(
      "--json",
      'print {"out","name","fingerprint","kernels":[{"name","schedule","level","trees","sha256"}],"level","golden"}',
    )
    .action(build);
}

interface Options {
  readonly model: string;
  readonly out: string;
  readonly name?: string;
  readonly weights: boolean;
  readonly audit: boolean;
  readonly json?: boolean;
}

async function build({ model: directory, out, name, weights, audit, json = false }: Options): Promise<void> {
  checkName(name);
  const { checkTarget, writeLibrary } = await import("../models/build/write.ts");
  await checkTarget(out, [directory]);
  const library = await withProgress(`Building ${out}`, async (show) => {
    const progress = (what: string): void => show(`Building ${out}: ${what}`);
    const built = await buildHeld(directory, { audit, ...(name === undefined ? {} : { name }) }, progress);
    show(`Building ${out}: writing`);
    await writeLibrary(built, out, { weights });
    return built;
  });
  const { manifest } = library;
  const { fingerprint, level, golden } = manifest;
  const kernels = Object.entries(manifest.kernels).flatMap(([kernel, variants]) =>
    variants.map(({ schedule, level, trees, sha256 }) => ({ name: kernel, schedule, level, trees, sha256 })),
  );
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ out, name: manifest.name, fingerprint, kernels, level, golden: golden?.logits ?? null })}\n`,
    );
    return;
  }
  process.stdout.write(
    `${out}: package '${manifest.name}', ${kernels.length} kernels, ${level!}, fingerprint ${fingerprint}\n${
      golden === undefined
        ? "The model is too large for the reference evaluator: there is no golden hash.\n"
        : `Golden hash ${golden.logits}: the reference evaluator's logits for ${golden.ids.length} tokens.\n`
    }`,
  );
}
