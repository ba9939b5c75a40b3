/**
 * A built library with kernels from elsewhere, as experiments compare with: its program, weights and tokenizer stay,
 * and every kernel that it names is compiled anew. Nothing holds it to golden bits, which other kernels do not have.
 */
import { basename } from "node:path";
import type { Artifact } from "../../runtime/artifact.ts";
import { Folder, ModelFileError } from "../../runtime/model/files.ts";
import { manifestFile, manifestText, readManifest, readVerified, type Manifest } from "../../runtime/model/manifest.ts";
import { sha256Of } from "../../runtime/sha256.ts";
import type { KernelSource } from "../compile-model.ts";
import { nameOf, useNamed, type KernelUse } from "../machine.ts";
import { kernelFiles } from "./kernel-files.ts";
import { compileForDevices, lowestLevel, type Library } from "./library.ts";

/** @throws ModelFileError where the library is damaged, or of a compiler whose kernels are no longer there */
export async function derivedLibrary(
  directory: string,
  source: KernelSource,
  progress: (what: string) => void,
): Promise<Library> {
  const folder = new Folder(directory);
  const manifest = await readManifest(folder);
  const uses = await Promise.all(
    Object.entries(manifest.kernels).map(([name, [variant]]) => useOf(folder, manifest, name, variant!.artifact)),
  );
  const compiled = await compileForDevices(source, { sealed: false }, uses, (kernel) =>
    progress(`compiling ${kernel}`),
  );
  const kernels = await kernelFiles(compiled);
  const { tokenizer } = manifest;
  const kept = [
    "forward.js",
    "forward.d.ts",
    ...(tokenizer === null
      ? []
      : [
          tokenizer.description,
          tokenizer.settings,
          ...(tokenizer.chatTemplate === null ? [] : [tokenizer.chatTemplate]),
        ]),
  ];
  const files = new Map(kernels.files);
  for (const file of kept) files.set(file, await readVerified(folder, manifest, file));
  const { selfTest: _, golden: __, ...rest } = manifest;
  const hashes = Object.fromEntries([...files].map(([path, text]) => [path, sha256Of(text)]));
  const derived: Manifest = {
    ...rest,
    kernels: kernels.variants,
    level: lowestLevel(kernels.variants),
    files: hashes,
    fingerprint: sha256Of(
      JSON.stringify([
        manifest.fingerprint,
        Object.entries(kernels.variants).map(([name, variants]) => [name, variants.map(({ sha256 }) => sha256)]),
      ]),
    ),
  };
  files.set(manifestFile, manifestText(derived));
  files.set(
    "package.json",
    `${JSON.stringify({ name: manifest.name, private: true, type: "module" }, undefined, 2)}\n`,
  );
  return { manifest: derived, files, weights: [] };
}

/** What a kernel of the library was compiled from. */
async function useOf(folder: Folder, manifest: Manifest, name: string, file: string): Promise<KernelUse> {
  const { kernel, extents, passes } = JSON.parse(await readVerified(folder, manifest, file)) as Artifact;
  const source = passes.flatMap(({ sourceMap }) => sourceMap).find((place) => place?.file.endsWith(".kernel.ts"))?.file;
  const module = source === undefined ? kernel : basename(source.replaceAll("\\", "/"), ".kernel.ts");
  const listed: KernelUse = { module, kernel, extents };
  const use = useNamed(name, listed);
  if (use !== undefined) return use;
  throw new ModelFileError({
    where: folder.pathOf(file),
    what: `it is of the kernel '${nameOf(listed)}', and the manifest says '${name}'`,
    fix: "build the library again",
  });
}
