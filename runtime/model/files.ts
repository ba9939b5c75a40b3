/** Files of a folder: a generated library's, or the checkpoint's that its weights come from. */
import { openFiles, places } from "#platform";
import { messageOf, RuntimeError } from "../errors.ts";
import type { Files, FilesOptions } from "../platform/platform.ts";

export { sha256Of } from "../sha256.ts";

/** A file of a library that is missing, or is not what it was when the library was built. */
export class ModelFileError extends RuntimeError {}
/** Weights other than those that a library was built from. */
export class OtherWeightsError extends ModelFileError {}

export interface FolderOptions extends FilesOptions {
  /** What to do where a file of the folder is missing or short. */
  readonly fix?: string;
}

/** Of a disk in Node, of a server in a browser. */
export class Folder {
  readonly #files: Files;
  readonly #fix: string;
  readonly #signal: AbortSignal | undefined;
  /** What `received` has thrown, which is no fault of a file. */
  #thrown: unknown;

  /** @throws ModelFileError for a location that is none */
  constructor(
    location: string | URL,
    { fix = "copy the whole folder, or build the library again", received, signal }: FolderOptions = {},
  ) {
    this.#fix = fix;
    this.#signal = signal;
    const told = (bytes: number): void => {
      try {
        received?.(bytes);
      } catch (error) {
        throw (this.#thrown = error);
      }
    };
    try {
      this.#files = openFiles(location, { received: told, signal });
    } catch (cause) {
      throw new ModelFileError({ where: String(location), ...places, cause });
    }
  }

  /** As messages name it. */
  pathOf(name: string): string {
    return this.#files.pathOf(name);
  }

  /** @throws ModelFileError; the signal's reason when it is aborted */
  async readText(name: string): Promise<string> {
    return this.#files.readText(name).catch((cause: unknown) => this.#refuse(name, cause));
  }

  /**
   * Exactly so many bytes, at the start of a buffer of their own. @throws ModelFileError; the signal's reason when it
   * is aborted
   */
  async readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#files
      .readBytes(name, offset, length)
      .catch((cause: unknown) => this.#refuse(name, cause));
    if (bytes.length === length) return bytes;
    throw new ModelFileError({
      where: this.pathOf(name),
      what: `it ends at byte ${offset + bytes.length}, where ${length - bytes.length} more belong`,
      fix: this.#fix,
    });
  }

  /** Closes what was opened to read from. */
  async close(): Promise<void> {
    await this.#files.close();
  }

  #refuse(name: string, cause: unknown): never {
    this.#signal?.throwIfAborted();
    if (cause === this.#thrown) throw cause;
    const reason = (cause as { code?: string } | undefined)?.code ?? messageOf(cause);
    throw new ModelFileError({
      where: this.pathOf(name),
      what: `it cannot be read (${reason})`,
      fix: this.#fix,
      cause,
    });
  }
}
