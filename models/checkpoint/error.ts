/**
 * What is wrong with a checkpoint, in one line: which file, which field or tensor of it, what is wrong, how to fix it.
 */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";

  constructor(
    readonly file: string,
    /** The tensor's or field's name; null where the file as a whole is meant. */
    readonly subject: string | null,
    readonly fault: string,
    readonly fix: string,
    options?: { readonly cause: unknown },
  ) {
    super(oneLine(`${file}: ${subject === null ? "" : `${subject}: `}${fault}; fix: ${fix}`), options);
  }
}

/** Names and values out of a file may hold anything: what would break the line, or steer a terminal, is escaped. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** The start of a text that may be of any length. */
export function abridged(text: string, length = 80): string {
  return text.length > length ? `${text.slice(0, length - 3)}...` : text;
}
