/** Complete trees of every kind. */
import fc from "fast-check";
import type { Level, Tree } from "../../dsl/tree.ts";
import type { Choices } from "./choices.ts";

const count = fc.oneof(fc.integer({ min: 2, max: 9 }), fc.constantFrom(16, 64, 128));
const fold = fc.constantFrom("chain" as const, "pairwise" as const);
const cuttingLevel: fc.Arbitrary<Level> = fc.oneof(
  fc.record({ fold, count }),
  fc.record({ fold, lanes: fc.integer({ min: 2, max: 9 }) }),
  fc.record({ fold, lanes: fc.integer({ min: 2, max: 9 }), count }),
);

/** Trees that leave one value of any number of items: up to three cutting levels, then one that takes all. */
export function arbitraryTree(): fc.Arbitrary<Tree> {
  return fc.tuple(fc.array(cuttingLevel, { maxLength: 3 }), fold).map(([levels, last]) => [...levels, { fold: last }]);
}

/** The same for kernels that are made of choices; every other tree is of three levels or more. */
export function chooseTree(choices: Choices): Tree {
  const fold = (): Level["fold"] => choices.pick(["chain", "pairwise"]);
  const items = (): number =>
    choices.weighted([
      [5, choices.between(2, 9)],
      [1, 16],
    ]);
  const cutting = choices.pick([0, 1, 2, 2, 3]);
  const levels = Array.from({ length: cutting }, (): Level => {
    const lanes = choices.pick([undefined, undefined, choices.between(2, 9)]);
    const count = lanes === undefined || choices.oneIn(2) ? { count: items() } : {};
    return { fold: fold(), ...(lanes === undefined ? {} : { lanes }), ...count };
  });
  return [...levels, { fold: fold() }];
}
