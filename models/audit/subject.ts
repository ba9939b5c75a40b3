/** What is audited, and what becomes of it. */
import { wordFor, type Certificate } from "../../audit/certificate.ts";
import type { Artifact } from "../../runtime/artifact.ts";

/** A kernel under one schedule, with what it was declared as. */
export interface Subject {
  /** What it is called: the kernel's own name, or in a library that of its use. */
  readonly name: string;
  /** The declared kernel, in the IR's text. */
  readonly declaration: string;
  readonly artifact: Artifact;
  /** What messages call the texts of its passes: their files, where they have any. */
  readonly texts: readonly string[];
}

export interface Judged {
  readonly subject: Subject;
  readonly certificate: Certificate;
}

/** Judges all, one certificate each in their order; `done` is told of each as soon as it is there. */
export type Judge = (
  subjects: readonly Subject[],
  done: (subject: number, certificate: Certificate) => void,
) => Promise<readonly Certificate[]>;

/** A kernel that was to be shipped is refuted, or could not be followed. */
export class UncheckedError extends Error {
  override readonly name = "UncheckedError";
  readonly failed: readonly Judged[];

  constructor(failed: readonly Judged[], all: number) {
    const {
      subject: { name, artifact },
      certificate,
    } = failed.find((one) => one.certificate.status === "refuted") ?? failed[0]!;
    const refuted = failed.filter((one) => one.certificate.status === "refuted").length;
    const fix =
      certificate.status === "refuted"
        ? "report it, with the kernel: the compiler's own text is wrong"
        : "report it, with the kernel: the audit cannot follow the compiler's own text";
    super(
      `kernel '${name}', schedule '${artifact.schedule}', is ${wordFor(certificate.status)}: ` +
        `${certificate.failures[0]!.message} ` +
        `(of ${all} texts ${refuted} refuted, ${failed.length - refuted} not followed); fix: ${fix}`,
    );
    this.failed = failed;
  }
}
