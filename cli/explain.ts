/** `treefold explain`: what the compiler makes of a kernel, stage by stage. */
import { Option, type Command } from "commander";
import type { Offer, PassStages } from "../codegen/compile.ts";
import type { PassKernel } from "../codegen/pass-kernel.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import type { PrintedLine } from "../codegen/wgsl/print.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact } from "../runtime/artifact.ts";
import { didYouMean } from "../runtime/errors.ts";
import { UsageError } from "./exit.ts";
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
import { givenSchedule, stepsOption } from "./steps.ts";
import { withProgress } from "./progress.ts";

/** What is read, what may be chosen, and then what each of the compiler's passes gives. */
const stages = ["ir", "tree", "level", "schedule", "specialize", "split", "nest", "map", "lower", "wgsl"] as const;

interface Options {
  readonly kernel?: string;
  readonly stage: (typeof stages)[number];
  readonly axis?: Extents;
  readonly schedule?: string;
  readonly steps?: string;
}

export function register(program: Command): void {
  program
    .command("explain")
    .description("Shows what a kernel means, how it can be laid out, and the text that the driver is handed.")
    .argument("<file>", "TypeScript file that exports kernels", parsePath)
    .option("--kernel <name>", "which kernel; otherwise all of the file")
    .addOption(
      new Option(
        "--stage <stage>",
        "ir: the checked kernel; tree: its reductions; level: what its bits are promised on, and the operation " +
          "because of which no more is; schedule: what fits. And what the compiler's passes give: " +
          "specialize: the kernel at these extents; split: the kernel of each pass; nest: its loops, after " +
          "build and after each step of the schedule; map: the steps of each pass; lower: the statements, each with " +
          "the place in the kernel that it is for; wgsl: the module as the driver gets it",
      )
        .choices(stages)
        .makeOptionMandatory(),
    )
    .option(
      "--axis <name=extent>",
      `extent of a model axis, for all but ir, tree and level; ${usualExtents}`,
      collectAxis,
    )
    .option("--schedule <name>", "from --stage split on: one schedule, otherwise the first that fits")
    .option(...stepsOption)
    .action(async (file: string, options: Options) => {
      const text = await withProgress(`Reading ${file}`, () => explain(file, options));
      process.stdout.write(text);
    });
}

async function explain(file: string, options: Options): Promise<string> {
  const all = await readKernelFile(file);
  const kernels = options.kernel === undefined ? all : [chooseKernel(all, options.kernel, file)];
  if (options.axis !== undefined) assertKnownAxes(kernels, options.axis);
  const texts: string[] = [];
  for (const kernel of kernels) texts.push((await explainKernel(kernel, options, kernels.length > 1)).trimEnd());
  return `${texts.join("\n\n")}\n`;
}

async function explainKernel(kernel: Kernel, options: Options, isOneOfSeveral: boolean): Promise<string> {
  switch (options.stage) {
    case "ir": {
      const { printKernel } = await import("../dsl/print-ir.ts");
      return printKernel(kernel);
    }
    case "tree":
      return describeTrees(kernel);
    case "level": {
      const { deriveLevel } = await import("../dsl/level.ts");
      const { level, reason, location } = deriveLevel(kernel);
      return `kernel ${kernel.name}\n  ${levelText({ level, reason, reasonLocation: location })}`;
    }
    case "schedule":
      return describeSchedules(kernel, options);
    default:
      return describePass(kernel, options, isOneOfSeveral);
  }
}

function levelText({
  level,
  reason,
  reasonLocation: at,
}: Pick<Artifact, "level" | "reason" | "reasonLocation">): string {
  return `${level}: ${reason}${at === null ? "" : ` (${at.file}:${at.line}:${at.column})`}`;
}

async function describeTrees(kernel: Kernel): Promise<string> {
  const [{ printTree }, { reductionsOf }] = await Promise.all([
    import("../dsl/tree-notation.ts"),
    import("../spec/order.ts"),
  ]);
  const lines = reductionsOf(kernel).map((reduce) => {
    const at = kernel.origins.get(reduce);
    const name = kernel.names.get(reduce);
    return (
      `  ${name === undefined ? "" : `${name} = `}${reduce.reducer.name} over ${reduce.axis}: ` +
      `${printTree(reduce.tree)}` +
      (at === undefined ? "" : `  (${at.file}:${at.line}:${at.column})`)
    );
  });
  return [`kernel ${kernel.name}`, ...(lines.length === 0 ? ["  no reductions"] : lines)].join("\n");
}

async function describeSchedules(kernel: Kernel, options: Options): Promise<string> {
  const { printSteps } = await import("../codegen/schedule/text.ts");
  const { fitting, misfits } = await usable(kernel, options);
  const describe = ({ name, steps }: Schedule): string[] => [
    `  ${name}`,
    `    ${steps.length === 0 ? "no steps" : printSteps(steps)}`,
  ];
  const lines = fitting.flatMap(describe);
  const others =
    misfits.length === 0
      ? []
      : [
          `  ${misfits.length} of ${fitting.length + misfits.length} do not fit:`,
          ...misfits.flatMap(({ schedule, reason, step }) => [
            ...describe(schedule).map((line) => `  ${line}`),
            `      does not fit: ${step === undefined ? "" : `${step}: `}${reason}`,
          ]),
        ];
  return [`kernel ${kernel.name}`, ...lines, ...others].join("\n");
}

