/**
 * A built library as an audit needs it: whatever lies there, whether or not it has the hashes that it was written with.
 */
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { hashArtifact } from "../../codegen/artifact-hash.ts";
import { IrSyntaxError } from "../../dsl/ir-syntax.ts";
import { parseKernel } from "../../dsl/parse-ir.ts";
import { Folder, ModelFileError, sha256Of } from "../../runtime/model/files.ts";
import { withTexts, type StoredArtifact } from "../../runtime/model/kernels.ts";
import {
  damagedFile,
  damagedManifest,
  manifestFile,
  parseManifest,
  type KernelVariant,
  type Manifest,
} from "../../runtime/model/manifest.ts";
import type { Subject } from "./subject.ts";

export interface BuiltKernel extends Subject {
  /** Of its files, what has another hash than it should, a line each. */
  readonly faults: readonly string[];
}

export interface BuiltLibrary {
  readonly kernels: readonly BuiltKernel[];
  /** Of the library as a whole, a line each. */
  readonly faults: readonly string[];
}

const buildAgain = "build the library again";

/** @throws ModelFileError where there is no library, or a part of it cannot be read */
export async function readBuilt(directory: string): Promise<BuiltLibrary> {
  const folder = new Folder(directory);
  const isThere = await stat(folder.pathOf(manifestFile)).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT",
  );
  if (!isThere)
    throw new ModelFileError({
      where: directory,
      what: `it is no library: it has no ${manifestFile}`,
      fix: "give a folder that 'treefold build' wrote, or a file of kernels",
    });
  const { manifest, isIntact } = await parseManifest(folder);
  if (!isManifest(manifest))
    throw new ModelFileError({
      where: folder.pathOf(manifestFile),
      what: "it is no manifest of a library",
      fix: buildAgain,
    });
  const kernels: BuiltKernel[] = [];
  for (const [name, variants] of Object.entries(manifest.kernels)) {
    for (const variant of variants) kernels.push(await readKernel(folder, manifest, name, variant));
  }
  const faults = [
    ...(isIntact ? [] : [damagedManifest(folder).message]),
    ...(await checkFiles(directory, folder, manifest)),
    ...checkClaims(folder, manifest),
    ...checkWeights(folder, manifest),
  ];
  return { kernels, faults };
}

