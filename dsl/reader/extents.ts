/** Indices that leave their axes. */
import { compareDiagnostics, type Diagnostic } from "../diagnostics.ts";
import { operandsOf } from "../expr.ts";
import type { Expr, Kernel, Load, SourceLocation } from "../ir.ts";
import { holdsHole } from "./holes.ts";
import { Intervals, type Interval } from "./intervals.ts";

/** An index that can leave its axis. */
interface Escape {
  readonly load: Load;
  readonly axis: string;
  readonly reached: Interval;
  readonly extent: number;
  readonly locations: readonly SourceLocation[];
}

/** A kernel, or what could be read of one: the expressions that reach its outputs, and all places of a load. */
type Indexed = Pick<Kernel, "axes" | "inputs" | "outputs" | "origins" | "location"> & {
  readonly stored?: readonly Expr[];
  readonly places?: (load: Load) => readonly SourceLocation[];
};

/** What only known extents can show: indices that leave their axes. Axes whose extents are not given are not checked. */
export function checkExtents(kernel: Kernel, extents: Readonly<Record<string, number>>): Diagnostic[] {
  return [...escapes(kernel, extents).values()].flatMap(({ load, axis, reached, extent, locations }) => locations.map((location): Diagnostic => ({
    code: "R008", location, notes: [],
    message: `the index of '${load.input}' on the axis '${axis}' ${describeReach(reached, extent)}`,
    fix: `compute the index from axes that fit, or write gather(${load.input}, …), which gives 0 outside`,
  }))).sort(compareDiagnostics);
}

/**
 * What shows before any extents are known: an index that leaves its axis however long that is and however short the
 * others are; and one that leaves a sequence axis when that is short, since its length is known only at run time.
 */
export function checkIndices(kernel: Indexed): Diagnostic[] {
  const sizes = [1, 64, 2 ** 20];
  const trials = [
    ...sizes.map((size) => Object.fromEntries(kernel.axes.map(({ name }) => [name, size]))),
    ...kernel.axes.map(({ name: long }) => Object.fromEntries(kernel.axes.map(({ name }) => [name, name === long ? 2 ** 20 : 1]))),
  ];
  const [first, ...rest] = trials.map((extents) => escapes(kernel, extents));
  const always = [...first!].filter(([key]) => rest.every((found) => found.has(key)));
  const known = new Set(always.map(([key]) => key));
  const whenShort = kernel.axes.filter(({ role }) => role === "sequence").flatMap(({ name: short }) => {
    const extents = Object.fromEntries(kernel.axes.map(({ name }) => [name, name === short ? 1 : 64]));
    return [...escapes(kernel, extents)].filter(([key, { axis }]) => axis === short && !known.has(key)).flatMap(([, escape]) => outside(escape, "may leave", "whose length is known only at run time"));
  });
  return [...always.flatMap(([, escape]) => outside(escape, "leaves", "however long it is")), ...whenShort];
}

function outside({ load, axis, reached, locations }: Escape, leaves: string, which: string): Diagnostic[] {
  const wraps = reached.low === 0 && reached.high === 2 ** 32 - 1;
  return locations.map((location) => ({
    code: "R008", location, notes: wraps ? [{ message: "an index is a u32, so that what is below 0 wraps around to the largest numbers" }] : [],
    message: `an index of '${load.input}' ${leaves} the axis '${axis}', ${which}`,
    fix: wraps ? `write gather(${load.input}, …), which gives 0 outside, or choose: ${axis} > 0 ? … : 0`
      : `keep it from 0 to extent(${axis}) - 1, or write gather(${load.input}, …), which gives 0 outside`,
  }));
}

function describeReach({ low, high }: Interval, extent: number): string {
  const items = `${extent} ${extent === 1 ? "item" : "items"}`;
  return high === 2 ** 32 - 1 && low === 0 ? `can fall below 0 and wrap around; the axis has ${items}` : `runs from ${low} to ${high}; the axis has ${items}`;
}

/** By load and position. */
function escapes(kernel: Indexed, extents: Readonly<Record<string, number>>): Map<string, Escape> {
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const found = new Map<string, Escape>();
  const check = (load: Load, known: Intervals): void => {
    load.indices.forEach((index, position) => {
      const axis = axesOf.get(load.input)![position]!;
      const extent = holdsHole(index) ? undefined : extents[axis];
      const reached = extent === undefined ? undefined : known.of(index);
      if (extent === undefined || reached === undefined || reached.high < extent) return;
      found.set(`${load.id} ${position}`, { load, axis, reached, extent, locations: kernel.places?.(load) ?? [kernel.origins.get(load) ?? kernel.location] });
    });
  };
  const stored = kernel.stored ?? kernel.outputs.flatMap((output) => [...(output.place ?? []), output.value]);
  const visit = (expr: Expr, known: Intervals, seen: Set<Expr>): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    if (expr.kind === "load" && !expr.guarded) check(expr, known);
    if (expr.kind === "field") {
      const { of } = expr;
      [of.start, of.count].forEach((bound) => visit(bound, known, seen));
      const inside = known.inside(of);
      const inner = new Set<Expr>();
      if (inside !== undefined) of.leaf.forEach((part) => visit(part, inside, inner));
    }
    operandsOf(expr).forEach((operand) => visit(operand, known, seen));
  };
  const seen = new Set<Expr>();
  for (const expr of stored) visit(expr, new Intervals(extents), seen);
  return found;
}
