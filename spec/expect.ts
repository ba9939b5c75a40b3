/** What `treefold build` puts into a library for devices to be held to, all of it by the reference evaluator. */
import type { DeclaredKernel, Expectations } from "../models/build/library.ts";
import { makeGolden } from "./golden.ts";
import { makeSelfTest } from "./self-test.ts";

/** For BuildOptions.expect. @throws CheckpointError */
export function expectations(progress: (what: string) => void, { golden = true }: { readonly golden?: boolean } = {}): (directory: string, kernels: ReadonlyMap<string, DeclaredKernel>) => Promise<Expectations> {
  return async (directory, kernels) => {
    progress("evaluating the self-test");
    const selfTest = makeSelfTest(kernels);
    return { selfTest, golden: golden ? await makeGolden(directory, { progress }) : undefined };
  };
}
