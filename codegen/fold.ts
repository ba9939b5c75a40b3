/**
 * The sequential fold of one group of reductions: nested loops that follow the tree. Everything that runs a tree's
 * levels in order goes through here, whoever runs them and wherever their items come from.
 */
import { collect, operandsOf } from "../dsl/visit.ts";
import type { Expr, SourceLocation } from "../dsl/ir.ts";
import type { Level } from "../dsl/tree.ts";
import { hiddenConstant } from "./arithmetic.ts";
import type { Context } from "./context.ts";
import { emit, operationIn } from "./expressions.ts";
import type { FusedReduction } from "./fused-reduction.ts";
import type { Span } from "./nest/span.ts";
import { rowCounts } from "./rows.ts";
import { Block } from "./statements.ts";
import { arithmetic, arrayOf, condition, element, name, u32 } from "./wgsl/build.ts";
import { type Expression, type Symbol, symbol } from "./wgsl/tree.ts";

/** One expression for each accumulator of the group. */
export type Values = readonly Expr[];
/** The values of an item, computed in a block. */
export type Items = (position: Expr, block: Block) => Values;

/** How a chain takes its items. */
export interface Rounds {
  /** How many items a chain takes in one step of its loop. */
  readonly unroll: number;
  /**
   * Runs a chain over `count` leaves from `first` in place of the plain loop; absent where operands are read in place.
   */
  readonly chain?: (first: Expr, count: Expr, block: Block, step: (values: Values, block: Block) => void) => void;
}

export class Folder {
  readonly #context: Context;
  readonly #group: FusedReduction;
  /** Items in each row, as expressions; row 0 are the leaves. */
  readonly rows: readonly Expr[];
  readonly #origin: SourceLocation | null;
  /**
   * Whether some leaf is the same for each item: then so are the values of inner levels, whose loops drivers move out.
   */
  readonly #hasSteadyLeaf: boolean;

  constructor(context: Context, group: FusedReduction) {
    this.#context = context;
    this.#group = group;
    this.#origin = context.origins.get(group.reduce) ?? null;
    this.rows = rowCounts(context.pool, group.reduce);
    this.#hasSteadyLeaf = group.accumulators.some(({ leaf }) => !leaf.free.has(group.reduce.variable));
  }

  /** One value of a level, made of the items of its span. */
  value(level: Level, span: Span, items: Items, block: Block, { unroll, chain }: Rounds): Values {
    if (chain === undefined && span.count.kind === "constant" && span.count.bits === 1)
      return this.#combine(this.#identities(), items(span.first, block));
    if (level.fold === "pairwise") return this.#pairwise(span, items, block);
    return this.#chain(span, items, { unroll, ...(chain === undefined ? {} : { chain }) }, block);
  }

