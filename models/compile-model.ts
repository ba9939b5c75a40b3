/**
 * From kernel sources to artifacts: each kernel that an architecture uses is read and compiled once for the model's
 * extents, under the schedules that the policy chooses. The compiler itself is only imported when the cache has no
 * answer.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Kernel } from "../dsl/ir.ts";
import type { Arithmetic, Artifact, DeviceLimits } from "../runtime/artifact.ts";
import { debug, startTiming } from "../runtime/debug.ts";
import { DiskCache, userCacheDirectory } from "./disk-cache.ts";
import { nameOf, type KernelUse } from "./machine.ts";
import { chooseSchedules, manyTokens, preferredSchedules } from "./policy.ts";
import { hashCompiler, kernelDirectory } from "./toolchain.ts";

/** Changes a kernel between reading and compiling it. */
export interface Variant {
  /** Tells its artifacts apart in the cache: it must change whenever what `apply` does changes. */
  readonly name: string;
  apply(kernel: Kernel, extents: Readonly<Record<string, number>>): Kernel;
}

export interface CompileOptions {
  readonly limits: DeviceLimits;
  /** `free` if absent. One schedule a kernel is enough of any other. */
  readonly arithmetic?: Arithmetic;
  readonly variant?: Variant;
  readonly cache?: DiskCache<CompiledUse>;
  /** Called when another kernel is ready. */
  readonly progress?: (kernel: string) => void;
}

/** A kernel as it was declared, in the IR's text, and what was made of it. */
export interface CompiledUse {
  readonly declaration: string;
  readonly artifacts: readonly Artifact[];
}

/** An artifact, what it was declared as, and from how many tokens on it is to be used. */
export interface CompiledKernel {
  readonly fromTokens: number;
  /** The declared kernel in the IR's text, before anything was made of it. */
  readonly declaration: string;
  readonly artifact: Artifact;
}

/** A kernel's artifacts by the name of its use (`nameOf`): one for few tokens and, where it pays, another for many. */
export type CompiledKernels = ReadonlyMap<string, readonly CompiledKernel[]>;

/** What a model's kernels come from. */
export type KernelSource = (uses: Iterable<KernelUse>, options: CompileOptions) => Promise<CompiledKernels>;

/** Of the cache's entries: those of other versions of this file are not to be found. */
const cacheFormat = "declaration and artifacts";

/** Compiles every kernel, once however often it is used. */
export const compileKernels: KernelSource = async (uses, options) => {
  const toolchain = await hashCompiler();
  const cache = options.cache ?? new DiskCache<CompiledUse>(join(userCacheDirectory(), "artifacts"));
  const compiled = new Map<string, readonly CompiledKernel[]>();
  for (const use of uses) {
    const name = nameOf(use);
    if (compiled.has(name)) continue;
    // The folder, since artifacts say where in which file their lines come from.
    const ingredients = [
      cacheFormat,
      toolchain,
      kernelDirectory,
      use.module,
      name,
      options.variant?.name,
      preferredSchedules[use.kernel],
      options.limits,
      options.arithmetic,
    ];
    const key = createHash("sha256").update(JSON.stringify(ingredients)).digest("hex");
    let known = await cache.get(key);
    if (known === undefined) {
      known = await compileUse(use, options);
      await cache.put(key, known);
    }
    const { declaration, artifacts } = known;
    compiled.set(
      name,
      artifacts.map((artifact, index) => ({ fromTokens: index === 0 ? 1 : manyTokens, declaration, artifact })),
    );
    options.progress?.(use.kernel);
  }
  return compiled;
};

const modules = new Map<string, readonly Kernel[]>();

async function compileUse(
  use: KernelUse,
  { limits, variant, arithmetic = "free" }: CompileOptions,
): Promise<CompiledUse> {
  const [{ compile, lazyOffer }, { printKernel }] = await Promise.all([
    import("../codegen/compile.ts"),
    import("../dsl/print-ir.ts"),
  ]);
  const declared = await readKernel(use);
  const kernel = variant === undefined ? declared : variant.apply(declared, use.extents);
  const extents = { ...use.extents };
  const chosen = chooseSchedules(use.kernel, lazyOffer(kernel, { extents, limits }));
  const schedules = arithmetic === "sealed" ? chosen.slice(0, 1) : chosen;
  debug("schedules", () => `chosen for kernel '${use.kernel}': ${schedules.map(({ name }) => name).join(", then ")}`);
  return {
    declaration: printKernel(declared),
    artifacts: schedules.map((schedule) => compile(kernel, { extents, schedule, limits, arithmetic })),
  };
}

async function readKernel({ module, kernel: name }: KernelUse): Promise<Kernel> {
  const file = join(kernelDirectory, `${module}.kernel.ts`);
  let kernels = modules.get(file);
  if (kernels === undefined) {
    const { readKernels } = await import("../dsl/reader/index.ts");
    // The shipped kernels are type-checked with the rest of the project, not at every start.
    const finished = startTiming();
    const read = readKernels(file, { typecheck: false });
    finished(() => `read ${file}`);
    if (read.diagnostics.length > 0)
      throw new Error(`${file}: a shipped kernel does not check: ${read.diagnostics[0]!.message}`);
    modules.set(file, (kernels = read.kernels));
  }
  const kernel = kernels.find((candidate) => candidate.name === name);
  if (kernel === undefined) throw new Error(`${file} declares no kernel '${name}'`);
  return kernel;
}
