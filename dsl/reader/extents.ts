/** Indices that leave their axes. */
import { own } from "../own.ts";
import { compareDiagnostics, type Diagnostic } from "../diagnostics.ts";
import { collect, domainOf, operandsOf } from "../visit.ts";
import type { Expr, Kernel, Load, SourceLocation } from "../ir.ts";
import { staysInside } from "./extent-proofs.ts";
import { holdsHole } from "./poison.ts";
import { Intervals, type Interval } from "../intervals.ts";

/** An index that can leave its axis. */
interface Escape extends Indexing {
  readonly reached: Interval;
  readonly extent: number;
  readonly locations: readonly SourceLocation[];
}

/** A kernel, or what could be read of one: the expressions that reach its outputs, and all places of a load. */
type Indexed = Pick<Kernel, "axes" | "inputs" | "outputs" | "origins" | "location"> & {
  readonly stored?: readonly Expr[];
  readonly places?: (load: Load) => readonly SourceLocation[];
};

/**
 * What only known extents can show: indices that leave their axes. Axes whose extents are not given are not checked.
 */
export function checkExtents(
  kernel: Indexed & Pick<Kernel, "pool">,
  extents: Readonly<Record<string, number>>,
): Diagnostic[] {
  const found = [...escapes(kernel, extents).values()].filter(
    ({ load, position, axis }) => !staysInside(kernel.pool, load.indices[position]!, axis),
  );
  return found
    .flatMap(({ load, axis, reached, extent, locations }) =>
      locations.map(
        (location): Diagnostic => ({
          code: "R008",
          location,
          notes: [],
          message: `the index of '${load.input}' on the axis '${axis}' ${describeReach(reached, extent)}`,
          fix:
            `compute the index from axes that fit, on both sides of a choice, too: (index) % extent(${axis}) goes ` +
            `around; or write gather(${load.input}, …), which gives 0 outside`,
        }),
      ),
    )
    .sort(compareDiagnostics);
}

/** How long axes would have to be that indices leave at these extents. */
export function neededExtents(kernel: Kernel, extents: Readonly<Record<string, number>>): Map<string, number> {
  const needed = new Map<string, number>();
  for (const { load, position, axis, reached } of escapes(kernel, extents).values()) {
    if (!staysInside(kernel.pool, load.indices[position]!, axis))
      needed.set(axis, Math.max(needed.get(axis) ?? 0, reached.high + 1));
  }
  return needed;
}

/**
 * What shows before any extents are known. An index that only model axes and their extents decide may fit some models
 * and not others, so it is refused only where it leaves its axis at all extents that are tried, and otherwise left to
 * `checkExtents`. Whatever else an index mentions has an extent that is known only at run time: there it is refused
 * unless it is proved to stay inside at all extents.
 */
export function checkIndices(kernel: Indexed & Pick<Kernel, "pool">): Diagnostic[] {
  const sizes = [1, 64, 2 ** 20];
  const trials = [
    ...sizes.map((size) => Object.fromEntries(kernel.axes.map(({ name }) => [name, size]))),
    ...kernel.axes.map(({ name: long }) =>
      Object.fromEntries(kernel.axes.map(({ name }) => [name, name === long ? 2 ** 20 : 1])),
    ),
  ];
  const [first, ...rest] = trials.map((extents) => escapes(kernel, extents));
  const isDeclared = new Set(kernel.axes.map(({ name }) => name));
  const isModel = new Set(kernel.axes.filter(({ role }) => role === "model").map(({ name }) => name));
  return [...indicesOf(kernel)].flatMap(([key, { load, position, axis }]) => {
    const index = load.indices[position]!;
    const known = first!.get(key);
    if (known !== undefined && rest.every((found) => found.has(key))) {
      return outside(
        kernel,
        load,
        axis,
        `leaves the axis '${axis}', however long it is`,
        counterexample(index, axis) ?? { extents: { [axis]: 1 }, reached: known.reached },
      );
    }
    const mentioned = axesOf(index);
    if (
      ![...mentioned, axis].every((name) => isDeclared.has(name)) ||
      [...mentioned, axis].every((name) => isModel.has(name)) ||
      staysInside(kernel.pool, index, axis)
    )
      return [];
    const which = isModel.has(axis)
      ? `, which does not grow with '${[...mentioned].find((name) => !isModel.has(name))}'`
      : ", whose length is known only at run time";
    return outside(kernel, load, axis, `may leave the axis '${axis}'${which}`, counterexample(index, axis));
  });
}

interface Counterexample {
  readonly extents: Readonly<Record<string, number>>;
  readonly reached: Interval;
}

