/** What is tried: the extents of a batch, and the other batches that its rows are put into. */
import { own, record } from "../../dsl/own.ts";
import fc from "fast-check";
import type { Kernel } from "../../dsl/ir.ts";
import { sizeOf } from "../evaluator.ts";
import { Random } from "../random.ts";
import { neighbours, wholeAxis, type Arrangement, type Neighbours } from "./arrangement.ts";
import type { Extents, Roles } from "./roles.ts";

/** An extent, or from `min` to `max`, inclusive. */
export type AxisRange = number | { readonly min: number; readonly max: number };

/** Drawn and shrunk by fast-check. */
export interface Case {
  /** For each axis, how much its extent is above the least. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Seed of the inputs. */
  readonly inputs: number;
  /** Seed of orders and places. */
  readonly order: number;
  /** Rows that the crowd has twice, and unused points of pools and sequences. */
  readonly repeats: number;
  readonly padding: number;
  readonly neighbours: Neighbours;
  /** Which row is looked at among neighbours. */
  readonly focus: number;
}

/** How far the extents of axes go that the author leaves open. */
const mostRows = 20;
const mostRowsOfSeveralAxes = 4;
const mostUnits = 9;
const mostItems = 150;

/** For each axis that may vary, how far its extent may lie above the least. */
function spreads(kernel: Kernel, roles: Roles, ranges: Readonly<Record<string, AxisRange>>): Record<string, number> {
  const spread = (axis: string, role: string): number => {
    const range = own(ranges, axis);
    if (typeof range === "number") return 0;
    if (range !== undefined) return range.max - range.min;
    if (roles.pools.some((pool) => pool.axis === axis)) return mostUnits - 1;
    if (role === "sequence") return mostItems - 1;
    return (roles.rows.length > 1 && roles.rows.includes(axis) ? mostRowsOfSeveralAxes : mostRows) - 1;
  };
  return Object.fromEntries(
    kernel.axes.filter(({ role }) => role !== "model").map(({ name, role }) => [name, spread(name, role)]),
  );
}

/** The extents of the largest batch that is drawn. */
export function largestExtents(kernel: Kernel, roles: Roles, ranges: Readonly<Record<string, AxisRange>>): Extents {
  return extentsOf(kernel, roles, ranges, { sizes: spreads(kernel, roles, ranges) });
}

export function arbitraryCase(
  kernel: Kernel,
  roles: Roles,
  ranges: Readonly<Record<string, AxisRange>>,
): fc.Arbitrary<Case> {
  return fc.record({
    sizes: fc.record(
      Object.fromEntries(
        Object.entries(spreads(kernel, roles, ranges)).map(([name, spread]) => [name, fc.nat(spread)]),
      ),
    ),
    inputs: fc.nat(0xffff),
    order: fc.nat(0xffff),
    repeats: fc.nat(24),
    padding: fc.nat(40),
    neighbours: fc.constantFrom(...neighbours),
    focus: fc.nat(0xffff),
  });
}

export function extentsOf(
  kernel: Kernel,
  roles: Roles,
  ranges: Readonly<Record<string, AxisRange>>,
  { sizes }: Pick<Case, "sizes">,
): Extents {
  const extents = record<number>();
  const set = (axis: string, least: number, unit = 1): void => {
    const range = own(ranges, axis);
    extents[axis] =
      typeof range === "number"
        ? range
        : range !== undefined
          ? range.min + sizes[axis]!
          : unit * (least + sizes[axis]!);
  };
  const blocks = new Map(roles.blocks.map((block) => [block.axis, block]));
  const isRow = (axis: string): boolean => roles.rows.includes(axis);
  // Blocks follow from the axes that they are blocks of, and places from how many must be distinct.
  for (const { name, role } of kernel.axes) if (role !== "batch" && !blocks.has(name)) set(name, 1);
  for (const { axis, of, size } of blocks.values()) {
    const range = own(ranges, axis);
    extents[axis] = typeof range === "number" ? range : Math.ceil(extents[of]! / size(extents));
  }
  for (const axis of roles.rows) set(axis, 1);
  const places = Math.max(
    1,
    ...kernel.inputs
      .filter((input) => input.unique && input.axes.every((axis) => extents[axis] !== undefined))
      .map((input) => sizeOf(input.axes, extents)),
  );
  for (const { name, role } of kernel.axes) {
    if (role !== "batch" || isRow(name)) continue;
    set(name, places, roles.pools.find((pool) => pool.axis === name)?.unit(extents));
  }
  return extents;
}

