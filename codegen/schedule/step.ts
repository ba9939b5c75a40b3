/**
 * A schedule is a list of steps. Each rewrites the loops of a kernel's nest and none can say what is computed: the tree
 * does that. So every list that applies gives the same bits.
 */

/** One rewriting of the nest. */
export type Step =
  /** Neighboring invocations of a workgroup take neighboring points of an output axis. */
  | { readonly step: "bind"; readonly axis: string; readonly invocations: number }
  /**
   * An invocation holds several points of an output axis at once: the point loop moves below the fold loops, and each
   * accumulator becomes one a point. `blocked`: the points are neighbors. `interleaved`: they lie as far apart as the
   * axis has invocations, so that at each of them neighboring invocations touch neighboring addresses.
   */
  | { readonly step: "sink"; readonly axis: string; readonly points: number; readonly order: "blocked" | "interleaved" }
  /** One workgroup walks the whole axis, instead of one tile of it. */
  | { readonly step: "walk"; readonly axis: string }
  /** The order of the point loops, outermost first. Neighboring invocations lie along the last. */
  | { readonly step: "reorder"; readonly axes: readonly string[] }
  /**
   * The values at one level of each top-level tree (0: the leaves) are computed apart by the invocations of a
   * workgroup, put into workgroup memory, and folded in order. `ways` invocations share the work, besides those along
   * the output axes that the reduction does not mention.
   */
  | { readonly step: "cooperate"; readonly level: number; readonly ways: number }
  /** An innermost chain takes so many leaves in one round of its loop, so that operands load as vectors. */
  | { readonly step: "unroll"; readonly leaves: number }
  /** Operands that invocations share come through workgroup memory, so many leaves at a time. */
  | { readonly step: "stage"; readonly leaves: number }
  /** The values at one level of each top-level tree become a dispatch of their own; the next dispatch folds them. */
  | { readonly step: "partition"; readonly level: number }
  /** The steps that follow are those of this dispatch (0 is the first) of a partitioned kernel. */
  | { readonly step: "pass"; readonly pass: number }
  /** An input is stored in blocks, one size for each of its axes (Layout.blocks of artifact.ts), and not row-major. */
  | { readonly step: "layout"; readonly input: string; readonly blocks: readonly number[] };

/** A named list of steps. The name is for people: the steps decide the text. */
export interface Schedule {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** The steps that are about one dispatch. */
export type PassStep = Exclude<Step, { readonly step: "partition" | "pass" | "layout" }>;

export const isPassStep = (step: Step): step is PassStep =>
  step.step !== "partition" && step.step !== "pass" && step.step !== "layout";
