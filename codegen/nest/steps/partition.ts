/**
 * partition: the values at one level of each top-level tree become a dispatch of their own; the next folds them in
 * order.
 *
 *   for token: grid, out: grid                 for token: grid, out: grid, part0: grid
 *     fold sum                                   fold sum'
 *       for r in 32                       →        for k in 128
 *         fold sum'                                  sum' += …
 *           for k in 128                         scratch0_sum[token, out, part0] = sum'
 *             sum' += …
 *         sum += sum'                          for token: grid, out: grid
 *     output[token, out] = sum                   fold sum
 *                                                  for r in 32
 *                                                    sum += scratch0_sum[token, out, r]
 *                                                output[token, out] = sum
 *
 * Needs: it is the first step, some tree has that level below its last, and the host can bound how many values there
 * are. Legal because a row's values do not depend on each other, and the second dispatch begins when the first has
 * ended.
 */
import { ScheduleError } from "../../errors.ts";
import { partitionedReductions } from "../../partition.ts";
import { buildNest } from "../build.ts";
import { assertCount } from "../points.ts";
import type { Nest } from "../nest.ts";

export interface Partition {
  readonly level: number;
}

/** @param nests the kernel's own nest, as build made it */
export function partition(nests: readonly Nest[], { level }: Partition, isFirst: boolean): Nest[] {
  assertCount("levels", level, 0);
  const [nest, ...others] = nests;
  if (!isFirst || nest === undefined || others.length > 0)
    throw new ScheduleError("a kernel is partitioned before anything else is done to it", "put partition first");
  return partitionedReductions(nest.kernel, level).map(buildNest);
}
