/** A hash of everything that turns kernel source into an artifact: the compiler as it runs, and the kernels themselves. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./places.ts";

/** Where the shipped kernels' sources lie: text, never run. */
export const kernelDirectory: string = join(packageRoot, "models", "kernels");

/** The code that runs is the source tree's or that of `dist/`; the kernels are always read from their sources. */
export async function hashToolchain(): Promise<string> {
  const code = dirname(dirname(fileURLToPath(import.meta.url)));
  const hash = createHash("sha256");
  for (const directory of [join(code, "dsl"), join(code, "codegen"), join(packageRoot, "dsl"), kernelDirectory]) {
    const names = (await readdir(directory, { recursive: true })).filter((name) => /(?<!\.test|\.d)\.[jt]s$/.test(name)).sort();
    for (const name of names) {
      hash.update(name).update("\0").update(await readFile(join(directory, name))).update("\0");
    }
  }
  return hash.digest("hex");
}
