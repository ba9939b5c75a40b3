/** The accumulators of reductions that share one loop: equal ones are one. */
import type { Constant, Expr, Reduce } from "../dsl/ir.ts";
import { collect } from "../dsl/visit.ts";
import type { Context } from "./context.ts";
import type { Block } from "./statements.ts";

/** One accumulator. Reductions that differ only in other fields share it. */
export interface Accumulator {
  readonly name: string;
  readonly type: "f32" | "u32" | "i32";
  readonly identity: Constant;
  readonly combine: Expr;
  /** The accumulator that each field in `combine` stands for. */
  readonly fields: ReadonlyMap<string, number>;
  readonly leaf: Expr;
}

/** Reductions over one domain along one tree, none of which needs another: they are folded in one loop. */
export interface FusedReduction {
  /** A member, for the domain, the tree and the place in the source. */
  readonly reduce: Reduce;
  readonly block: Block;
  readonly accumulators: readonly Accumulator[];
  readonly members: ReadonlyMap<Reduce, ReadonlyMap<string, number>>;
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

/** The accumulators of reductions that share their loops. */
export function fuseReductions(context: Context, members: readonly Reduce[]): FusedReduction {
  const made: { accumulator: Omit<Accumulator, "fields">; fields: Map<string, number> }[] = [];
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
      let number = byKey.get(key);
      if (number === undefined) {
        byKey.set(key, (number = made.length));
        const single = reduce.reducer.fields.length === 1;
        const hint = context.hints.get(reduce) ?? (single ? reduce.reducer.name : field.name);
        made.push({
          accumulator: {
            name: hint,
            type: field.type,
            identity: field.identity,
            combine: field.combine,
            leaf: reduce.leaf[at]!,
          },
          fields: new Map(),
        });
      }
      own.set(field.name, number);
    }
    placed.set(reduce, own);
    for (const [name, number] of own) {
      for (const behind of fieldsBehind(reduce, name)) made[number]!.fields.set(behind, own.get(behind)!);
    }
  }
  return {
    reduce: members[0]!,
    block: context.homeOf(members[0]!),
    accumulators: made.map(({ accumulator, fields }) => ({ ...accumulator, fields })),
    members: placed,
  };
}
