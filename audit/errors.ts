/** How an execution ends early: with what the text does wrong, or with the table whose values it must be told. */
import type { Failure, FailureKind } from "./certificate.ts";

/**
 * A violated check shows that a text is wrong; these kinds only say that it was not followed, unless inputs are found.
 */
const unfollowedKinds: ReadonlySet<FailureKind> = new Set(["text", "effort", "expression", "taint"]);

/**
 * Why an execution ends: a check that the text violates, or what of it is not followed. `line` is the WGSL's, 1-based;
 * 0 where no line is to blame.
 */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly kind: FailureKind;
  readonly line: number;
  readonly outcome: Failure["outcome"];
  /** Which pass's text, 0-based; set by whoever knows. */
  pass: number | null = null;

  constructor(
    kind: FailureKind,
    message: string,
    line = 0,
    outcome: Failure["outcome"] = unfollowedKinds.has(kind) ? "unfollowed" : "refuted",
  ) {
    super(message);
    this.outcome = outcome;
    this.kind = kind;
    this.line = line;
  }
}

/** Control flow depends on inputs that were left unknown: it goes on once these tables and parameters have values. */
export class NeedsValues extends Error {
  override readonly name = "NeedsValues";
  readonly tensors: ReadonlySet<string>;
  readonly line: number;

  constructor(tensors: ReadonlySet<string>, line: number) {
    super(`values of ${[...tensors].join(", ")} are needed`);
    this.tensors = tensors;
    this.line = line;
  }
}
