/** The same rows in another batch: which of them, in what order, beside what, in which places, under what padding. */
import type { Kernel, Output, StorageType } from "../../dsl/ir.ts";
import { canonicalNaN } from "../../dsl/bits.ts";
import { own } from "../../dsl/own.ts";
import type { BitData } from "../data.ts";
import { evaluate, sizeOf } from "../evaluator.ts";
import type { Random } from "../random.ts";
import type { Extents, Roles } from "./roles.ts";
import { holdsFloats } from "../../runtime/storage.ts";

/** What the floats of rows that are not compared are overwritten with; "random" leaves them. */
export const neighbours = ["random", "zeros", "infinities", "NaN"] as const;
export type Neighbours = (typeof neighbours)[number];

export interface Arrangement {
  /** As it stands in messages: "in a crowd of 7". */
  readonly name: string;
  /**
   * For each axis that is other than in the base: the base's point that each of its points is; undefined is padding.
   */
  readonly points: Readonly<Record<string, readonly (number | undefined)[]>>;
  /** For each pool: where each unit of the base lies now. */
  readonly moved: Readonly<Record<string, readonly number[]>>;
  /** The place that is compared, on every axis of rows, among `neighbours`; absent: all are. */
  readonly focus?: { readonly at: Readonly<Record<string, number>>; readonly neighbours: Neighbours };
}

/** A batch, what the reference evaluator says of it, and which row each element of it comes from. */
export interface Base {
  readonly kernel: Kernel;
  readonly roles: Roles;
  readonly data: BitData;
  readonly reference: Readonly<Record<string, Uint32Array>>;
  /**
   * For scattered outputs, for each axis of rows that they run over: the writing row's point plus one; 0 where none
   * wrote.
   */
  readonly writers: Readonly<Record<string, Readonly<Record<string, Uint32Array>>>>;
}

export function baseOf(kernel: Kernel, roles: Roles, data: BitData): Base {
  const { pool } = kernel;
  const scattered = kernel.outputs.filter((output) => output.place !== undefined);
  const writers = Object.fromEntries(
    scattered.map((output) => [
      output.name,
      Object.fromEntries(
        roles.rows
          .filter((axis) => output.over.includes(axis))
          .map((axis) => {
            const value = pool.add(pool.index(pool.axisVariable(axis)), pool.u32(1));
            const { extents, inputs, parameters = {} } = data;
            return [
              axis,
              evaluate({ ...kernel, outputs: [{ ...output, storage: "u32", value }] }, { extents, inputs, parameters })[
                output.name
              ]!,
            ];
          }),
      ),
    ]),
  );
  return { kernel, roles, data, reference: evaluate(kernel, data), writers };
}

/** The batch that an arrangement makes of a base. */
export function arrange({ kernel, roles, data }: Base, arrangement: Arrangement, random: Random): BitData {
  const moves = new Map(
    roles.pools.flatMap(({ axis, tables }) => tables.map((table) => [table, own(arrangement.moved, axis)] as const)),
  );
  const rearranged = (
    name: string,
    storage: StorageType,
    axes: readonly string[],
    elements: Uint32Array,
  ): Uint32Array => {
    const isFloat = holdsFloats(storage);
    const move = moves.get(name);
    const others = isFloat ? strangers(axes, data.extents, arrangement) : undefined;
    return Uint32Array.from(sources(axes, data.extents, arrangement), (source, at) => {
      if (others?.[at] === 1 && source >= 0)
        return overwritten(arrangement.focus!.neighbours, elements[source]!, random);
      // Padding of floats is what no row may read; that of integers must still be values that fit.
      if (source < 0 && isFloat) return canonicalNaN;
      const value = elements[Math.max(0, source)]!;
      return move?.[value] ?? value;
    });
  };
  const inputs = Object.fromEntries(
    kernel.inputs.map(({ name, storage, axes }) => [name, rearranged(name, storage, axes, data.inputs[name]!)]),
  );
  const initial = Object.fromEntries(
    kernel.outputs
      .filter((output) => own(data.initial, output.name) !== undefined)
      .map(({ name, storage, axes }) => [name, rearranged(name, storage, axes, data.initial![name]!)]),
  );
  const extents = {
    ...data.extents,
    ...Object.fromEntries(Object.entries(arrangement.points).map(([axis, points]) => [axis, points.length])),
  };
  return { ...data, extents, inputs, initial };
}

