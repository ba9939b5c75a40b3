/**
 * Strategies: each looks at a kernel's shape and gives the steps of one way to compute it, or nothing where that way
 * makes no sense for the shape. Their numbers are parameters, whose ranges can be enumerated. Which of a strategy's
 * steps apply is found out by applying them (plan.ts) and by lowering.
 */
import { reductionsBelow } from "../../dsl/visit.ts";
import { ScheduleError } from "../errors.ts";
import { extentOf } from "../pass-kernel.ts";
import { partitionedReductions } from "../partition.ts";
import { blocksFor } from "./blocks.ts";
import { invocationsFor, mentions, pointsOf, type Shape, shapeOf } from "./shape.ts";
import type { Step } from "./step.ts";

type Ranges = Readonly<Record<string, readonly number[]>>;
export type Parameters<R extends Ranges> = { readonly [Name in keyof R]: number };

/** `strategy(shape, parameters)` gives steps. */
export type Strategy<R extends Ranges = Ranges> = (shape: Shape, parameters: Parameters<R>) => Step[] | undefined;

const ranges = new WeakMap<Strategy<never>, Ranges>();

/** The values that each parameter of a strategy may take. */
export function parametersOf<R extends Ranges>(strategy: Strategy<R>): R {
  return ranges.get(strategy) as R;
}

function strategy<R extends Ranges>(parameters: R, steps: Strategy<R>): Strategy<R> {
  ranges.set(steps, parameters);
  return steps;
}

const invocationCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const leafCounts = [1, 2, 4, 8, 16];
/** Levels of a tree; a kernel whose trees have fewer takes its last level below the root. */
const levels = [0, 1, 2];

interface AxisPlan {
  readonly axis: string;
  readonly invocations?: number;
  readonly points?: number;
  readonly order?: "blocked" | "interleaved";
  readonly walk?: boolean;
}

/** The steps of one axis; one invocation and one point need none. */
function axisSteps({ axis, invocations = 1, points = 1, order = "blocked", walk = false }: AxisPlan): Step[] {
  return [
    ...(invocations === 1 ? [] : [{ step: "bind", axis, invocations } as const]),
    ...(points === 1 ? [] : [{ step: "sink", axis, points, order } as const]),
    ...(walk ? [{ step: "walk", axis } as const] : []),
  ];
}

/** The level, or the last below the root that any of the trees has. */
function cooperation({ reduces }: Shape, level: number, ways: number): Step {
  const last = Math.max(...reduces.map(({ tree }) => tree.length)) - 1;
  return { step: "cooperate", level: Math.min(level, last), ways };
}

const unrolled = (leaves: number): Step[] => (leaves === 1 ? [] : [{ step: "unroll", leaves }]);

/** Every output element by one invocation, neighbors along the innermost axis. */
export const elementEach = strategy(
  { invocations: invocationCounts, leaves: leafCounts },
  ({ kernel, axes, inner, pair }, { invocations: most, leaves }) => {
    let left = most;
    const plans = [...axes].reverse().map((axis): AxisPlan => {
      const extent = extentOf(kernel, axis);
      const points = axis === inner ? pair : 1;
      const needed = extent.kind === "constant" ? kernel.pool.u32(Math.ceil(extent.bits / points)) : extent;
      const invocations = invocationsFor(needed, left);
      left = Math.max(1, Math.floor(left / invocations));
      return { axis, invocations, points };
    });
    return [...plans.reverse().flatMap(axisSteps), ...unrolled(leaves)];
  },
);

/** One invocation a row: it folds alone and walks the axis that the reductions do not mention. */
export const rowEach = strategy({ invocations: invocationCounts }, (shape, { invocations: most }) => {
  const { axes, inner, pair, reduces } = shape;
  if (axes.length < 2 || reduces.length === 0 || reduces.some((reduce) => mentions(shape, reduce, inner)))
    return undefined;
  const last = axes.length - 2;
  return axes.flatMap((axis, at) =>
    axisSteps({
      axis,
      invocations: at === last ? invocationsFor(extentOf(shape.kernel, axis), most) : 1,
      points: axis === inner ? pair : 1,
      walk: axis === inner,
    }),
  );
});

/** One workgroup a row: its invocations share the folds, then walk the row together. */
export const rowTogether = strategy({ invocations: invocationCounts, level: levels }, (shape, parameters) => {
  const { axes, inner, pair, reduces } = shape;
  if (reduces.length === 0 || reduces.some((reduce) => mentions(shape, reduce, inner))) return undefined;
  const ofAxis = (axis: string): Step[] =>
    axis === inner
      ? axisSteps({ axis, invocations: parameters.invocations, points: pair, walk: true })
      : axisSteps({ axis });
  return [...axes.flatMap(ofAxis), cooperation(shape, parameters.level, 1)];
});

/** A few elements a workgroup. The values of one level are dealt out over its invocations, and folded in order. */
export const levelTogether = strategy(
  { invocations: invocationCounts, level: levels, ways: invocationCounts, leaves: leafCounts },
  (shape, { invocations, level, ways, leaves }) => {
    const { axes, inner, pair, reduces, kernel } = shape;
    if (reduces.length === 0) return undefined;
    return [
      ...axes.flatMap((axis) =>
        axis === inner
          ? axisSteps({ axis, invocations: invocationsFor(extentOf(kernel, axis), invocations), points: pair })
          : [],
      ),
      cooperation(shape, level, ways),
      ...unrolled(leaves),
    ];
  },
);

