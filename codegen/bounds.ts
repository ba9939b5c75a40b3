/**
 * What a text may cost, since drivers compile while the user waits. A text that is cheap stands as it is. One that is
 * not takes fewer leaves at a time, and joins conditions without branches; where a schedule's registers repeat too much
 * even so, it does not fit.
 */
import { ScheduleError } from "./errors.ts";
import type { PassStep } from "./schedule/step.ts";
import type { Cost } from "./wgsl/cost.ts";

/**
 * SwiftShader compiles 6000 operations in 1 to 3 s, and 16000 in 5 to 12 s on two cores that others use, too. Fewer
 * leaves at a time cost little, so that they keep to the first. Registers keep what a model's attention needs for heads
 * of 64 channels, which is 9300.
 */
const mostOperations = { unrolled: 6000, repeated: 16000 };

/**
 * SwiftShader's time to compile doubles with each branch that follows another in a loop: a division has seven, four of
 * them take 5 s and five a minute. So do conditions of a kernel's own, such as whether a window's place is inside of an
 * image, which registers repeat: 64 of them in a loop were not compiled in ten minutes. Outside of loops that was seen
 * where they depend on each other.
 */
const mostBranches = { inLoop: 14, outside: 500 };

/** WGSL promises so many bytes of variables; NVIDIA's driver gives up on 23 kB. */
const mostPrivateBytes = 8192;

/** How steps are lowered. */
export interface Variation {
  readonly steps: readonly PassStep[];
  /** Leaves that chains take in one round. */
  readonly leaves: number;
  readonly strict: boolean;
}

/**
 * Lowers a pass under its steps, or of what is cheaper to compile the first that is within the bounds.
 * @throws ScheduleError where nothing is
 */
export function withinBounds<T>(
  steps: readonly PassStep[],
  lower: (variation: Variation) => { readonly lowered: T; readonly cost: Cost },
): T {
  let strict = false;
  const asked = steps.find(({ step }) => step === "unroll");
  for (let leaves = asked?.step === "unroll" ? asked.leaves : 1; ; leaves = Math.max(1, leaves >> 1)) {
    const attempt = (): { readonly lowered: T; readonly cost: Cost } =>
      lower({ steps: withLeaves(steps, leaves), leaves, strict });
    let { lowered, cost } = attempt();
    if (!strict && (cost.branches.inLoop > mostBranches.inLoop || cost.branches.outside > mostBranches.outside)) {
      strict = true;
      ({ lowered, cost } = attempt());
    }
    if (cost.privateBytes > mostPrivateBytes) {
      throw new ScheduleError(
        `${cost.privateBytes} bytes of an invocation's own variables are more than the ${mostPrivateBytes} that ` +
          "WebGPU promises",
        "fold shorter runs by pairs, or less at once",
        repeats(steps) ? "sink" : undefined,
      );
    }
    if (cost.operations <= mostOperations.unrolled) return lowered;
    if (leaves > 1) continue;
    if (cost.operations <= mostOperations.repeated) return lowered;
    // What the kernel itself has, some schedule must compile: the one that repeats nothing.
    if (!repeats(steps)) return lowered;
    throw new ScheduleError(
      `${cost.operations} operations, as often as its registers repeat them, are more than the ` +
        `${mostOperations.repeated} that drivers compile in seconds`,
      "sink fewer points",
      "sink",
    );
  }
}

/** Whether an invocation holds more points than it must: two neighbours, where a word has two. */
function repeats(steps: readonly PassStep[]): boolean {
  return steps.reduce((points, step) => (step.step === "sink" ? points * step.points : points), 1) > 2;
}

/** The steps with another number of leaves in a round; one is what chains take without the step. */
function withLeaves(steps: readonly PassStep[], leaves: number): PassStep[] {
  return steps.flatMap((step): PassStep[] =>
    step.step === "unroll" ? (leaves === 1 ? [] : [{ ...step, leaves }]) : [step],
  );
}
