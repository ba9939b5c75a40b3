/** The invariance test: a kernel of one's own gives every row the same bits in any batch, on a real device. */
import { own } from "../dsl/own.ts";
import { existsSync, readFileSync } from "node:fs";
import { compile, type Misfit, misfitLines, usableSchedules } from "../codegen/compile.ts";
import { scheduleOf } from "../codegen/schedule/given.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import { StepSyntaxError } from "../codegen/schedule/text.ts";
import { renderDiagnostic } from "../dsl/diagnostics.ts";
import type { Kernel } from "../dsl/ir.ts";
import { LocationError, pathOf } from "../dsl/location.ts";
import { checkExtents, readKernels } from "../dsl/reader/index.ts";
import { didYouMean, openDevice, type Device, type DeviceInfo } from "../runtime/index.ts";
import { executeArtifact } from "./execute.ts";
import { neighbours } from "./invariance/arrangement.ts";
import type { AxisRange } from "./invariance/cases.ts";
import { checkRows, type Tally } from "./invariance/check.ts";
import { OrderInsensitiveError, TestSetupError } from "./invariance/errors.ts";
import { addsFloats } from "./order.ts";
import { checkedParameters, ParameterError } from "./parameters.ts";

export interface InvarianceOptions {
  /** Which kernel of the file; needed where it has several. */
  readonly kernel?: string;
  /**
   * Extents by axis: a number, or `{ min, max }` inclusive. Model axes need a number. Where absent, batch axes go from
   * 1 to 20 (pools from 1 to 9 pages) and sequence axes from 1 to 150. This is how many different rows, pages or items
   * a batch starts from. Crowds then hold up to 24 rows more, which are copies of these, and pools and sequences up to
   * 40 unused points more.
   */
  readonly axes?: Readonly<Record<string, AxisRange>>;
  /** Values of parameters by name; the others are random, f32 in [2^-8, 1). */
  readonly params?: Readonly<Record<string, number>>;
  /** How many batches are tried, dealt out over the schedules, at least two for each; 20 where absent. */
  readonly runs?: number;
  /** 1 where absent: the same test each time. */
  readonly seed?: number;
  /** The schedules to try: names of those that fit, or lists of steps in their text form. All that fit where absent. */
  readonly schedules?: readonly (string | { readonly steps: string })[];
  /**
   * Throw where fewer than this fraction (0 to 1) of the outputs would change with the order of the sums; the report
   * warns below 0.9 where absent.
   */
  readonly atLeast?: number;
  /** Where a failure's message says to look first. */
  readonly path?: string;
  /** The device to run on; where absent, one is opened and disposed of. */
  readonly device?: Device;
}

export interface InvarianceReport {
  readonly kernel: string;
  readonly schedules: readonly string[];
  /** Schedules that the kernel is offered and does not fit, and why. */
  readonly misfits: readonly { readonly name: string; readonly reason: string }[];
  /** How many batches were tried. */
  readonly cases: number;
  /** How many times a row was compared. */
  readonly rows: number;
  /**
   * The fraction of outputs that change when sums are folded in another order (see `order`), over all batches
   * before they are rearranged, short ones included: near 0, the inputs could not have told orders apart, and the test
   * has shown little. 0 for a kernel that sums no floats.
   */
  readonly orderSensitive: number;
  /**
   * The other order: of several the one that changes the most outputs of the largest batch, as "a flat chain";
   * undefined for a kernel that sums no floats.
   */
  readonly order: string | undefined;
  readonly device: DeviceInfo;
  /** All of this in a few lines. */
  readonly text: string;
}

/** Below this, the report warns where the author has not said what is enough. */
const enoughSensitivity = 0.9;

/**
 * Tests that the bits of a row do not depend on what it is computed with. On seeded random inputs, and under every
 * schedule that fits, each row of a batch is compared, bit by bit,
 *   - alone, with the reference evaluator's bits,
 *   - in a larger batch in another order, pools (batch axes that only placement tables address) laid out otherwise and
 *     larger, sequence axes longer than the row's own data,
 *   - as the first, the middle and the last among rows that are random, zeros, infinities or NaN.
 * A row is a point of the batch axes that the outputs run over; what it reads is cut out of the inputs along them, and
 * inputs without them are shared. What fails is shrunk, and the message says how to replay it.
 *
 * `file` is a path or a file: URL of a TypeScript module with kernels.
 * @throws InvarianceError where bits differ
 * @throws TestSetupError where the file, the kernel or an option is wrong, with the rendered diagnostics in its message
 * @throws CompileError where no schedule fits, with the reasons
 * @throws OrderInsensitiveError where `atLeast` asks for more than the inputs gave
 */
