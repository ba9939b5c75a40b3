/** Hashes of our own code as it runs: what caches are keyed by, so that nothing in them is ever out of date. */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "./places.ts";

/** Where the shipped kernels' sources lie: text, never run. */
export const kernelDirectory: string = join(packageRoot, "models", "kernels");

/** What the self-test asks of devices, likewise. */
export const probeFile: string = join(packageRoot, "models", "probes", "arithmetic.kernel.ts");

/** The code that runs is the source tree's or that of `dist/`; the kernels are always read from their sources. */
const code = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = [join(code, "dsl"), join(code, "codegen"), join(packageRoot, "dsl"), kernelDirectory];

/** A hash of everything that turns kernel source into an artifact. */
export function hashCompiler(): Promise<string> {
  return hashOf(compiler);
}

/** A hash of everything that turns a checkpoint into a library. */
export function hashBuilder(): Promise<string> {
  return hashOf([...compiler, join(code, "audit"), join(code, "models"), join(code, "runtime")]);
}

/** A hash of everything that turns a declaration's text and an artifact into a certificate. */
export function hashAudit(): Promise<string> {
  return hashOf([join(code, "dsl"), join(code, "audit"), join(code, "runtime"), join(code, "models", "audit")]);
}

/** A hash of everything that makes the reference evaluator's word of a checkpoint. */
export function hashEvaluator(): Promise<string> {
  return hashOf([
    ...compiler,
    join(packageRoot, "models", "probes"),
    join(code, "models"),
    join(code, "runtime"),
    join(code, "spec"),
  ]);
}

const hashes = new Map<string, Promise<string>>();

function hashOf(directories: readonly string[]): Promise<string> {
  const key = directories.join("\0");
  let known = hashes.get(key);
  if (known === undefined) hashes.set(key, (known = readAndHash(directories)));
  return known;
}

async function readAndHash(directories: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const directory of directories) {
    const names = (await readdir(directory, { recursive: true }))
      .filter((name) => /(?<!\.test|\.d)\.[jt]s$/.test(name))
      .sort();
    for (const name of names) {
      hash
        .update(name)
        .update("\0")
        .update(await readFile(join(directory, name)))
        .update("\0");
    }
  }
  return hash.digest("hex");
}
