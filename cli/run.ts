/**
 * `treefold run`: a kernel under every schedule that fits and under the reference evaluator, on seeded random inputs.
 */
import { InvalidArgumentError, type Command } from "commander";
import type { ContractLevel } from "../runtime/artifact.ts";
import type { Misfit } from "../codegen/compile.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { DeviceInfo } from "../runtime/index.ts";
import { didYouMean } from "../runtime/errors.ts";
import { modelExtents } from "../spec/extents.ts";
import { FindingError, UsageError } from "./exit.ts";
import {
  assertAllAxes,
  chooseKernel,
  collectAxis,
  collectParameter,
  readKernelFile,
  refuse,
  type Extents,
  type Parameters,
} from "./kernel-file.ts";
import { parsePath } from "./model.ts";
import { givenSchedule, stepsOption } from "./steps.ts";
import { withProgress } from "./progress.ts";

interface Options {
  readonly kernel?: string;
  readonly axis?: Extents;
  readonly param?: Parameters;
  readonly seed: number;
  readonly tree?: string;
  readonly schedule: string;
  readonly steps?: string;
  readonly json?: boolean;
}

interface Report {
  readonly kernel: string;
  readonly tree: string;
  readonly level: ContractLevel;
  /** SHA-256 of the reference evaluator's outputs. */
  readonly evaluator: string;
  readonly schedules: readonly { readonly name: string; readonly sha256: string }[];
  /** Schedules that the kernel is offered and does not fit, and why. */
  readonly misfits: readonly { readonly name: string; readonly reason: string }[];
  /**
   * The fraction of outputs that another order changes, of several the one that changes the most; 16-bit outputs as
   * they are before they are rounded.
   */
  readonly orderSensitive: number;
  /** That order; null where no order could change anything. */
  readonly order: string | null;
  readonly device: DeviceInfo;
}

export function register(program: Command): void {
  program
    .command("run")
    .description(
      "Runs a kernel on random inputs under every schedule that fits, and compares the bits with the reference " +
        "evaluator's.",
    )
    .argument("<file>", "TypeScript file that exports kernels", parsePath)
    .option("--kernel <name>", "which kernel; needed where the file has several")
    .option("--axis <name=extent>", "extent of an axis; repeat for each axis", collectAxis)
    .option(
      "--param <name=value>",
      "value of a parameter, otherwise random; repeat for each parameter",
      collectParameter,
    )
    .option("--seed <number>", "seed of the random inputs", parseSeed, 1)
    .option("--tree <tree>", "replaces the declared tree of all reductions, as in 'chain 3, lanes 5 chain, pairwise'")
    .option("--schedule <name>", "one schedule, or all", "all")
    .option(...stepsOption)
    .option(
      "--json",
      "print " +
        '{"kernel","tree","level","evaluator","schedules":[{"name","sha256"}],' +
        '"misfits":[{"name","reason"}],"orderSensitive","order","device"}',
    )
    .addHelpText(
      "after",
      [
        "",
        "orderSensitive is the fraction of outputs that another order would change: of a flat chain (chains of " +
          "three, where the",
        "tree is one), folding by pairs and a flat chain from the last item to the first, the one that changes " +
          "the most. It is",
        "named as order. Outputs of 16 bits are compared as they are before they are rounded to them, since " +
          "rounding hides order; schedules",
        "must agree on those values, too. Exit code 0 if all bits are equal, 1 otherwise.",
      ].join("\n"),
    )
    .action(run);
}

async function run(file: string, options: Options): Promise<void> {
  const comparison = await withProgress(`Reading ${file}`, (show) => compare(file, options, show));
  const { report, hidden } = comparison;
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : render(comparison));
  if (report.schedules.some(({ sha256 }) => sha256 !== report.evaluator)) throw new FindingError("hashes differ");
  if (hidden.length > 0)
    throw new FindingError(`values differ before they are rounded to bf16, under ${hidden.join(", ")}`);
}

interface Comparison {
  readonly report: Report;
  readonly addsFloats: boolean;
  /** Whether rounding to bf16 could hide an order, so that values before it were compared, too. */
  readonly rounds: boolean;
  /** Schedules whose values differ before they are rounded. */
  readonly hidden: readonly string[];
}

