/** What an audit says of one artifact: data only, so that it can be stored, cached and printed. */
import type { ContractLevel, SourceLocation } from "../runtime/artifact.ts";

/**
 * What an audit says of a text.
 * - `proven`: it computes what was declared at every size, by a structural proof. No audit says so yet.
 * - `checked`: at the sizes at which it was executed, every element that was compared is what was declared, and no
 *   check was violated.
 * - `refuted`: it is wrong. There are inputs on which it gives other bits than the declaration, or it violates a check.
 * - `unfollowed`: the audit could not follow it. Nothing is said of the text.
 */
export type AuditStatus = "proven" | "checked" | "refuted" | "unfollowed";
export const auditStatuses: readonly AuditStatus[] = ["proven", "checked", "refuted", "unfollowed"];

/** How the three words read in a sentence. */
export function wordFor(status: AuditStatus): string {
  return status === "unfollowed" ? "not followed" : status;
}

/** What is gone by in `build` and wherever a text is let pass. */
export function passes(status: AuditStatus): boolean {
  return status === "proven" || status === "checked";
}

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
  /** An operation that a driver may contract, regroup or fold, where it has to be sealed. */
  | "seal"
  /** What the artifact says of itself is not so: level, reason, trees, arithmetic. */
  | "claim"
  /** A rule of the language, of a declaration that no reader has seen. */
  | "rule"
  /** No schedule fits the kernel, so that there is no text of it. */
  | "schedule"
  /** More work than the audit is allowed: a loop that does not end, an expression that does not fit. */
  | "effort";

/** Inputs on which a text gives other bits than the declaration. */
export interface Counterexample {
  /**
   * Words of the inputs that the element is computed from, `text` as `x[0, 3] = 0.5`; words that are not listed are
   * zero.
   */
  readonly inputs: readonly {
    readonly name: string;
    readonly word: number;
    readonly bits: number;
    readonly text: string;
  }[];
  /** The bits of the element's word. */
  readonly declared: number;
  readonly found: number;
}

export interface Failure {
  /** `refuted`: the text is wrong. `unfollowed`: the audit does not know. */
  readonly outcome: "refuted" | "unfollowed";
  readonly kind: FailureKind;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** The output element, as `output[2, 5]`, where the failure is of one. */
  readonly element: string | null;
  /** The extents at which it happened. */
  readonly extents: Readonly<Record<string, number>> | null;
  /** Concrete inputs that show it, where the failure is of a value. */
  readonly counterexample: Counterexample | null;
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
  /** How many output elements were compared. */
  readonly elements: number;
  /** Of how many. */
  readonly of: number;
  /**
   * How many ways workgroups take through the text, where all workgroups ran and an element of each way was compared.
   */
  readonly paths: number | null;
}

export interface Certificate {
  readonly kernel: string;
  readonly schedule: string;
  readonly level: ContractLevel;
  readonly status: AuditStatus;
  readonly sizes: readonly AuditedSize[];
  /** SHA-256 over the declared expressions that were compared, and the sizes. */
  readonly expressionHash: string;
  /** The artifact that was judged. */
  readonly artifact: string;
  readonly failures: readonly Failure[];
}
