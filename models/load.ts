/** A checkpoint on a device, by way of its library: built, or taken from the cache, and loaded as any user of it would. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadModel, ModelFileError, type LoadOptions, type Model, type Program } from "../runtime/index.ts";
import { Folder } from "../runtime/model/files.ts";
import { readManifest, readVerified } from "../runtime/model/manifest.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { compileKernels } from "./compile-model.ts";
import { cachedLibrary, type CachedLibrary, type NamedSource } from "./library-cache.ts";

export interface CheckpointOptions extends Omit<LoadOptions, "weights"> {
  /** What the model's kernels come from: by default the compiler. */
  readonly source?: NamedSource;
}

const treefold: NamedSource = { name: "treefold", kernels: compileKernels };

/** @throws CheckpointError, and what loading a library throws */
export async function loadCheckpoint(directory: string, { source = treefold, ...options }: CheckpointOptions = {}): Promise<Model> {
  const { progress = () => undefined } = options;
  progress("reading the checkpoint");
  await assertCheckpoint(directory);
  const library = await cachedLibrary(directory, source, progress);
  try {
    return await loadLibrary(library, directory, options);
  } catch (error) {
    // A damaged entry of the cache is made again; what is wrong with a new one is told.
    if (library.temporary || !(error instanceof ModelFileError && error.where.startsWith(library.folder))) throw error;
    await library.discard();
    return await loadLibrary(await cachedLibrary(directory, source, progress), directory, options);
  } finally {
    if (library.temporary) await library.discard();
  }
}

/** Tells a directory that is no checkpoint, or one that is not supported, before anything that takes long. @throws CheckpointError */
export async function assertCheckpoint(directory: string): Promise<void> {
  await (await Checkpoint.open(directory)).close();
}

async function loadLibrary({ folder }: CachedLibrary, weights: string, options: LoadOptions): Promise<Model> {
  const files = new Folder(folder);
  await readVerified(files, await readManifest(files), "forward.js");
  const program = await import(/* @vite-ignore */ pathToFileURL(join(folder, "forward.js")).href) as Program;
  return loadModel(program, folder, { ...options, weights });
}