/** What one of the compiler's passes gives, of each dispatch where there are several. */
async function describePass(kernel: Kernel, options: Options, isOneOfSeveral: boolean): Promise<string> {
  const [{ artifactOf, compileInStages }, { printSteps }, { printBody }, { printKernel }] = await Promise.all([
    import("../codegen/compile.ts"),
    import("../codegen/schedule/text.ts"),
    import("../codegen/wgsl/print.ts"),
    import("../dsl/print-ir.ts"),
  ]);
  const extents = await modelExtentsOr(kernel, options.axis);
  const schedule = await chosenSchedule(kernel, options, isOneOfSeveral);
  if (typeof schedule === "string") return schedule;
  const stages = orReason(kernel, isOneOfSeveral, () => compileInStages(kernel, { extents, schedule }));
  if (typeof stages === "string") return stages;
  if (options.stage === "nest") return describeNests(stages.specialized, schedule);
  const each = (text: (pass: PassStages) => string): string =>
    stages.passes.map((pass) => `// pass ${pass.label}\n${text(pass).trimEnd()}`).join("\n");
  switch (options.stage) {
    case "specialize":
      return `// ${Object.entries(extents)
        .map(([axis, extent]) => `${axis}=${extent}`)
        .join(", ")}\n${printKernel(stages.specialized)}`;
    case "split":
      return each((pass) => printKernel(pass.kernel));
    case "map":
      return each(
        ({ steps, vectors }) =>
          (steps.length === 0 ? "no steps" : printSteps(steps)) +
          (vectors.size === 0 ? "" : `\n// loads vectors of ${[...vectors].join(", ")}`),
      );
    case "lower":
      return each(({ module }) => withOrigins(printBody(module)));
    default: {
      const artifact = artifactOf(stages, { schedule });
      return [
        `// kernel ${kernel.name}, schedule ${schedule.name}, sha256 ${artifact.sha256}`,
        `// ${levelText(artifact)}`,
        each(({ printed }) => printed().wgsl),
      ].join("\n");
    }
  }
}

/** The loops of each dispatch after build, after each step in the order in which all apply, and after the passes. */
async function describeNests(kernel: PassKernel, schedule: Schedule): Promise<string> {
  const [{ applySteps, inOrder }, { afterPasses }, { printNest }, { printStep }] = await Promise.all([
    import("../codegen/nest/apply.ts"),
    import("../codegen/nest/passes.ts"),
    import("../codegen/nest/print.ts"),
    import("../codegen/schedule/signatures.ts"),
  ]);
  const applied = applySteps(kernel, inOrder(schedule.steps));
  const shown = applied.map(({ step, nests }) => ({
    after: step === undefined ? `kernel ${kernel.name}, after build` : `after ${printStep(step)}`,
    text: nests.map(printNest).join("\n"),
  }));
  const passes = applied.at(-1)!.nests.map(afterPasses);
  for (const [at, { name }] of passes[0]!.entries())
    shown.push({ after: `after ${name}`, text: passes.map((pass) => printNest(pass[at]!.nest)).join("\n") });
  return shown
    .map(({ after, text }, at) =>
      text === shown[at - 1]?.text ? `// ${after}, which changes nothing` : `// ${after}\n${text}`,
    )
    .join("\n");
}

/** Of several kernels of a file, those that do not take a schedule are left out with the reason. */
function orReason<T>(kernel: Kernel, isOneOfSeveral: boolean, make: () => T): T | string {
  try {
    return make();
  } catch (error) {
    if (isOneOfSeveral && error instanceof Error && error.name === "CompileError")
      return `// kernel ${kernel.name}: ${error.message}`;
    throw error;
  }
}

/** Statements, each with the place in the kernel that it comes from where that is another than the line before's. */
function withOrigins(lines: readonly PrintedLine[]): string {
  const places = lines.map(({ origin: at }) => (at === null ? "" : `${at.file}:${at.line}:${at.column}`));
  return lines
    .map(({ text }, line) => {
      const before = places.slice(0, line).findLast((place) => place !== "");
      return places[line] === "" || places[line] === before ? text : `${text}  // ${places[line]}`;
    })
    .join("\n");
}

/** A schedule, or what to say of a kernel that it does not fit, where others of the file are explained, too. */
async function chosenSchedule(kernel: Kernel, options: Options, isOneOfSeveral: boolean): Promise<Schedule | string> {
  const given = await givenSchedule(options.steps, options.schedule !== undefined);
  if (given !== undefined) return given;
  const { fitting: schedules, misfits } = await usable(kernel, options);
  const misfit = misfits.find(({ schedule: { name } }) => name === options.schedule);
  const because = misfit === undefined ? "" : `, since ${misfit.reason}`;
  const schedule =
    options.schedule === undefined ? schedules[0] : schedules.find(({ name }) => name === options.schedule);
  if (schedule !== undefined) return schedule;
  const names = schedules.map(({ name }) => name);
  if (isOneOfSeveral)
    return (
      `// kernel ${kernel.name}: no schedule '${options.schedule}' fits it${because}; those that do: ` +
      `${names.join(", ")}`
    );
  throw new UsageError(
    `no schedule '${options.schedule}' fits kernel ` +
      `'${kernel.name}'${misfit === undefined ? didYouMean(options.schedule!, names) : because}; ` +
      `fix: use one of ${names.join(", ")}`,
  );
}

/** The schedules that a kernel is offered, at least one of which fits. */
async function usable(kernel: Kernel, options: Options): Promise<Offer> {
  const [{ usableSchedules }, { checkExtents }] = await Promise.all([
    import("../codegen/compile.ts"),
    import("../dsl/reader/index.ts"),
  ]);
  const extents = await modelExtentsOr(kernel, options.axis);
  await refuse(checkExtents(kernel, extents));
  return usableSchedules(kernel, { extents });
}
