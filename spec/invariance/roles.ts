/**
 * Which axes of a kernel may be varied, and how, without a row's bits changing. All of it is read off the declaration.
 */
import { childrenOf, everythingIn, holds, rootsOf } from "../../dsl/visit.ts";
import type { Expr, Kernel, Load } from "../../dsl/ir.ts";
import { integerOf } from "../bounds.ts";
import { TestSetupError } from "./errors.ts";

export type Extents = Readonly<Record<string, number>>;

/** A batch axis that is only reached through placement tables: its points may lie anywhere, if the tables say where. */
export interface Pool {
  readonly axis: string;
  /** Consecutive points that one table entry stands for (the extent of a page). */
  readonly unit: (extents: Extents) => number;
  readonly tables: readonly string[];
}

/** A sequence axis that holds an entry for each so many points of another, as a page table does. */
export interface Blocks {
  readonly axis: string;
  readonly of: string;
  readonly size: (extents: Extents) => number;
}

export interface Roles {
  /** Batch axes that outputs run over: a row is a point of them. */
  readonly rows: readonly string[];
  readonly pools: readonly Pool[];
  /** Sequence axes whose points past those that a row uses must not matter. */
  readonly stretchable: readonly string[];
  readonly blocks: readonly Blocks[];
}

interface Use {
  readonly axis: string;
  readonly index: Expr;
  readonly input?: string;
}

/** @throws TestSetupError where rows can't be told apart */
export function rolesOf(kernel: Kernel): Roles {
  const expressions = everythingIn(kernel);
  const uses = usesOf(kernel, expressions);
  const rows = kernel.axes
    .filter(({ name, role }) => role === "batch" && kernel.outputs.some((output) => output.over.includes(name)))
    .map(({ name }) => name);
  for (const row of rows) {
    const foreign = uses.find(
      ({ axis, index }) =>
        axis === row && !(index.kind === "index" && index.variable.kind === "axis" && index.variable.axis === row),
    );
    if (foreign === undefined) continue;
    const what = foreign.input === undefined ? "places its results" : `reads '${foreign.input}'`;
    throw new TestSetupError(
      `kernel '${kernel.name}' ${what} at computed points of '${row}', the axis that its rows lie along, so ` +
        "that a row can't be taken out",
      `give the tensor that is addressed through a table an axis of its own, such as 'slot: batch'`,
    );
  }
  const others = kernel.axes.filter(({ name, role }) => role === "batch" && !rows.includes(name));
  const pools = others.flatMap(({ name }) => poolOf(kernel, name, uses) ?? []);
  return {
    rows,
    pools: movable(pools),
    stretchable: stretchableAxes(kernel, expressions),
    blocks: blocksOf(kernel, uses),
  };
}

/** What each axis is indexed with. */
function usesOf(kernel: Kernel, expressions: ReadonlySet<Expr>): Use[] {
  const axesOf = new Map(kernel.inputs.map((input) => [input.name, input.axes]));
  const loads = [...expressions].filter((expr): expr is Load => expr.kind === "load");
  return [
    ...loads.flatMap(({ input, indices }) =>
      indices.map((index, d) => ({ axis: axesOf.get(input)![d]!, index, input })),
    ),
    ...kernel.outputs.flatMap(({ axes, place }) => (place ?? []).map((index, d) => ({ axis: axes[d]!, index }))),
  ];
}

const one = (): number => 1;
const sizeOfExpr =
  (expr: Expr) =>
  (extents: Extents): number =>
    integerOf(expr, extents)!;
const isSize = (expr: Expr): boolean => expr.kind === "constant" || expr.kind === "extent";

/** A table's entry, or an entry times a size plus something below that size. */
function addressing(index: Expr): { readonly table: string; readonly size?: Expr } | undefined {
  if (index.kind === "load") return { table: index.input };
  if (index.kind !== "binary") return undefined;
  const { operator, left, right } = index;
  if (operator === "multiply") {
    if (left.kind === "load" && isSize(right)) return { table: left.input, size: right };
    return right.kind === "load" && isSize(left) ? { table: right.input, size: left } : undefined;
  }
  if (operator !== "add") return undefined;
  for (const [start, rest] of [
    [left, right],
    [right, left],
  ] as const) {
    const page = start.kind === "binary" ? addressing(start) : undefined;
    if (page?.size !== undefined && rest.kind === "binary" && rest.operator === "remainder" && rest.right === page.size)
      return page;
  }
  return undefined;
}

/** The axis as a pool, if every use of it goes through placement tables, in units of one size. */
function poolOf(kernel: Kernel, axis: string, uses: readonly Use[]): Pool | undefined {
  const placement = new Set(
    kernel.inputs.filter((input) => input.ownership === "placement").map((input) => input.name),
  );
  const found = uses.filter((use) => use.axis === axis).map(({ index }) => addressing(index));
  const first = found[0];
  if (
    first === undefined ||
    !found.every((use) => use !== undefined && placement.has(use.table) && use.size === first.size)
  )
    return undefined;
  return {
    axis,
    unit: first.size === undefined ? one : sizeOfExpr(first.size),
    tables: [...new Set(found.map((use) => use!.table))],
  };
}

/** Without pools that share a table: its entries can't follow both. */
function movable(pools: readonly Pool[]): Pool[] {
  return pools.filter((pool) =>
    pools.every((other) => other === pool || !other.tables.some((table) => pool.tables.includes(table))),
  );
}

/**
 * Sequence axes whose extent decides nothing but where a bound that comes from the request's own data would be cut off.
 */
function stretchableAxes(kernel: Kernel, expressions: ReadonlySet<Expr>): string[] {
  const isOwnBound = (expr: Expr): boolean => holds(expr, ({ kind }) => kind === "load" || kind === "parameter");
  const fixed = new Set<string>();
  const see = (expr: Expr | undefined): void => {
    if (expr?.kind === "extent") fixed.add(expr.axis);
  };
  for (const expr of expressions) {
    if (expr.kind === "binary" && expr.operator === "minimum") {
      if (!isOwnBound(expr.right)) see(expr.left);
      if (!isOwnBound(expr.left)) see(expr.right);
    } else {
      childrenOf(expr).forEach(see);
    }
  }
  rootsOf(kernel).forEach(see);
  // A unique table's new entries would need places.
  for (const input of kernel.inputs) if (input.unique) input.axes.forEach((axis) => fixed.add(axis));
  return kernel.axes.filter(({ name, role }) => role === "sequence" && !fixed.has(name)).map(({ name }) => name);
}

function blocksOf(kernel: Kernel, uses: readonly Use[]): Blocks[] {
  const sequences = new Set(kernel.axes.filter(({ role }) => role === "sequence").map(({ name }) => name));
  const found = new Map<string, Blocks>();
  for (const { axis, index } of uses) {
    if (!sequences.has(axis) || index.kind !== "binary" || index.operator !== "divide" || !isSize(index.right))
      continue;
    const { left } = index;
    if (left.kind === "index" && left.variable.axis !== axis)
      found.set(axis, { axis, of: left.variable.axis, size: sizeOfExpr(index.right) });
  }
  return [...found.values()];
}