export async function assertInvariant(file: string | URL, options: InvarianceOptions = {}): Promise<InvarianceReport> {
  checkOptions(options);
  const { axes = {}, params, runs = 20, seed = 1, atLeast, path } = options;
  const kernel = readKernel(placeOf(file), options.kernel);
  const extents = modelAxes(kernel, axes);
  const parameters = params === undefined ? undefined : fixed(kernel, params);
  const device = options.device ?? (await openDevice());
  try {
    const given = options.schedules?.flatMap((wanted) => (typeof wanted === "string" ? [] : [fromSteps(wanted.steps)]));
    const named = options.schedules?.filter((wanted) => typeof wanted === "string");
    const { fitting, misfits } =
      given !== undefined && given.length > 0 && named?.length === 0
        ? { fitting: [], misfits: [] }
        : usableSchedules(kernel, { extents, limits: device.limits });
    const offered = fitting.length === 0 ? [] : chosen(fitting, misfits, named, kernel);
    const artifacts = new Map(
      [...offered, ...(given ?? [])].map((schedule) => [
        schedule.name,
        compile(kernel, { extents, schedule, limits: device.limits }),
      ]),
    );
    const schedules = [...artifacts.keys()];
    const trial = {
      kernel,
      axes,
      schedules,
      runs,
      seed,
      ...(parameters === undefined ? {} : { parameters }),
      ...(path === undefined ? {} : { path }),
    };
    const tally = await checkRows(trial, (schedule, data) =>
      executeArtifact(device, kernel, artifacts.get(schedule)!, data),
    );
    if (addsFloats(kernel) && atLeast !== undefined && tally.orderSensitive < atLeast) {
      throw new OrderInsensitiveError(
        `${kernel.name}: of other orders of the sums ${tally.order} changes the most, ` +
          `${percent(tally.orderSensitive)} ` +
          "of the outputs, which is less than " +
          `${percent(atLeast)}; fix: ${moreSensitive}, or give a smaller 'atLeast'`,
      );
    }
    const { cases, rows, orderSensitive, order } = tally;
    return {
      kernel: kernel.name,
      schedules,
      misfits: misfits.map(({ schedule, reason }) => ({ name: schedule.name, reason })),
      cases,
      rows,
      orderSensitive,
      order,
      device: device.info,
      text: render(kernel, schedules, misfits, tally, device.info, options),
    };
  } finally {
    if (options.device === undefined) device.dispose();
  }
}

/** What makes order matter more, as a fix. */
const moreSensitive =
  "reduce over more items than one run of the tree has ('axes'; sequence axes by { min, max }), or fix parameters " +
  "that drown the sums ('params')";

const optionNames: Readonly<Record<keyof InvarianceOptions, true>> = {
  kernel: true,
  axes: true,
  params: true,
  runs: true,
  seed: true,
  schedules: true,
  atLeast: true,
  path: true,
  device: true,
};

/**
 * Refuses options that do not exist, since a misspelt one would test less than was meant, and numbers that can't be.
 */
function checkOptions(options: InvarianceOptions): void {
  const names = Object.keys(optionNames);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new TestSetupError(
      `there is no option '${unknown}'${didYouMean(unknown, names)}`,
      `the options are ${names.join(", ")}`,
    );
  const { runs = 1, seed = 1, atLeast = 0 } = options;
  if (!Number.isInteger(runs) || runs < 1)
    throw new TestSetupError(`'runs' can't be ${String(runs)}`, "give a whole number from 1 up");
  if (!Number.isInteger(seed)) throw new TestSetupError(`'seed' can't be ${String(seed)}`, "give a whole number");
  if (typeof atLeast !== "number" || !(atLeast >= 0 && atLeast <= 1))
    throw new TestSetupError(`'atLeast' can't be ${String(atLeast)}`, "give a fraction from 0 to 1, such as 0.9");
}

function fixed(kernel: Kernel, params: Readonly<Record<string, number>>): Record<string, number> {
  try {
    return checkedParameters(kernel, params);
  } catch (error) {
    throw error instanceof ParameterError ? new TestSetupError(error.what, error.fix) : error;
  }
}

function placeOf(file: string | URL): string {
  try {
    return pathOf(file);
  } catch (error) {
    throw error instanceof LocationError ? new TestSetupError(error.what, error.fix) : error;
  }
}