function overwritten(by: Neighbours, bits: number, random: Random): number {
  switch (by) {
    case "random":
      return bits;
    case "zeros":
      return (bits & 0x80000000) >>> 0;
    case "infinities":
      return random.below(2) === 0 ? 0x7f800000 : 0xff800000;
    case "NaN":
      return canonicalNaN;
  }
}

/** What an element of the arranged output must be: that element of the base's, its own initial value, or anything. */
export const initially = -2;
export const anything = -1;
export function expectations({ data, roles, writers }: Base, output: Output, arrangement: Arrangement): Int32Array {
  const from = sources(output.axes, data.extents, arrangement);
  const written = own(writers, output.name);
  if (written === undefined) {
    const others = strangers(output.axes, data.extents, arrangement);
    return from.map((source, at) => (source < 0 || others[at] === 1 ? anything : source));
  }
  const axes = roles.rows.filter((axis) => Object.hasOwn(written, axis));
  const present = Object.fromEntries(
    axes.map((axis) => [axis, new Set(own(arrangement.points, axis) ?? wholeAxis(data.extents[axis]!))]),
  );
  const focused = Object.fromEntries(
    axes.map((axis) => [axis, arrangement.focus && arrangement.points[axis]![arrangement.focus.at[axis]!]]),
  );
  return from.map((source) => {
    if (source < 0) return initially;
    const rows = axes.map((axis) => [axis, written[axis]![source]! - 1] as const);
    if (rows.some(([axis, row]) => row < 0 || !present[axis]!.has(row))) return initially;
    return arrangement.focus !== undefined && rows.some(([axis, row]) => focused[axis] !== row) ? anything : source;
  });
}

/** The row that an element of the base's output comes from. */
export function rowOf({ data, roles, writers }: Base, { name, axes }: Output, source: number): Record<string, number> {
  const indices = coordinates(source, axes, data.extents);
  return Object.fromEntries(
    roles.rows.flatMap((axis) => {
      const written = own(writers, name);
      const point = written === undefined ? indices[axes.indexOf(axis)] : (own(written, axis)?.[source] ?? 0) - 1;
      return point === undefined || point < 0 ? [] : [[axis, point]];
    }),
  );
}

/** How many rows of an arrangement are compared. */
export function rowsCompared({ data, roles }: Base, { points, focus }: Arrangement): number {
  return focus !== undefined
    ? 1
    : roles.rows.reduce((rows, axis) => rows * (own(points, axis)?.length ?? data.extents[axis]!), 1);
}

/** The indices of an element. */
export function coordinates(at: number, axes: readonly string[], extents: Extents): number[] {
  const indices: number[] = [];
  let rest = at;
  for (const axis of [...axes].reverse()) {
    indices.unshift(rest % extents[axis]!);
    rest = Math.floor(rest / extents[axis]!);
  }
  return indices;
}

export function wholeAxis(extent: number): number[] {
  return Array.from({ length: extent }, (_, point) => point);
}

/** For each element of an arranged tensor, the base's element that it is; negative for padding. */
function sources(axes: readonly string[], extents: Extents, { points }: Arrangement): Int32Array {
  return axes.reduce((outer, axis) => {
    const extent = extents[axis]!;
    const inner = own(points, axis) ?? wholeAxis(extent);
    const result = new Int32Array(outer.length * inner.length);
    let at = 0;
    for (const before of outer)
      for (const point of inner) result[at++] = before < 0 || point === undefined ? -1 : before * extent + point;
    return result;
  }, Int32Array.of(0));
}

/** For each element of an arranged tensor, 1 where it belongs to a row that is not compared. */
function strangers(axes: readonly string[], extents: Extents, { points, focus }: Arrangement): Uint8Array {
  const shape = axes.map((axis) => own(points, axis)?.length ?? extents[axis]!);
  if (focus === undefined)
    return new Uint8Array(sizeOf(axes, Object.fromEntries(axes.map((axis, d) => [axis, shape[d]!]))));
  return axes.reduce((outer, axis, d) => {
    const result = new Uint8Array(outer.length * shape[d]!);
    let at = 0;
    for (const before of outer)
      for (let point = 0; point < shape[d]!; point++)
        result[at++] = before | (point === (own(focus.at, axis) ?? point) ? 0 : 1);
    return result;
  }, Uint8Array.of(0));
}
