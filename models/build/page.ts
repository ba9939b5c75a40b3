/** A library's web page: the model with a prompt and a self-test, as files that any static server can serve. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import type { Manifest } from "../../runtime/model/manifest.ts";
import { bytesOfWeights } from "../../runtime/model/weights.ts";
import { packageRoot } from "../places.ts";
import { runtimePackage } from "./forward-module.ts";

/** The page's sources: bundled as they are, whether the compiler runs from the source tree or from `dist/`. */
const sources = join(packageRoot, "page");
/** The runtime as it runs here: the source tree's, or that of `dist/`. */
const runtime = ["ts", "js"]
  .map((extension) => fileURLToPath(new URL(`../../runtime/index.${extension}`, import.meta.url)))
  .find(existsSync)!;

/** Texts of a page's own files, by their names: `pageFolder.files` of write.ts, which puts the library beside them. */
export async function buildPage(manifest: Manifest): Promise<ReadonlyMap<string, string>> {
  const {
    outputFiles: [script],
    metafile,
  } = await build({
    entryPoints: [join(sources, "main.ts")],
    alias: { [runtimePackage]: runtime },
    absWorkingDir: packageRoot,
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "silent",
    // Its condition makes the runtime's #platform the browser's. What runs from a file can say that it needs a server.
    platform: "browser",
    format: "iife",
    target: "es2022",
    charset: "utf8",
    banner: { js: "// Built by Treefold, of packages under the licences in licenses.txt." },
    tsconfigRaw: {},
  });
  const html = await readFile(join(sources, "index.html"), "utf8");
  const values: Readonly<Record<string, string>> = {
    name: escapeText(manifest.name),
    about: escapeText(describe(manifest)),
    bytes: String(bytesOfWeights(manifest)),
    style: await readFile(join(sources, "style.css"), "utf8"),
  };
  return new Map([
    ["index.html", html.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name]!)],
    ["page.js", script!.text],
    ["licenses.txt", await licensesOf(metafile)],
  ]);
}

/** `A qwen3 model of 2.8 million parameters`. */
function describe({ config, weights }: Manifest): string {
  const parameters = weights.tensors.reduce(
    (total, { shape }) => total + shape.reduce((product, extent) => product * extent, 1),
    0,
  );
  const [count, unit] = parameters >= 1e9 ? [parameters / 1e9, "billion"] : [parameters / 1e6, "million"];
  return `A ${config.architecture} model of ${count.toFixed(1)} ${unit} parameters`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** The licences of all packages that a bundle has code of, as they ask for: our own, and those in node_modules. */
async function licensesOf({ inputs }: Metafile): Promise<string> {
  const folders = new Set(Object.keys(inputs).map((path) => packageOf(join(packageRoot, path))));
  const texts = await Promise.all(
    [...folders].sort().map(async (folder) => {
      const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Record<
        "name" | "version" | "license",
        string
      >;
      const file = (await readdir(folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
      return (
        `${name} ${version} ` +
        `(${license})\n\n${file === undefined ? "" : await readFile(join(folder, file), "utf8")}`
      );
    }),
  );
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/** The folder of the package that a file is of: our own, wherever it is installed, or one that it uses. */
function packageOf(file: string): string {
  const ours = relative(packageRoot, file).split(sep);
  if (!ours.includes("node_modules") && ours[0] !== "..") return packageRoot;
  const parts = file.split(sep);
  const at = parts.lastIndexOf("node_modules");
  return parts.slice(0, at + (parts[at + 1]!.startsWith("@") ? 3 : 2)).join(sep);
}
