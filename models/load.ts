/** A checkpoint on a device, by way of its library: built, or taken from the cache, and loaded as any user of it would. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadModel, messageOf, ModelFileError, OtherWeightsError, type LoadOptions, type Model, type Program } from "../runtime/index.ts";
import { Checkpoint } from "./checkpoint/checkpoint.ts";
import { compileKernels } from "./compile-model.ts";
import { cachedLibrary, type CachedLibrary, type NamedSource } from "./library-cache.ts";

export interface CheckpointOptions extends Omit<LoadOptions, "weights"> {
  /** What the model's kernels come from: by default the compiler. */
  readonly source?: NamedSource;
}

/** The compiler's kernels, and nothing that a device is held to. */
export const treefold: NamedSource = { name: "treefold", kernels: compileKernels };

/** What another process does to the cache at the same time may make a library unreadable; never as often as this. */
const attempts = 3;

/** @throws CheckpointError, and what loading a library throws; the signal's reason when it is aborted */
export async function loadCheckpoint(directory: string, { source = treefold, ...options }: CheckpointOptions = {}): Promise<Model> {
  const { signal } = options;
  const progress = (what: string): void => {
    signal?.throwIfAborted();
    options.progress?.(what);
  };
  progress("reading the checkpoint");
  await assertCheckpoint(directory);
  for (let attempt = 1; ; attempt++) {
    const library = await cachedLibrary(directory, source, progress, attempt > 1);
    try {
      signal?.throwIfAborted();
      return await loadLibrary(library, directory, attempt, options);
    } catch (error) {
      // A damaged entry of the cache is made again, and one whose checkpoint changed while it was made; what is wrong with a new one is told.
      const damaged = library.kept && (error instanceof OtherWeightsError || (error instanceof ModelFileError && error.where.startsWith(library.folder)));
      if (!damaged || attempt === attempts) throw error;
    } finally {
      await library.remove();
    }
  }
}

/** Tells a directory that is no checkpoint, or one that is not supported, before anything that takes long. @throws CheckpointError */
export async function assertCheckpoint(directory: string): Promise<void> {
  await (await Checkpoint.open(directory)).close();
}

function loadLibrary({ folder }: CachedLibrary, weights: string, attempt: number, options: LoadOptions): Promise<Model> {
  return loadModel(() => importProgram(join(folder, "forward.js"), attempt), folder, { ...options, weights });
}

/** The module is what was verified; package.json beside it, which says that it is one, was not. */
async function importProgram(file: string, attempt: number): Promise<Program> {
  try {
    // Node remembers a module that it could not load by its URL.
    return await import(/* @vite-ignore */ `${pathToFileURL(file).href}${attempt === 1 ? "" : `?${attempt}`}`) as Program;
  } catch (cause) {
    throw new ModelFileError({ where: file, what: `it cannot be imported (${messageOf(cause)})`, fix: "build the library again", cause });
  }
}
