/** Where an invocation is: its place in the workgroup, the workgroup's tile, and the points that it holds. */
import type { Expr, Variable } from "../dsl/ir.ts";
import type { Context } from "./context.ts";
import { emit } from "./expressions.ts";
import { extentOf } from "./pass-kernel.ts";
import { type Division, isWalked, tileOf } from "./nest/points.ts";
import { Block } from "./statements.ts";
import { arithmetic, bare, component, condition, name, u32 } from "./wgsl/build.ts";
import { type Expression, localIndex, symbol, workgroupCount, workgroupId } from "./wgsl/tree.ts";

export class ThreadMap {
  /** The innermost block in which every axis has its index: inside the loops over whole axes. */
  readonly block: Block;
  /** Workgroups in all. */
  readonly workgroups: Expr;
  /** The invocation's place along each axis with more than one invocation, and among the ways. */
  readonly places = new Map<string, Expr>();
  readonly way: Expr;
  readonly #base = new Map<string, Expr>();
  readonly #loops: (() => void)[] = [];

  constructor(readonly context: Context) {
    const { axes, pool, top } = context;
    this.way = this.#placeInWorkgroup();
    const order = [...axes].sort((a, b) => Number(this.#isModel(a)) - Number(this.#isModel(b)));
    const counts = order.map((axis) =>
      isWalked(axis) ? pool.u32(1) : pool.divideUp(this.#walked(axis), tileOf(axis)),
    );
    this.workgroups = counts.reduce((total, count) => pool.multiply(total, count), pool.u32(1));
    this.#placeOfWorkgroup(order, counts);
    let block = top;
    for (const axis of axes.filter(isWalked)) block = this.#loopOver(axis, block);
    this.block = block;
  }

  /** Puts the loops over whole axes into their blocks; to be called when their bodies are complete. */
  close(): void {
    for (const close of [...this.#loops].reverse()) close();
  }

  /** The first point of the workgroup's tile along an axis. */
  base(axis: string): Expr {
    return this.#base.get(axis)!;
  }

  /** The point's index inside the workgroup's tile. */
  local(axis: Division, register: number): Expr {
    const { pool } = this.context;
    const local = this.places.get(axis.axis) ?? pool.u32(0);
    return axis.apart === 1
      ? pool.add(pool.multiply(local, pool.u32(axis.points)), pool.u32(register))
      : pool.add(local, pool.u32(register * axis.apart));
  }

  /** The index along an axis of one of the invocation's points, which may lie past the axis' end. */
  index(axis: Division, register: number): Expr {
    const { pool } = this.context;
    return pool.add(this.#base.get(axis.axis)!, isWalked(axis) ? pool.u32(register) : this.local(axis, register));
  }

  /**
   * An index that lies on the axis in any case: points past its end compute the last one's value and do not store it.
   */
  clamped(axis: Division, raw: Expr): Expr {
    const { pool, kernel } = this.context;
    const extent = extentOf(kernel, axis.axis);
    return this.#fits(axis) ? raw : pool.minimum(raw, pool.subtract(extent, pool.u32(1)));
  }

  /** The condition under which a point is on the axis; undefined where it always is. */
  inBounds(axis: Division, raw: Expr): Expr | undefined {
    return this.#fits(axis) ? undefined : this.context.pool.less(raw, extentOf(this.context.kernel, axis.axis));
  }

  #fits(axis: Division): boolean {
    const extent = extentOf(this.context.kernel, axis.axis);
    return extent.kind === "constant" && extent.bits % (isWalked(axis) ? axis.points : tileOf(axis)) === 0;
  }

  /**
   * The points of an axis that are gone through: one even of an empty axis, where an output that lacks it is stored.
   */
  #walked(axis: Division): Expr {
    const { pool, kernel } = this.context;
    const extent = extentOf(kernel, axis.axis);
    return extent.kind === "constant" || kernel.outputs.every((output) => output.over.includes(axis.axis))
      ? extent
      : pool.binary("maximum", extent, pool.u32(1));
  }

  #isModel(axis: Division): boolean {
    return extentOf(this.context.kernel, axis.axis).kind === "constant";
  }

  #placeInWorkgroup(): Expr {
    const context = this.context;
    const { pool, axes, ways, top } = context;
    let rest: Expr = context.register(name(localIndex), top);
    const sizes = [...axes].reverse().filter((axis) => axis.invocations > 1);
    let left = sizes.reduce((size, axis) => size * axis.invocations, ways);
    for (const axis of sizes) {
      const last = left === axis.invocations;
      const place = last ? rest : pool.binary("remainder", rest, pool.u32(axis.invocations));
      const local = context.bind(`${axis.axis}_local`, emit(context, place, top), top, {
        maximum: axis.invocations - 1,
      });
      this.places.set(axis.axis, local);
      this.#home(axis.axis, local);
      rest = pool.divide(rest, pool.u32(axis.invocations));
      left /= axis.invocations;
    }
    return ways === 1 ? pool.u32(0) : context.bind("way", emit(context, rest, top), top, { maximum: ways - 1 });
  }

  /** Which tile the workgroup has: the last axis varies fastest. */
  #placeOfWorkgroup(order: readonly Division[], counts: readonly Expr[]): void {
    const context = this.context;
    const { pool, top } = context;
    if (this.workgroups.kind === "constant" && this.workgroups.bits <= 1) {
      order.forEach((axis) => this.#base.set(axis.axis, pool.u32(0)));
      return;
    }
    // A device takes only so many workgroups along one dimension, so they lie in up to three, with some to spare.
    let rest: Expr = context.bind("tile", workgroupNumber(), top);
    const past = new Block(top);
    past.return();
    const isPast = condition(">=", emit(context, rest, top), emit(context, this.workgroups, top));
    top.if(isPast, past);
    for (let at = order.length - 1; at >= 0; at--) {
      const axis = order[at]!;
      const count = counts[at]!;
      const alone = counts.every((other, other_at) => other_at >= at || isOne(other));
      const place = isOne(count) ? pool.u32(0) : alone ? rest : pool.binary("remainder", rest, count);
      rest = alone ? pool.u32(0) : pool.divide(rest, count);
      const base = pool.multiply(place, pool.u32(isWalked(axis) ? 1 : tileOf(axis)));
      if (base.kind === "constant") {
        this.#base.set(axis.axis, base);
        continue;
      }
      const first = context.bind(`${axis.axis}_base`, emit(context, base, top), top, {
        multiple: tileOf(axis),
      });
      this.#base.set(axis.axis, first);
      if (!context.axisHomes.has(axis.axis)) this.#home(axis.axis, first);
    }
  }

  #loopOver(axis: Division, block: Block): Block {
    const context = this.context;
    const { pool } = context;
    const body = new Block(block);
    const counter = symbol("counter", axis.axis, "u32");
    const local = this.places.get(axis.axis) ?? pool.u32(0);
    const from = emit(context, pool.multiply(local, pool.u32(axis.points)), block);
    const isBefore = condition("<", name(counter), emit(context, this.#walked(axis), block));
    const index = context.register(name(counter), body, { multiple: axis.points });
    this.#base.set(axis.axis, index);
    this.#home(axis.axis, index);
    this.#loops.push(() => block.for(counter, from, isBefore, u32(tileOf(axis)), body));
    return body;
  }

  #home(axis: string, register: Expr): void {
    const [home] = register.free as ReadonlySet<Variable>;
    this.context.axisHomes.set(axis, home!);
  }
}

const isOne = (expr: Expr): boolean => expr.kind === "constant" && expr.bits === 1;

/** `workgroup.x + workgroups.x * (workgroup.y + workgroups.y * workgroup.z)` */
function workgroupNumber(): Expression {
  const at = (dimension: number): Expression => component(name(workgroupId), dimension);
  const times = (dimension: number, next: Expression): Expression =>
    bare(arithmetic("*", component(name(workgroupCount), dimension), next));
  return arithmetic("+", at(0), times(0, arithmetic("+", at(1), times(1, at(2)))));
}