async function compare(file: string, options: Options, show: (text: string) => void): Promise<Comparison> {
  const given = await givenSchedule(options.steps, options.schedule !== "all");
  const kernels = await readKernelFile(file);
  const [
    { usableSchedules },
    { checkExtents },
    { printTree },
    { evaluate },
    { randomInputs },
    { addsFloats, mostChanging, reductionsOf, withoutRounding },
    spec,
    { openDevice },
  ] = await Promise.all([
    import("../codegen/compile.ts"),
    import("../dsl/reader/index.ts"),
    import("../dsl/tree-notation.ts"),
    import("../spec/evaluator.ts"),
    import("../spec/inputs.ts"),
    import("../spec/order.ts"),
    import("../spec/execute.ts"),
    import("../runtime/index.ts"),
  ]);
  const declared = chooseKernel(kernels, options.kernel, file);
  const extents = options.axis ?? {};
  assertAllAxes(declared, extents);
  await refuse(checkExtents(declared, extents));
  const parameters = await withParameters(declared, options.param ?? {});
  const kernel = options.tree === undefined ? declared : await withTree(declared, options.tree);

  show("Evaluating");
  const data = { extents, ...randomInputs(kernel, extents, options.seed, { parameters }) };
  const evaluator = spec.hashOutputs(kernel, evaluate(kernel, data));
  const other = mostChanging(kernel, extents, data);
  // Rounding to bf16 would hide most of what a wrong order does, so such kernels also run with their outputs as they
  // are before it.
  const exact =
    addsFloats(kernel) && kernel.outputs.some(({ storage }) => storage === "bf16")
      ? withoutRounding(kernel)
      : undefined;
  const exactly = exact === undefined ? "" : spec.hashOutputs(exact, evaluate(exact, data));

  const device = await openDevice();
  try {
    const request = { extents: modelExtents(kernel, extents), limits: device.limits };
    const { fitting, misfits } =
      given === undefined ? usableSchedules(kernel, request) : { fitting: [given], misfits: [] };
    const schedules: { name: string; sha256: string }[] = [];
    const hidden: string[] = [];
    let level: ContractLevel = "invariant";
    for (const schedule of chooseSchedules(fitting, misfits, options.schedule, kernel)) {
      show(`Running schedule ${schedule.name}`);
      const { artifact, outputs } = await spec.execute(device, kernel, schedule, data);
      level = artifact.level;
      schedules.push({ name: schedule.name, sha256: spec.hashOutputs(kernel, outputs) });
      if (exact === undefined) continue;
      if (spec.hashOutputs(exact, (await spec.execute(device, exact, schedule, data)).outputs) !== exactly)
        hidden.push(schedule.name);
    }
    const tree = [...new Set(reductionsOf(kernel).map((reduce) => printTree(reduce.tree)))].join("; ");
    const report = {
      kernel: kernel.name,
      tree,
      level,
      evaluator,
      schedules,
      misfits: misfits.map(({ schedule, reason }) => ({ name: schedule.name, reason })),
      orderSensitive: other?.changed ?? 0,
      order: other?.order.name ?? null,
      device: device.info,
    };
    return { report, addsFloats: addsFloats(kernel), rounds: exact !== undefined, hidden };
  } finally {
    device.dispose();
  }
}

async function withParameters(kernel: Kernel, given: Parameters): Promise<Parameters> {
  const { checkedParameters, ParameterError } = await import("../spec/parameters.ts");
  try {
    return checkedParameters(kernel, given);
  } catch (error) {
    throw error instanceof ParameterError ? new UsageError(error.message) : error;
  }
}

async function withTree(kernel: Kernel, text: string): Promise<Kernel> {
  const [{ parseTree, TreeSyntaxError }, { replaceTrees, TreeError }] = await Promise.all([
    import("../dsl/tree-notation.ts"),
    import("../spec/order.ts"),
  ]);
  try {
    return replaceTrees(kernel, parseTree(text));
  } catch (error) {
    if (error instanceof TreeSyntaxError)
      throw new UsageError(`--tree '${text}', at character ${error.offset + 1}: ${error.message}; fix: ${error.fix}`);
    if (error instanceof TreeError) throw new UsageError(`--tree ${error.message}`);
    throw error;
  }
}

function chooseSchedules(
  fitting: readonly Schedule[],
  misfits: readonly Misfit[],
  name: string,
  kernel: Kernel,
): readonly Schedule[] {
  if (name === "all") return fitting;
  const names = fitting.map((schedule) => schedule.name);
  const chosen = fitting.filter((schedule) => schedule.name === name);
  if (chosen.length === 0) {
    const misfit = misfits.find(({ schedule }) => schedule.name === name);
    const why = misfit === undefined ? didYouMean(name, names) : `, since ${misfit.reason}`;
    throw new UsageError(
      `no schedule '${name}' fits kernel '${kernel.name}'${why}; fix: use all, or one of ${names.join(", ")}`,
    );
  }
  return chosen;
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) throw new InvalidArgumentError("Write a whole number below 2^32.");
  return seed;
}

function render({ report, addsFloats, rounds, hidden }: Comparison): string {
  const width = Math.max("evaluator".length, ...report.schedules.map(({ name }) => name.length));
  const rows = report.schedules.map(({ name, sha256 }) => {
    const rounded = hidden.includes(name) ? "  DIFFERS before rounding to bf16" : "";
    return `  ${name.padEnd(width)}  ${sha256}${sha256 !== report.evaluator ? "  DIFFERS" : rounded}`;
  });
  const reasons = [...new Set(report.misfits.map(({ reason }) => reason))];
  const others = reasons.map(
    (reason) =>
      `  does not fit: ${report.misfits
        .filter((one) => one.reason === reason)
        .map(({ name }) => name)
        .join(", ")}: ${reason}`,
  );
  const equal = report.schedules.filter(({ sha256 }) => sha256 === report.evaluator).length;
  return [
    `${report.kernel} (${report.level}) on ${report.device.description}`,
    ...(report.tree === "" ? [] : [`tree: ${report.tree}`]),
    `  ${"evaluator".padEnd(width)}  ${report.evaluator}`,
    ...rows,
    ...others,
    `${equal} of ${report.schedules.length} schedules give the evaluator's bits; ` +
      (addsFloats
        ? `${report.order} would change ${(report.orderSensitive * 100).toFixed(1)}% of the ` +
          `outputs${rounds ? " before they are rounded to bf16" : ""}`
        : "it folds no sum of floats, so no order could change them"),
    "",
  ].join("\n");
}
