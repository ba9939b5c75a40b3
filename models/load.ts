/**
 * A checkpoint on a device, by way of its library: built, or taken from the cache, and loaded as any user of it would.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Folder } from "../runtime/model/files.ts";
import { readManifest } from "../runtime/model/manifest.ts";
import { removeOnSignal } from "./aside.ts";
import { isLibrary } from "./built.ts";
import {
  loadModel,
  messageOf,
  ModelFileError,
  OtherWeightsError,
  type LoadOptions,
  type Model,
  type Program,
} from "../runtime/index.ts";
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

/**
 * A library that `treefold build` wrote, or a checkpoint, whose library is made.
 * @throws CheckpointError, and what loading a library throws; the signal's reason when it is aborted
 */
export async function loadCheckpoint(
  directory: string,
  { source = treefold, ...options }: CheckpointOptions = {},
): Promise<Model> {
  const { signal } = options;
  const progress = (what: string): void => {
    signal?.throwIfAborted();
    options.progress?.(what);
  };
  if (isLibrary(directory)) return loadBuilt(directory, source, progress, options);
  progress("reading the checkpoint");
  await assertCheckpoint(directory);
  for (let attempt = 1; ; attempt++) {
    const library = await cachedLibrary(directory, source, progress, attempt > 1);
    try {
      signal?.throwIfAborted();
      return await loadLibrary(library, directory, attempt, options);
    } catch (error) {
      // A damaged entry of the cache is made again, and one whose checkpoint changed while it was made; what is wrong
      // with a new one is told.
      const damaged =
        library.kept &&
        (error instanceof OtherWeightsError ||
          (error instanceof ModelFileError && error.where.startsWith(library.folder)));
      if (!damaged || attempt === attempts) throw error;
    } finally {
      await library.remove();
    }
  }
}

/** With its own kernels, which are the compiler's; another source's are compiled for its program first. */
async function loadBuilt(
  directory: string,
  { name, kernels }: NamedSource,
  progress: (what: string) => void,
  options: LoadOptions,
): Promise<Model> {
  const own = resolve(directory);
  if (!existsSync(join(own, "weights"))) {
    throw new ModelFileError({
      where: directory,
      what: "it is a library that was built without its weights",
      fix: "give the checkpoint that it was built from, or build it again with its weights",
    });
  }
  if (kernels === compileKernels) return loadModel(() => importProgram(join(own, "forward.js"), 1), own, options);
  const [{ derivedLibrary }, { writeOwnLibrary }] = await Promise.all([
    import("./build/derived.ts"),
    import("./build/write.ts"),
  ]);
  progress(`compiling the kernels of '${name}'`);
  const folder = join(tmpdir(), `treefold-library-${randomUUID()}`);
  const stop = removeOnSignal(folder);
  try {
    await writeOwnLibrary(await derivedLibrary(own, kernels, progress), folder);
    return await loadModel(() => importProgram(join(folder, "forward.js"), 1), folder, {
      ...options,
      weights: join(own, "weights"),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
    stop();
  }
}

/**
 * Tells a directory that is neither a library nor a checkpoint that is supported, before anything that takes long.
 * @throws CheckpointError, ModelFileError
 */
export async function assertCheckpoint(directory: string): Promise<void> {
  if (isLibrary(directory)) return void (await readManifest(new Folder(directory)));
  await (await Checkpoint.open(directory)).close();
}

function loadLibrary(
  { folder }: CachedLibrary,
  weights: string,
  attempt: number,
  options: LoadOptions,
): Promise<Model> {
  return loadModel(() => importProgram(join(folder, "forward.js"), attempt), folder, { ...options, weights });
}

/** The module is what was verified; package.json beside it, which says that it is one, was not. */
async function importProgram(file: string, attempt: number): Promise<Program> {
  try {
    // Node remembers a module that it could not load by its URL.
    return (await import(
      /* @vite-ignore */ `${pathToFileURL(file).href}${attempt === 1 ? "" : `?${attempt}`}`
    )) as Program;
  } catch (cause) {
    throw new ModelFileError({
      where: file,
      what: `it cannot be imported (${messageOf(cause)})`,
      fix: "build the library again",
      cause,
    });
  }
}