  /** Variables that start as the identity, one for each accumulator. */
  accumulators(block: Block): Symbol[] {
    return this.#group.accumulators.map((accumulator) => {
      const variable = symbol("var", accumulator.name, accumulator.type);
      block.var(variable, hiddenConstant(accumulator.identity), this.#origin);
      return variable;
    });
  }

  /** accumulator = combine(accumulator, item), for all accumulators at once. */
  accumulate(accumulators: readonly Symbol[], values: Values, block: Block): void {
    this.combineInto(accumulators, this.registers(accumulators, block), values, block);
  }

  /**
   * Whether a value is the same in each round of the loop around `block`: NVIDIA's driver makes a product of such a
   * chain of sums.
   */
  #isSteady(value: Expr, block: Block): boolean {
    return value.kind === "constant" || this.#context.homeOf(value).depth < block.depth;
  }

  /** target = combine(left, right), where targets may be among the operands. */
  combineInto(targets: readonly Symbol[], left: Values, right: Values, block: Block): void {
    const accumulators = this.#group.accumulators;
    const results = this.#combine(
      left,
      right,
      this.#hasSteadyLeaf || right.some((value) => this.#isSteady(value, block)),
    );
    const alone = accumulators.every((accumulator, at) =>
      [...accumulator.fields.values()].every((other) => other === at),
    );
    if (alone)
      return results.forEach((result, at) =>
        block.assign(targets[at]!, operationIn(this.#context, result, block), this.#origin),
      );
    const held = results.map((result, at) => {
      const value = emit(this.#context, result, block);
      const isStable = value.kind === "literal" || (value.kind === "name" && !targets.includes(value.symbol));
      if (isStable) return value;
      const kept = symbol("let", accumulators[at]!.name, accumulators[at]!.type);
      block.let(kept, value, this.#origin);
      return name(kept);
    });
    held.forEach((value, at) => block.assign(targets[at]!, value, this.#origin));
  }

  /** The values that variables have in `block`, as expressions: fresh ones, since variables change. */
  registers(variables: readonly Symbol[], block: Block): Values {
    return variables.map((variable) => this.#context.register(name(variable), block));
  }

  #identities(): Values {
    return this.#group.accumulators.map((accumulator) =>
      this.#context.register(hiddenConstant(accumulator.identity), this.#context.top),
    );
  }

  #combine(left: Values, right: Values, sealed = false): Values {
    const used = usedByOthers(this.#group.accumulators.map(({ combine }) => combine));
    return this.#group.accumulators.map((accumulator) => {
      const result = this.#context.rewrite(accumulator.combine, (expr) =>
        expr.kind === "state" ? (expr.side === "left" ? left : right)[accumulator.fields.get(expr.field)!]! : undefined,
      );
      // The one addition that may stand unsealed: nothing but the fold's next step reads it.
      if (!sealed && isSumOfSides(accumulator.combine) && !used.has(accumulator.combine))
        this.#context.folds.add(result);
      return result;
    });
  }

  #chain(span: Span, items: Items, { unroll, chain }: Rounds, block: Block): Values {
    const { pool } = this.#context;
    const accumulators = this.accumulators(block);
    const step = (values: Values, inside: Block): void => this.accumulate(accumulators, values, inside);
    if (chain !== undefined) {
      chain(span.first, span.count, block, step);
    } else {
      const steps = pool.multiply(pool.divide(span.count, pool.u32(unroll)), pool.u32(unroll));
      const at = (index: Expr): Expr =>
        this.#context.affine.normal(pool.add(span.first, pool.multiply(index, pool.u32(span.stride))));
      if (!isZero(steps)) {
        this.loop(pool.u32(0), steps, unroll, block, (index, body) => {
          for (let ahead = 0; ahead < unroll; ahead++) step(items(at(pool.add(index, pool.u32(ahead))), body), body);
        });
      }
      if (steps !== span.count)
        this.loop(steps, span.count, 1, block, (index, body) => step(items(at(index), body), body));
    }
    return this.registers(accumulators, block);
  }

  /** A counted loop. `index` runs from `from` below `to`. */
  loop(from: Expr, to: Expr, step: number, block: Block, fill: (index: Expr, body: Block) => void): void {
    const context = this.#context;
    const counter = symbol("counter", this.#group.reduce.variable.name, "u32");
    const body = new Block(block, isZero(from) && to.kind === "constant" && to.bits > 0);
    const past = context.affine.maximum(to);
    const inSteps = isZero(from) && context.affine.divisor(to) % step === 0;
    const index = context.register(name(counter), body, {
      multiple: isZero(from) ? step : 1,
      ...(past === Infinity ? {} : { maximum: Math.max(0, past - (inSteps ? step : 1)) }),
    });
    const start = emit(context, from, block);
    const isBefore = condition("<", name(counter), emit(context, to, block));
    fill(index, body);
    block.for(counter, start, isBefore, u32(step), body);
  }

  /**
   * By halves, left first: a stack of finished subtrees, where item i closes as many of them as i has trailing ones.
   */
  #pairwise(span: Span, items: Items, block: Block): Values {
    const context = this.#context;
    const { pool } = context;
    const most = context.affine.maximum(span.count);
    const slots = most === Infinity ? 33 : 33 - Math.clz32(Math.min(Math.max(1, most), 0xffffffff));
    const accumulators = this.#group.accumulators;
    const stacks = accumulators.map((accumulator) =>
      symbol("var", `${accumulator.name}_stack`, arrayOf(accumulator.type, slots)),
    );
    const depth = symbol("var", "depth", "u32");
    for (const stack of stacks) block.var(stack, undefined, this.#origin);
    block.var(depth, u32(0));
    const top = stacks.map((stack) => element(stack, name(depth)));
    const pop = (inside: Block): void => inside.assign(depth, arithmetic("-", name(depth), u32(1)));
    const current = (values: readonly Expression[], inside: Block): Symbol[] =>
      accumulators.map((accumulator, at) => {
        const value = symbol("var", accumulator.name, accumulator.type);
        inside.var(value, values[at]!, this.#origin);
        return value;
      });
    const merge = (values: readonly Symbol[], inside: Block): void => {
      pop(inside);
      const left = top.map((value) => context.register(value, inside));
      this.combineInto(values, left, this.registers(values, inside), inside);
    };
    this.loop(pool.u32(0), span.count, 1, block, (index, body) => {
      const position = context.affine.normal(pool.add(span.first, pool.multiply(index, pool.u32(span.stride))));
      const values = current(
        items(position, body).map((value) => emit(context, value, body)),
        body,
      );
      const carry = symbol("var", "carry", "u32");
      body.var(carry, emit(context, index, body));
      const closing = new Block(body);
      merge(values, closing);
      closing.assign(carry, arithmetic(">>", name(carry), u32(1)));
      body.while(condition("==", arithmetic("&", name(carry), u32(1)), u32(1)), closing);
      values.forEach((value, at) => body.assign(top[at]!, name(value)));
      body.assign(depth, arithmetic("+", name(depth), u32(1)));
    });
    const isLeft = condition(">", name(depth), u32(0));
    const results = this.accumulators(block);
    const some = new Block(block);
    pop(some);
    const values = current(top, some);
    const rest = new Block(some);
    merge(values, rest);
    some.while(isLeft, rest);
    this.accumulate(results, this.registers(values, some), some);
    block.if(isLeft, some);
    return this.registers(results, block);
  }
}

function isZero(expr: Expr): boolean {
  return expr.kind === "constant" && expr.bits === 0;
}

/**
 * What a combine computes with. The compiler decides here which additions stay unsealed, and imports nothing of
 * dsl/denotation.ts: the audit decides by that file, so a mistake in either shows.
 */
function usedByOthers(combines: readonly Expr[]): ReadonlySet<Expr> {
  return new Set([...collect(combines)].flatMap(operandsOf));
}

/** Whether a combine is `left.a + right.b` on f32, and nothing else. */
function isSumOfSides(combine: Expr): boolean {
  if (combine.kind !== "binary" || combine.operator !== "add" || combine.type !== "f32") return false;
  const { left, right } = combine;
  return left.kind === "state" && right.kind === "state" && left.side === "left" && right.side === "right";
}
