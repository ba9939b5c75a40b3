/** How an execution ends early: with what the text does wrong, or with the table whose values it must be told. */
import type { FailureKind } from "./certificate.ts";

/** A fault of the text. `line` is the WGSL's, 1-based; 0 where no line is to blame. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly kind: FailureKind;
  readonly line: number;
  /** Which pass's text, 0-based; set by whoever knows. */
  pass: number | null = null;

  constructor(kind: FailureKind, message: string, line = 0) {
    super(message);
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
