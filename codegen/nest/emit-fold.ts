/**
 * Lowers a fold: the loops of its levels around its accumulates, as the nest has them. Each reduction that the fold
 * makes, at each point that it holds, is one of a group's accumulators.
 */
import type { Expr, Reduce, Variable } from "../../dsl/ir.ts";
import type { Context } from "../context.ts";
import { emit } from "../expressions.ts";
import { Folder, type Items, type Values } from "../fold.ts";
import { type FusedReduction, fuseReductions } from "../fused-reduction.ts";
import { shareFold } from "../exchange.ts";
import { type Lowering, stagedChain, stagedElement } from "../stage.ts";
import { Block } from "../statements.ts";
import { arrayOf, condition, element as elementOf, name, u32 } from "../wgsl/build.ts";
import { symbol } from "../wgsl/tree.ts";
import {
  allNodes,
  type BufferNode,
  type Copy,
  type Exchange,
  type Fold,
  type Fused,
  leaderOf,
  type Loop,
  type Node,
} from "./nest.ts";
import { pointsHeld, reductionAt, type Scope, substituted, valuesAt } from "./scope.ts";
import { spanOf } from "./span.ts";

/** Emits folds, and what they keep; accumulates and stores are for those who asked. */
export function emitNodes(
  lowering: Lowering,
  nodes: readonly Node[],
  scope: Scope,
  take: (node: Node, scope: Scope) => void,
): void {
  for (const node of nodes) {
    if (node.kind === "fold" || node.kind === "exchange") emitFold(lowering, node, scope);
    else if (node.kind === "buffer") {
      const kept = new Map(scope.kept);
      emitBuffer(lowering, node, scope, (expr, read) => kept.set(expr, read));
      const rest = node.body.filter((inner) => inner.kind !== "copy");
      emitNodes(lowering, rest, { ...scope, kept }, take);
    } else take(node, scope);
  }
}

/** Emits a whole fold; afterwards its reductions' fields have values. */
export function emitFold(lowering: Lowering, fold: Fold | Exchange, scope: Scope): void {
  const { context } = lowering;
  const members = reductionsAt(lowering, fold, scope).filter((reduce) => !context.results.has(reduce));
  if (members.length === 0) return;
  const { accumulators, ...rest } = fuseReductions(context, members);
  const staged = new Map(stagedAt(lowering, fold, scope));
  // Folds inside of a leaf read their operands in place.
  const read = (leaf: Expr): Expr =>
    context.rewrite(
      context.rewrite(leaf, (expr) => scope.kept.get(expr)),
      (expr) => (expr.kind === "field" ? expr : staged.get(expr)),
    );
  const group: FusedReduction = {
    ...rest,
    accumulators: accumulators.map((accumulator) => ({ ...accumulator, leaf: read(accumulator.leaf) })),
  };
  const emitter = new FoldEmitter(lowering, group, scope, fold.of);
  const values = fold.kind === "fold" ? emitter.whole(fold, group.block) : emitter.shared(fold);
  for (const [reduce, accumulators] of group.members) {
    context.results.set(
      reduce,
      new Map([...accumulators].map(([field, accumulator]) => [field, values[accumulator]!])),
    );
  }
}

/** The fold's reductions at each point that it holds; one that is the same at several is there once. */
function reductionsAt(lowering: Lowering, { of, held }: Fold | Exchange, scope: Scope): Reduce[] {
  const found = new Set<Reduce>();
  const free = held.filter(({ axis }) => !scope.fixed.includes(axis));
  for (const point of pointsHeld(scope.point, free)) {
    const values = valuesAt(lowering, { ...scope, point });
    for (const reduce of of.members) found.add(reductionAt(lowering, reduce, values));
  }
  return [...found];
}