function readKernel(file: string, name: string | undefined): Kernel {
  if (!existsSync(file))
    throw new TestSetupError(
      `there is no file '${file}'`,
      "give the path of a kernel file, as in new URL('./name.kernel.ts', import.meta.url)",
    );
  const { kernels, diagnostics } = readKernels(file);
  refuse(diagnostics);
  const names = kernels.map((kernel) => kernel.name);
  const kernel =
    name === undefined && kernels.length === 1 ? kernels[0] : kernels.find((candidate) => candidate.name === name);
  if (kernel !== undefined) return kernel;
  if (names.length === 0)
    throw new TestSetupError(`${file} exports no kernel`, "declare one with 'export const name = kernel({ … })'");
  throw new TestSetupError(
    name === undefined ? `${file} has several kernels` : `${file} has no kernel '${name}'${didYouMean(name, names)}`,
    `give 'kernel' one of ${names.join(", ")}`,
  );
}

function refuse(diagnostics: ReturnType<typeof checkExtents>): void {
  const [first] = diagnostics;
  if (first === undefined) return;
  const sourceOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);
  throw new TestSetupError(
    `the kernel is wrong:\n${diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, sourceOf)).join("\n\n")}`,
    first.fix,
    diagnostics,
  );
}

/** The extents of model axes, once all of `axes` is found right. */
function modelAxes(kernel: Kernel, axes: Readonly<Record<string, AxisRange>>): Record<string, number> {
  const names = kernel.axes.map(({ name }) => name);
  for (const [name, range] of Object.entries(axes)) {
    if (!names.includes(name))
      throw new TestSetupError(
        `kernel '${kernel.name}' has no axis '${name}'${didYouMean(name, names)}`,
        `its axes are ${names.join(", ")}`,
      );
    const { min, max } = typeof range === "number" ? { min: range, max: range } : range;
    if (!Number.isInteger(min) || !Number.isInteger(max) || min < 1 || max < min) {
      throw new TestSetupError(
        `axis '${name}' can't have ${JSON.stringify(range)} points`,
        "give a whole number from 1 up, or { min, max } of such",
      );
    }
  }
  const extents: Record<string, number> = {};
  for (const { name, role } of kernel.axes) {
    if (role !== "model") continue;
    const extent = own(axes, name);
    if (typeof extent !== "number")
      throw new TestSetupError(
        `kernel '${kernel.name}' needs the extent of its model axis '${name}'`,
        `add ${name}: N to 'axes', a number`,
      );
    extents[name] = extent;
  }
  refuse(checkExtents(kernel, extents));
  return extents;
}

/** The schedule of a list of steps. Whether they fit is found out by compiling. */
function fromSteps(text: string): Schedule {
  try {
    return scheduleOf(text);
  } catch (error) {
    if (!(error instanceof StepSyntaxError)) throw error;
    const [what, fix] = error.message.split("; fix: ");
    throw new TestSetupError(`steps '${text}', ${what!}`, fix!);
  }
}

function chosen<T extends { readonly name: string }>(
  fitting: readonly T[],
  misfits: readonly Misfit[],
  wanted: readonly string[] | undefined,
  kernel: Kernel,
): readonly T[] {
  if (wanted === undefined) return fitting;
  const names = fitting.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined || wanted.length === 0) {
    const misfit = misfits.find(({ schedule }) => schedule.name === unknown);
    const why =
      unknown === undefined ? "" : misfit === undefined ? didYouMean(unknown, names) : `, since ${misfit.reason}`;
    const what =
      unknown === undefined
        ? "'schedules' is empty"
        : `no schedule '${unknown}' fits kernel '${kernel.name}' at these extents${why}`;
    throw new TestSetupError(what, `leave 'schedules' out, or choose from ${names.join(", ")}`);
  }
  return fitting.filter(({ name }) => wanted.includes(name));
}

function render(
  kernel: Kernel,
  schedules: readonly string[],
  misfits: readonly Misfit[],
  { cases, rows, largest, orderSensitive, order: other }: Tally,
  device: DeviceInfo,
  { seed = 1, atLeast }: InvarianceOptions,
): string {
  const order = !addsFloats(kernel)
    ? "it folds no sum of floats, so that no order could change them"
    : `${other} instead of the declared order would change ${percent(orderSensitive)} of the outputs of all ` +
      "these batches";
  return [
    `${kernel.name}: ${rows} rows compared, all with the same bits: alone (the reference evaluator's), and in ` +
      `batches of up to ${largest}, copies included`,
    `  neighbours: ${neighbours.join(", ")}; first, in the middle, last and everywhere else`,
    `  ${cases} batches under ${schedules.length} schedules: ${schedules.join(", ")}`,
    ...misfitLines(misfits).map((line) => `  does not fit: ${line}`),
    `  ${order}`,
    ...(addsFloats(kernel) && atLeast === undefined && orderSensitive < enoughSensitivity
      ? [
          `  WARNING: that is less than ${percent(enoughSensitivity)}, and data on which order does not matter ` +
            `proves little; fix: ${moreSensitive}`,
        ]
      : []),
    `  device: ${device.description}; seed ${seed}`,
  ].join("\n");
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}%`;
}
