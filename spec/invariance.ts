/** The invariance test: a kernel's rows alone, in another order and under every schedule have the bits of the reference. */
import { readFileSync } from "node:fs";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { renderDiagnostic } from "../dsl/diagnostics.ts";
import { operandsOf } from "../dsl/expr.ts";
import type { Expr, Kernel, Reduce } from "../dsl/ir.ts";
import { checkExtents, readKernels } from "../dsl/reader/index.ts";
import { openDevice, type Device, type DeviceInfo } from "../runtime/index.ts";
import { evaluate, type EvaluationData } from "./evaluator.ts";
import { executeArtifact } from "./execute.ts";
import { modelExtents } from "./extents.ts";
import { randomInputs } from "./inputs.ts";
import { orderSensitivity } from "./order.ts";

export interface InvarianceOptions {
  /** Needed where the file has several kernels. */
  readonly kernel?: string;
  /** The extent of each of the kernel's axes; the batch axes' are those of the crowd, and should be 3 or more. */
  readonly extents: Readonly<Record<string, number>>;
  /** Seed of the random inputs; 1 where absent. */
  readonly seed?: number;
  /** The device to run on; where absent, one is opened and disposed of. */
  readonly device?: Device;
}

export interface InvarianceReport {
  readonly kernel: string;
  readonly schedules: readonly string[];
  /** How often a schedule was run and compared. */
  readonly runs: number;
  /** One line for each run that differed, with the first element that did; empty where the kernel is invariant. */
  readonly differences: readonly string[];
  /** The fraction of outputs that a flat chain would change: near 0, the inputs could not have told orders apart. */
  readonly orderSensitive: number;
  readonly device: DeviceInfo;
}

/**
 * Runs a kernel on random inputs under every schedule that fits: the whole batch, the batch in reverse, and its first,
 * middle and last point alone, for each batch axis whose points the kernel keeps apart. All of it is compared with the
 * reference evaluator's bits of the whole batch.
 * Throws an Error that holds the rendered diagnostics where the file does not check.
 */
export async function checkInvariance(file: string, options: InvarianceOptions): Promise<InvarianceReport> {
  const kernel = readKernel(file, options);
  const { extents, seed = 1 } = options;
  const whole: EvaluationData = { extents, ...randomInputs(kernel, extents, seed) };
  const reference = evaluate(kernel, whole);
  const device = options.device ?? await openDevice();
  try {
    const schedules = schedulesFor(kernel, { extents: modelExtents(kernel, extents), limits: device.limits });
    const differences: string[] = [];
    let runs = 0;
    for (const schedule of schedules) {
      const artifact = compile(kernel, { extents: modelExtents(kernel, extents), schedule, limits: device.limits });
      for (const selection of selectionsOf(kernel, extents)) {
        const outputs = await executeArtifact(device, kernel, artifact, selectData(kernel, whole, selection));
        const difference = compare(kernel, extents, reference, outputs, selection);
        if (difference !== undefined) differences.push(`${schedule.name}, ${selection.name}: ${difference}`);
        runs++;
      }
    }
    const orderSensitive = orderSensitivity(kernel, extents, whole);
    return { kernel: kernel.name, schedules: schedules.map(({ name }) => name), runs, differences, orderSensitive, device: device.info };
  } finally {
    if (options.device === undefined) device.dispose();
  }
}

function readKernel(file: string, { kernel: name, extents }: InvarianceOptions): Kernel {
  const { kernels, diagnostics } = readKernels(file);
  const kernel = name === undefined && kernels.length === 1 ? kernels[0] : kernels.find((candidate) => candidate.name === name);
  const found = diagnostics.length > 0 || kernel === undefined ? diagnostics : checkExtents(kernel, extents);
  if (found.length > 0) {
    const sourceOf = (path: string): string => readFileSync(path, "utf8");
    throw new Error(`${file} does not check:\n${found.map((diagnostic) => renderDiagnostic(diagnostic, sourceOf)).join("\n")}`);
  }
  if (kernel === undefined) throw new Error(`${file} has the kernels ${kernels.map((candidate) => candidate.name).join(", ")}; fix: name one of them as 'kernel'`);
  const missing = kernel.axes.filter((axis) => !Object.hasOwn(extents, axis.name)).map((axis) => axis.name);
  if (missing.length > 0) throw new Error(`kernel '${kernel.name}' needs the extents of ${missing.join(", ")}; fix: add them to 'extents'`);
  return kernel;
}

