/** What is wrong with a checkpoint, in one line: which file, which field or tensor of it, what is wrong, how to fix it. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";

  constructor(
    readonly file: string,
    /** The tensor's or field's name; null where the file as a whole is meant. */
    readonly subject: string | null,
    readonly fault: string,
    readonly fix: string,
  ) {
    super(`${file}: ${subject === null ? "" : `${subject}: `}${fault}; fix: ${fix}`);
  }
}
