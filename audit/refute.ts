/**
 * Two expressions that differ may have the same value, so a difference refutes nothing by itself. This looks for inputs
 * on which the two have different bits: among data that tells arithmetic apart (all magnitudes, ties, sums that cancel,
 * table entries inside and outside of every axis, values that are no finite numbers), and then near the data on which
 * the difference reaches farthest up the expressions.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Counterexample } from "./certificate.ts";
import { climb } from "./climb.ts";
import { Comparison } from "./compare.ts";
import { Evaluator, isSpecial, NoValue } from "./evaluate.ts";
import { isTame, Sampled } from "./sampled.ts";
import type { Value } from "./term.ts";

/** What the two are, that some inputs are to tell apart: pairs of a declared and a found value. */
export type Pair = readonly [declared: Value, found: Value];

export interface Search {
  readonly kernel: Kernel;
  /** Extents of all axes, around which table entries lie. */
  readonly extents: Readonly<Record<string, number>>;
  readonly effort: Effort;
}

/** What searches for inputs may cost yet, all together; counted, so that it does not depend on how fast anything is. */
export interface Effort {
  /** Terms that evaluations of expressions may go through. */
  left: number;
  /** Operations, reads and stores of executions on data. */
  operations: number;
}

export interface Found extends Omit<Counterexample, "inputs"> {
  readonly inputs: readonly Omit<Counterexample["inputs"][number], "text">[];
  /**
   * Whether a value on the way is not finite, or subnormal: there no bits are promised, but these are not the declared
   * ones.
   */
  readonly special: boolean;
}

/** A NaN as x86 makes it; another device's is `canonicalNaN`. */
const otherNaN = 0xffc00000;

const attempts = 3000;
/** Terms of one search, of those that are left for all; half of them are for data at random. */
const mostOfSearch = 12_000_000;
const mostOfAudit = 48_000_000;
const mostOperations = 2_000_000;
export const wholeEffort = (): Effort => ({ left: mostOfAudit, operations: mostOperations });
/** Evaluations that make a counterexample small. */
const mostOfShrinking = 600;

/** Inputs on which one of the pairs has different bits; undefined where none were found. */
export function counterexampleTo(pairs: readonly Pair[], { kernel, extents, effort }: Search): Found | undefined {
  try {
    const both = new Evaluator(pairs.flat());
    const sampled = (seed: number): Sampled => new Sampled(seed, { kernel, extents });
    const spines = pairs.map(([declared, found]) => both.spineOf(new Comparison().partsOfDifference(declared, found)));
    let best: { readonly seed: number; readonly rank: number } | undefined;
    let nearest = { seed: 0, depth: Infinity };
    const work = Math.min(effort.left, mostOfSearch);
    const most = Math.min(attempts, Math.ceil(work / 2 / both.cost));
    for (let seed = 0; seed < most; seed++) {
      effort.left -= both.cost;
      both.evaluate(sampled(seed));
      const rank = rankOf(both);
      if (rank !== undefined && (best === undefined || rank < best.rank)) best = { seed, rank };
      if (best?.rank === 0 || (best !== undefined && seed > most / 4)) break;
      const depth = isTame(seed) ? both.depthOf(spines, nearest.depth) : Infinity;
      if (depth < nearest.depth) nearest = { seed, depth };
    }
    if (best !== undefined) return shrunk(both, sampled(best.seed), best.rank, Math.ceil(work / both.cost));
    const nan = ofNaN(pairs, sampled);
    if (nan !== undefined) return nan;
    const inputs = sampled(nearest.seed);
    return climb(both, spines, inputs, effort, work / 2)
      ? shrunk(both, inputs, 2, Math.ceil(mostOfSearch / both.cost))
      : undefined;
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

/**
 * How far a difference is within the contract: 0 where all values are finite and normal, 2 where even the results are
 * not; undefined where there is none.
 */
function rankOf(both: Evaluator): number | undefined {
  const pair = differing(both.results());
  if (pair === undefined) return undefined;
  return !both.metSpecial ? 0 : pair.some(isSpecial) ? 2 : 1;
}

function differing(values: readonly number[]): readonly [declared: number, found: number] | undefined {
  for (let at = 0; at < values.length; at += 2)
    if (values[at] !== values[at + 1]) return [values[at]!, values[at + 1]!];
  return undefined;
}

/** A NaN that is stored as the device makes it differs from the declared one where the device's is another. */
function ofNaN(pairs: readonly Pair[], sampled: (seed: number) => Sampled): Found | undefined {
  const isStored = pairs.some(
    ([declared, found]) =>
      typeof declared === "object" &&
      declared.kind === "canonical" &&
      typeof found === "object" &&
      found.kind !== "canonical",
  );
  if (!isStored) return undefined;
  const declared = new Evaluator(pairs.map(([value]) => value));
  const found = new Evaluator(
    pairs.map(([, value]) => value),
    otherNaN,
  );
  for (let seed = 0; seed < 200; seed++) {
    const inputs = sampled(7 * seed + 6);
    const [as, bs] = [declared.evaluate(inputs), found.evaluate(inputs)];
    const at = as.findIndex((bits, pair) => bits !== bs[pair]);
    if (at >= 0) return { inputs: inputs.listed(), declared: as[at]!, found: bs[at]!, special: true };
  }
  return undefined;
}

/** The same difference, with as many inputs as possible zero. */
function shrunk(both: Evaluator, inputs: Sampled, rank: number, evaluations: number): Found {
  const holds = (): boolean => {
    both.evaluate(inputs);
    const now = rankOf(both);
    return now !== undefined && now <= rank;
  };
  holds();
  let left = Math.min(evaluations, mostOfShrinking);
  // Halves first: most words seldom matter.
  for (let size = inputs.read.length; size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const some = inputs.read;
    for (let from = 0; from < some.length && left-- > 0; from += size)
      inputs.without(some.slice(from, from + size), holds);
  }
  const [declared, found] = differing(both.evaluate(inputs))!;
  return { inputs: inputs.listed(), declared, found, special: both.metSpecial };
}
