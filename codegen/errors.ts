/** Errors of the compiler: the author's, which say how to fix, and its own. */
import type { SourceLocation } from "../dsl/ir.ts";
import type { Step } from "./schedule/step.ts";

/** The request cannot be met: a missing extent, a schedule that does not fit. One line: what, where, how to fix. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly fix: string;
  readonly location: SourceLocation | null;

  constructor(message: string, fix: string, location: SourceLocation | null = null, options?: ErrorOptions) {
    super(`${message}; fix: ${fix}`, options);
    this.fix = fix;
    this.location = location;
  }
}

/** The compiler broke its own rules. Never the author's fault. */
export class InternalCompilerError extends Error {
  override readonly name = "InternalCompilerError";
}

/** A step as it stands in its list. */
export interface StepPlace {
  /** 1 is the first. */
  readonly number: number;
  /** The step's canonical text. */
  readonly text: string;
  /** The pass of a partitioned kernel that it is about; 0 is the first. */
  readonly pass?: number;
}

/**
 * A schedule does not fit a kernel at these sizes: a step's precondition does not hold, or the kernel itself is too
 * large for the device. Not an error by itself: another may fit (see `offeredSchedules`).
 */
export class ScheduleError extends Error {
  override readonly name = "ScheduleError";

  /**
   * @param reason which precondition failed, and where
   * @param fix what the author can do about it
   * @param step which step it is the precondition of, where that is known
   * @param place where that step stands; `located` adds it
   */
  constructor(
    readonly reason: string,
    readonly fix?: string,
    readonly step?: Step["step"],
    readonly place?: StepPlace,
  ) {
    super(place === undefined ? reason : `${describePlace(place)}: ${reason}`);
  }
}

export function describePlace({ number, text, pass }: StepPlace): string {
  return `step ${number}, ${text}${pass === undefined ? "" : `, of pass ${pass}`}`;
}
