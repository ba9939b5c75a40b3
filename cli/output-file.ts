/** A file that a command writes: it appears whole or not at all. */
import { randomUUID } from "node:crypto";
import { constants, createWriteStream } from "node:fs";
import { access, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Tells what can't be written before anything is computed for it. @param option that names it, such as `--out` */
export async function checkFile(file: string, option: string): Promise<void> {
  const status = await stat(file).catch(() => undefined);
  if (status?.isDirectory() === true) throw unwritable(file, option, { code: "EISDIR" });
  try {
    await access(status === undefined || status.isFile() ? dirname(file) : file, constants.W_OK);
  } catch (cause) {
    throw unwritable(file, option, cause);
  }
}

/** Until the new file is whole, what was there before stays. */
export async function writeFile(file: string, option: string, pieces: Iterable<string>): Promise<void> {
  const status = await stat(file).catch(() => undefined);
  const target = status === undefined ? file : await realpath(file);
  // A device or a pipe takes what it is given.
  const replaced = status === undefined || status.isFile();
  const written = replaced ? `${target}.${randomUUID()}` : target;
  try {
    await pipeline(Readable.from(pieces), createWriteStream(written));
    if (replaced) await rename(written, target);
  } catch (cause) {
    if (replaced) await rm(written, { force: true }).catch(() => undefined);
    throw unwritable(file, option, cause);
  }
}

function unwritable(file: string, option: string, cause: unknown): Error {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new Error(
    `'${file}' cannot be written (${reason}); fix: give ${option} a file in a directory that exists, on a disk ` +
      "with room",
    { cause },
  );
}
