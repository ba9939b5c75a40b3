/**
 * Libraries of the checkpoints that commands were given, by what is in them: the second start of a model builds
 * nothing. A library in the cache has no weights of its own; they stay where the checkpoint is.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prune, removeOnSignal } from "./aside.ts";
import { startTiming } from "../runtime/debug.ts";
import { userCacheDirectory } from "./disk-cache.ts";
import type { BuildOptions } from "./build/library.ts";
import type { KernelSource } from "./compile-model.ts";
import { hashBuilder, hashEvaluator } from "./toolchain.ts";

/** What a library's kernels come from, under a name that tells its entries apart. */
export interface NamedSource {
  readonly name: string;
  readonly kernels: KernelSource;
  /** What the libraries' devices are to be held to; nothing if absent. */
  readonly expect?: BuildOptions["expect"];
}

export interface CachedLibrary {
  readonly folder: string;
  /**
   * Whether the next start finds it; otherwise there is no cache that can be written, and `remove` is to be called
   * after use.
   */
  readonly kept: boolean;
  remove(): Promise<void>;
}

/** Libraries that are kept, some 500 KB each; what was used least recently goes first. */
const librariesKept = 32;
/** Artifacts that are kept, some 15 KB each: those of some hundred models. */
const artifactsKept = 4096;

/**
 * The library of a checkpoint, built unless it is there. Processes may race: an entry appears whole or not at all.
 * @param again whatever is there is damaged
 * @throws CheckpointError, and LibraryWriteError where not even a temporary folder can be written
 */
export async function cachedLibrary(
  directory: string,
  source: NamedSource,
  progress: (what: string) => void,
  again = false,
): Promise<CachedLibrary> {
  const key = createHash("sha256")
    .update(
      JSON.stringify([
        await (source.expect === undefined ? hashBuilder() : hashEvaluator()),
        source.name,
        await hashCheckpoint(directory),
      ]),
    )
    .digest("hex");
  const caches = userCacheDirectory();
  const folder = join(caches, "libraries", key);
  const kept: CachedLibrary = { folder, kept: true, remove: async () => undefined };
  if (!again && existsSync(folder)) {
    const now = new Date();
    await utimes(folder, now, now).catch(() => undefined); // Used last, for `prune`.
    return kept;
  }
  // The compiler is only loaded where there is something to build.
  const { buildLibrary } = await import("./build/library.ts");
  const { LibraryWriteError, writeOwnLibrary } = await import("./build/write.ts");
  const finished = startTiming();
  const library = await buildLibrary(directory, {
    kernels: source.kernels,
    sealed: source.expect !== undefined,
    progress,
    ...(source.expect && { expect: source.expect }),
  });
  finished(() => `build the library of ${directory} from ${source.name}`);
  if (!again && existsSync(folder)) return kept; // Another process was faster.
  try {
    await writeOwnLibrary(library, folder);
    await prune(join(caches, "libraries"), librariesKept);
    await prune(join(caches, "artifacts"), artifactsKept);
    return kept;
  } catch (error) {
    if (!(error instanceof LibraryWriteError)) throw error;
    // A cache that can't be written costs time at the next start and nothing else.
    const temporary = join(tmpdir(), `treefold-library-${randomUUID()}`);
    await writeOwnLibrary(library, temporary);
    const removed = removeOnSignal(temporary);
    return {
      folder: temporary,
      kept: false,
      remove: () => rm(temporary, { recursive: true, force: true }).finally(removed),
    };
  }
}

/** Over the names and contents of every file that a library is made of. */
export async function hashCheckpoint(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.(json|jinja|safetensors)$/.test(name)).sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(JSON.stringify([name, await hashFile(join(directory, name))]));
  return hash.digest("hex");
}

/** Of what is no file, or can't be read, only that: whether the library needs it, building it says. */
async function hashFile(file: string): Promise<string | null> {
  const contents = createHash("sha256");
  try {
    // Opening a pipe would wait for whoever writes into it.
    if (!(await stat(file)).isFile()) return null;
    for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 22 })) contents.update(chunk as Uint8Array);
  } catch {
    return null;
  }
  return contents.digest("hex");
}
