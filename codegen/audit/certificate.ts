/** What an audit says of one artifact: data only, so that it can be stored, cached and printed. */
import type { ContractLevel, SourceLocation } from "../../runtime/artifact.ts";

/** What a failed check is about. */
export type FailureKind =
  /** The text is not of the subset, or does not fit its bindings. */
  | "text"
  /** A binding or a dispatch says something else of a tensor than the declaration. */
  | "layout"
  /** An element's expression is another than the declared one. */
  | "expression"
  /** An element is not written, or twice. */
  | "write"
  /** What nothing wrote is read. */
  | "read"
  /** An address outside of its array. */
  | "bounds"
  /** Two invocations touch a word between barriers, and one of them writes. */
  | "race"
  /** A barrier that not all invocations of a workgroup reach. */
  | "barrier"
  /** A value or a branch depends on the batch or on another request. */
  | "taint"
  /** More work than the audit is allowed: a loop that does not end, an expression that does not fit. */
  | "effort";

export interface Failure {
  readonly kind: FailureKind;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The output element, as `output[2, 5]`, where the failure is of one. */
  readonly element: string | null;
  /** The extents at which it happened. */
  readonly extents: Readonly<Record<string, number>> | null;
  /** Both expressions as small trees, cut to where they part. */
  readonly declared: string | null;
  readonly found: string | null;
  /** The line of the WGSL, and the pass whose text it is, 0-based. */
  readonly pass: number | null;
  readonly line: number | null;
  /** The kernel's source behind it, as the artifact's source map has it; for messages only. */
  readonly location: SourceLocation | null;
}

/** One set of extents at which the text was executed. */
export interface AuditedSize {
  readonly extents: Readonly<Record<string, number>>;
  /** How many elements were compared. */
  readonly elements: number;
  /** How many ways workgroups take through the text, where all workgroups ran and an element of each way was compared. */
  readonly paths: number | null;
}

export interface Certificate {
  readonly kernel: string;
  readonly schedule: string;
  readonly level: ContractLevel;
  readonly status: "proven" | "failed";
  readonly sizes: readonly AuditedSize[];
  /** SHA-256 over the declared expressions that were compared, and the sizes. */
  readonly expressionHash: string;
  /** The artifact that was judged. */
  readonly artifact: string;
  readonly failures: readonly Failure[];
}
