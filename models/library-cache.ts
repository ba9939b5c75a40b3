/**
 * Libraries of the checkpoints that commands were given, by what is in them: the second start of a model builds nothing.
 * A library in the cache has no weights of its own; they stay where the checkpoint is.
 */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { userCacheDirectory } from "./artifact-cache.ts";
import type { KernelSource } from "./compile-model.ts";
import { hashBuilder } from "./toolchain.ts";

/** What a library's kernels come from, under a name that tells its entries apart. */
export interface NamedSource {
  readonly name: string;
  readonly kernels: KernelSource;
}

export interface CachedLibrary {
  readonly folder: string;
  /** Removes the folder: what is in it is damaged, or there was no cache to put it into. */
  discard(): Promise<void>;
  /** Nobody keeps it for the next start. */
  readonly temporary: boolean;
}

/** The library of a checkpoint, built unless it is there. @throws CheckpointError */
export async function cachedLibrary(directory: string, source: NamedSource, progress: (what: string) => void): Promise<CachedLibrary> {
  const key = createHash("sha256").update(JSON.stringify([await hashBuilder(), source.name, await hashCheckpoint(directory)])).digest("hex");
  const kept = entry(join(userCacheDirectory(), "libraries", key), false);
  if (existsSync(kept.folder)) return kept;
  // The compiler is only loaded where there is something to build.
  const { buildLibrary } = await import("./build/library.ts");
  const { LibraryWriteError, writeLibrary } = await import("./build/write.ts");
  const library = await buildLibrary(directory, { kernels: source.kernels, progress });
  try {
    await writeLibrary(library, kept.folder, { weights: false });
    return kept;
  } catch (error) {
    if (!(error instanceof LibraryWriteError)) throw error;
    // Another process may have put it there; and a cache that can't be written costs time at the next start and nothing else.
    if (existsSync(kept.folder)) return kept;
    const folder = await mkdtemp(join(tmpdir(), "treefold-library-"));
    await writeLibrary(library, folder, { weights: false });
    return entry(folder, true);
  }
}

function entry(folder: string, temporary: boolean): CachedLibrary {
  return { folder, temporary, discard: () => rm(folder, { recursive: true, force: true }) };
}

/** Over the names and contents of every file that a library is made of. */
async function hashCheckpoint(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => /\.(json|jinja|safetensors)$/.test(name)).sort();
  const hash = createHash("sha256");
  for (const name of names) {
    const contents = createHash("sha256");
    for await (const chunk of createReadStream(join(directory, name), { highWaterMark: 2 ** 22 })) contents.update(chunk as Uint8Array);
    hash.update(JSON.stringify([name, contents.digest("hex")]));
  }
  return hash.digest("hex");
}
