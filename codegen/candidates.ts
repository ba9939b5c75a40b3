/**
 * The schedules that a kernel is offered, made from its axes, its reductions' trees and the device's limits alone.
 * Each is a plan for mappings; what does not fit is found out by lowering it and left out.
 */
import type { Expr, Load, Output, Reduce } from "../dsl/ir.ts";
import type { DeviceLimits } from "../runtime/artifact.ts";
import { isPacked, perVector } from "../runtime/storage.ts";
import { ScheduleError } from "./errors.ts";
import { collect, holds, operandsOf, reductionsBelow, reductionsInScope, rootsOf } from "../dsl/visit.ts";
import { extentOf, type PassKernel } from "./pass-kernel.ts";
import type { AxisMapping, Mapping, Schedule } from "./schedule.ts";
import { splitReductions } from "./split.ts";

const single = { registers: 1, order: "blocked", whole: false } as const;

/** Axes that a pass computes outputs over, outermost first; the last one's neighbours are neighbours in memory. */
export function outputAxesOf(kernel: PassKernel): string[] {
  const axes = new Set<string>();
  for (const output of kernel.outputs) output.over.forEach((axis) => axes.add(axis));
  if (axes.size === 0) return [];
  const inner = innermostOf(
    kernel.outputs.find((output) => isPacked(output.storage)) ??
      kernel.outputs.find((output) => output.over.length > 0)!,
    kernel,
  );
  axes.delete(inner);
  return [...axes, inner];
}

function innermostOf(output: Output, kernel: PassKernel): string {
  const last = output.place?.[output.place.length - 1];
  const axis =
    last?.kind === "index" && last.variable.kind === "axis" ? last.variable.axis : output.over[output.over.length - 1]!;
  return kernel.axes.some((candidate) => candidate.name === axis) ? axis : output.over[output.over.length - 1]!;
}

/** The largest power of two up to `most` that is not more than needed for `extent` points. */
function lanesFor(extent: Expr, most: number): number {
  if (extent.kind !== "constant") return most;
  let lanes = 1;
  while (lanes < most && lanes < extent.bits) lanes *= 2;
  return lanes;
}

interface Shape {
  readonly kernel: PassKernel;
  readonly axes: readonly string[];
  readonly inner: string;
  /** Points of the innermost axis that one invocation must hold: two where a word has two elements. */
  readonly pair: 1 | 2;
  readonly reduces: readonly Reduce[];
  readonly limits: DeviceLimits;
}

function shapeOf(kernel: PassKernel, limits: DeviceLimits): Shape {
  const axes = outputAxesOf(kernel);
  return {
    kernel,
    axes,
    inner: axes[axes.length - 1]!,
    limits,
    pair: kernel.outputs.some((output) => isPacked(output.storage)) ? 2 : 1,
    reduces: reductionsInScope(rootsOf(kernel)),
  };
}

const mentions = (shape: Shape, reduce: Reduce, axis: string): boolean =>
  reduce.free.has(shape.kernel.pool.axisVariable(axis));

/** Every output element by one invocation, neighbours along the innermost axis. */
function alone(shape: Shape): Mapping {
  const { kernel, axes, inner, pair } = shape;
  let left = 64;
  const mappings = [...axes].reverse().map((axis): AxisMapping => {
    const extent = extentOf(kernel, axis);
    const registers = axis === inner ? pair : 1;
    const invocations = lanesFor(
      extent.kind === "constant" ? kernel.pool.u32(Math.ceil(extent.bits / registers)) : extent,
      left,
    );
    left = Math.max(1, Math.floor(left / invocations));
    return { ...single, axis, invocations, registers };
  });
  return { axes: mappings.reverse(), ways: 1, unroll: 1 };
}

/** One invocation a row: it folds alone and walks the axis that the reductions do not mention. */
function aRowEach(shape: Shape): Mapping | undefined {
  const { axes, inner, pair, reduces } = shape;
  if (axes.length < 2 || reduces.length === 0 || reduces.some((reduce) => mentions(shape, reduce, inner)))
    return undefined;
  const last = axes.length - 2;
  return {
    axes: axes.map(
      (axis, at): AxisMapping => ({
        ...single,
        axis,
        invocations: at === last ? lanesFor(extentOf(shape.kernel, axis), 64) : 1,
        registers: axis === inner ? pair : 1,
        whole: axis === inner,
      }),
    ),
    ways: 1,
    unroll: 1,
  };
}

/** One workgroup a row: its invocations share the folds, then walk the row together. */
function rowTogether(shape: Shape): Mapping | undefined {
  const { axes, inner, pair, reduces } = shape;
  if (reduces.length === 0 || reduces.some((reduce) => mentions(shape, reduce, inner))) return undefined;
  return {
    axes: axes.map(
      (axis): AxisMapping => ({
        ...single,
        axis,
        invocations: axis === inner ? 64 : 1,
        registers: axis === inner ? pair : 1,
        whole: axis === inner,
      }),
    ),
    ways: 1,
    cut: 1,
    unroll: 1,
  };
}

