/** What a sweep goes over: functions, the arguments of each, and how many there are. */
import { claims, type Claim, type FunctionName, functionNames } from "./claims.ts";
import type { ArgumentsName } from "./arguments.ts";

export interface Case {
  /** The function's, with what it is given where that is not all there is. */
  readonly name: string;
  readonly function: FunctionName;
  readonly arguments: ArgumentsName;
  readonly count: number;
}

/** Functions of one argument over all of it; divide, which has 2^64, over lattices and random pairs. */
export const cases: readonly Case[] = functionNames.flatMap((name): readonly Case[] => {
  switch ((claims[name] as Claim).takes) {
    case "f32":
      return [{ name, function: name, arguments: "consecutive", count: 2 ** 32 }];
    case "f16":
      return [{ name, function: name, arguments: "consecutive", count: 2 ** 16 }];
    case "two f32":
      return [
        { name: `${name}, exponents`, function: name, arguments: "exponentPairs", count: 2 ** 30 },
        { name: `${name}, fractions`, function: name, arguments: "fractionPairs", count: 2 ** 30 },
        { name: `${name}, random`, function: name, arguments: "randomPairs", count: 1e9 },
      ];
  }
});

/** Which part of a case's arguments is gone over: every `stride`th from `first` on, at most `count`. */
export interface Part {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
}

/** How many arguments a part has. */
export function sizeOfPart({ count: all }: Case, { first, stride, count }: Part): number {
  return Math.max(0, Math.min(count, Math.ceil((all - first) / stride)));
}

/**
 * What is planted to see that a sweep finds it: a bit of one of the evaluator's results, or bounds a quarter of what
 * they are.
 */
export type Plant = "bit" | "bound";

/** The claim that a case is held to. */
export function claimOf(one: Case, plant?: Plant): Claim {
  const claim: Claim = claims[one.function];
  return plant === "bound" ? { ...claim, bound: claim.bound / 4 } : claim;
}