/** How the elements of staged operands are read at each point that a fold holds. */
function stagedAt(lowering: Lowering, fold: Fold | Exchange, scope: Scope): [Expr, Expr][] {
  if (scope.staged.size === 0) return [];
  const { of, held } = fold;
  // Another fold over the same items reads the operand in place: what is staged is there for this fold's chain alone.
  const own = new Set(
    [...allNodes([fold])].flatMap((node) =>
      node.kind === "buffer" && node.buffer.space === "workgroup" && node.buffer.items.of === of
        ? [node.buffer.element]
        : [],
    ),
  );
  if (own.size === 0) return [];
  return pointsHeld(scope.point, held).flatMap((point) => {
    const values = valuesAt(lowering, { ...scope, point });
    return [...scope.staged]
      .filter(([element]) => own.has(element))
      .map((pair): [Expr, Expr] => {
        const [element, read] = pair.map((expr) => substituted(lowering.context, expr, values));
        return [element!, read!];
      });
  });
}

/** Fills an invocation's own array with a buffer's element, one for each point at which it differs. */
function emitBuffer(
  lowering: Lowering,
  { buffer, body }: BufferNode,
  scope: Scope,
  keep: (expr: Expr, read: Expr) => void,
): void {
  const { context } = lowering;
  const copy = body.find((node): node is Copy => node.kind === "copy" && node.buffer === buffer)!;
  const reader = [...allNodes(body)].find((node): node is Fold => node.kind === "fold" && node.of === buffer.items.of);
  const elements = new Map<Expr, Scope>();
  const held = (reader?.held ?? []).filter(({ axis }) => !scope.fixed.includes(axis));
  const fixed = [...scope.fixed, ...held.map(({ axis }) => axis)];
  for (const point of pointsHeld(scope.point, held)) {
    const here = { ...scope, point, fixed };
    const element = substituted(lowering.context, buffer.element, valuesAt(lowering, here));
    if (!elements.has(element)) elements.set(element, here);
  }
  for (const [element, here] of elements) {
    const run = reductionAt(lowering, leaderOf(buffer.items.of), valuesAt(lowering, here));
    keep(
      element,
      fillArray(context, run, element, (items) =>
        emitNodes(lowering, copy.body, { ...here, items: new Map([...here.items, ...items]) }, () => {}),
      ),
    );
  }
}

/** The element of an array that holds a value for each item of a run. */
function fillArray(
  context: Context,
  run: Reduce,
  element: Expr,
  fold: (items: ReadonlyMap<Variable, Expr>) => void,
): Expr {
  const { pool } = context;
  const { start, count, variable } = run;
  const block = context.homeOf(run);
  const length = context.affine.maximum(count);
  const type = element.type as "f32" | "u32" | "i32";
  const origin = context.origins.get(element) ?? null;
  const array = symbol("var", `${context.hints.get(element) ?? "kept"}_of`, arrayOf(type, length));
  block.var(array, undefined, origin);
  const body = new Block(block);
  const counter = symbol("counter", variable.name, "u32");
  const index = context.register(name(counter), body, { maximum: length - 1 });
  const items = new Map([[variable, pool.add(start, index)]]);
  const value = substituted(context, element, items);
  fold(items);
  body.assign(elementOf(array, name(counter)), emit(context, value, body), origin);
  block.for(counter, u32(0), condition("<", name(counter), emit(context, count, block)), u32(1), body);
  const begin = symbol("let", "start", "u32");
  block.let(begin, emit(context, start, block));
  const base = context.register(name(begin), block);
  return pool.load(context.declareTable(array), type, [pool.subtract(pool.index(variable), base)]);
}

class FoldEmitter {
  readonly #lowering: Lowering;
  readonly #group: FusedReduction;
  readonly #scope: Scope;
  readonly #folder: Folder;
  readonly #of: Fused;
  /** The values of an exchange's row. */
  #rows: Items | undefined;

  constructor(lowering: Lowering, group: FusedReduction, scope: Scope, of: Fused) {
    this.#of = of;
    this.#lowering = lowering;
    this.#group = group;
    this.#scope = scope;
    this.#folder = new Folder(lowering.context, group);
  }

