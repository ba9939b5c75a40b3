/** A generated library to disk: all of it appears at once, or nothing does. */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { manifestFile, manifestFormat } from "../../runtime/model/manifest.ts";
import type { Library } from "./library.ts";

/** The folder for a library can't be written, or holds something else. */
export class LibraryWriteError extends Error {
  override readonly name = "LibraryWriteError";
  constructor(directory: string, fault: string, fix: string, options?: { readonly cause: unknown }) {
    super(`${directory}: ${fault}; fix: ${fix}`, options);
  }
}

export interface WriteOptions {
  /** Copies the weights into the library, which is then whole; otherwise whoever loads it says where they lie. */
  readonly weights: boolean;
}

/**
 * Writes the library to a folder that does not exist, is empty, or holds a library, which it replaces.
 * @throws LibraryWriteError
 */
export async function writeLibrary({ files, weights }: Library, directory: string, options: WriteOptions): Promise<void> {
  const target = resolve(directory);
  await checkTarget(directory);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
  try {
    await mkdir(temporary, { recursive: true });
    for (const [path, text] of files) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), text);
    }
    if (options.weights) {
      await mkdir(join(temporary, "weights"));
      // Shares the disk blocks where the file system can.
      for (const file of weights) await copyFile(file, join(temporary, "weights", basename(file)), constants.COPYFILE_FICLONE);
    }
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw new LibraryWriteError(directory, `cannot be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`, "give a folder on a disk with room, that you may write to", { cause });
  }
}

/** Nothing but an older library is ever replaced. */
export async function checkTarget(directory: string): Promise<void> {
  const status = await stat(directory).catch(() => undefined);
  if (status === undefined) return;
  const other = (what: string): LibraryWriteError => new LibraryWriteError(directory, what, "give a folder that does not exist yet, or one that 'treefold build' wrote");
  if (!status.isDirectory()) throw other("is not a folder");
  if ((await readdir(directory)).length === 0) return;
  const manifest = await readFile(join(directory, manifestFile), "utf8").catch(() => "");
  if (!manifest.includes(`"format": "${manifestFormat.split(" ")[0]!}`)) throw other("is not empty, and holds no library of Treefold's");
}
