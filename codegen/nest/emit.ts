/**
 * Lowers a nest: point loops become an invocation's points (thread-map.ts), folds the loops of their trees
 * (emit-fold.ts), and stores what is written at each point. What an expression needs is computed in the outermost block
 * that knows it.
 */
import type { Expr } from "../../dsl/ir.ts";
import { debug } from "../../runtime/debug.ts";
import { Context, type PassRequest } from "../context.ts";
import { InternalCompilerError, ScheduleError } from "../errors.ts";
import type { PassKernel } from "../pass-kernel.ts";
import { printStep } from "../schedule/signatures.ts";
import type { PassStep } from "../schedule/step.ts";
import { declareStaged, type Lowering } from "../stage.ts";
import { type Point, type Store, storesOf, writeStores } from "../stores.ts";
import { ThreadMap } from "../thread-map.ts";
import { applyStep, inOrder } from "./apply.ts";
import { buildNest } from "./build.ts";
import { emitNodes } from "./emit-fold.ts";
import type { Scope } from "./scope.ts";
import { allNodes, leaderOf, type Nest, type Node } from "./nest.ts";
import { afterPasses } from "./passes.ts";
import { printNest } from "./print.ts";
import { verifyNest } from "./verify.ts";

/** The nest that one pass is lowered from. @throws ScheduleError */
export function nestOfPass(kernel: PassKernel, steps: readonly PassStep[]): Nest {
  let nest = buildNest(kernel);
  for (const step of inOrder(steps)) {
    try {
      nest = applyStep(nest, step);
      const applied = nest;
      debug("nest", () => `kernel ${kernel.name}, after ${printStep(step)}\n${printNest(applied)}`);
    } catch (error) {
      throw error instanceof ScheduleError ? new ScheduleError(error.reason, error.fix, step.step) : error;
    }
  }
  verifyNest(nest, "its steps");
  for (const after of afterPasses(nest)) {
    nest = after.nest;
    debug("nest", () => `kernel ${kernel.name}, after ${after.name}\n${printNest(after.nest)}`);
  }
  return nest;
}

export function lowerNest(request: PassRequest, nest: Nest): { readonly context: Context; readonly workgroups: Expr } {
  const context = new Context(request, nest);
  const lowering: Lowering = { context, threads: new ThreadMap(context), staged: new Map() };
  const stores: Store[] = [];
  const point: Point = new Map(context.axes.map((axis) => [axis, 0]));
  emitPoints(
    lowering,
    nest.body,
    { point, items: new Map(), kept: new Map(), staged: declareOperands(lowering, nest), fixed: [] },
    stores,
  );
  writeStores(lowering, stores);
  lowering.threads.close();
  return { context, workgroups: lowering.threads.workgroups };
}

/** Declares the arrays of staged operands; how each is read, by its element. */
function declareOperands(lowering: Lowering, nest: Nest): Map<Expr, Expr> {
  const { axes } = lowering.context;
  const buffers = [...allNodes(nest.body)].flatMap((node) =>
    node.kind === "buffer" && node.buffer.space === "workgroup" ? [node.buffer] : [],
  );
  return new Map(
    buffers.map(({ element, items, points }) => {
      const tiled = axes.filter((division) => points.some(({ axis }) => axis === division.axis));
      return [element, declareStaged(lowering, element, leaderOf(items.of).variable, tiled, items.trips)];
    }),
  );
}

/** Emits folds at each of an invocation's points, and gathers what is stored there. */
function emitPoints(lowering: Lowering, nodes: readonly Node[], scope: Scope, stores: Store[]): void {
  emitNodes(lowering, nodes, scope, (node, here) => {
    if (node.kind === "store") stores.push(...storesOf(lowering, node.output, [here.point]));
    else if (node.kind !== "loop" || node.over.kind !== "points")
      throw new InternalCompilerError(`a ${node.kind} stands where points are lowered`);
    else {
      const { axis } = node.over;
      const mapped = [...here.point.keys()].find((candidate) => candidate.axis === axis)!;
      const copies = node.binding === "unrolled" && node.trips !== "rest" ? node.trips : 1;
      for (let register = 0; register < copies; register++)
        emitPoints(lowering, node.body, { ...here, point: new Map([...here.point, [mapped, register]]) }, stores);
    }
  });
}
