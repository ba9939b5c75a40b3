/** What a schedule's steps come to for one pass, as the lowering obeys it. plan.ts computes it; nothing outside of codegen sees it. */

/** How the points of one output axis are dealt out. */
export interface AxisMapping {
  readonly axis: string;
  /** Neighbouring invocations of a workgroup along this axis. */
  readonly invocations: number;
  /** Points that one invocation holds in registers at once. */
  readonly registers: number;
  /**
   * `blocked`: an invocation's points are neighbours. `interleaved`: they lie `invocations` apart, so that at each
   * of them the invocations touch neighbouring addresses.
   */
  readonly order: "blocked" | "interleaved";
  /** One workgroup walks the whole axis, instead of one tile of it. */
  readonly whole: boolean;
}

/** How one pass is laid out over workgroups, invocations, registers and loops. */
export interface Mapping {
  /** Outermost first; the last is the axis along which neighbouring invocations lie. */
  readonly axes: readonly AxisMapping[];
  /** Invocations that share each reduction, beside those along the axes that it does not mention. */
  readonly ways: number;
  /**
   * Where a shared reduction is cut: its values at this level of the tree (0: the leaves) are computed apart, put
   * into workgroup memory, and folded in order. Absent: every invocation folds its reductions alone.
   */
  readonly cut?: number;
  /** Leaves taken at a time in the innermost chains, or brought in at a time where they are staged, so that operands load as vectors. */
  readonly unroll: number;
  /** Leaves whose operands are brought into workgroup memory at a time; absent: operands are read in place. */
  readonly stage?: number;
}

export const workgroupSizeOf = (mapping: Mapping): number =>
  mapping.axes.reduce((size, axis) => size * axis.invocations, mapping.ways);
