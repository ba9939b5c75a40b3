/**
 * Keeps what several reductions over one run would each compute again. Where a subexpression that holds a reduction
 * of its own depends on the item and is wanted by more than one group over the same items (an attention score, for
 * the maximum and for the weights), it is computed once an item into an array, and read from there.
 */
import type { Expr, Reduce, Variable } from "../dsl/ir.ts";
import { collect, holds, operandsOf } from "../dsl/visit.ts";
import type { Context } from "./context.ts";
import { emit } from "./expressions.ts";
import type { Group } from "./groups.ts";
import { Block } from "./statements.ts";
import { arrayOf, condition, element, name, u32 } from "./wgsl/build.ts";
import { symbol } from "./wgsl/tree.ts";

/** Longer runs are not kept: the array is the invocation's own. */
const longestTable = 128;

/** The groups in order, with what is kept put into arrays on the way; invocations that share a fold keep nothing. */
export function* tabulate(
  context: Context,
  groups: readonly Group[],
  isShared: (group: Group) => boolean,
  materialize: (exprs: readonly Expr[]) => void,
): Iterable<Group> {
  const kept: { readonly owner: Group; readonly tables: Map<Expr, Expr> }[] = [];
  for (const [at, group] of groups.entries()) {
    let own = kept.find(({ owner }) => sameItems(owner, group));
    if (own === undefined) kept.push((own = { owner: group, tables: new Map() }));
    const { tables } = own;
    if (!isShared(group) && isBetween(1, context.affine.maximum(group.reduce.count), longestTable)) {
      const later = groups.slice(at + 1).filter((other) => sameItems(group, other));
      for (const expr of new Set(later.flatMap((other) => sharedWork(group, other)))) {
        if (!tables.has(expr)) tables.set(expr, fillTable(context, group, expr, materialize));
      }
    }
    yield tables.size === 0
      ? group
      : {
          ...group,
          cells: group.cells.map((cell) => ({ ...cell, leaf: context.rewrite(cell.leaf, (expr) => tables.get(expr)) })),
        };
  }
}

function sameItems(a: Group, b: Group): boolean {
  return (
    a.block === b.block &&
    a.reduce.variable === b.reduce.variable &&
    a.reduce.start === b.reduce.start &&
    a.reduce.count === b.reduce.count
  );
}

/** The largest subexpressions that both groups' leaves have in common and that hold a reduction over something else. */
function sharedWork(a: Group, b: Group): Expr[] {
  const inB = collect(b.cells.map(({ leaf }) => leaf));
  const isShared = (expr: Expr): boolean =>
    inB.has(expr) && expr.type !== "bool" && holdsReduction(expr, a.reduce.variable);
  const aboveShared = (expr: Expr): readonly Expr[] => (isShared(expr) ? [] : operandsOf(expr));
  return [...new Set(a.cells.flatMap((cell) => [...collect([cell.leaf], aboveShared)].filter(isShared)))];
}

function holdsReduction(expr: Expr, item: Variable): boolean {
  return holds(expr, (part) => part.kind === "field" && part.of.free.has(item));
}

function fillTable(context: Context, group: Group, expr: Expr, materialize: (exprs: readonly Expr[]) => void): Expr {
  const { pool } = context;
  const { start, count, variable } = group.reduce;
  const block = group.block;
  const length = context.affine.maximum(count);
  const type = expr.type as "f32" | "u32" | "i32";
  const table = symbol("var", `${context.hints.get(expr) ?? "kept"}_of`, arrayOf(type, length));
  block.var(table, undefined, context.origins.get(expr) ?? null);
  const body = new Block(block);
  const counter = symbol("counter", variable.name, "u32");
  const index = context.register(name(counter), body, { maximum: length - 1 });
  const memo = new Map<Expr | Reduce, Expr | Reduce>();
  const value = context.rewrite(
    expr,
    (node) => {
      if (!node.free.has(variable)) return node;
      return node.kind === "index" ? pool.add(start, index) : undefined;
    },
    memo,
  );
  materialize([value]);
  body.assign(element(table, name(counter)), emit(context, value, body), context.origins.get(expr) ?? null);
  block.for(counter, u32(0), condition("<", name(counter), emit(context, count, block)), u32(1), body);
  const begin = symbol("let", "start", "u32");
  block.let(begin, emit(context, start, block));
  const base = context.register(name(begin), block);
  return pool.load(context.declareTable(table), type, [pool.subtract(pool.index(variable), base)]);
}

const isBetween = (low: number, value: number, high: number): boolean => low <= value && value <= high;
