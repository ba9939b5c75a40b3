/** `treefold audit`: whether emitted texts evaluate what was declared, judged from the texts alone. */
import { existsSync, statSync } from "node:fs";
import type { Command } from "commander";
import type { Kernel } from "../dsl/ir.ts";
import type { Subject } from "../models/audit/subject.ts";
import {
  countsOf,
  renderCounts,
  renderFailures,
  renderLines,
  renderReport,
  statusOf,
  type Finding,
} from "./certificates.ts";
import { FindingError, UsageError } from "./exit.ts";
import {
  assertKnownAxes,
  chooseKernel,
  collectAxis,
  modelExtentsOr,
  readKernelFile,
  refuse,
  usualExtents,
  type Extents,
} from "./kernel-file.ts";
import { parsePath } from "./model.ts";
import { passes, type Failure } from "../audit/certificate.ts";
import type { Artifact } from "../runtime/artifact.ts";
import { withProgress } from "./progress.ts";
import { givenSchedule, stepsOption } from "./steps.ts";
import type { Schedule } from "../codegen/schedule/step.ts";

interface Options {
  readonly kernel?: string;
  readonly axis?: Extents;
  readonly report?: boolean;
  readonly json?: boolean;
  readonly fresh?: boolean;
  readonly steps?: string;
}

/** A schedule that a kernel is offered and that does not fit it. */
interface LeftOut {
  readonly kernel: string;
  readonly schedule: string;
  readonly reason: string;
}

interface Result {
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  /** What is wrong besides: a line each. */
  readonly faults: readonly string[];
}

export function register(program: Command): void {
  program
    .command("audit")
    .description(
      "Executes WGSL at sampled sizes with unknowns for data, and compares what it computes with the declared " +
        "expressions: of a file's kernels under every schedule that fits, " +
        "or of a built library as it lies there.\n\nEach text is 'checked' (all that was compared agrees), " +
        "'refuted' (it is wrong: on inputs that are shown, or by a check that it violates) " +
        "or 'not followed' (the audit does not know). Nothing is 'proven' yet, which would hold for all " +
        "sizes.\n\nExit code 0: all checked; 1: something is refuted; 2: something was not followed.",
    )
    .argument("<file|dir>", "TypeScript file that exports kernels, or folder that 'treefold build' wrote", parsePath)
    .option("--kernel <name>", "of a file: which kernel; otherwise all")
    .option("--axis <name=extent>", `of a file: extent of a model axis; ${usualExtents}`, collectAxis)
    .option(stepsOption[0], `of a file: ${stepsOption[1]}`)
    .option("--fresh", "audit all anew, whatever was audited before")
    .option("--report", "a table of every kernel, schedule, contract level and status")
    .option(
      "--json",
      "print " +
        '{"kernels":[{"kernel","schedule","level","status","sizes","expressionHash","failures"}],' +
        '"proven","checked","refuted","unfollowed","leftOut":[{"kernel","schedule","reason"}]}, ' +
        "status being one of the four words before",
    )
    .action(audit);
}