/** Every file is one that was written, and is as it was written; kernels' own are told of with them. */
async function checkFiles(directory: string, folder: Folder, manifest: Manifest): Promise<string[]> {
  const faults: string[] = [];
  const hashes = { ...manifest.files, ...manifest.entry };
  const ofKernels = new Set(
    Object.values(manifest.kernels)
      .flat()
      .flatMap(({ declaration = "", artifact, wgsl }) => [declaration, artifact, ...wgsl]),
  );
  for (const [file, hash] of Object.entries(hashes)) {
    if (ofKernels.has(file)) continue;
    const text = await folder.readText(file).catch((error: unknown) => error as Error);
    if (typeof text !== "string") faults.push(text.message);
    else if (sha256Of(text) !== hash) faults.push(damagedFile(folder, file).message);
  }
  const known = new Set([
    ...Object.keys(hashes),
    manifestFile,
    ...manifest.weights.files.map((file) => `weights/${file}`),
  ]);
  for (const file of await filesIn(directory)) {
    if (!known.has(file))
      faults.push(
        new ModelFileError({
          where: folder.pathOf(file),
          what: "the manifest knows nothing of it",
          fix: `remove it, or ${buildAgain}`,
        }).message,
      );
  }
  for (const file of ofKernels) {
    if (file !== "" && !Object.hasOwn(hashes, file))
      faults.push(
        new ModelFileError({ where: folder.pathOf(file), what: "the manifest gives no hash for it", fix: buildAgain })
          .message,
      );
  }
  return faults;
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** What the manifest says of all kernels. */
function checkClaims(folder: Folder, { kernels, level }: Manifest): string[] {
  const found = new Set(
    Object.values(kernels)
      .flat()
      .map((variant) => variant.level),
  );
  const lowest = (["invariant", "portable", "integer"] as const).find((one) => found.has(one));
  if (level === undefined || lowest === undefined || level === lowest) return [];
  return [
    new ModelFileError({
      where: folder.pathOf(manifestFile),
      what: `it says that the model is '${level}', and its kernels are '${lowest}'`,
      fix: buildAgain,
    }).message,
  ];
}

/**
 * A weight of a layer is used in that layer, each under one name, and what layers have alike is named alike in the
 * checkpoint.
 */
function checkWeights(folder: Folder, { weights }: Manifest): string[] {
  const faults: string[] = [];
  const add = (what: string): void =>
    void faults.push(new ModelFileError({ where: folder.pathOf(manifestFile), what, fix: buildAgain }).message);
  if (!Array.isArray(weights?.tensors)) return faults;
  const layer = /layers\.(\d+)\./;
  const patterns = new Map<string, string>();
  const names = new Set<string>();
  for (const { name, uses } of weights.tensors) {
    if (names.has(name)) add(`the weight '${name}' stands in it twice`);
    names.add(name);
    for (const use of uses) {
      if (layer.exec(name)?.[1] !== layer.exec(use)?.[1])
        add(`the weight '${name}' is used as '${use}', of another layer`);
      const [kind, pattern] = [use.replace(layer, "layers.*."), name.replace(layer, "layers.*.")];
      const before = patterns.get(kind);
      if (before !== undefined && before !== pattern)
        add(`the weight '${name}' is used as '${use}', as which other layers use '${before}'`);
      patterns.set(kind, pattern);
    }
  }
  return faults;
}

async function readKernel(
  folder: Folder,
  manifest: Manifest,
  name: string,
  variant: KernelVariant,
): Promise<BuiltKernel> {
  if (variant.declaration === undefined) {
    throw new ModelFileError({
      where: folder.pathOf(manifestFile),
      what: `kernel '${name}' has no declaration: an older compiler wrote it`,
      fix: buildAgain,
    });
  }
  const faults: string[] = [];
  const read = async (file: string): Promise<string> => {
    const text = await folder.readText(file);
    if (sha256Of(text) !== manifest.files[file]) faults.push(damagedFile(folder, file).message);
    return text;
  };
  const declaration = await read(variant.declaration);
  assertKernel(folder.pathOf(variant.declaration), declaration);
  const stored = parseArtifact(folder.pathOf(variant.artifact), await read(variant.artifact));
  const texts: string[] = [];
  for (const file of variant.wgsl) texts.push(await read(file));
  if (stored.passes.length !== texts.length) {
    throw new ModelFileError({
      where: folder.pathOf(variant.artifact),
      what: `it has ${stored.passes.length} passes, and the manifest ${texts.length} texts`,
      fix: buildAgain,
    });
  }
  const artifact = withTexts(stored, texts);
  if (faults.length === 0 && (artifact.sha256 !== variant.sha256 || hashArtifact(artifact) !== variant.sha256)) {
    faults.push(
      new ModelFileError({
        where: folder.pathOf(variant.artifact),
        what: "with its texts it does not have its own hash",
        fix: buildAgain,
      }).message,
    );
  }
  const says = {
    schedule: variant.schedule,
    level: variant.level,
    trees: variant.trees,
    arithmetic: variant.arithmetic ?? "free",
  };
  const is = {
    schedule: artifact.schedule,
    level: artifact.level,
    trees: artifact.trees,
    arithmetic: artifact.arithmetic ?? "free",
  };
  for (const what of Object.keys(says) as (keyof typeof says)[]) {
    if (JSON.stringify(says[what]) === JSON.stringify(is[what])) continue;
    faults.push(
      new ModelFileError({
        where: folder.pathOf(manifestFile),
        what:
          `of the ${what} of kernel '${name}' it says ${JSON.stringify(says[what])}, and the artifact ` +
          `${JSON.stringify(is[what])}`,
        fix: buildAgain,
      }).message,
    );
  }
  return { name, declaration, artifact, texts: variant.wgsl.map((file) => folder.pathOf(file)), faults };
}

function assertKernel(where: string, text: string): void {
  try {
    parseKernel(text);
  } catch (cause) {
    const place = cause instanceof IrSyntaxError ? `${where}:${cause.line}:${cause.column}` : where;
    const what = cause instanceof IrSyntaxError ? cause.message.replace(/^\d+:\d+: /, "") : (cause as Error).message;
    throw new ModelFileError({ where: place, what: `it is no kernel: ${what}`, fix: buildAgain, cause });
  }
}

function parseArtifact(where: string, text: string): StoredArtifact {
  let value: Partial<StoredArtifact> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    throw new ModelFileError({ where, what: `it is not JSON (${(cause as Error).message})`, fix: buildAgain, cause });
  }
  const isArtifact =
    typeof value === "object" &&
    value !== null &&
    typeof value.kernel === "string" &&
    typeof value.schedule === "string" &&
    typeof value.level === "string" &&
    Array.isArray(value.passes) &&
    value.passes.every((pass) => typeof pass === "object" && pass !== null);
  if (!isArtifact) throw new ModelFileError({ where, what: "it is no artifact", fix: buildAgain });
  return value as StoredArtifact;
}

/** Whether it says where its kernels are. */
function isManifest({ kernels, files }: Manifest): boolean {
  const isText = (value: unknown): boolean => typeof value === "string";
  const isVariant = (value: KernelVariant | null): boolean =>
    typeof value === "object" &&
    value !== null &&
    isText(value.artifact) &&
    isText(value.sha256) &&
    Array.isArray(value.wgsl) &&
    value.wgsl.every(isText) &&
    (value.declaration === undefined || isText(value.declaration));
  return (
    [kernels, files].every((part) => typeof part === "object" && part !== null) &&
    Object.values(kernels).every((variants) => Array.isArray(variants) && variants.every(isVariant))
  );
}
