/**
 * Traffic made from a seed: requests that are watched, among others that only keep the engine busy, in bursts with
 * pauses between.
 */
import type { EngineRequest } from "../../runtime/index.ts";
import { Random } from "../random.ts";
import type { Arrival } from "./replay.ts";

export interface TrafficOptions {
  /** Requests whose answers are wanted. */
  readonly watched: readonly EngineRequest[];
  /** How many others come with them. */
  readonly fillers: number;
  readonly seed: number;
  /**
   * Ids that the others' prompts are made of, in any order; some begin as these do, and some have ids from all over the
   * vocabulary.
   */
  readonly words: readonly number[];
  readonly vocabulary: number;
  /** Ids that a filler generates, at most. */
  readonly maxTokens: number;
  /** Requests that are under way at a time, on average, where each generates all ids that it may. */
  readonly load: number;
}

export interface Traffic {
  readonly arrivals: readonly Arrival[];
  /** Where in the list each watched request is, in their order. */
  readonly watched: readonly number[];
}

/** Ids that a filler's prompt has, at most. */
export const longestFiller = 48;
/** One in so many fillers is cancelled. */
const cancelledEvery = 4;
/** After so many bursts, on average, all that is under way has time to end. */
const burstsToSilence = 8;

/** The same for the same arguments. */
export function makeTraffic({ watched, fillers, seed, maxTokens, load, ...prompts }: TrafficOptions): Traffic {
  const random = new Random(seed, "traffic");
  const others = Array.from({ length: fillers }, (): EngineRequest => filler(random, { ...prompts, maxTokens }));
  // Whoever is watched has a number, and fillers have none.
  const order = random.shuffled([
    ...watched.map((request, index) => ({ request, index })),
    ...others.map((request) => ({ request, index: undefined })),
  ]);
  const arrivals: Arrival[] = [];
  const places: number[] = [];
  let step = 0;
  while (arrivals.length < order.length) {
    const burst = order.slice(arrivals.length, arrivals.length + 1 + random.below(random.below(4) === 0 ? 32 : 8));
    const within = 1 + random.below(6);
    for (const { request, index } of burst) {
      const at = step + random.below(within);
      if (index !== undefined) places[index] = arrivals.length;
      const leaves = index === undefined && random.below(cancelledEvery) === 0;
      arrivals.push({ step: at, request, ...(leaves && { cancelAt: at + random.below(maxTokens) }) });
    }
    // So many requests, each of which stays for as many steps as it has tokens, make the load.
    step += Math.ceil((2 * random.unit() * burst.length * maxTokens) / load);
    if (random.below(burstsToSilence) === 0) step += random.below(maxTokens);
  }
  return { arrivals, watched: places };
}

function filler(
  random: Random,
  { words, vocabulary, maxTokens }: Pick<TrafficOptions, "words" | "vocabulary" | "maxTokens">,
): EngineRequest {
  const length = 1 + random.below(longestFiller);
  const shuffled = (): number[] => Array.from({ length }, () => words[random.below(words.length)]!);
  const prompts = [
    shuffled,
    () => [...words, ...shuffled()].slice(0, longestFiller),
    () => Array.from({ length }, () => random.below(vocabulary)),
  ];
  const isGreedy = random.below(4) === 0;
  const cuts = [
    {},
    { topP: 0.5 + random.below(5) / 10 },
    { topK: 1 + random.below(50) },
    { minP: random.below(3) / 10 },
    { presencePenalty: 0.5, frequencyPenalty: 0.25 },
  ];
  return {
    prompt: prompts[random.below(prompts.length)]!(),
    maxTokens: 1 + random.below(maxTokens),
    seed: random.bits(),
    priority: random.below(5) - 2,
    ...(!isGreedy && { temperature: (1 + random.below(15)) / 10, ...cuts[random.below(cuts.length)] }),
  };
}
