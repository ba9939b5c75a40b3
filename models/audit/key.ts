/**
 * A secret of this user's, by which the audit knows its own certificates again: whoever can write into a cache, but not
 * read this file, can leave none there that is believed.
 */
import { randomBytes } from "node:crypto";
import { lstat, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { dirname, join } from "node:path";

/** Where this user's own state lies, which is no cache. */
function stateDirectory(environment: NodeJS.ProcessEnv): string {
  switch (platform()) {
    case "darwin":
      return join(homedir(), "Library", "Application Support", "treefold");
    case "win32":
      return join(environment["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "treefold");
    default:
      return join(environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "treefold");
  }
}

/**
 * The key, made where there is none; undefined where none can be kept, or others may have it: then no certificate is
 * kept.
 */
export async function auditKey(environment: NodeJS.ProcessEnv = process.env): Promise<Buffer | undefined> {
  const file = join(stateDirectory(environment), "audit.key");
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // Of several processes one writes it.
    await writeFile(file, randomBytes(32).toString("hex"), { flag: "wx", mode: 0o600 }).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
    const { uid, mode } = await lstat(file).then((found) =>
      found.isFile() ? found : Promise.reject(new Error("it is no file")),
    );
    const isOwn = platform() === "win32" || (uid === process.getuid?.() && (mode & 0o077) === 0);
    const text = isOwn ? await readFile(file, "utf8") : "";
    return /^[0-9a-f]{64}$/.test(text) ? Buffer.from(text, "hex") : undefined;
  } catch {
    return undefined;
  }
}