async function audit(path: string, options: Options): Promise<void> {
  if (!existsSync(path))
    throw new UsageError(
      `there is no file or folder '${path}'; fix: give a TypeScript file that exports kernels, or a folder that ` +
        "'treefold build' wrote",
    );
  const { findings, leftOut, faults } = await withProgress(`Auditing ${path}`, (show) => {
    const progress = (what: string): void => show(`Auditing ${path}: ${what}`);
    return statSync(path).isDirectory() ? auditLibrary(path, options, progress) : auditFile(path, options, progress);
  });
  const counts = countsOf(findings);
  const failed = findings.filter((finding) => !passes(statusOf(finding)));
  const rendered = renderFailures(failed);
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(toJson(findings, leftOut))}\n`);
    process.stderr.write(rendered);
  } else {
    const shown = options.report === true ? renderReport(findings) : renderLines(findings);
    process.stdout.write(
      `${shown}\n${rendered === "" ? "" : `${rendered}\n`}${renderLeftOut(leftOut)}${renderCounts(counts)}\n`,
    );
  }
  for (const fault of faults) process.stderr.write(`error: ${fault}\n`);
  if (findings.length === 0) throw new Error(`${path}: there is no kernel in it; fix: build the library again`);
  if (counts.refuted > 0 || faults.length > 0) throw new FindingError("refuted", 1);
  if (counts.unfollowed > 0) throw new FindingError("not followed", 2);
}

/** Which of the schedules that were offered do not fit, and why. */
function renderLeftOut(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return "";
  const by = new Map<string, string[]>();
  for (const { kernel, schedule, reason } of leftOut) {
    const key = `${kernel}: ${reason}`;
    by.set(key, [...(by.get(key) ?? []), schedule]);
  }
  return (
    `${leftOut.length} more schedules do not ` +
    `fit:\n${[...by].map(([reason, schedules]) => `  ${reason} (${schedules.join(", ")})\n`).join("")}\n`
  );
}

async function auditFile(
  file: string,
  { kernel, axis = {}, fresh = false, steps }: Options,
  progress: (what: string) => void,
): Promise<Result> {
  progress("reading");
  const given = await givenSchedule(steps);
  const all = await readKernelFile(file);
  const kernels = kernel === undefined ? all : [chooseKernel(all, kernel, file)];
  assertKnownAxes(kernels, axis);
  const subjects: Subject[] = [];
  const leftOut: LeftOut[] = [];
  const without: Finding[] = [];
  for (const declared of kernels) {
    progress(`compiling ${declared.name}`);
    const compiled = await compiledUnderAll(declared, axis, given);
    // Of a single kernel the steps are wrong; of several, those that they were not meant for are left out.
    if (given !== undefined && compiled.reason !== undefined) {
      if (kernels.length === 1) throw new UsageError(compiled.reason);
      leftOut.push(...compiled.leftOut);
      continue;
    }
    subjects.push(...compiled.subjects);
    leftOut.push(...compiled.leftOut);
    if (compiled.reason !== undefined) without.push(withoutSchedule(declared, compiled.reason));
  }
  if (given !== undefined && subjects.length === 0)
    throw new UsageError(
      `the steps '${given.name}' fit no kernel of '${file}': ${leftOut[0]!.reason}; fix: name a kernel by ` +
        "--kernel, and take steps that 'treefold explain' shows for it",
    );
  const { certify } = await import("../models/audit/certify.ts");
  return {
    findings: [
      ...(await certify(subjects, { progress, fresh })).map((judged) => ({ ...judged, faults: [] })),
      ...without,
    ],
    leftOut,
    faults: [],
  };
}

/** A kernel of which there is no text. */
function withoutSchedule({ name, location }: Kernel, reason: string): Finding {
  const artifact: Artifact = {
    kernel: name,
    schedule: "none",
    steps: "",
    trees: [],
    level: "invariant",
    reason: "",
    reasonLocation: null,
    extents: {},
    passes: [],
    parameters: [],
    sha256: "",
  };
  const bare = {
    element: null,
    extents: null,
    counterexample: null,
    declared: null,
    found: null,
    pass: null,
    line: null,
    location,
  };
  const failures: Failure[] = [{ ...bare, outcome: "unfollowed", kind: "schedule", message: reason }];
  const certificate = {
    kernel: name,
    schedule: "none",
    level: artifact.level,
    status: "unfollowed" as const,
    sizes: [],
    expressionHash: "",
    artifact: "",
    failures,
  };
  return { subject: { name, declaration: "", artifact, texts: [] }, certificate, faults: [] };
}

interface Compiled {
  readonly subjects: readonly Subject[];
  readonly leftOut: readonly LeftOut[];
  /** Why there is none. */
  readonly reason?: string;
}

/** The kernel under the given schedule or every one that fits it at these extents, and those that do not. */
async function compiledUnderAll(kernel: Kernel, axis: Extents, given: Schedule | undefined): Promise<Compiled> {
  const [
    { compile, noScheduleFits, offeredSchedules },
    { CompileError, ScheduleError },
    { checkExtents },
    { printKernel },
  ] = await Promise.all([
    import("../codegen/compile.ts"),
    import("../codegen/errors.ts"),
    import("../dsl/reader/index.ts"),
    import("../dsl/print-ir.ts"),
  ]);
  const extents = await modelExtentsOr(kernel, axis);
  await refuse(checkExtents(kernel, extents));
  const declaration = printKernel(kernel);
  const subjectOf = (schedule: Schedule): Subject => {
    const artifact = compile(kernel, { extents, schedule });
    return { name: kernel.name, declaration, artifact, texts: artifact.passes.map(({ label }) => `${label}: wgsl`) };
  };
  if (given !== undefined) {
    try {
      return { subjects: [subjectOf(given)], leftOut: [] };
    } catch (error) {
      if (!(error instanceof CompileError && error.cause instanceof ScheduleError)) throw error;
      const leftOut = [{ kernel: kernel.name, schedule: given.name, reason: error.cause.message }];
      return { subjects: [], leftOut, reason: error.message };
    }
  }
  const { fitting, misfits } = offeredSchedules(kernel, { extents });
  const leftOut = misfits.map(({ schedule, reason }) => ({ kernel: kernel.name, schedule: schedule.name, reason }));
  if (fitting.length === 0) return { subjects: [], leftOut, reason: noScheduleFits(kernel, misfits).message };
  return { subjects: fitting.map(subjectOf), leftOut };
}

async function auditLibrary(
  directory: string,
  { kernel, axis, fresh = false, steps }: Options,
  progress: (what: string) => void,
): Promise<Result> {
  const given =
    kernel !== undefined ? "--kernel" : axis !== undefined ? "--axis" : steps !== undefined ? "--steps" : undefined;
  if (given !== undefined)
    throw new UsageError(`${given} is for a file of kernels, and '${directory}' is a folder; fix: leave it out`);
  progress("reading");
  const [{ readBuilt }, { certify }] = await Promise.all([
    import("../models/audit/built.ts"),
    import("../models/audit/certify.ts"),
  ]);
  const { kernels, faults } = await readBuilt(directory);
  const judged = await certify(kernels, { progress, fresh });
  return { findings: judged.map((one, at) => ({ ...one, faults: kernels[at]!.faults })), leftOut: [], faults };
}

function toJson(findings: readonly Finding[], leftOut: readonly LeftOut[]): object {
  const kernels = findings.map((finding) => {
    const {
      subject: { name, artifact },
      certificate: { sizes, expressionHash, failures },
      faults,
    } = finding;
    const files = faults.map((message) => ({ outcome: "refuted", kind: "hash", message }));
    return {
      kernel: name,
      schedule: artifact.schedule,
      level: artifact.level,
      status: statusOf(finding),
      sizes,
      expressionHash,
      failures: [...failures, ...files],
    };
  });
  return { kernels, ...countsOf(findings), leftOut };
}
