/**
 * A difference deep inside of two expressions is mostly rounded away above it, so that few data show it in the results.
 * From data on which it reaches as far up as any, one word after the other is varied, and what brings it farther up is
 * kept. Words of which little depends cost little, so that they are tried more often.
 */
import type { Evaluator, Spine } from "./evaluate.ts";
import type { Effort } from "./refute.ts";
import type { Sampled } from "./sampled.ts";

/** Words that are varied, and those of them of which least depends, which are varied at three quarters of the cost. */
const mostWords = 200;
const cheapWords = 6;
/** What a trial costs beside its terms. */
const costOfTrial = 12;

/** Whether inputs were found on which the results differ; `inputs` are these then. */
export function climb(
  both: Evaluator,
  spines: readonly Spine[],
  inputs: Sampled,
  effort: Effort,
  most: number,
): boolean {
  both.evaluate(inputs);
  const cones = both.cones(mostWords);
  if (cones.length === 0) return false;
  const before = new Uint32Array(cones.at(-1)!.places.length);
  const { constants } = both;
  const cheap = cones.slice(0, cheapWords).map((cone) => ({ cone, spent: 0 }));
  let [spentOnCheap, spentOnAll] = [0, 0];
  let depth = both.depthOf(spines);
  const end = effort.left - most;
  for (let turn = 0; effort.left > end; turn++) {
    const least = cheap.reduce((best, one) => (one.spent < best.spent ? one : best));
    const isCheap = spentOnCheap <= 3 * spentOnAll;
    const { word, places } = isCheap ? least.cone : cones[(turn * 7 + (turn >>> 8)) % cones.length]!;
    const cost = places.length + costOfTrial;
    effort.left -= cost;
    if (isCheap) [spentOnCheap, least.spent] = [spentOnCheap + cost, least.spent + cost];
    else spentOnAll += cost;
    const address = both.addressOf(word);
    const held = inputs.vary(word.name, address, turn, constants);
    both.again(places, inputs, before);
    const now = both.depthOf(spines, depth);
    if (now === 0) {
      // Another word may lie at the same place, by an address that data give: only a whole evaluation counts.
      effort.left -= both.cost;
      both.evaluate(inputs);
      depth = both.depthOf(spines);
      if (depth === 0) return true;
    } else if (now <= depth) depth = now;
    else {
      inputs.set(word.name, address, held);
      both.restore(places, before);
    }
  }
  return false;
}
