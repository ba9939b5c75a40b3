/**
 * Splits reductions over two passes: the first computes the values at one level of the tree, each on its own, into
 * scratch memory; the second folds them in order. Both are ordinary kernels, so each takes any schedule that fits it.
 */
import type { Pool } from "../dsl/expr.ts";
import type { Axis, Expr, Input, Output, Reduce, Reducer } from "../dsl/ir.ts";
import { rewrite, rewriteOutputs, type Rewritten } from "../dsl/rewrite.ts";
import { ScheduleError } from "./errors.ts";
import { everythingIn, reductionsInScope, rootsOf } from "../dsl/visit.ts";
import { extentOf, type PassKernel } from "./pass-kernel.ts";
import { rowCounts } from "./rows.ts";

/**
 * The kernels of the passes at this level, each with the inputs that it reads: the kernel itself, where nothing is
 * split.
 */
export function partitionKernel(kernel: PassKernel, level: number | undefined): PassKernel[] {
  const passes = level === undefined ? [kernel] : partitionedReductions(kernel, level);
  return passes.map(withoutUnusedInputs);
}

export function partitionedReductions(kernel: PassKernel, level: number): PassKernel[] {
  const reduces = reductionsInScope(rootsOf(kernel)).filter((reduce) => reduce.tree.length > level);
  if (reduces.length === 0)
    throw new ScheduleError(`no reduction's tree has a level ${level} below its last`, undefined, "partition");
  const passes: PassKernel[] = [];
  let rest = kernel;
  for (const [at, original] of reduces.entries()) {
    const reduce = replacement(rest, original);
    const { partial, final } = splitOne(rest, reduce, level, at);
    passes.push(partial);
    rest = final;
  }
  return [...passes, rest];
}

const replaced = new WeakMap<PassKernel, Map<Reduce, Reduce>>();

/** What a reduction of the original kernel has become, now that those that it needs are folded from scratch. */
function replacement(kernel: PassKernel, reduce: Reduce): Reduce {
  let current = reduce;
  for (let next = replaced.get(kernel)?.get(current); next !== undefined; next = replaced.get(kernel)?.get(current))
    current = next;
  return current;
}

function splitOne(
  kernel: PassKernel,
  reduce: Reduce,
  level: number,
  number: number,
): { partial: PassKernel; final: PassKernel } {
  const { pool } = kernel;
  const axis = unused(
    `part${number}`,
    kernel.axes.map((candidate) => candidate.name),
  );
  const over = kernel.axes.filter((candidate) => reduce.free.has(pool.axisVariable(candidate.name)));
  const rows = rowCounts(pool, reduce);
  const parts = bound(kernel, rows[level]!);
  const partAxis: Axis = { name: axis, role: parts.kind === "constant" ? "model" : "sequence" };
  const extents = new Map([...kernel.extents, [axis, parts]]);
  const part = pool.index(pool.axisVariable(axis));
  const item = level === 0 && rows[level]! !== parts ? lastAtMost(pool, part, rows[level]!) : part;
  const values = pool.reduce({ ...reduce, tree: reduce.tree.slice(0, level), item });
  const axes = [...over.map((candidate) => candidate.name), axis];
  const taken = [...kernel.inputs, ...kernel.outputs].map((tensor) => tensor.name);
  const name = (field: string): string => unused(`scratch${number}_${field}`, taken);
  const outputs: Output[] = reduce.reducer.fields.map((field) => ({
    name: name(field.name),
    storage: field.type,
    axes,
    over: axes,
    value: pool.field(values, field.name),
  }));
  const inputs: Input[] = reduce.reducer.fields.map((field) => ({
    name: name(field.name),
    storage: field.type,
    axes,
    ownership: "request",
    unique: false,
  }));
  const scratch = new Set([...kernel.scratch, ...outputs.map((output) => output.name)]);
  const shared = { ...kernel, axes: [...kernel.axes, partAxis], extents, scratch };
  const start = pool.u32(0);
  const variable = pool.itemVariable("part", axis, start, rows[level]!);
  const indices = [...over.map((candidate) => pool.index(pool.axisVariable(candidate.name))), pool.index(variable)];
  const folded = pool.reduce({
    axis,
    variable,
    start,
    count: rows[level]!,
    tree: reduce.tree.slice(level),
    reducer: reduce.reducer as Reducer,
    leaf: inputs.map((input) => pool.load(input.name, input.storage, indices)),
  });
  const memo: Rewritten = new Map([[reduce, folded]]);
  const visit = (expr: Expr): Expr => rewrite(pool, expr, () => undefined, memo);
  const final: PassKernel = {
    ...shared,
    inputs: [...kernel.inputs, ...inputs],
    outputs: rewriteOutputs(kernel.outputs, visit),
    names: carry(kernel.names, memo),
    origins: carry(kernel.origins, memo),
  };
  const known = new Map(replaced.get(kernel));
  for (const [before, after] of memo) {
    if (before !== after && before.kind === "reduce" && after.kind === "reduce") known.set(before, after);
  }
  replaced.set(final, known);
  const partial: PassKernel = {
    ...shared,
    outputs,
    names: kernel.names,
    origins: new Map([...kernel.origins, ...noteOf(kernel, reduce, values)]),
  };
  return { partial, final };
}

