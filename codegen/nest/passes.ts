/** The passes over a nest after a schedule's steps, in their order. */
import { cacheShared } from "./cache.ts";
import { mergeFolds } from "./merge.ts";
import type { Nest } from "./nest.ts";
import { verifyNest } from "./verify.ts";

export interface NestPass {
  readonly name: string;
  readonly run: (nest: Nest) => Nest;
}

export const nestPasses: readonly NestPass[] = [
  { name: "merge", run: mergeFolds },
  { name: "cache", run: cacheShared },
];

/** What each pass leaves, verified. */
export function afterPasses(nest: Nest): { readonly name: string; readonly nest: Nest }[] {
  let last = nest;
  return nestPasses.map(({ name, run }) => ({ name, nest: (last = verifyNest(run(last), name)) }));
}
