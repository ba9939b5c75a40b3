/**
 * Lowers an exchange: the invocations of a workgroup compute a row's values apart, into workgroup memory, and one of
 * them folds these in order. What is folded with what is the nest's affair (nest/emit-fold.ts).
 */
import type { Expr } from "../dsl/ir.ts";
import type { Context } from "./context.ts";
import { ScheduleError } from "./errors.ts";
import { emit } from "./expressions.ts";
import type { Folder, Items, Values } from "./fold.ts";
import { holds } from "../dsl/visit.ts";
import type { FusedReduction } from "./fused-reduction.ts";
import type { Lowering } from "./stage.ts";
import { Block } from "./statements.ts";
import { condition, element, name, u32 } from "./wgsl/build.ts";
import { type Expression, symbol } from "./wgsl/tree.ts";

/** Which invocations of a workgroup share a reduction, and which copy of it theirs is. */
interface Sharing {
  readonly index: Expr;
  readonly count: number;
  readonly row: Expr;
  readonly rows: number;
}

function sharingOf({ context, threads }: Lowering, group: FusedReduction): Sharing {
  const { pool } = context;
  let sharing: Sharing = { index: threads.way, count: context.ways, row: pool.u32(0), rows: 1 };
  for (const axis of context.axes) {
    if (axis.invocations === 1) continue;
    const local = threads.places.get(axis.axis)!;
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

/** A fold that a workgroup shares: how the values of a row are computed apart, and folded. */
export interface RowFold {
  readonly row: number;
  /** The row's value at a position. */
  readonly item: Items;
  /** The fold of a row's values. */
  readonly whole: (block: Block, rows: Items) => Values;
}

/** The same, with who does it. */
interface SharedFold extends RowFold {
  readonly folder: Folder;
  readonly sharing: Sharing;
  /** How many values the row has. */
  readonly items: Expr;
  /** Whether an invocation is the one that folds what its workgroup has computed. */
  readonly first: Expression;
}

/** The fold by a workgroup: the values of one row apart, then the rows above it in order by one invocation. */
export function shareFold(lowering: Lowering, group: FusedReduction, folder: Folder, rowFold: RowFold): Values {
  const { context } = lowering;
  const { pool, top } = context;
  const sharing = sharingOf(lowering, group);
  const shared: SharedFold = {
    ...rowFold,
    folder,
    sharing,
    items: folder.rows[rowFold.row]!,
    first: condition("==", emit(context, sharing.index, top), u32(0)),
  };
  const most = context.affine.maximum(shared.items);
  const room = Math.floor(context.workgroupWordsLeft() / (sharing.rows * group.accumulators.length));
  const inOneGo = most <= room;
  if (!inOneGo) assertStretches(context, group, shared, room);
  const parts = declareParts(context, group, sharing, inOneGo ? Math.max(1, most) : sharing.count);
  if (inOneGo) foldAtOnce(context, shared, parts);
  else foldInStretches(context, shared, parts);
  return parts.get(pool.u32(0), top);
}

function declareParts(context: Context, group: FusedReduction, { row, rows }: Sharing, width: number): Parts {
  const { pool } = context;
  const arrays = group.accumulators.map((accumulator) =>
    context.declareShared(`${accumulator.name}_parts`, accumulator.type, rows * width, "cooperate"),
  );
  const slot = (position: Expr): Expr => context.affine.normal(pool.add(pool.multiply(position, pool.u32(rows)), row));
  return {
    put(position, values, block) {
      const at = emit(context, slot(position), block);
      values.forEach((value, accumulator) =>
        block.assign(element(arrays[accumulator]!, at), emit(context, value, block)),
      );
    },
    get: (position, block) =>
      arrays.map((array, accumulator) => {
        const value = symbol("let", group.accumulators[accumulator]!.name, group.accumulators[accumulator]!.type);
        block.let(value, element(array, emit(context, slot(position), block)));
        return context.register(name(value), block);
      }),
  };
}

/** There is room for all values of the row: they are computed, and then folded. */
function foldAtOnce(context: Context, { folder, sharing, item, items, first, whole }: SharedFold, parts: Parts): void {
  const { pool, top } = context;
  folder.loop(sharing.index, items, sharing.count, top, (position, body) =>
    parts.put(position, item(position, body), body),
  );
  const fold = new Block(top);
  parts.put(pool.u32(0), whole(fold, parts.get), fold);
  top.if(first, fold);
}

/** There is not: each invocation computes one value at a time, and the row's only fold, a chain, goes on with these. */
function foldInStretches(context: Context, { folder, sharing, item, items, first }: SharedFold, parts: Parts): void {
  const { pool, top } = context;
  const accumulators = folder.accumulators(top);
  folder.loop(pool.u32(0), items, sharing.count, top, (base, body) => {
    const position = pool.add(base, sharing.index);
    const own = new Block(body);
    const most = context.affine.maximum(items);
    // A name of its own keeps all that the value needs inside of the condition: past the row's end there is nothing to
    // read.
    const mine = context.bind(
      "part",
      emit(context, position, own),
      own,
      most === Infinity ? {} : { maximum: Math.max(0, most - 1) },
    );
    parts.put(sharing.index, item(mine, own), own);
    body.if(emit(context, pool.less(position, items), body), own);
    const fold = new Block(body);
    const here = pool.minimum(pool.u32(sharing.count), pool.subtract(items, base));
    folder.loop(pool.u32(0), here, 1, fold, (at, inner) =>
      folder.accumulate(accumulators, parts.get(at, inner), inner),
    );
    body.if(first, fold);
  });
  const done = new Block(top);
  parts.put(pool.u32(0), folder.registers(accumulators, done), done);
  top.if(first, done);
}

const leaveOutCooperate = "leave it out, or give it another level";

/**
 * Whether a fold can go in stretches: one chain is left above the row, and all invocations meet at the same barriers.
 */
function assertStretches(
  context: Context,
  group: FusedReduction,
  { sharing, row: cut, items }: SharedFold,
  room: number,
): void {
  const { tree } = group.reduce;
  const isChain = tree.length === cut + 1 && tree[cut]!.fold === "chain" && (tree[cut]!.lanes ?? 1) === 1;
  if (!isChain || sharing.count > room) {
    const most = context.affine.maximum(items);
    const results = most === Infinity ? "as many partial results as there are at run time" : `${most} partial results`;
    throw new ScheduleError(
      `workgroup memory has no room for ${results} of ${sharing.rows * group.accumulators.length} folds`,
      leaveOutCooperate,
      "cooperate",
    );
  }
  if (context.axes.some((axis) => axis.invocations > 1 && context.mentions(items, axis.axis))) {
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