/**
 * An item of a domain whose count is known at run time only: the last one in place of one past the end, which no later
 * pass folds. A domain inside of the leaf may begin with the item, and its count would wrap below 0 there.
 */
function lastAtMost(pool: Pool, item: Expr, count: Expr): Expr {
  return pool.minimum(item, pool.subtract(pool.binary("maximum", count, pool.u32(1)), pool.u32(1)));
}

function noteOf(
  kernel: PassKernel,
  from: Reduce,
  to: Reduce,
): [Reduce, { file: string; line: number; column: number }][] {
  const origin = kernel.origins.get(from);
  return origin === undefined ? [] : [[to, origin]];
}

function carry<T>(
  notes: ReadonlyMap<Expr | Reduce, T>,
  memo: ReadonlyMap<Expr | Reduce, Expr | Reduce>,
): Map<Expr | Reduce, T> {
  const result = new Map(notes);
  for (const [before, after] of memo) {
    const note = notes.get(before);
    if (note !== undefined && !result.has(after)) result.set(after, note);
  }
  return result;
}

/**
 * The largest value that a count can take, as the host can compute it: what depends on a request's table is left out.
 */
function bound(kernel: PassKernel, count: Expr): Expr {
  const { pool } = kernel;
  const visit = (expr: Expr): Expr | undefined => {
    switch (expr.kind) {
      case "constant":
        return expr;
      case "extent":
        return extentOf(kernel, expr.axis);
      case "binary": {
        const left = visit(expr.left);
        const right = visit(expr.right);
        if (expr.operator === "minimum")
          return left === undefined ? right : right === undefined ? left : pool.minimum(left, right);
        const grows =
          expr.operator === "add" ||
          expr.operator === "multiply" ||
          (expr.operator === "divide" && right?.kind === "constant");
        if (expr.operator === "remainder" && right?.kind === "constant") return pool.u32(right.bits - 1);
        return grows && left !== undefined && right !== undefined ? pool.binary(expr.operator, left, right) : undefined;
      }
      default:
        return undefined;
    }
  };
  const largest = visit(count);
  if (largest === undefined)
    throw new ScheduleError(
      "the host cannot bound how many partial results a split would leave",
      "leave it out",
      "partition",
    );
  return largest;
}

/** Leaves out the inputs that a pass does not read, so that they take no binding. */
function withoutUnusedInputs(kernel: PassKernel): PassKernel {
  const used = new Set([...everythingIn(kernel)].flatMap((expr) => (expr.kind === "load" ? [expr.input] : [])));
  return { ...kernel, inputs: kernel.inputs.filter((input) => used.has(input.name)) };
}

/** The name itself, or with as many underscores as it takes to be none of these. */
function unused(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? unused(`${name}_`, taken) : name;
}
