/** Files of a folder: a generated library's, or the checkpoint's that its weights come from. */
import { createHash } from "node:crypto";
import { open, readFile, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RuntimeError } from "../errors.ts";

/** A file of a library that is missing, or is not what it was when the library was built. */
export class ModelFileError extends RuntimeError {}
/** Weights other than those that a library was built from. */
export class OtherWeightsError extends ModelFileError {}

export class Folder {
  readonly #path: string;
  readonly #fix: string;
  readonly #open = new Map<string, Promise<FileHandle>>();

  /** @param fix what to do where a file of the folder is missing or short */
  constructor(location: string | URL, fix = "copy the whole folder, or build the library again") {
    this.#fix = fix;
    try {
      this.#path = typeof location === "string" ? location : fileURLToPath(location);
    } catch (cause) {
      throw new ModelFileError({ where: String(location), what: "it is no place in the file system", fix: "give a path, or a file: URL", cause });
    }
  }

  /** As messages name it. */
  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /** @throws ModelFileError */
  async readText(name: string): Promise<string> {
    return readFile(this.pathOf(name), "utf8").catch((cause: unknown) => { throw this.#unreadable(name, cause); });
  }

  /** Exactly so many bytes, at the start of a buffer of their own. @throws ModelFileError */
  async readBytes(name: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    try {
      let opening = this.#open.get(name);
      if (opening === undefined) this.#open.set(name, (opening = open(this.pathOf(name), "r")));
      const file = await opening;
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) {
          throw new ModelFileError({ where: this.pathOf(name), what: `it ends at byte ${offset + done}, where ${length - done} more belong`, fix: this.#fix });
        }
        done += bytesRead;
      }
      return bytes;
    } catch (cause) {
      if (cause instanceof ModelFileError) throw cause;
      throw this.#unreadable(name, cause);
    }
  }

  /** Closes what was opened to read from. */
  async close(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(files.map(async (file) => (await file).close()));
  }

  #unreadable(name: string, cause: unknown): ModelFileError {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    return new ModelFileError({ where: this.pathOf(name), what: `it cannot be read (${reason})`, fix: this.#fix, cause });
  }
}

/** In hexadecimal. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
