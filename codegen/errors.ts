/** Errors of the compiler: the author's, which say how to fix, and its own. */
import type { SourceLocation } from "../dsl/ir.ts";

/** The request cannot be met: a missing extent, a schedule that does not fit. One line: what, where, how to fix. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly fix: string;
  readonly location: SourceLocation | null;

  constructor(message: string, fix: string, location: SourceLocation | null = null) {
    super(`${message}; fix: ${fix}`);
    this.fix = fix;
    this.location = location;
  }
}

/** The compiler broke its own rules. Never the author's fault. */
export class InternalCompilerError extends Error {
  override readonly name = "InternalCompilerError";
}

/** A schedule does not fit a kernel at these sizes. Not an error by itself: another may fit (see `offeredSchedules`). */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";

  /** @param fix what the author can do where no schedule fits for this reason */
  constructor(
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}
