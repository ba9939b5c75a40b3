/** Certificates as text: a line each, a table of them all, and what was refuted or not followed. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { auditStatuses, wordFor, type AuditStatus, type Counterexample, type Failure } from "../audit/certificate.ts";
import { renderDiagnostic, type SourceSpan } from "../dsl/diagnostics.ts";
import type { Judged, Subject } from "../models/audit/subject.ts";
import { packageRoot } from "../models/places.ts";

/** A kernel that was judged, and what is wrong with its files besides: a line each. */
export interface Finding extends Judged {
  readonly faults: readonly string[];
}

/** A file that is not the one that was written refutes its kernel, whatever its text evaluates: no runtime loads it. */
export function statusOf({ certificate, faults }: Finding): AuditStatus {
  return faults.length > 0 ? "refuted" : certificate.status;
}

export type Counts = Readonly<Record<AuditStatus, number>>;

export function countsOf(findings: readonly Finding[]): Counts {
  const counts = { proven: 0, checked: 0, refuted: 0, unfollowed: 0 };
  for (const finding of findings) counts[statusOf(finding)]++;
  return counts;
}

/** `0 proven, 4 checked, 0 refuted, 0 not followed` */
export function renderCounts(counts: Counts): string {
  return auditStatuses.map((status) => `${counts[status]} ${wordFor(status)}`).join(", ");
}

/** A line for each. */
export function renderLines(findings: readonly Finding[]): string {
  return columns(
    findings.map((finding) => [
      ...titleOf(finding),
      `${finding.certificate.sizes.length} sizes, ${elementsOf(finding)} elements`,
    ]),
  );
}

/** Every kernel × schedule × level × status, and how many of each level are what. */
export function renderReport(findings: readonly Finding[]): string {
  const header = ["kernel", "schedule", "level", "status", "sizes", "elements", "expressions"];
  const rows = findings.map((finding) => {
    const { sizes, expressionHash } = finding.certificate;
    return [...titleOf(finding), String(sizes.length), elementsOf(finding), expressionHash.slice(0, 16)];
  });
  const levels = [...new Set(findings.map(levelOf))].map((level) => {
    const own = findings.filter((finding) => levelOf(finding) === level);
    return [level, `${own.length}: ${renderCounts(countsOf(own))}`];
  });
  return `${columns([header, ...rows])}\n${columns(levels)}`;
}

function titleOf(finding: Finding): string[] {
  const {
    subject: { name, artifact },
    certificate,
    faults,
  } = finding;
  const kinds = [...certificate.failures.map(({ kind }) => kind), ...(faults.length > 0 ? ["hash"] : [])];
  const word = wordFor(statusOf(finding));
  return [name, artifact.schedule, levelOf(finding), kinds.length === 0 ? word : `${word}: ${kinds.join(", ")}`];
}

function levelOf({ subject }: Finding): string {
  return subject.artifact.level;
}

/** `120 of 4096`: how many were compared, of all that there are at these sizes. */
function elementsOf({ certificate: { sizes } }: Finding): string {
  const sum = (of: (size: (typeof sizes)[number]) => number): number =>
    sizes.reduce((total, size) => total + of(size), 0);
  return `${sum(({ elements }) => elements)} of ${sum(({ of }) => of)}`;
}

/**
 * What refutes kernels, or was not followed of them, as diagnostics with an empty line between them. What several
 * schedules of a kernel fail by alike is shown of the first.
 */
