/** The JSON of a checkpoint's files, read as strictly as the formats ask: UTF-8, one value for a name, no depths. */
import { open, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { abridged, CheckpointError } from "./error.ts";

/** Deeper than any file of a checkpoint, and shallow enough for code that walks values by calling itself. */
const maxDepth = 32;
const maxFileBytes = 2 ** 28;
/** The largest tokenizers have two million. */
const maxValues = 2 ** 22;
const fetchAgain = "copy or download the file again";
/** A byte order mark is no part of JSON. */
const utf8 = new TextDecoder("utf-8", { fatal: true });
/** Of a text it is the first character, as Python reads files. */
const wholeUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Opens a regular file; anything else might block, or fail only once it is read. */
export async function openFile(file: string, fix: string): Promise<FileHandle> {
  const unreadable = (cause: unknown): never => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new CheckpointError(
      file,
      null,
      `cannot be read (${code ?? String(cause)})`,
      code === "ENOENT" ? fix : "check what the path leads to, and that you may read it",
      { cause },
    );
  };
  const status = await stat(file).catch(unreadable);
  if (!status.isFile())
    throw new CheckpointError(
      file,
      null,
      status.isDirectory() ? "is a directory, not a file" : "is not a regular file",
      fix,
    );
  return open(file, "r").catch(unreadable);
}

/** Reads one JSON object of a checkpoint. @throws CheckpointError */
export async function readJsonObject(directory: string, name: string): Promise<Record<string, unknown>> {
  return parseJsonObject(join(directory, name), await readBytes(directory, name));
}

/** Reads one text of a checkpoint. @throws CheckpointError */
export async function readText(directory: string, name: string): Promise<string> {
  const bytes = await readBytes(directory, name);
  try {
    return wholeUtf8.decode(bytes);
  } catch (cause) {
    throw new CheckpointError(join(directory, name), null, "is not UTF-8", fetchAgain, { cause });
  }
}

/** What was read, or undefined where there is no such file. */
export async function ifPresent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CheckpointError && (error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT")
      return undefined;
    throw error;
  }
}

async function readBytes(directory: string, name: string): Promise<Uint8Array> {
  const file = join(directory, name);
  const handle = await openFile(file, `give a checkpoint directory that holds ${name}`);
  try {
    const { size } = await handle.stat();
    if (size > maxFileBytes)
      throw new CheckpointError(file, null, `has ${size} bytes, too many for a file of its kind`, fetchAgain);
    return await handle.readFile().catch((cause: unknown) => {
      throw new CheckpointError(
        file,
        null,
        `reading it failed (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
        fetchAgain,
        { cause },
      );
    });
  } finally {
    await handle.close();
  }
}

/** `what` is the part of the file that the bytes are, as in "the header "; empty for all of it. */
export function parseJsonObject(file: string, bytes: Uint8Array, what = ""): Record<string, unknown> {
  let fault: string | undefined;
  let value: unknown;
  try {
    const text = utf8.decode(bytes);
    // First, since parsing millions of lists takes a minute and all of memory.
    fault = faultOfNesting(text);
    if (fault === undefined) value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(file, null, `${what}is not JSON (${(cause as Error).message})`, fetchAgain, { cause });
  }
  if (fault !== undefined) throw new CheckpointError(file, null, what + fault, fetchAgain);
  if (!isRecord(value)) throw new CheckpointError(file, null, `${what}is not a JSON object`, fetchAgain);
  return value;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as messages show it. Values come from `parseJsonObject`, so they are not deep. */
export function shortJson(value: unknown): string {
  return abridged(JSON.stringify(value) ?? String(value));
}

/**
 * What `JSON.parse` accepts in silence: a name that one object has twice, any depth and any number. `text` need not be
 * JSON.
 */
function faultOfNesting(text: string): string | undefined {
  /** For each open object the names that it has so far; null for an open list. */
  const open: (Set<string> | null)[] = [];
  let nameFollows = false;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case "{":
      case "[":
        nameFollows = text[at] === "{";
        open.push(nameFollows ? new Set() : null);
        if (open.length > maxDepth) return `is nested more than ${maxDepth} deep`;
        values++;
        break;
      case "}":
      case "]":
        open.pop();
        nameFollows = false;
        break;
      case ",":
        nameFollows = open.at(-1) instanceof Set;
        if (++values > maxValues) return `has more than ${maxValues} values`;
        break;
      case '"': {
        const start = at;
        for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
        if (!nameFollows) break;
        const name = JSON.parse(text.slice(start, at + 1)) as string;
        const names = open.at(-1)!;
        if (names.has(name)) return `has the name '${abridged(name)}' twice in one object`;
        names.add(name);
        nameFollows = false;
        break;
      }
    }
  }
  return undefined;
}