/** The smallest of the tried extents at which an index leaves its axis. */
function counterexample(index: Expr, axis: string): Counterexample | undefined {
  const names = [...new Set([...axesOf(index), axis])];
  const sizes = [1, 2, 3, 16, 64, 200, 2 ** 20];
  const all = names.reduce<readonly Readonly<Record<string, number>>[]>(
    (some, name) => some.flatMap((extents) => sizes.map((size) => ({ ...extents, [name]: size }))),
    [{}],
  );
  const total = (extents: Readonly<Record<string, number>>): number =>
    Object.values(extents).reduce((sum, size) => sum + size, 0);
  for (const extents of all.toSorted((a, b) => total(a) - total(b))) {
    const reached = new Intervals(extents).of(index);
    if (reached !== undefined && reached.high >= extents[axis]!) return { extents, reached };
  }
  return undefined;
}

/** The axes whose points or extents an expression mentions. */
function axesOf(expr: Expr): Set<string> {
  const axes = new Set([...expr.free].map(({ axis }) => axis));
  for (const part of collect([expr])) if (part.kind === "extent") axes.add(part.axis);
  return axes;
}

function outside(
  kernel: Indexed,
  load: Load,
  axis: string,
  what: string,
  at: Counterexample | undefined,
): Diagnostic[] {
  const wraps = at !== undefined && at.reached.low === 0 && at.reached.high === 2 ** 32 - 1;
  const shown =
    at === undefined
      ? ""
      : `: at ${Object.entries(at.extents)
          .map(([name, extent]) => `${name}=${extent}`)
          .join(", ")} it ${
          wraps
            ? "falls below 0"
            : at.reached.low === at.reached.high
              ? `is ${at.reached.low}`
              : `runs from ${at.reached.low} to ${at.reached.high}`
        }`;
  return locationsOf(kernel, load).map((location) => ({
    code: "R008",
    location,
    notes: wraps ? [{ message: "an index is a u32, so that what is below 0 wraps around to the largest numbers" }] : [],
    message: `an index of '${load.input}' ${what}${shown}`,
    fix: wraps
      ? `write gather(${load.input}, …), which gives 0 outside, or choose the index, since both sides of a choice ` +
        `are evaluated: ${axis} > 0 ? … : 0`
      : `write gather(${load.input}, …), which gives 0 outside, or keep the index inside: … % extent(${axis}), or ` +
        `min(…, extent(${axis}) - 1)`,
  }));
}

function describeReach({ low, high }: Interval, extent: number): string {
  const items = `${extent} ${extent === 1 ? "item" : "items"}`;
  return high === 2 ** 32 - 1 && low === 0
    ? `can fall below 0 and wrap around; the axis has ${items}`
    : `runs from ${low} to ${high}; the axis has ${items}`;
}

function locationsOf(kernel: Indexed, load: Load): readonly SourceLocation[] {
  return kernel.places?.(load) ?? [kernel.origins.get(load) ?? kernel.location];
}

/** One index of one load that is not guarded. */
interface Indexing {
  readonly load: Load;
  readonly position: number;
  readonly axis: string;
}

/** All of them, by load and position. */
function indicesOf(kernel: Indexed): Map<string, Indexing> {
  const found = new Map<string, Indexing>();
  const axes = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  visitLoads(kernel, new Intervals({}), (load) =>
    load.indices.forEach((index, position) => {
      if (!holdsHole(index))
        found.set(`${load.id} ${position}`, { load, position, axis: axes.get(load.input)![position]! });
    }),
  );
  return found;
}

/** Those that leave their axes at these extents. */
function escapes(kernel: Indexed, extents: Readonly<Record<string, number>>): Map<string, Escape> {
  const axes = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const found = new Map<string, Escape>();
  visitLoads(kernel, new Intervals(extents), (load, known) =>
    load.indices.forEach((index, position) => {
      const axis = axes.get(load.input)![position]!;
      const extent = holdsHole(index) ? undefined : own(extents, axis);
      const reached = extent === undefined ? undefined : known.of(index);
      if (extent === undefined || reached === undefined || reached.high < extent) return;
      found.set(`${load.id} ${position}`, {
        load,
        position,
        axis,
        reached,
        extent,
        locations: locationsOf(kernel, load),
      });
    }),
  );
  return found;
}

/**
 * Every load that is not guarded, with what is known where it stands; one inside of a reduction without items is never
 * evaluated.
 */
function visitLoads(kernel: Indexed, all: Intervals, check: (load: Load, known: Intervals) => void): void {
  const visit = (expr: Expr, known: Intervals, seen: Set<Expr>): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "load" && !expr.guarded) check(expr, known);
    if (expr.kind === "field") {
      const { of } = expr;
      domainOf(of).forEach((bound) => visit(bound, known, seen));
      const inside = known.inside(of);
      const inner = new Set<Expr>();
      if (inside !== undefined) of.leaf.forEach((part) => visit(part, inside, inner));
    }
    operandsOf(expr).forEach((operand) => visit(operand, known, seen));
  };
  const seen = new Set<Expr>();
  for (const expr of kernel.stored ?? kernel.outputs.flatMap((output) => [...(output.place ?? []), output.value]))
    visit(expr, all, seen);
}
