/**
 * Two expressions that differ may have the same value, so a difference refutes nothing by itself. This looks for inputs
 * on which the two have different bits, among data that tells arithmetic apart: all magnitudes, ties, sums that cancel,
 * table entries inside and outside of every axis, and at last values that are no finite numbers.
 */
import type { Kernel } from "../../dsl/ir.ts";
import type { Counterexample } from "./certificate.ts";
import { Evaluator, type Inputs, isSpecial, type Met, NoValue } from "./evaluate.ts";
import { Sampled } from "./sampled.ts";
import type { Value } from "./term.ts";

/** What the two are, that some inputs are to tell apart: pairs of a declared and a found value. */
export type Pair = readonly [declared: Value, found: Value];

export interface Search {
  readonly kernel: Kernel;
  /** Extents of all axes, around which table entries lie. */
  readonly extents: Readonly<Record<string, number>>;
  readonly effort: Effort;
}

/** Terms that evaluations may go through, in all searches together. */
export interface Effort {
  left: number;
}

export interface Found extends Omit<Counterexample, "inputs"> {
  readonly inputs: readonly Omit<Counterexample["inputs"][number], "text">[];
  /** Whether a value on the way is not finite, or subnormal: there no bits are promised, but these are not the declared ones. */
  readonly special: boolean;
}

/** A NaN as x86 makes it; another device's is `canonicalNaN`. */
const otherNaN = 0xffc00000;

const attempts = 3000;
/** Terms of one search, of those that are left for all. */
const mostOfSearch = 4_000_000;
export const mostOfAudit = 16_000_000;

/** Inputs on which one of the pairs has different bits; undefined where none were found. */
export function counterexampleTo(pairs: readonly Pair[], { kernel, extents, effort }: Search): Found | undefined {
  try {
    const both = new Evaluator(pairs.flat());
    const sampled = (seed: number): Sampled => new Sampled(seed, { kernel, extents });
    let best: { readonly seed: number; readonly rank: number } | undefined;
    const work = Math.min(effort.left, mostOfSearch);
    const most = Math.min(attempts, Math.ceil(work / both.size));
    for (let seed = 0; seed < most; seed++) {
      effort.left -= both.size;
      const rank = rankOf(both, sampled(seed));
      if (rank !== undefined && (best === undefined || rank < best.rank)) best = { seed, rank };
      if (best?.rank === 0 || (best !== undefined && seed > most / 4)) break;
    }
    if (best !== undefined) return shrunk(both, sampled(best.seed), best.rank, Math.ceil(work / both.size));
    return ofNaN(pairs, sampled) ?? oneWord(both, pairs, sampled, effort);
  } catch (error) {
    if (error instanceof NoValue) return undefined;
    throw error;
  }
}

/** How far a difference is within the contract: 0 where all values are finite and normal, 2 where even the results are not; undefined where there is none. */
function rankOf(both: Evaluator, inputs: Inputs): number | undefined {
  const met: Met = { special: false };
  const pair = differing(both.evaluate(inputs, met));
  if (pair === undefined) return undefined;
  return !met.special ? 0 : pair.some(isSpecial) ? 2 : 1;
}

function differing(values: readonly number[]): readonly [declared: number, found: number] | undefined {
  for (let at = 0; at < values.length; at += 2) if (values[at] !== values[at + 1]) return [values[at]!, values[at + 1]!];
  return undefined;
}

/** A NaN that is stored as the device makes it differs from the declared one where the device's is another. */
function ofNaN(pairs: readonly Pair[], sampled: (seed: number) => Sampled): Found | undefined {
  const isStored = pairs.some(([declared, found]) =>
    typeof declared === "object" && declared.kind === "canonical" && typeof found === "object" && found.kind !== "canonical");
  if (!isStored) return undefined;
  const declared = new Evaluator(pairs.map(([value]) => value));
  const found = new Evaluator(pairs.map(([, value]) => value), otherNaN);
  for (let seed = 0; seed < 200; seed++) {
    const inputs = sampled(7 * seed + 6);
    const [as, bs] = [declared.evaluate(inputs), found.evaluate(inputs)];
    const at = as.findIndex((bits, pair) => bits !== bs[pair]);
    if (at >= 0) return { inputs: inputs.listed(), declared: as[at]!, found: bs[at]!, special: true };
  }
  return undefined;
}

/** Values of one word that are tried, and terms that all trials may go through. */
const mostValues = 60_000;

/**
 * A difference of the last bit is mostly rounded away, so that few data show it: one word is varied, of which little but
 * the difference depends, on data of which all else is computed once.
 */
function oneWord(both: Evaluator, pairs: readonly Pair[], sampled: (seed: number) => Sampled, effort: Effort): Found | undefined {
  for (const { word, cone } of both.words().slice(0, 4)) {
    for (const seed of [0, 7, 3]) {
      const inputs = sampled(seed);
      both.evaluate(inputs);
      const address = both.addressOf(word);
      const tries = Math.min(mostValues, Math.floor(Math.min(effort.left, mostOfSearch) / cone.length));
      effort.left -= tries * cone.length;
      for (let at = 0; at < tries; at++) {
        inputs.vary(word.name, address, at);
        if (differing(both.again(cone, inputs)) === undefined) continue;
        return shrunk(new Evaluator(pairs.flat()), inputs, 2, Math.ceil(mostOfSearch / both.size));
      }
    }
  }
  return undefined;
}

/** The same difference, with as many inputs as possible zero. */
function shrunk(both: Evaluator, inputs: Sampled, rank: number, evaluations: number): Found {
  const holds = (): boolean => {
    const now = rankOf(both, inputs);
    return now !== undefined && now <= rank;
  };
  holds();
  let left = Math.min(evaluations, 600);
  // Halves first: most words seldom matter.
  for (let size = inputs.read.length; size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    const keys = inputs.read;
    for (let from = 0; from < keys.length && left-- > 0; from += size) inputs.without(keys.slice(from, from + size), holds);
  }
  const met: Met = { special: false };
  const [declared, found] = differing(both.evaluate(inputs, met))!;
  return { inputs: inputs.listed(), declared, found, special: met.special };
}