/** The rows in other batches: each alone first. */
export interface Arrangements {
  readonly alone: readonly Arrangement[];
  readonly together: readonly Arrangement[];
}

export function arrangementsOf(kernel: Kernel, roles: Roles, extents: Extents, drawn: Case): Arrangements {
  const random = new Random(drawn.order, "order");
  const places = placement(roles, extents, drawn, random);
  const alone = everyRow(roles, extents).map(
    (row): Arrangement => ({
      name: "alone",
      moved: {},
      points: Object.fromEntries(Object.entries(row).map(([axis, point]) => [axis, [point]])),
    }),
  );
  // A row that is there twice would need its place in a unique table twice.
  const mayRepeat = (axis: string): boolean =>
    !kernel.inputs.some((input) => input.unique && input.axes.includes(axis));
  const crowdOf = (axis: string): number[] => {
    const rows = wholeAxis(extents[axis]!);
    const repeated = mayRepeat(axis) ? Array.from({ length: drawn.repeats }, () => random.below(rows.length)) : [];
    return random.shuffled([...rows, ...repeated]);
  };
  const crowd = Object.fromEntries(roles.rows.map((axis) => [axis, crowdOf(axis)]));
  const size = Object.values(crowd)
    .map((rows) => rows.length)
    .join(" × ");
  const together: Arrangement[] = [
    { name: `in a crowd of ${size}`, moved: places.moved, points: { ...places.points, ...crowd } },
  ];
  if (roles.rows.length > 0) {
    const seen = new Set<string>();
    for (const place of ["first", "middle", "last"] as const) {
      const at = Object.fromEntries(roles.rows.map((axis) => [axis, positionOf(place, crowd[axis]!.length)]));
      if (seen.has(JSON.stringify(at))) continue;
      seen.add(JSON.stringify(at));
      const rows = Object.fromEntries(
        roles.rows.map((axis) => [axis, withRowAt(crowd[axis]!, drawn.focus % extents[axis]!, at[axis]!)]),
      );
      const name = `as the ${place} in a crowd of ${size} whose other rows are ${drawn.neighbours}`;
      together.push({
        name,
        moved: places.moved,
        points: { ...places.points, ...rows },
        focus: { at, neighbours: drawn.neighbours },
      });
    }
  }
  return { alone, together };
}

/** Longer sequences, and pools whose units lie elsewhere among unused ones. */
function placement(
  roles: Roles,
  extents: Extents,
  { padding }: Case,
  random: Random,
): Pick<Arrangement, "points" | "moved"> {
  const points: Record<string, (number | undefined)[]> = {};
  for (const axis of roles.stretchable)
    points[axis] = [...wholeAxis(extents[axis]!), ...Array<undefined>(random.below(padding + 1)).fill(undefined)];
  const moved: Record<string, number[]> = {};
  for (const pool of roles.pools) {
    const unit = pool.unit(extents);
    const units = Math.floor(extents[pool.axis]! / unit);
    const room = units + random.below(Math.ceil(padding / unit) + 1);
    moved[pool.axis] = random.shuffled(wholeAxis(room)).slice(0, units);
    const whereFrom = Array<number | undefined>(room * unit).fill(undefined);
    moved[pool.axis]!.forEach((to, from) =>
      wholeAxis(unit).forEach((inside) => {
        whereFrom[to * unit + inside] = from * unit + inside;
      }),
    );
    points[pool.axis] = whereFrom;
  }
  return { points, moved };
}

function everyRow(roles: Roles, extents: Extents): Record<string, number>[] {
  return roles.rows.reduce(
    (rows: Record<string, number>[], axis) =>
      rows.flatMap((row) => wholeAxis(extents[axis]!).map((point) => ({ ...row, [axis]: point }))),
    [{}],
  );
}

function positionOf(place: "first" | "middle" | "last", length: number): number {
  return place === "first" ? 0 : place === "last" ? length - 1 : length >> 1;
}

/** The rows with one of them, or a copy, exchanged with what stands at `at`. */
function withRowAt(rows: readonly number[], row: number, at: number): number[] {
  const result = [...rows];
  const from = result.indexOf(row);
  [result[from], result[at]] = [result[at]!, result[from]!];
  return result;
}
