/** How a command ends other than well; any other error is a failure, with exit code 1. */

/** Wrong usage, with exit code 2. The message says what is wrong and what to write instead. */
export class UsageError extends Error {}

/**
 * Something was found, and has been shown: exit code 1, or 2 where all that was found is that something could not be
 * judged.
 */
export class FindingError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