/** A few elements a workgroup, their runs dealt out over its invocations and folded in order through workgroup memory. */
function runsTogether(shape: Shape, cut: number, ways: number, lanes: number, unroll: number): Mapping | undefined {
  const { axes, inner, pair, reduces, kernel } = shape;
  if (reduces.length === 0) return undefined;
  return {
    axes: axes.map(
      (axis): AxisMapping => ({
        ...single,
        axis,
        invocations: axis === inner ? lanesFor(extentOf(kernel, axis), lanes) : 1,
        registers: axis === inner ? pair : 1,
      }),
    ),
    ways,
    cut,
    unroll,
  };
}

/** The innermost axis in registers as a whole, so that what does not mention it is computed once. */
function innerInRegisters(shape: Shape, ways: number, cut: number | undefined): Mapping | undefined {
  const { axes, inner, pair, reduces, kernel } = shape;
  const extent = extentOf(kernel, inner);
  const nested = reduces.some((reduce) => reductionsBelow(reduce.leaf).size > 0);
  if (!nested || extent.kind !== "constant" || extent.bits > 64 || axes.length < 2) return undefined;
  const registers = Math.ceil(extent.bits / pair) * pair;
  const second = axes[axes.length - 2]!;
  const rows = ways > 1 ? 1 : lanesFor(extentOf(kernel, second), 64);
  let left = ways > 1 ? 1 : Math.max(1, Math.floor(32 / rows));
  return {
    axes: axes.map((axis, at): AxisMapping => {
      if (axis === inner) return { ...single, axis, invocations: 1, registers };
      if (axis === second) return { ...single, axis, invocations: rows };
      const invocations = at === axes.length - 3 ? left : 1;
      left = 1;
      return { ...single, axis, invocations };
    }),
    ways,
    unroll: 1,
    ...(cut === undefined ? {} : { cut }),
  };
}

/** Register tiles over two axes, of one invocation each, which folds alone: what it loads serves a row or a column of the tile. */
function aloneTiled(shape: Shape, registers: number, unroll: number): Mapping | undefined {
  const { axes, inner, pair, reduces, kernel } = shape;
  const outer = axes[axes.length - 2];
  if (outer === undefined || reduces.length === 0) return undefined;
  if (!reduces.every((reduce) => mentions(shape, reduce, inner) && mentions(shape, reduce, outer))) return undefined;
  return {
    axes: axes.map((axis): AxisMapping => {
      if (axis !== inner && axis !== outer) return { ...single, axis, invocations: 1 };
      const invocations = axis === inner ? lanesFor(extentOf(kernel, axis), 32) : 1;
      return {
        axis,
        invocations,
        registers,
        order: pair === 2 && axis === inner ? "blocked" : "interleaved",
        whole: false,
      };
    }),
    ways: 1,
    unroll,
  };
}

/** Register tiles over two axes, operands brought through workgroup memory; none where half a tile would be empty. */
function tiled(
  shape: Shape,
  invocations: number,
  registers: number,
  stage: number,
  unroll: number,
): Mapping | undefined {
  const { axes, inner, pair, reduces, kernel } = shape;
  const outer = axes[axes.length - 2];
  if (outer === undefined || reduces.length === 0) return undefined;
  const extent = extentOf(kernel, inner);
  if (extent.kind === "constant" && 2 * extent.bits < invocations * registers) return undefined;
  if (!reduces.every((reduce) => mentions(shape, reduce, inner) && mentions(shape, reduce, outer))) return undefined;
  return {
    axes: axes.map((axis): AxisMapping => {
      const tile = axis === inner || axis === outer;
      return {
        axis,
        invocations: tile ? invocations : 1,
        registers: tile ? registers : 1,
        order: pair === 2 && axis === inner ? "blocked" : "interleaved",
        whole: false,
      };
    }),
    ways: 1,
    unroll,
    stage,
  };
}

/**
 * One lane an output, 32 lanes side by side, whole runs dealt out over groups of lanes; inputs that the lanes walk far
 * apart are stored in blocks, so that the lanes of a group read neighbouring memory.
 */
function inBlocks(shape: Shape): Schedule[] {
  const { kernel, inner, limits } = shape;
  const lanes = 32;
  const extent = extentOf(kernel, inner);
  const layouts = blocksFor(shape, lanes);
  if (Object.keys(layouts).length === 0 || (extent.kind === "constant" && extent.bits < lanes)) return [];
  const mapping = runsTogether(shape, 1, Math.max(1, Math.min(8, Math.floor(limits.maxInvocations / lanes))), lanes, 8);
  return mapping === undefined ? [] : [{ name: "blocks", passes: [mapping], layouts }];
}

