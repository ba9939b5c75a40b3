/**
 * Lets Node import the sources of any commit as they are, without a build: esbuild strips each file's types when it is
 * loaded. Node does that itself from version 22.18 on; this checkout works with 20.10, too.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";

const options = {
  loader: "ts",
  format: "esm",
  target: "es2022",
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
};

export async function load(url, context, nextLoad) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return nextLoad(url, context);
  const { code } = await transform(await readFile(fileURLToPath(url), "utf8"), options);
  return { format: "module", source: code, shortCircuit: true };
}

/** A package.json names what the build makes of a source; here its source is taken instead. */
export async function resolve(specifier, context, nextResolve) {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !error.url?.endsWith(".js")) throw error;
    return nextResolve(error.url.replace(/\.js$/, ".ts"), context);
  }
}
