/**
 * Lowers the reductions that a set of expressions needs: alone by each invocation, or shared by the invocations of a
 * workgroup, which compute a level's values apart and fold them in order. What is folded with what is the tree's
 * affair (fold.ts); who does it is the mapping's.
 */
import type { Expr, Reduce } from "../dsl/ir.ts";
import type { Context } from "./context.ts";
import { ScheduleError } from "./errors.ts";
import { emit } from "./expressions.ts";
import { Folder, type Items, type Leaves, type Values } from "./fold.ts";
import { holds, reductionsBelow, reductionsInScope } from "../dsl/visit.ts";
import { groupReductions, type Group } from "./groups.ts";
import { type Lowering, stagedChain, stagedElement } from "./stage.ts";
import { Block } from "./statements.ts";
import { tabulate } from "./tabulate.ts";
import { condition, element, name, u32 } from "./wgsl/build.ts";
import { type Expression, symbol } from "./wgsl/tree.ts";

/** Lowers what `exprs` needs and has not yet; afterwards their fields have values. */
export function materialize(lowering: Lowering, exprs: readonly Expr[]): void {
  const { context } = lowering;
  const reduces = reductionsInScope(exprs, context.results);
  if (reduces.length === 0) return;
  const isShared = (group: Group): boolean => context.mapping.cut !== undefined && group.block === context.top;
  for (const group of tabulate(context, groupReductions(context, reduces), isShared, (needed) =>
    materialize(lowering, needed),
  )) {
    const values = isShared(group) ? foldTogether(lowering, group) : folderOf(lowering, group).result(group.block);
    for (const [reduce, cells] of group.members) {
      context.results.set(reduce, new Map([...cells].map(([field, cell]) => [field, values[cell]!])));
    }
  }
}

/** A folder whose leaves are the group's own. */
function folderOf(lowering: Lowering, group: Group): Folder {
  const { context } = lowering;
  const { pool } = context;
  const { start, variable } = group.reduce;
  const at = (position: Expr, stagedAt?: Expr): Values => {
    const item = context.affine.normal(pool.add(start, position));
    const memo = new Map<Expr | Reduce, Expr | Reduce>();
    const leaves = group.cells.map((cell) =>
      context.rewrite(
        cell.leaf,
        (expr) => {
          if (expr.kind === "index" && expr.variable === variable) return item;
          if (!expr.free.has(variable)) return expr;
          return stagedAt === undefined ? undefined : stagedElement(lowering, expr, stagedAt);
        },
        memo,
      ),
    );
    materialize(lowering, leaves);
    return leaves;
  };
  const nested = group.cells.some((cell) =>
    [...reductionsBelow([cell.leaf])].some((reduce) => reduce.free.has(variable)),
  );
  const leaves: Leaves = {
    at: (position) => at(position),
    unroll: nested ? 1 : context.mapping.unroll,
    ...stagedChain(lowering, group, at),
  };
  return new Folder(context, group, leaves);
}

/** Which invocations of a workgroup share a reduction, and which copy of it theirs is. */
interface Sharing {
  readonly index: Expr;
  readonly count: number;
  readonly row: Expr;
  readonly rows: number;
}

function sharingOf({ context, tile }: Lowering, group: Group): Sharing {
  const { pool, mapping } = context;
  let sharing: Sharing = { index: tile.way, count: mapping.ways, row: pool.u32(0), rows: 1 };
  for (const axis of mapping.axes) {
    if (axis.invocations === 1) continue;
    const local = tile.local.get(axis.axis)!;
    const deal = (onto: Expr): Expr => pool.add(pool.multiply(onto, pool.u32(axis.invocations)), local);
    sharing = context.mentions(group.reduce, axis.axis)
      ? { ...sharing, row: deal(sharing.row), rows: sharing.rows * axis.invocations }
      : { ...sharing, index: deal(sharing.index), count: sharing.count * axis.invocations };
  }
  return sharing;
}

/** Values of one row in workgroup memory, those of each copy of the fold beside the others'. */
interface Parts {
  readonly put: (position: Expr, values: Values, block: Block) => void;
  readonly get: Items;
}

/** A fold that a workgroup shares: what is folded, by whom, and the row whose values are computed apart. */
interface SharedFold {
  readonly folder: Folder;
  readonly sharing: Sharing;
  readonly cut: number;
  /** How many values the row has. */
  readonly items: Expr;
  /** Whether an invocation is the one that folds what its workgroup has computed. */
  readonly first: Expression;
}

