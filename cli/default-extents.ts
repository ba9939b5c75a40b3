/**
 * Extents of model axes that the command line does not give. They differ from each other, so that an axis taken for
 * another shows, and are neither all aligned nor all ragged, so that schedules of both kinds fit: axes that reductions
 * go over are whole numbers of vectors, or small; the others are odd. The more axes there are, the smaller they are, so
 * that a kernel's work stays bounded. Where an index needs a longer axis, the axis is as long as that index needs.
 */
import type { Kernel } from "../dsl/ir.ts";
import { neededExtents } from "../dsl/reader/index.ts";
import { reductionsBelow, rootsOf } from "../dsl/visit.ts";

type Extents = Readonly<Record<string, number>>;

/** Of as many axes as there are; of more than five, the last row, and then numbers that go on from its last. */
const reduced = [[], [200], [72, 24], [24, 5, 3], [16, 6, 5, 3], [8, 6, 5, 3, 4]] as const;
const others = [[], [77], [37, 13], [19, 7, 11], [13, 7, 9, 11], [13, 7, 9, 11, 15]] as const;

/** The longest that an axis is made for the sake of an index. */
const longest = 2 ** 16;

/** Extents for all model axes: those given, and for the others such as no index leaves, as far as there are any. */
export function modelExtentsOr(kernel: Kernel, given: Extents): Record<string, number> {
  const open = kernel.axes
    .filter(({ name, role }) => role === "model" && given[name] === undefined)
    .map(({ name }) => name);
  const folded = new Set([...reductionsBelow(rootsOf(kernel))].map(({ axis }) => axis));
  const values = distinct([
    ...Object.values(given),
    ...numbersOf(reduced, open.filter((name) => folded.has(name)).length),
    ...numbersOf(others, open.filter((name) => !folded.has(name)).length),
  ]).slice(Object.keys(given).length);
  const names = [...open.filter((name) => folded.has(name)), ...open.filter((name) => !folded.has(name))];
  const first = assign(names, values);
  for (const order of orders(values)) {
    const fitting = lengthened(kernel, given, assign(names, order));
    if (fitting !== undefined) return inOrder(kernel, { ...given, ...fitting });
  }
  // No index stays inside: the caller says of which one that is so.
  return inOrder(kernel, { ...given, ...first });
}

/**
 * Axes made as long as indices need, or nothing where one that is given would have to be longer, or all longer and
 * longer.
 */
function lengthened(kernel: Kernel, given: Extents, open: Extents): Extents | undefined {
  let extents = open;
  for (let round = 0; round <= 8; round++) {
    const needed = [...neededExtents(kernel, { ...given, ...extents })];
    if (needed.length === 0) return extents;
    if (needed.some(([axis, extent]) => !Object.hasOwn(extents, axis) || extent > longest)) return undefined;
    extents = { ...extents, ...Object.fromEntries(needed) };
  }
  return undefined;
}

/** The values as they are, each rotation of them, each backwards, all alike, and then smaller and smaller ones. */
function* orders(values: readonly number[]): Iterable<readonly number[]> {
  for (const way of [values, values.toReversed()]) {
    for (let by = 0; by < way.length; by++) yield [...way.slice(by), ...way.slice(0, by)];
  }
  yield values.map(() => Math.max(...values));
  for (let by = 2; by <= Math.max(...values); by *= 2)
    yield distinct(values.map((value) => Math.max(1, Math.floor(value / by))));
  yield values.map(() => 1);
}

function numbersOf(rows: readonly (readonly number[])[], count: number): number[] {
  const row = rows[Math.min(count, rows.length - 1)]!;
  return Array.from({ length: count }, (_, at) => row[at] ?? row.at(-1)! + 2 * (at - row.length + 1));
}

/** The same numbers, each that was there before made larger by twos until it was not. */
function distinct(numbers: readonly number[]): number[] {
  const found: number[] = [];
  for (const number of numbers) {
    let own = number;
    while (found.includes(own)) own += own % 8 === 0 ? 8 : 2;
    found.push(own);
  }
  return found;
}

function assign(names: readonly string[], values: readonly number[]): Extents {
  return Object.fromEntries(names.map((name, at) => [name, values[at]!]));
}

/** Model axes in the order in which they are declared. */
function inOrder(kernel: Kernel, extents: Extents): Record<string, number> {
  return Object.fromEntries(
    kernel.axes.flatMap(({ name, role }) => (role === "model" ? [[name, extents[name]!]] : [])),
  );
}