/**
 * Blocks for the inputs whose elements neighbouring lanes walk far apart: those that leaves read at the innermost axis,
 * further on at an item, and elsewhere at indices that neither is part of. A block holds what the lanes load at once, a
 * vector of items each. Where the item comes first, neighbours along the axis are neighbours in memory as it is. Inputs
 * of the batch's size are left as they are: what wrote them would have to store them so, at each run.
 */
function blocksFor(shape: Shape, lanes: number): Record<string, readonly number[]> {
  const { kernel, inner, reduces } = shape;
  const lane = kernel.pool.axisVariable(inner);
  const found = new Map<string, readonly number[] | undefined>();
  const blocksOf = ({ indices, guarded, storage }: Load): readonly number[] | undefined => {
    const isLane = (index: Expr): boolean => index.kind === "index" && index.variable === lane;
    const isItem = (index: Expr): boolean => index.kind === "index" && index.variable.kind === "item";
    const [axis, item] = [indices.findIndex(isLane), indices.findIndex(isItem)];
    const others = indices.filter((_, at) => at !== axis && at !== item);
    if (
      guarded ||
      axis < 0 ||
      item < axis ||
      others.some(({ free }) => [...free].some((variable) => variable === lane || variable.kind === "item"))
    )
      return undefined;
    return indices.map((_, at) => (at === axis ? lanes : at === item ? perVector(storage) : 1));
  };
  const visit = (expr: Expr): void => {
    if (expr.kind !== "load") return;
    const blocks = blocksOf(expr);
    const known = found.get(expr.input);
    found.set(expr.input, found.has(expr.input) && known?.join() !== blocks?.join() ? undefined : blocks);
  };
  [...reductionsBelow(reduces.flatMap((reduce) => reduce.leaf)), ...reduces].forEach((reduce) =>
    reduce.leaf.forEach((leaf) => collect([leaf]).forEach(visit)),
  );
  const isModel = (axis: string): boolean => extentOf(kernel, axis).kind === "constant";
  const stored = kernel.inputs.filter(({ name, axes }) => found.get(name) !== undefined && axes.every(isModel));
  return Object.fromEntries(stored.map(({ name }) => [name, found.get(name)!]));
}

/** Whether innermost chains walk rows of memory, so that taking several leaves at a time loads vectors. */
function walksRows(shape: Shape): boolean {
  const walks = (expr: Expr): boolean => {
    const last = expr.kind === "load" ? expr.indices.at(-1) : undefined;
    return last?.kind === "index" && last.variable.kind === "item";
  };
  const belowLoads = (expr: Expr): readonly Expr[] => (expr.kind === "load" ? [] : operandsOf(expr));
  return shape.reduces.some((reduce) => reduce.leaf.some((leaf) => holds(leaf, walks, belowLoads)));
}

export function candidateSchedules(kernel: PassKernel, limits: DeviceLimits): Schedule[] {
  const shape = shapeOf(kernel, limits);
  const schedules: Schedule[] = [];
  const offer = (name: string, mapping: Mapping | undefined): void => {
    if (mapping !== undefined) schedules.push({ name, passes: [mapping] });
  };
  offer("alone", alone(shape));
  if (shape.reduces.length === 0 || shape.axes.length === 0) return schedules;
  const vectors = walksRows(shape);
  if (vectors) offer("alone-vector", { ...alone(shape), unroll: 8 });
  offer("row-each", aRowEach(shape));
  offer("row-together", rowTogether(shape));
  offer("registers", innerInRegisters(shape, 1, undefined));
  offer("registers-together", innerInRegisters(shape, 16, 0));
  offer("runs-together", runsTogether(shape, 1, 8, 8, 1));
  offer("leaves-together", runsTogether(shape, 0, 16, 4, 1));
  if (vectors) offer("runs-vector", runsTogether(shape, 1, 16, 16, 8));
  schedules.push(...inBlocks(shape));
  offer("alone-4x4", aloneTiled(shape, 4, vectors ? 8 : 1));
  offer("tile-2x2", tiled(shape, 8, 2, 8, 1));
  offer("tile-4x4", tiled(shape, 8, 4, 16, 1));
  if (vectors) offer("tile-8x8", tiled(shape, 16, 8, 16, 8));
  for (const level of [1, 2]) {
    schedules.push(...splitSchedule(kernel, level, limits));
  }
  return schedules;
}

/** The schedule that splits at a level, if any reduction can be. */
function splitSchedule(kernel: PassKernel, level: number, limits: DeviceLimits): Schedule[] {
  try {
    const passes = splitReductions(kernel, level).map((pass) => alone(shapeOf(pass, limits)));
    return [{ name: level === 1 ? "split" : `split-level-${level}`, split: level, passes }];
  } catch (error) {
    if (error instanceof ScheduleError) return [];
    throw error;
  }
}
