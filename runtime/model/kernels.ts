/** The kernels of a generated library, loaded on a device. */
import type { Artifact, Pass } from "../artifact.ts";
import type { Device } from "../device.ts";
import { loadKernel, type LoadedKernel } from "../kernel.ts";
import { RequestError } from "../errors.ts";
import type { Policy } from "../doctor/policy.ts";
import { excessOf, fitsDevice } from "../limits.ts";
import type { Folder } from "./files.ts";
import { readVerified, type KernelVariant, type Manifest } from "./manifest.ts";

/** An artifact as a library's file has it: the texts of its passes lie beside it. */
export type StoredArtifact = Omit<Artifact, "passes"> & { readonly passes: readonly Omit<Pass, "wgsl">[] };

interface LoadedVariant {
  readonly fromTokens: number;
  readonly kernel: LoadedKernel;
}

export interface LibraryOptions {
  /** `free` if absent. */
  readonly policy?: Policy;
  readonly signal?: AbortSignal | undefined;
}

export class KernelLibrary {
  private constructor(private readonly kernels: ReadonlyMap<string, readonly LoadedVariant[]>) {}

  /**
   * @throws ModelFileError where a file is not what it was, and ShaderError or RequestError where the device refuses it
   */
  static async load(
    device: Device,
    manifest: Manifest,
    folder: Folder,
    { policy = "free", signal }: LibraryOptions = {},
  ): Promise<KernelLibrary> {
    const loaded = await Promise.all(
      Object.entries(manifest.kernels).map(async ([name, variants]) => {
        const artifacts = await Promise.all(
          variantsFor(policy, variants).map(async (variant) => ({
            fromTokens: variant.fromTokens,
            artifact: await readArtifact(manifest, folder, variant),
          })),
        );
        signal?.throwIfAborted();
        const fitting = artifacts.filter(({ artifact }) => fitsDevice(artifact, device.limits));
        if (fitting.length === 0) {
          const excess = artifacts[0]!.artifact.passes
            .map((pass) => excessOf(pass, device.limits))
            .find((found) => found !== undefined)!;
          throw new RequestError({
            where: `kernel '${name}'`,
            what: `it needs ${excess}`,
            fix: "use a device with larger limits, or a smaller model",
          });
        }
        // Of several for as many tokens, the first.
        const distinct = fitting.filter(
          ({ fromTokens }, index) => fitting.findIndex((other) => other.fromTokens === fromTokens) === index,
        );
        const chosen = policy === "free" ? distinct : distinct.slice(0, 1);
        const kernels = await Promise.all(
          chosen.map(
            async ({ fromTokens, artifact }): Promise<LoadedVariant> => ({
              fromTokens,
              kernel: await loadKernel(device, artifact),
            }),
          ),
        );
        return [name, kernels] as const;
      }),
    );
    return new KernelLibrary(new Map(loaded));
  }

  /** All that steps may get, under the names of their kernels. */
  get all(): (readonly [name: string, kernel: LoadedKernel])[] {
    return [...this.kernels].flatMap(([name, variants]) => variants.map(({ kernel }) => [name, kernel] as const));
  }

  /** The kernel of this name for a step of so many tokens. Every choice gives the same bits. */
  get(name: string, tokens: number): LoadedKernel {
    const variants = this.kernels.get(name);
    if (variants === undefined)
      throw new Error(`the library has no kernel '${name}': its program and its manifest are of two builds`);
    return (variants.findLast(({ fromTokens }) => fromTokens <= tokens) ?? variants[0]!).kernel;
  }
}

/** Of a kernel whose sums a policy wants sealed, the sealed ones; one whose text has none, has nothing to seal. */
function variantsFor(policy: Policy, variants: readonly KernelVariant[]): readonly KernelVariant[] {
  const [sealed, others] = [true, false].map((wanted) =>
    variants.filter(({ arithmetic }) => (arithmetic === "sealed") === wanted),
  ) as [KernelVariant[], KernelVariant[]];
  return sealed.length === 0 || others.length === 0 ? variants : policy === "free" ? others : sealed;
}

async function readArtifact(
  manifest: Manifest,
  folder: Folder,
  { declaration, artifact: file, wgsl }: KernelVariant,
): Promise<Artifact> {
  const stored = JSON.parse(await readVerified(folder, manifest, file)) as StoredArtifact;
  const texts = await Promise.all(wgsl.map((path) => readVerified(folder, manifest, path)));
  // Nothing here reads it; whoever audits the library does.
  if (declaration !== undefined) await readVerified(folder, manifest, declaration);
  return withTexts(stored, texts);
}

/** The artifact with its passes' texts in their places. */
export function withTexts(stored: StoredArtifact, texts: readonly string[]): Artifact {
  return { ...stored, passes: stored.passes.map((pass, index) => ({ ...pass, wgsl: texts[index]! })) };
}
