/** Which reductions a set of expressions needs, in what order, and which of them share one loop. */
import type { Constant, Expr, Reduce, Variable } from "../dsl/ir.ts";
import { collect, partsOf, reductionsBelow } from "../dsl/visit.ts";
import type { Context } from "./context.ts";
import type { Block } from "./statements.ts";

/** One accumulator. Reductions that differ only in other fields share it. */
export interface Cell {
  readonly name: string;
  readonly type: "f32" | "u32" | "i32";
  readonly identity: Constant;
  readonly combine: Expr;
  /** The cell that each field in `combine` stands for. */
  readonly fields: ReadonlyMap<string, number>;
  readonly leaf: Expr;
}

/** Reductions over one domain along one tree, none of which needs another: they are folded in one loop. */
export interface Group {
  /** A member, for the domain, the tree and the place in the source. */
  readonly reduce: Reduce;
  readonly block: Block;
  readonly cells: readonly Cell[];
  readonly members: ReadonlyMap<Reduce, ReadonlyMap<string, number>>;
}

/** Puts reductions that can share a loop into one group; groups come in the order in which they must run. */
export function groupReductions(context: Context, reduces: readonly Reduce[]): Group[] {
  const depths = new Map<Reduce, number>();
  const depthOf = (reduce: Reduce): number => {
    let depth = depths.get(reduce);
    if (depth === undefined) {
      const below = [...reductionsBelow(partsOf(reduce))].filter((other) => reduces.includes(other));
      depths.set(reduce, (depth = 1 + Math.max(-1, ...below.map(depthOf))));
    }
    return depth;
  };
  const groups = new Map<string, Reduce[]>();
  const variables: Variable[] = [];
  for (const reduce of reduces) {
    if (!variables.includes(reduce.variable)) variables.push(reduce.variable);
    const home = context.homeOf(reduce);
    const mentioned = context.mapping.axes
      .filter((axis) => context.mentions(reduce, axis.axis))
      .map((axis) => axis.axis)
      .join("+");
    const tree = reduce.tree.map((level) => `${level.lanes ?? ""}${level.fold}${level.count ?? ""}`).join(",");
    const key = [
      depthOf(reduce),
      variables.indexOf(reduce.variable),
      home.depth,
      mentioned,
      reduce.start.id,
      reduce.count.id,
      tree,
      reduce.item?.id ?? "",
    ].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), reduce]);
  }
  return [...groups.values()]
    .sort((a, b) => depthOf(a[0]!) - depthOf(b[0]!))
    .map((members) => makeGroup(context, members));
}

/** The fields that a field's combine reads, and those that theirs read. */
function fieldsBehind(reduce: Reduce, name: string): string[] {
  const behind = new Set<string>();
  const visitField = (field: string): void => {
    if (behind.has(field)) return;
    behind.add(field);
    const combine = reduce.reducer.fields.find((candidate) => candidate.name === field)!.combine;
    for (const expr of collect([combine])) if (expr.kind === "state") visitField(expr.field);
  };
  visitField(name);
  return [...behind].sort();
}

const reducerIds = new WeakMap<object, number>();
let nextReducer = 0;
function reducerId(reducer: object): number {
  let id = reducerIds.get(reducer);
  if (id === undefined) reducerIds.set(reducer, (id = nextReducer++));
  return id;
}

function makeGroup(context: Context, members: readonly Reduce[]): Group {
  const cells: { cell: Omit<Cell, "fields">; fields: Map<string, number> }[] = [];
  const byKey = new Map<string, number>();
  const placed = new Map<Reduce, Map<string, number>>();
  for (const reduce of members) {
    const own = new Map<string, number>();
    for (const [at, field] of reduce.reducer.fields.entries()) {
      const behind = fieldsBehind(reduce, field.name);
      const leaves = behind.map(
        (name) => reduce.leaf[reduce.reducer.fields.findIndex((candidate) => candidate.name === name)]!.id,
      );
      const key = `${reducerId(reduce.reducer)} ${field.name} ${leaves.join(" ")}`;
      let cell = byKey.get(key);
      if (cell === undefined) {
        byKey.set(key, (cell = cells.length));
        const single = reduce.reducer.fields.length === 1;
        const hint = context.hints.get(reduce) ?? (single ? reduce.reducer.name : field.name);
        cells.push({
          cell: {
            name: hint,
            type: field.type,
            identity: field.identity,
            combine: field.combine,
            leaf: reduce.leaf[at]!,
          },
          fields: new Map(),
        });
      }
      own.set(field.name, cell);
    }
    placed.set(reduce, own);
    for (const [name, cell] of own) {
      for (const behind of fieldsBehind(reduce, name)) cells[cell]!.fields.set(behind, own.get(behind)!);
    }
  }
  return {
    reduce: members[0]!,
    block: context.homeOf(members[0]!),
    cells: cells.map(({ cell, fields }) => ({ ...cell, fields })),
    members: placed,
  };
}
