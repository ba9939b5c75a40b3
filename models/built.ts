/** Tells a library that `treefold build` wrote from a checkpoint: of that it has the weights, and no config.json. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { manifestFile } from "../runtime/model/manifest.ts";

export function isLibrary(directory: string): boolean {
  return existsSync(join(directory, manifestFile)) && !existsSync(join(directory, "config.json"));
}
