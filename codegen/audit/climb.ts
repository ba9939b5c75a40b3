/**
 * A difference deep inside of two expressions is mostly rounded away above it, so that few data show it in the results.
 * From data on which it reaches as far up as any, one word after the other is varied, and what brings it farther up is
 * kept. Words of which little depends cost little, so that they are tried more often.
 */
import type { Evaluator, Spine } from "./evaluate.ts";
import type { Effort } from "./refute.ts";
import type { Sampled } from "./sampled.ts";

/** Words that are varied, and those of them of which least depends, which are varied at half of the cost. */
const mostWords = 200;
const cheapWords = 6;
/** What a trial costs beside its terms. */
const costOfTrial = 24;

/** Whether inputs were found on which the results differ; `inputs` are these then. */
export function climb(both: Evaluator, spines: readonly Spine[], inputs: Sampled, effort: Effort, most: number): boolean {
  both.evaluate(inputs);
  const cones = both.cones(mostWords);
  if (cones.length === 0) return false;
  const before = new Uint32Array(cones.at(-1)!.places.length);
  const pools = [cones.slice(0, cheapWords), cones].map((words) => ({ words, spent: 0, next: 0 }));
  let depth = both.depthOf(spines);
  const end = effort.left - most;
  for (let turn = 0; effort.left > end; turn++) {
    const pool = pools[0]!.spent <= pools[1]!.spent ? pools[0]! : pools[1]!;
    const { word, places } = pool.words[pool.next++ % pool.words.length]!;
    pool.spent += places.length + costOfTrial;
    effort.left -= places.length + costOfTrial;
    const address = both.addressOf(word);
    const held = inputs.vary(word.name, address, turn);
    both.again(places, inputs, before);
    const now = both.depthOf(spines, depth);
    if (now === 0) return true;
    if (now <= depth) depth = now;
    else {
      inputs.set(word.name, address, held);
      both.restore(places, before);
    }
  }
  return false;
}