  whole(fold: Fold, block: Block): Values {
    const { pool } = this.#lowering.context;
    return this.#value(fold, this.#group.reduce.item ?? pool.u32(0), block);
  }

  /** A fold whose row is made apart by the workgroup's invocations. */
  shared({ row, make, body }: Exchange): Values {
    const [loop] = make as [Loop];
    const [fold] = body as [Fold];
    return shareFold(this.#lowering, this.#group, this.#folder, {
      row,
      item: (position, block) => this.#item(loop.body, position, block),
      whole: (block, rows) => {
        this.#rows = rows;
        return this.whole(fold, block);
      },
    });
  }

  /** The value of a fold's level at a position of its row. */
  #value({ level, body }: Fold, position: Expr, block: Block): Values {
    const { pool, affine } = this.#lowering.context;
    if (level === 0) return this.#item(body, position, block);
    const { tree, item } = this.#group.reduce;
    const items = this.#folder.rows[level - 1]!;
    const span = spanOf(pool, affine, tree[level - 1]!, items, position, item !== undefined);
    const [loop] = body as [Loop];
    const [inner] = loop.body;
    if (inner?.kind === "buffer" && inner.buffer.space === "workgroup") {
      const nodes = itemsOf(inner);
      const chain = stagedChain(this.#lowering, this.#group, (at, stagedAt) => {
        this.#needs(nodes, at);
        return this.#leaves(at, stagedAt);
      });
      return this.#folder.value(tree[level - 1]!, span, () => [], block, { unroll: 1, ...chain });
    }
    const strip = inner?.kind === "loop" ? inner : undefined;
    const unroll = strip === undefined || strip.trips === "rest" ? 1 : strip.trips;
    const values: Items = (at, inside) => this.#item((strip ?? loop).body, at, inside);
    return this.#folder.value(tree[level - 1]!, span, values, block, { unroll });
  }

  /** What one trip of a level's loop accumulates: folds that it needs come first. */
  #item(nodes: readonly Node[], position: Expr, block: Block): Values {
    const [below] = nodes;
    if (below?.kind === "accumulate" && below.from === "exchange") return this.#rows!(position, block);
    if (below?.kind === "fold" && below.of === this.#of) return this.#value(below, position, block);
    this.#needs(nodes, position);
    return this.#leaves(position);
  }

  /** Emits the folds that a leaf needs, which read their operands in place. */
  #needs(nodes: readonly Node[], position: Expr): void {
    const items = new Map([...this.#scope.items, [this.#group.reduce.variable, this.#itemAt(position)] as const]);
    emitNodes(this.#lowering, nodes, { ...this.#scope, items, staged: new Map() }, () => {});
  }

  #itemAt(position: Expr): Expr {
    const { pool, affine } = this.#lowering.context;
    return affine.normal(pool.add(this.#group.reduce.start, position));
  }

  #leaves(position: Expr, stagedAt?: Expr): Values {
    const { context } = this.#lowering;
    const { variable } = this.#group.reduce;
    const item = this.#itemAt(position);
    const memo = new Map();
    return this.#group.accumulators.map((accumulator) =>
      context.rewrite(
        accumulator.leaf,
        (expr) => {
          if (expr.kind === "index" && expr.variable === variable) return item;
          if (!expr.free.has(variable)) return expr;
          return stagedAt === undefined ? undefined : stagedElement(this.#lowering, expr, stagedAt);
        },
        memo,
      ),
    );
  }
}

/** The body of the loop over a stretch's items, inside of the buffers that hold the stretch. */
function itemsOf({ body }: BufferNode): readonly Node[] {
  const inner = body.find((node) => node.kind !== "copy");
  if (inner?.kind === "buffer") return itemsOf(inner);
  return inner?.kind === "loop" ? inner.body : [];
}