/** Points of a batch axis, in the order in which they make up a smaller or rearranged batch. */
interface Selection {
  readonly name: string;
  readonly axis?: string;
  readonly points: readonly number[];
}

function selectionsOf(kernel: Kernel, extents: Readonly<Record<string, number>>): Selection[] {
  const axes = kernel.axes.filter(({ name, role }) => role === "batch" && extents[name]! > 1 && keepsApart(kernel, name)).map(({ name }) => name);
  return [{ name: "whole", points: [] }, ...axes.flatMap((axis) => {
    const extent = extents[axis]!;
    const reversed = Array.from({ length: extent }, (_, index) => extent - 1 - index);
    const alone = new Set([0, extent >> 1, extent - 1]);
    return [
      { name: `${axis} reversed`, axis, points: reversed },
      ...[...alone].map((point) => ({ name: `${axis} ${point} alone`, axis, points: [point] })),
    ];
  })];
}

/** Whether the axis only ever indexes its own dimension, and that dimension is indexed by nothing else. */
function keepsApart(kernel: Kernel, axis: string): boolean {
  const variable = kernel.pool.axisVariable(axis);
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const seen = new Set<Expr | Reduce>();
  const isOwn = (expr: Expr): boolean => expr.kind === "index" && expr.variable === variable;
  const indicesFit = (axes: readonly string[], indices: readonly Expr[]): boolean =>
    indices.every((index, dimension) => (axes[dimension] === axis ? isOwn(index) : fits(index)));
  const fits = (expr: Expr): boolean => {
    if (seen.has(expr)) return true;
    seen.add(expr);
    if (isOwn(expr)) return false;
    if (expr.kind === "load") return indicesFit(axesOf.get(expr.input)!, expr.indices);
    if (expr.kind === "field") return [expr.of.start, expr.of.count, ...expr.of.leaf].every(fits);
    return operandsOf(expr).every(fits);
  };
  return kernel.outputs.every(({ axes, place, value }) => fits(value) && (place === undefined || indicesFit(axes, place)));
}

function selectData(kernel: Kernel, data: EvaluationData, selection: Selection): EvaluationData {
  const { axis, points } = selection;
  if (axis === undefined) return data;
  const select = (tensors: Readonly<Record<string, Uint32Array>> = {}): Record<string, Uint32Array> => (
    Object.fromEntries([...kernel.inputs, ...kernel.outputs].filter(({ name }) => name in tensors)
      .map(({ name, axes }) => [name, selectElements(tensors[name]!, axes, data.extents, selection)]))
  );
  return {
    ...data, extents: { ...data.extents, [axis]: points.length }, inputs: select(data.inputs), initial: select(data.initial),
  };
}

/** The selected points of a tensor, along the selection's axis; all of it where it does not have that axis. */
function selectElements(elements: Uint32Array, axes: readonly string[], extents: Readonly<Record<string, number>>, { axis, points }: Selection): Uint32Array {
  const dimension = axis === undefined ? -1 : axes.indexOf(axis);
  if (dimension < 0) return elements;
  const inner = axes.slice(dimension + 1).reduce((size, name) => size * extents[name]!, 1);
  const stride = inner * extents[axis!]!;
  const selected = new Uint32Array((elements.length / extents[axis!]!) * points.length);
  let to = 0;
  for (let from = 0; from < elements.length; from += stride) {
    for (const point of points) {
      selected.set(elements.subarray(from + point * inner, from + (point + 1) * inner), to);
      to += inner;
    }
  }
  return selected;
}

/** The first element of an output that is not the reference's; undefined where all are. */
function compare(
  kernel: Kernel, extents: Readonly<Record<string, number>>, reference: Readonly<Record<string, Uint32Array>>,
  outputs: Readonly<Record<string, Uint32Array>>, selection: Selection,
): string | undefined {
  for (const { name, axes, over } of kernel.outputs) {
    // A part of the batch scatters a part of what the whole does.
    const scattersLess = selection.axis !== undefined && over.includes(selection.axis) && !axes.includes(selection.axis) &&
      selection.points.length < extents[selection.axis]!;
    if (scattersLess) continue;
    const expected = selectElements(reference[name]!, axes, extents, selection);
    const at = outputs[name]!.findIndex((bits, index) => bits !== expected[index]);
    if (at >= 0) return `${name}[${at}] is ${hex(outputs[name]![at]!)}, the reference ${hex(expected[at]!)}`;
  }
  return undefined;
}

const hex = (bits: number): string => `0x${bits.toString(16).padStart(8, "0")}`;
