import type { Diagnostic } from "../../dsl/diagnostics.ts";

/** The test can't be made: no such kernel, a kernel that is wrong, an extent that is missing. */
export class TestSetupError extends Error {
  override readonly name = "TestSetupError";

  /** `diagnostics`: what is wrong with the kernel file; the message has them rendered. */
  constructor(
    what: string,
    readonly fix: string,
    readonly diagnostics: readonly Diagnostic[] = [],
  ) {
    super(diagnostics.length > 0 ? what : `${what}; fix: ${fix}`);
  }
}

/** Where two runs that must give the same bits do not. */
export interface Difference {
  readonly output: string;
  /** The element's indices, one for each of the output's axes, in the batch that gave `actual`. */
  readonly element: readonly number[];
  /**
   * The row of the whole batch that it belongs to: a point of each axis of rows. Empty where none should have written.
   */
  readonly row: Readonly<Record<string, number>>;
  /** Bit patterns: f32 bits, also of bf16 elements. */
  readonly actual: number;
  readonly expected: number;
  /** What gave `actual`, as in "in a crowd of 7". */
  readonly where: string;
  /** What gave `expected`: "alone" or "by the reference evaluator". */
  readonly against: string;
}

/** What happened, and how to see it happen again. */
export interface Failure extends Difference {
  readonly kernel: string;
  readonly schedule: string;
  /** The extents of the batch whose rows were compared. */
  readonly extents: Readonly<Record<string, number>>;
  /** Options of assertInvariant under which it fails at once. */
  readonly replay: Readonly<Record<string, unknown>>;
}

/** A row's bits depend on what they must not depend on, or are not the reference evaluator's. */
export class InvarianceError extends Error {
  override readonly name = "InvarianceError";

  constructor(readonly failure: Failure) {
    const { kernel, schedule, output, element, row, actual, expected, where, against, extents, replay } = failure;
    const rows = Object.entries(row)
      .map(([axis, point]) => `${axis} ${point}`)
      .join(", ");
    super(
      `${kernel} under schedule '${schedule}': ${output}[${element.join(", ")}]${rows === "" ? "" : ` of ${rows}`} ` +
        `is ${hex(actual)} ${where}, ` +
        `and ${hex(expected)} ${against}. Extents of the whole batch: ${JSON.stringify(extents)}. To replay ` +
        `it: assertInvariant(file, ${JSON.stringify(replay)})`,
    );
  }
}

/** The inputs could hardly have told orders apart. */
export class OrderInsensitiveError extends Error {
  override readonly name = "OrderInsensitiveError";
}

export function hex(bits: number): string {
  return `0x${bits.toString(16).padStart(8, "0")}`;
}
