/** What the commands that take a kernel file have in common: reading it, choosing a kernel, and the axes' extents. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { InvalidArgumentError } from "commander";
import type { Diagnostic } from "../dsl/diagnostics.ts";
import type { Kernel } from "../dsl/ir.ts";
import { startTiming } from "../runtime/debug.ts";
import { didYouMean } from "../runtime/errors.ts";
import { FindingError, UsageError } from "./exit.ts";

/** Reads and checks a file's kernels. Diagnostics go to stderr and end the command as a finding. */
export async function readKernelFile(file: string): Promise<Kernel[]> {
  const { readKernels } = await import("../dsl/reader/index.ts");
  assertFile(file);
  const finished = startTiming();
  const { kernels, diagnostics } = readKernels(file);
  finished(() => `read ${file}`);
  await refuse(diagnostics);
  if (kernels.length === 0)
    throw new UsageError(`${file} exports no kernel; fix: declare one with 'export const NAME = kernel({ … })'`);
  return kernels;
}

export function assertFile(file: string): void {
  if (!existsSync(file))
    throw new UsageError(`there is no file '${file}'; fix: give the path of a TypeScript file that exports kernels`);
  if (!statSync(file).isFile())
    throw new UsageError(`'${file}' is not a file; fix: give the path of a TypeScript file that exports kernels`);
}

/** Shows diagnostics, if there are any, and ends the command. */
export async function refuse(diagnostics: readonly Diagnostic[]): Promise<void> {
  if (diagnostics.length === 0) return;
  process.stderr.write(await renderAll(diagnostics));
  throw new FindingError(`${diagnostics.length} diagnostics`);
}

/** All diagnostics as text, an empty line between two. */
export async function renderAll(diagnostics: readonly Diagnostic[]): Promise<string> {
  const { renderDiagnostic } = await import("../dsl/diagnostics.ts");
  const sourceOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
  return diagnostics.map((diagnostic) => `${renderDiagnostic(diagnostic, sourceOf).trimEnd()}\n`).join("\n");
}

/** The kernel of that name, or the only one. */
export function chooseKernel(kernels: readonly Kernel[], name: string | undefined, file: string): Kernel {
  const names = kernels.map((kernel) => kernel.name);
  if (name === undefined) {
    if (kernels.length === 1) return kernels[0]!;
    throw new UsageError(`${file} has several kernels; fix: add --kernel with one of ${names.join(", ")}`);
  }
  const found = kernels.find((kernel) => kernel.name === name);
  if (found === undefined)
    throw new UsageError(
      `${file} has no kernel '${name}'${didYouMean(name, names)}; fix: use one of ${names.join(", ")}`,
    );
  return found;
}

export type Extents = Readonly<Record<string, number>>;
export type Parameters = Readonly<Record<string, number>>;

/** Collects `--axis name=extent`. */
export function collectAxis(argument: string, before: Extents = {}): Extents {
  const match = /^([^=]+)=(\d+)$/.exec(argument);
  const extent = Number(match?.[2]);
  if (match === null || extent > 0xffffffff)
    throw new InvalidArgumentError("Write name=extent, with a whole number below 2^32, as in --axis token=5.");
  const [, name] = match;
  if (Object.hasOwn(before, name!)) throw new InvalidArgumentError(`Give axis '${name}' once.`);
  return { ...before, [name!]: extent };
}

/** Collects `--param name=value`. */
export function collectParameter(argument: string, before: Parameters = {}): Parameters {
  const match = /^([^=]+)=(.+)$/.exec(argument);
  const value = Number(match?.[2]);
  if (match === null || Number.isNaN(value))
    throw new InvalidArgumentError("Write name=value, with a number, as in --param epsilon=1e-5.");
  const [, name] = match;
  if (Object.hasOwn(before, name!)) throw new InvalidArgumentError(`Give parameter '${name}' once.`);
  return { ...before, [name!]: value };
}

