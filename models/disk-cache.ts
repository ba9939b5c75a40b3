/**
 * What was computed once, on disk, so that a second start does not compute it again. An entry's name is the hash of
 * everything that went into it, so nothing is ever out of date; writers may race, since an entry appears whole or not
 * at all; and an entry that was damaged is found by its checksum and made again.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { join } from "node:path";
import { asideOf } from "./aside.ts";

/** Where this user's caches lie on this system; TREEFOLD_CACHE overrides it. */
export function userCacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment["TREEFOLD_CACHE"]) return environment["TREEFOLD_CACHE"];
  switch (platform()) {
    case "darwin":
      return join(homedir(), "Library", "Caches", "treefold");
    case "win32":
      return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "treefold", "cache");
    default:
      return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "treefold");
  }
}

/** Values of one kind, as JSON has them. */
export class DiskCache<Value> {
  constructor(private readonly directory: string) {}

  /** What is stored under `key`; undefined if nothing is, or if it is damaged. */
  async get(key: string): Promise<Value | undefined> {
    let text: string;
    try {
      text = await readFile(this.#file(key), "utf8");
    } catch {
      return undefined;
    }
    const end = text.indexOf("\n");
    return end >= 0 && text.slice(0, end) === checksum(text.slice(end + 1))
      ? (JSON.parse(text.slice(end + 1)) as Value)
      : undefined;
  }

  /** A cache that can't be written (a full disk, a read-only home) costs time at the next start and nothing else. */
  async put(key: string, value: Value): Promise<void> {
    const text = JSON.stringify(value);
    const temporary = asideOf(this.#file(key));
    try {
      await mkdir(this.directory, { recursive: true });
      await writeFile(temporary, `${checksum(text)}\n${text}`);
      await rename(temporary, this.#file(key));
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  #file(key: string): string {
    return join(this.directory, `${key}.json`);
  }
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
