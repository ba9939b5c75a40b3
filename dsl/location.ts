/** Places of files, as a user gives them: paths, or `file:` URLs as text or as URL objects. */
import { fileURLToPath } from "node:url";

/** What is no place of a file on this machine. */
export class LocationError extends Error {
  override readonly name = "LocationError";

  constructor(
    readonly what: string,
    readonly fix: string,
  ) {
    super(`${what}; fix: ${fix}`);
  }
}

/** The path of a file. @throws LocationError */
export function pathOf(location: string | URL): string {
  // A URL object of another realm is one, too.
  const text =
    typeof location === "string"
      ? location
      : location !== null && typeof location === "object" && "href" in location
        ? String(location.href)
        : undefined;
  if (text === undefined || text === "")
    throw new LocationError(
      `${text === "" ? "an empty text" : String(location)} is no place of a file`,
      "give a path, or a file: URL",
    );
  if (typeof location === "string" && !/^(?:file|https?|data|blob):/i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch {
    throw new LocationError(
      `'${text}' is no file on this machine`,
      "give a path, or a file: URL such as new URL('./name.kernel.ts', import.meta.url)",
    );
  }
}
