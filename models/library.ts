/** The loaded kernels that a forward pass picks from. */
import { loadKernel, type Device, type LoadedKernel } from "../runtime/index.ts";
import { compileKernels, keyOf, type CompileOptions, type KernelUse } from "./compile-model.ts";
import { manyRows } from "./policy.ts";

export interface KernelLibrary {
  /** SHA-256 of every artifact in it, sorted. */
  readonly hashes: readonly string[];
  /** The pipeline for a step of `rows` tokens. Every choice gives the same bits. */
  get(use: KernelUse, rows: number): LoadedKernel;
}

/** Compiles, or takes from the cache, and loads every kernel in `uses`. */
export async function loadLibrary(device: Device, uses: readonly KernelUse[], options: Omit<CompileOptions, "limits"> = {}): Promise<KernelLibrary> {
  const compiled = await compileKernels(uses, { limits: device.limits, ...options });
  const loaded = new Map<string, readonly LoadedKernel[]>();
  await Promise.all([...compiled].map(async ([key, artifacts]) => {
    loaded.set(key, await Promise.all(artifacts.map((artifact) => loadKernel(device, artifact))));
  }));
  return {
    hashes: [...compiled.values()].flat().map(({ sha256 }) => sha256).sort(),
    get(use, rows) {
      const kernels = loaded.get(keyOf(use));
      if (kernels === undefined) throw new Error(`kernel ${keyOf(use)} is not in the library: the architecture's list of uses lacks it`);
      return kernels[rows < manyRows ? 0 : kernels.length - 1]!;
    },
  };
}