/** The innermost axis in registers as a whole, so that everything that does not mention it is computed once. */
const rowInRegisters = ({ axes, inner, pair, reduces, kernel }: Shape, most: number, rest: number, points: number) => {
  const extent = extentOf(kernel, inner);
  const nested = reduces.some((reduce) => reductionsBelow(reduce.leaf).size > 0);
  if (!nested || extent.kind !== "constant" || extent.bits > points || axes.length < 2) return undefined;
  const second = axes[axes.length - 2]!;
  const rows = invocationsFor(extentOf(kernel, second), most);
  return axes.flatMap((axis) => {
    if (axis === inner) return axisSteps({ axis, points: Math.ceil(extent.bits / pair) * pair });
    if (axis === second) return axisSteps({ axis, invocations: rows });
    // Where there are more than three axes, each of the others has one invocation.
    return axisSteps({ axis, invocations: axes.length === 3 ? Math.max(1, Math.floor(rest / rows)) : 1 });
  });
};

const pointCounts = [2, 4, 8, 16, 32, 64];

/** A row in the registers of one invocation, which folds alone. */
export const rowInRegistersEach = strategy(
  { invocations: invocationCounts, together: invocationCounts, points: pointCounts },
  (shape, { invocations, together, points }) => rowInRegisters(shape, invocations, together, points),
);

/** A row in registers, by the invocations of a workgroup, which share its folds. */
export const rowInRegistersTogether = strategy(
  { level: levels, ways: invocationCounts, points: pointCounts },
  (shape, { level, ways, points }) => {
    const steps = rowInRegisters(shape, 1, 1, points);
    return steps === undefined ? undefined : [...steps, cooperation(shape, level, ways)];
  },
);

/** The two innermost axes, where every reduction mentions both. */
function tileAxes(shape: Shape): { readonly outer: string; readonly inner: string } | undefined {
  const { axes, inner, reduces } = shape;
  const outer = axes[axes.length - 2];
  if (outer === undefined || reduces.length === 0) return undefined;
  const all = reduces.every((reduce) => mentions(shape, reduce, inner) && mentions(shape, reduce, outer));
  return all ? { outer, inner } : undefined;
}

const orderOf = ({ pair, inner }: Shape, axis: string): "blocked" | "interleaved" =>
  pair === 2 && axis === inner ? "blocked" : "interleaved";

/**
 * Register tiles over two axes, of one invocation each, which folds alone: a load serves a row or a column of the tile.
 */
export const registerTile = strategy(
  { invocations: invocationCounts, points: [2, 4, 8], leaves: leafCounts },
  (shape, { invocations: most, points, leaves }) => {
    const tile = tileAxes(shape);
    if (tile === undefined) return undefined;
    return [
      ...[tile.outer, tile.inner].flatMap((axis) =>
        axisSteps({
          axis,
          invocations: axis === tile.inner ? invocationsFor(extentOf(shape.kernel, axis), most) : 1,
          points,
          order: orderOf(shape, axis),
        }),
      ),
      ...unrolled(leaves),
    ];
  },
);

/** Register tiles over two axes, operands brought through workgroup memory; none where half a tile would be empty. */
export const stagedTile = strategy(
  { invocations: [4, 8, 16], points: [2, 4, 8], stage: leafCounts, leaves: leafCounts },
  (shape, { invocations, points, stage, leaves }) => {
    const tile = tileAxes(shape);
    const extent = pointsOf(shape, shape.inner);
    if (tile === undefined || (extent !== undefined && 2 * extent < invocations * points)) return undefined;
    return [
      ...[tile.outer, tile.inner].flatMap((axis) =>
        axisSteps({ axis, invocations, points, order: orderOf(shape, axis) }),
      ),
      { step: "stage", leaves: stage },
      ...unrolled(leaves),
    ];
  },
);

/**
 * One lane an output, lanes side by side, whole runs dealt out over groups of lanes; inputs that the lanes walk far
 * apart are stored in blocks, so that the lanes of a group read neighboring memory.
 */
export const packedBlocks = strategy(
  { lanes: [8, 16, 32, 64], ways: invocationCounts, level: levels, leaves: leafCounts },
  (shape, { lanes, ways, level, leaves }) => {
    const extent = pointsOf(shape, shape.inner);
    const layouts = Object.entries(blocksFor(shape, lanes));
    if (layouts.length === 0 || (extent !== undefined && extent < lanes)) return undefined;
    const shared = Math.max(1, Math.min(ways, Math.floor(shape.limits.maxInvocations / lanes)));
    const steps = levelTogether(shape, { invocations: lanes, level, ways: shared, leaves });
    return steps === undefined
      ? undefined
      : [...layouts.map(([input, blocks]): Step => ({ step: "layout", input, blocks })), ...steps];
  },
);

/** Two dispatches or more: the values at a level of each tree, and then the folds of these, each by `elementEach`. */
export const partitioned = strategy(
  { level: [1, 2], invocations: invocationCounts },
  ({ kernel, limits }, { level, invocations }) => {
    try {
      const passes = partitionedReductions(kernel, level);
      return [
        { step: "partition", level },
        ...passes.flatMap((part, pass): Step[] => [
          { step: "pass", pass },
          ...elementEach(shapeOf(part, limits), { invocations, leaves: 1 })!,
        ]),
      ];
    } catch (error) {
      if (error instanceof ScheduleError) return undefined;
      throw error;
    }
  },
);