/** Refuses extents of axes that none of the kernels has. */
export function assertKnownAxes(kernels: readonly Kernel[], extents: Extents): void {
  const names = [...new Set(kernels.flatMap(({ axes }) => axes.map(({ name }) => name)))];
  const [first, ...others] = kernels;
  for (const name of Object.keys(extents)) {
    if (names.includes(name)) continue;
    throw new UsageError(
      others.length === 0
        ? `kernel '${first!.name}' has no axis '${name}'${didYouMean(name, names)}; fix: its axes are ` +
            `${names.join(", ")}`
        : `none of the kernels has an axis '${name}'${didYouMean(name, names)}; fix: their axes are ` +
            `${names.join(", ")}`,
    );
  }
}

/** The longest that a model axis may be. */
const largestModelExtent = 2 ** 30;

/** Those extents that are of a kernel's own axes. Refuses a model axis of none, or of too many points. */
export function ownExtents(kernel: Kernel, extents: Extents): Extents {
  for (const { name, role } of kernel.axes) {
    if (role === "model" && extents[name] === 0)
      throw new UsageError(`model axis '${name}' is 0; fix: give --axis ${name}=N with N of at least 1`);
    if (role === "model" && extents[name]! > largestModelExtent) {
      throw new UsageError(
        `model axis '${name}' is ${extents[name]}; fix: give --axis ${name}=N with N of at most ${largestModelExtent}`,
      );
    }
  }
  return Object.fromEntries(
    kernel.axes.flatMap(({ name }) => (Object.hasOwn(extents, name) ? [[name, extents[name]!]] : [])),
  );
}

/** What a model axis is where the command line does not say, as options describe it. */
export const usualExtents = "where it is not given, up to 200: other numbers for other axes, not all of them aligned";

/** Extents for all model axes: those given, and for the others such as fit the kernel. */
export async function modelExtentsOr(kernel: Kernel, given: Extents = {}): Promise<Extents> {
  const { modelExtentsOr: fitting } = await import("./default-extents.ts");
  const models = new Set(kernel.axes.filter(({ role }) => role === "model").map(({ name }) => name));
  return fitting(
    kernel,
    Object.fromEntries(Object.entries(ownExtents(kernel, given)).filter(([name]) => models.has(name))),
  );
}

/** Elements of all of a kernel's tensors together that are made up, evaluated and read back: 1 GiB. */
const mostElements = 2 ** 28;

/** Refuses anything but an extent for each of the kernel's axes, and tensors that no memory holds. */
export function assertAllAxes(kernel: Kernel, extents: Extents): void {
  assertKnownAxes([kernel], extents);
  const missing = kernel.axes.filter(({ name }) => !Object.hasOwn(extents, name));
  if (missing.length === 0) return assertSmall(kernel, ownExtents(kernel, extents));
  const options = missing.map(({ name }) => `--axis ${name}=N`).join(" ");
  const described = missing.map(({ name, role }) => `${name} (${role})`).join(", ");
  throw new UsageError(`kernel '${kernel.name}' needs the extents of ${described}; fix: add ${options}`);
}

function assertSmall(kernel: Kernel, extents: Extents): void {
  const sizes = [...kernel.inputs, ...kernel.outputs].map(({ name, axes }) => ({
    name,
    elements: axes.reduce((product, axis) => product * extents[axis]!, 1),
  }));
  const long = kernel.axes.find(({ name }) => extents[name]! > mostElements);
  const advice = `fix: give smaller extents, of ${mostElements} elements in all`;
  if (long !== undefined)
    throw new UsageError(
      `axis '${long.name}' has ${extents[long.name]} points, more than a kernel is tried on; ${advice}`,
    );
  const all = sizes.reduce((sum, { elements }) => sum + elements, 0);
  if (all <= mostElements) return;
  const largest = sizes.reduce((one, other) => (other.elements > one.elements ? other : one));
  throw new UsageError(
    `the tensors of kernel '${kernel.name}' have ${all} elements at these extents, '${largest.name}' ` +
      `${largest.elements} of them, ` +
      `more than a kernel is tried on; ${advice}`,
  );
}