/** The fold by a workgroup: the values of one row apart, then the rows above it in order by one invocation. */
function foldTogether(lowering: Lowering, group: Group): Values {
  const { context } = lowering;
  const { pool, mapping, top } = context;
  const sharing = sharingOf(lowering, group);
  const folder = folderOf(lowering, group);
  const cut = Math.min(mapping.cut!, group.reduce.tree.length - 1);
  const shared: SharedFold = {
    folder,
    sharing,
    cut,
    items: folder.rows[cut]!,
    first: condition("==", emit(context, sharing.index, top), u32(0)),
  };
  const most = context.affine.maximum(shared.items);
  const room = Math.floor(context.workgroupWordsLeft() / (sharing.rows * group.cells.length));
  const inOneGo = most <= room;
  if (!inOneGo) assertStretches(context, group, shared, room);
  const parts = declareParts(context, group, sharing, inOneGo ? Math.max(1, most) : sharing.count);
  if (inOneGo) foldAtOnce(context, shared, parts);
  else foldInStretches(context, shared, parts);
  top.barrier();
  return parts.get(pool.u32(0), top);
}

function declareParts(context: Context, group: Group, { row, rows }: Sharing, width: number): Parts {
  const { pool } = context;
  const arrays = group.cells.map((cell) =>
    context.declareShared(`${cell.name}_parts`, cell.type, rows * width, "cooperate"),
  );
  const slot = (position: Expr): Expr => context.affine.normal(pool.add(pool.multiply(position, pool.u32(rows)), row));
  return {
    put(position, values, block) {
      const at = emit(context, slot(position), block);
      values.forEach((value, cell) => block.assign(element(arrays[cell]!, at), emit(context, value, block)));
    },
    get: (position, block) =>
      arrays.map((array, cell) => {
        const value = symbol("let", group.cells[cell]!.name, group.cells[cell]!.type);
        block.let(value, element(array, emit(context, slot(position), block)));
        return context.register(name(value), block);
      }),
  };
}

/** There is room for all values of the row: they are computed, and then folded. */
function foldAtOnce(context: Context, { folder, sharing, cut, items, first }: SharedFold, parts: Parts): void {
  const { pool, top } = context;
  folder.loop(sharing.index, items, sharing.count, top, (position, body) =>
    parts.put(position, folder.item(cut, position, body), body),
  );
  top.barrier();
  const fold = new Block(top);
  parts.put(pool.u32(0), folder.result(fold, { row: cut, items: parts.get }), fold);
  top.if(first, fold);
}

/** There is not: each invocation computes one value at a time, and the row's only fold, a chain, goes on with these. */
function foldInStretches(context: Context, { folder, sharing, cut, items, first }: SharedFold, parts: Parts): void {
  const { pool, top } = context;
  const accumulators = folder.accumulators(top);
  folder.loop(pool.u32(0), items, sharing.count, top, (base, body) => {
    const position = pool.add(base, sharing.index);
    const own = new Block(body);
    const most = context.affine.maximum(items);
    // A name of its own keeps all that the value needs inside of the condition: past the row's end there is nothing to read.
    const mine = context.bind(
      "part",
      emit(context, position, own),
      own,
      most === Infinity ? {} : { maximum: Math.max(0, most - 1) },
    );
    parts.put(sharing.index, folder.item(cut, mine, own), own);
    body.if(emit(context, pool.less(position, items), body), own);
    body.barrier();
    const fold = new Block(body);
    const here = pool.minimum(pool.u32(sharing.count), pool.subtract(items, base));
    folder.loop(pool.u32(0), here, 1, fold, (at, inner) =>
      folder.accumulate(accumulators, parts.get(at, inner), inner),
    );
    body.if(first, fold);
    body.barrier();
  });
  const done = new Block(top);
  parts.put(pool.u32(0), folder.registers(accumulators, done), done);
  top.if(first, done);
}

const leaveOutCooperate = "leave it out, or give it another level";

/** Whether a fold can go in stretches: one chain is left above the row, and all invocations meet at the same barriers. */
function assertStretches(context: Context, group: Group, { sharing, cut, items }: SharedFold, room: number): void {
  const { tree } = group.reduce;
  const isChain = tree.length === cut + 1 && tree[cut]!.fold === "chain" && (tree[cut]!.lanes ?? 1) === 1;
  if (!isChain || sharing.count > room) {
    throw new ScheduleError(
      `workgroup memory has no room for ${context.affine.maximum(items)} partial results of ${sharing.rows * group.cells.length} folds`,
      leaveOutCooperate,
      "cooperate",
    );
  }
  if (context.mapping.axes.some((axis) => axis.invocations > 1 && context.mentions(items, axis.axis))) {
    throw new ScheduleError(
      "invocations of one workgroup would meet at a barrier a different number of times",
      leaveOutCooperate,
      "cooperate",
    );
  }
  if (holdsField(items))
    throw new ScheduleError(
      "a barrier would stand in a loop whose length was read from workgroup memory",
      leaveOutCooperate,
      "cooperate",
    );
}

function holdsField(expr: Expr): boolean {
  return holds(expr, ({ kind }) => kind === "field");
}
