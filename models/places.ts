/** Where the package's own files lie, whether this module runs from the source tree or from `dist/`. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(directory: string): string {
  if (existsSync(join(directory, "package.json"))) return directory;
  const parent = dirname(directory);
  if (parent === directory)
    throw new Error(`no package.json above ${fileURLToPath(import.meta.url)}: the package is not whole`);
  return findRoot(parent);
}

export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));
/** The version of the compiler, and of the runtime that its libraries ask for. */
export const packageVersion: string = (
  JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string }
).version;
/** The checkpoint that comes with the package. */
export const demoDirectory: string = join(packageRoot, "models", "demo", "kjv-qwen3");
