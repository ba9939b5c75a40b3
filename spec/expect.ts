/**
 * What `treefold build` puts into a library for devices to be held to, all of it by the reference evaluator, and
 * remembered.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { DeclaredKernel, Expectations } from "../models/build/library.ts";
import { DiskCache, userCacheDirectory } from "../models/disk-cache.ts";
import { hashCheckpoint } from "../models/library-cache.ts";
import { hashEvaluator } from "../models/toolchain.ts";
import { makeGolden } from "./golden.ts";
import { makeSelfTest } from "./self-test.ts";

/** For BuildOptions.expect. @throws CheckpointError */
export function expectations(
  progress: (what: string) => void,
  { golden = true }: { readonly golden?: boolean } = {},
): (directory: string, kernels: ReadonlyMap<string, DeclaredKernel>) => Promise<Expectations> {
  return async (directory, kernels) => {
    const cache = new DiskCache<Expectations>(join(userCacheDirectory(), "expectations"));
    const key = createHash("sha256")
      .update(JSON.stringify([await hashEvaluator(), golden, [...kernels], await hashCheckpoint(directory)]))
      .digest("hex");
    const known = await cache.get(key);
    if (known !== undefined) return known;
    progress("evaluating the self-test");
    const selfTest = makeSelfTest(kernels);
    const made = { selfTest, golden: golden ? await makeGolden(directory, { progress }) : undefined };
    await cache.put(key, made);
    return made;
  };
}
