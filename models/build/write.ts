/** A generated library to disk, or its page: all of it appears at once, or nothing does. */
import { constants } from "node:fs";
import {
  access,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { manifestFile, manifestFormat, type Manifest } from "../../runtime/model/manifest.ts";
import { asideOf, removeLeftovers, removeOnSignal } from "../aside.ts";
import type { Library } from "./library.ts";

/** The folder for a library or page can't be written, or holds something else. */
export class LibraryWriteError extends Error {
  override readonly name = "LibraryWriteError";
  constructor(directory: string, fault: string, fix: string, options?: { readonly cause: unknown }) {
    super(`${directory}: ${fault}; fix: ${fix}`, options);
  }
}

/** What a folder is written as, and may replace. */
export interface FolderKind {
  readonly name: "library" | "page";
  readonly command: string;
  /** Where the library lies in it. */
  readonly library: string;
  /** Files that are not the library's. */
  readonly files: readonly string[];
}

export const libraryFolder: FolderKind = { name: "library", command: "treefold build", library: "", files: [] };
export const pageFolder: FolderKind = {
  name: "page",
  command: "treefold page",
  library: "model",
  files: ["index.html", "page.js", "licenses.txt"],
};

export interface WriteOptions {
  /** Copies the weights into the library, which is then whole; otherwise whoever loads it says where they lie. */
  readonly weights: boolean;
}

/**
 * Writes the library to a folder that does not exist, is empty, or holds a library, which it replaces.
 * @throws LibraryWriteError
 */
export async function writeLibrary(library: Library, directory: string, options: WriteOptions): Promise<void> {
  await write(library, directory, libraryFolder, options);
}

/**
 * Writes a library's page to a folder that does not exist, is empty, or holds a page, which it replaces. @param own
 * texts of what is not the library's @throws LibraryWriteError
 */
export async function writePage(library: Library, own: ReadonlyMap<string, string>, directory: string): Promise<void> {
  const files = new Map([
    ...own,
    ...[...library.files].map(([path, text]) => [join(pageFolder.library, path), text] as const),
  ]);
  await write({ ...library, files }, directory, pageFolder, { weights: true });
}

async function write(contents: Contents, directory: string, kind: FolderKind, options: WriteOptions): Promise<void> {
  const target = await checkTarget(directory, contents.weights, kind);
  await removeLeftovers(dirname(target), basename(target));
  await replaceFolder(contents, target, kind, options).catch((cause: unknown) => {
    throw unwritable(directory, cause);
  });
}

/** Writes the library to a folder of the caches' own, whatever is there now. @throws LibraryWriteError */
export async function writeOwnLibrary(library: Library, directory: string): Promise<void> {
  await replaceFolder(library, directory, libraryFolder, { weights: false }).catch((cause: unknown) => {
    throw unwritable(directory, cause);
  });
}

/** Texts by their paths, and the files of weights, of which copies go into the library. */
type Contents = Pick<Library, "files" | "weights">;

async function replaceFolder(
  { files, weights }: Contents,
  target: string,
  kind: FolderKind,
  options: WriteOptions,
): Promise<void> {
  const temporary = asideOf(target);
  const written = removeOnSignal(temporary);
  try {
    await makeFolder(temporary);
    for (const [path, text] of files) {
      await mkdir(dirname(join(temporary, path)), { recursive: true });
      await writeFile(join(temporary, path), text);
    }
    if (options.weights) {
      const folder = join(temporary, kind.library, "weights");
      await mkdir(folder);
      // Shares the disk blocks where the file system can.
      for (const file of weights) await copyFile(file, join(folder, basename(file)), constants.COPYFILE_FICLONE);
    }
    await moveInto(temporary, target);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw cause;
  } finally {
    written();
  }
}

/**
 * Only an empty folder can be renamed over, so what is there moves aside first: whenever this is killed, no half of a
 * library stands there.
 */
async function moveInto(temporary: string, target: string): Promise<void> {
  for (let more = 10; ; more--) {
    const former = asideOf(target);
    const moved = await rename(target, former).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    const removeFormer = (): Promise<void> => rm(former, { recursive: true, force: true }).catch(() => undefined);
    try {
      await rename(temporary, target);
      return await removeFormer();
    } catch (error) {
      // Another process may have put its own there between our two renames.
      const taken = ["ENOTEMPTY", "EEXIST"].includes((error as NodeJS.ErrnoException).code ?? "");
      if (taken) await removeFormer();
      else if (moved) await rename(former, target).catch(() => undefined);
      if (!taken || more === 0) throw error;
    }
  }
}

/**
 * Nothing but an older library, or page, is ever replaced, and never what the new one is made from, or where the user
 * stands. Gives the folder's absolute path. @param sources files and directories that must stay
 * @throws LibraryWriteError
 */
export async function checkTarget(
  directory: string,
  sources: readonly string[],
  kind = libraryFolder,
): Promise<string> {
  const refuse = (
    what: string,
    fix = `give a folder that does not exist yet, or one that '${kind.command}' wrote`,
  ): never => {
    throw new LibraryWriteError(directory, what, fix);
  };
  if (directory === "") refuse("is no path");
  const target = await realpath(directory).catch(() => resolve(directory));
  const status = await stat(target).catch(async (error: NodeJS.ErrnoException) => {
    const leadsNowhere = await lstat(target).then(
      (link) => link.isSymbolicLink(),
      () => false,
    );
    if (error.code !== "ENOENT" || leadsNowhere) throw unwritable(directory, error);
    return undefined;
  });
  if (status === undefined) {
    await checkWritable(directory, target);
    return target;
  }
  if (!status.isDirectory()) refuse("is not a folder");
  if (isWithin(process.cwd(), target))
    refuse(
      "is the folder that this runs in, or one above it",
      `give another folder, as in --out my-${kind === libraryFolder ? "model" : "page"}`,
    );
  for (const source of sources) {
    if (isWithin(await realpath(source).catch(() => resolve(source)), target))
      refuse(`holds '${source}', which the ${kind.name} is made from`, "give a folder outside of the checkpoint");
  }
  for (let more = 10; ; more--) {
    const [before, foreign, after] = [
      await identityOf(target),
      await foreignTo(target, kind),
      await identityOf(target),
    ];
    if (foreign === undefined) break;
    // What another process was replacing just then may look like anything.
    if (before === after || more === 0) refuse(foreign);
  }
  await checkWritable(directory, target);
  return target;
}

/** Tells a folder from one that was put in its place. */
async function identityOf(folder: string): Promise<string | undefined> {
  return stat(folder).then(
    ({ ino, ctimeMs }) => `${ino} ${ctimeMs}`,
    () => undefined,
  );
}

/** What is in a folder that no build has put there; undefined where there is nothing. */
async function foreignTo(folder: string, kind: FolderKind): Promise<string | undefined> {
  try {
    const found = await readdir(folder, { recursive: true });
    if (found.length === 0) return undefined;
    const manifest = JSON.parse(await readFile(join(folder, kind.library, manifestFile), "utf8")) as Manifest;
    if (!manifest.format.startsWith(manifestFormat.split(" ")[0]!)) throw new Error("of another format");
    const library = [
      ...Object.keys(manifest.files),
      manifestFile,
      "index.js",
      "index.d.ts",
      "package.json",
      ...manifest.weights.files.map((name) => join("weights", name)),
    ];
    const written = [...kind.files, ...library.map((path) => join(kind.library, path))];
    const known = new Set([kind.library, ...written.flatMap((path) => [join(path), dirname(join(path))])]);
    const other = found.find((path) => !known.has(path));
    return other === undefined ? undefined : `holds '${other}', which no build has written`;
  } catch {
    return `is not empty, and holds no ${kind.name} of Treefold's`;
  }
}

/** Node's own recursive mkdir never ends where a folder refuses new ones with ENOENT, as those of /proc do. */
async function makeFolder(folder: string): Promise<void> {
  const above = dirname(folder);
  if (!(await exists(above))) await makeFolder(above);
  await mkdir(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST" || !(await stat(folder)).isDirectory()) throw error;
  });
}

/** A folder is made beside the target first: in the nearest folder above it that is there. */
async function checkWritable(directory: string, target: string): Promise<void> {
  try {
    let above = dirname(target);
    while (!(await exists(above))) above = dirname(above);
    if (!(await stat(above)).isDirectory())
      throw Object.assign(new Error(`${above} is not a folder`), { code: "ENOTDIR" });
    await access(above, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

function unwritable(directory: string, cause: unknown): LibraryWriteError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new LibraryWriteError(
    directory,
    `cannot be written (${reason})`,
    "give a folder on a disk with room, that you may write to",
    { cause },
  );
}

function isWithin(path: string, folder: string): boolean {
  const from = relative(folder, path);
  return from === "" || (from !== ".." && !from.startsWith(`..${sep}`));
}

/** A link that leads nowhere, too. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
