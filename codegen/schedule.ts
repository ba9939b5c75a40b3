/**
 * Schedules. A schedule is data: it says where each output element is computed and who shares the work, and it
 * cannot say what is computed; the tree does that. Any schedule that fits a kernel gives the same bits.
 */

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

export interface Schedule {
  readonly name: string;
  /**
   * Each top-level reduction is split in two passes at this level of its tree: its values there are computed in
   * parallel by a pass of their own, and folded in order by the next.
   */
  readonly split?: number;
  /** One for each pass, in order. */
  readonly passes: readonly Mapping[];
  /** Inputs that are stored in blocks (see Layout.blocks of artifact.ts) instead of row-major. */
  readonly layouts?: Readonly<Record<string, readonly number[]>>;
}

export const workgroupSizeOf = (mapping: Mapping): number =>
  mapping.axes.reduce((size, axis) => size * axis.invocations, mapping.ways);

/** One line for people: what goes where. */
export function describeMapping(mapping: Mapping): string {
  const axes = mapping.axes.map((axis) => {
    const parts = [
      axis.invocations > 1 ? `${axis.invocations} invocations` : "",
      axis.registers > 1 ? `${axis.registers} registers ${axis.order}` : "",
      axis.whole ? "whole" : "",
    ].filter((part) => part !== "");
    return `${axis.axis}: ${parts.length === 0 ? "1" : parts.join(" × ")}`;
  });
  const rest = [
    mapping.ways > 1 ? `${mapping.ways} ways` : "",
    mapping.cut === undefined ? "" : `cut at level ${mapping.cut}`,
    mapping.unroll > 1 ? `unroll ${mapping.unroll}` : "",
    mapping.stage === undefined ? "" : `stage ${mapping.stage}`,
  ].filter((part) => part !== "");
  return [...axes, ...rest].join("; ");
}
