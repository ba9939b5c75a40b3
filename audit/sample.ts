/** Which words of an output are compared where not all are. */

/** Steps of loops up to which every word is compared as a rule, and what a word costs beside its loops, in steps. */
export const wholeSteps = 150_000;
const stepsOfWord = 15;

interface Effort {
  /** Steps up to which every word is compared here. */
  readonly wholeSteps: number;
  /** Of all loops that compute all words; undefined where they are too many to compare more than the least. */
  readonly steps: number | undefined;
  readonly least: number;
  /** Whether at these extents a word costs least: here as many are compared as all of another output would cost. */
  readonly isCheapest: boolean;
  readonly turn: number;
}

/** All of `count` if that is cheap, otherwise some of every stretch, at no even steps. */
export function sampleOf(
  count: number,
  { wholeSteps: most, steps, least, isCheapest, turn }: Effort,
): readonly number[] {
  const share = steps === undefined ? 0 : most / (steps + stepsOfWord * count);
  if (share >= 1) return Array.from({ length: count }, (_, at) => at);
  const chosen = Math.min(count, Math.max(least, isCheapest ? Math.floor(count * share) : 0));
  // The golden ratio's multiples fall into no pattern of tiles.
  return Array.from({ length: chosen }, (_, at) =>
    Math.min(count - 1, Math.floor(((at + ((at * 0.6180339887498949 + turn * 0.37) % 1)) * count) / chosen)),
  );
}