export function renderFailures(findings: readonly Finding[]): string {
  const all = findings.flatMap(({ subject, certificate }) =>
    certificate.failures.map((failure) => ({ subject, failure })),
  );
  const alike = new Map<string, typeof all>();
  for (const one of all) {
    const key = JSON.stringify([one.subject.name, one.failure.kind, one.failure.message, one.failure.declared]);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  const faults = findings.flatMap((finding) => finding.faults.map((fault) => `error: ${fault}\n`));
  const shown = [...alike.values()].map(([first, ...others]) =>
    renderFailure(
      first!.subject,
      first!.failure,
      others.map(({ subject }) => subject.artifact.schedule),
    ),
  );
  return [...new Set(faults), ...shown].join("\n");
}

function renderFailure({ name, texts, artifact }: Subject, failure: Failure, others: readonly string[]): string {
  const { outcome, kind, message, pass, line, extents, counterexample } = failure;
  const wgsl = pass === null || line === null ? undefined : artifact.passes[pass]?.wgsl;
  const text = wgsl === undefined ? undefined : { file: texts[pass!] ?? "wgsl", ...lineSpan(wgsl, line!) };
  // Where no line is to blame, the first that the source map knows leads to the kernel.
  const source =
    failure.location ??
    (text === undefined
      ? artifact.passes.flatMap(({ sourceMap }) => sourceMap).find((place) => place !== null)
      : undefined);
  const sizes = Object.entries({ ...artifact.extents, ...extents })
    .map(([axis, extent]) => `${axis}=${extent}`)
    .join(", ");
  const notes = [
    { message: `kernel '${name}', schedule '${artifact.schedule}'${extents === null ? "" : `, at ${sizes}`}` },
    ...(source === undefined || text === undefined ? [] : [{ message: "the text", location: text }]),
    ...(counterexample === null ? [] : [{ message: renderCounterexample(counterexample) }]),
    ...trees(failure),
    ...(others.length === 0 ? [] : [{ message: `likewise under ${others.join("; ")}` }]),
  ];
  const [what, ownFix] = message.split("; fix: ") as [string, string | undefined];
  const fix = ownFix ?? fixFor(outcome);
  const location = source ?? text ?? { file: texts[0] ?? "wgsl", line: 1, column: 1 };
  const sourceOf = (file: string): string | undefined => (file === text?.file ? wgsl : sourceText(file));
  const diagnostic = { code: kind, message: what, location, notes, fix };
  return `${renderDiagnostic(diagnostic, sourceOf, `${wordFor(outcome)} (${kind})`)}\n`;
}

function fixFor(outcome: Failure["outcome"]): string {
  return outcome === "refuted"
    ? "build again, from kernels and with a compiler that you trust; where treefold has just written this text, " +
        "report it"
    : "read the text yourself, or compare bits with 'treefold run'; where treefold has just written this text, " +
        "report it";
}

/** Words that a counterexample shows; the rest are in `--json`. */
const mostWords = 6;

function renderCounterexample({ inputs, declared, found }: Counterexample): string {
  const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, "0")}`;
  const shown = inputs.slice(0, mostWords).map(({ text }) => text);
  const more = inputs.length > mostWords ? `, and ${inputs.length - mostWords} more words` : "";
  return (
    `where ${shown.length === 0 ? "all inputs are zero" : `${shown.join(", ")}${more}, and all others are zero`}, ` +
    `its bits are ${hex(found)}, and the declared ones ${hex(declared)}`
  );
}

function trees({ declared, found }: Failure): { message: string }[] {
  if (declared === null || found === null) return [];
  const indented = (tree: string): string => tree.replace(/^/gm, "  ");
  return [{ message: `declared\n${indented(declared)}` }, { message: `found\n${indented(found)}` }];
}

/** What stands in a line of a text. */
function lineSpan(text: string, line: number): Omit<SourceSpan, "file"> {
  const source = text.split("\n")[line - 1] ?? "";
  return { line, column: source.length - source.trimStart().length + 1, endColumn: source.length + 1 };
}

/** A kernel's source; a library calls the shipped ones `treefold/…`, wherever it was built. */
function sourceText(file: string): string | undefined {
  const path = file.startsWith("treefold/") ? join(packageRoot, file.slice("treefold/".length)) : file;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** Rows as lines, each column as wide as its widest. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
