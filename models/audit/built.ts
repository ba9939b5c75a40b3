/** A built library as an audit needs it: whatever lies there, whether or not it has the hashes that it was written with. */
import { stat } from "node:fs/promises";
import { hashArtifact } from "../../codegen/artifact-hash.ts";
import { IrSyntaxError } from "../../dsl/ir-grammar.ts";
import { parseKernel } from "../../dsl/parse-ir.ts";
import { Folder, ModelFileError, sha256Of } from "../../runtime/model/files.ts";
import { withTexts, type StoredArtifact } from "../../runtime/model/kernels.ts";
import { damagedFile, damagedManifest, manifestFile, parseManifest, type KernelVariant, type Manifest } from "../../runtime/model/manifest.ts";
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
  const isThere = await stat(folder.pathOf(manifestFile)).then(() => true, (error: NodeJS.ErrnoException) => error.code !== "ENOENT");
  if (!isThere) throw new ModelFileError({ where: directory, what: `it is no library: it has no ${manifestFile}`, fix: "give a folder that 'treefold build' wrote, or a file of kernels" });
  const { manifest, isIntact } = await parseManifest(folder);
  if (!isManifest(manifest)) throw new ModelFileError({ where: folder.pathOf(manifestFile), what: "it is no manifest of a library", fix: buildAgain });
  const kernels: BuiltKernel[] = [];
  for (const [name, variants] of Object.entries(manifest.kernels)) {
    for (const variant of variants) kernels.push(await readKernel(folder, manifest, name, variant));
  }
  return { kernels, faults: isIntact ? [] : [damagedManifest(folder).message] };
}

async function readKernel(folder: Folder, manifest: Manifest, name: string, variant: KernelVariant): Promise<BuiltKernel> {
  if (variant.declaration === undefined) {
    throw new ModelFileError({ where: folder.pathOf(manifestFile), what: `kernel '${name}' has no declaration: an older compiler wrote it`, fix: buildAgain });
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
    throw new ModelFileError({ where: folder.pathOf(variant.artifact), what: `it has ${stored.passes.length} passes, and the manifest ${texts.length} texts`, fix: buildAgain });
  }
  const artifact = withTexts(stored, texts);
  if (faults.length === 0 && (artifact.sha256 !== variant.sha256 || hashArtifact(artifact) !== variant.sha256)) {
    faults.push(new ModelFileError({ where: folder.pathOf(variant.artifact), what: "with its texts it does not have its own hash", fix: buildAgain }).message);
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
  const isArtifact = typeof value === "object" && value !== null && typeof value.kernel === "string" && typeof value.schedule === "string" && typeof value.level === "string" &&
    Array.isArray(value.passes) && value.passes.every((pass) => typeof pass === "object" && pass !== null);
  if (!isArtifact) throw new ModelFileError({ where, what: "it is no artifact", fix: buildAgain });
  return value as StoredArtifact;
}

/** Whether it says where its kernels are. */
function isManifest({ kernels, files }: Manifest): boolean {
  const isText = (value: unknown): boolean => typeof value === "string";
  const isVariant = (value: KernelVariant | null): boolean => typeof value === "object" && value !== null && isText(value.artifact) && isText(value.sha256) &&
    Array.isArray(value.wgsl) && value.wgsl.every(isText) && (value.declaration === undefined || isText(value.declaration));
  return [kernels, files].every((part) => typeof part === "object" && part !== null) && Object.values(kernels).every((variants) => Array.isArray(variants) && variants.every(isVariant));
}
