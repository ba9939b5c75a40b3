/**
 * Folders on their way in or out: what is written appears under its own name when it is whole, and what is removed
 * loses its name first. A process that is killed in between leaves one behind, which whoever writes there later
 * removes.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** No folder is that long on its way, however large its weights are. */
const leftAloneMs = 24 * 3600 * 1000;
/** What was used so lately may still be read by the process that used it. */
const inUseMs = 3600 * 1000;

/** A path of nobody else's beside this one. */
export function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID()}`);
}

/** Removes what a day ago was on its way to this name, or to any, and never got there. */
export async function removeLeftovers(directory: string, name?: string): Promise<void> {
  for (const entry of await listed(directory)) {
    const [, of] = /^\.(.+)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(entry.name) ?? [];
    if (of !== undefined && (name ?? of) === of && Date.now() - entry.usedMs > leftAloneMs)
      await rm(join(directory, entry.name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Removes a folder when the process is asked to end, as by Ctrl-C, until what this gives is called. */
export function removeOnSignal(folder: string): () => void {
  const stop = (): void => endings.forEach((signal) => process.off(signal, end));
  const end = (signal: NodeJS.Signals): void => {
    stop();
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
    } catch {
      // A file that was being written came in between: `removeLeftovers` has the rest.
    }
    // Whoever else listens decides; where nobody does, it is to be as if nobody had.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of endings) process.on(signal, end);
  return stop;
}

/** Keeps the entries of a cache that were used last, so many of them, and those that may be in use. */
export async function prune(directory: string, most: number): Promise<void> {
  await removeLeftovers(directory);
  const entries = (await listed(directory))
    .filter(({ name }) => !name.startsWith("."))
    .sort((left, right) => right.usedMs - left.usedMs);
  for (const { name, usedMs } of entries.slice(most)) {
    if (Date.now() - usedMs > inUseMs) await removeWhole(join(directory, name));
  }
}

/** So that nobody finds half of it. */
async function removeWhole(path: string): Promise<void> {
  const aside = asideOf(path);
  await rename(path, aside)
    .then(() => rm(aside, { recursive: true, force: true }))
    .catch(() => undefined);
}

async function listed(directory: string): Promise<{ readonly name: string; readonly usedMs: number }[]> {
  const names = await readdir(directory).catch(() => []);
  const entries = await Promise.all(
    names.map(async (name) => ({ name, usedMs: (await stat(join(directory, name)).catch(() => undefined))?.mtimeMs })),
  );
  // Another process may have removed some in the meantime.
  return entries.flatMap(({ name, usedMs }) => (usedMs === undefined ? [] : [{ name, usedMs }]));
}
