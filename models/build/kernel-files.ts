/**
 * A library's kernels as files: what was declared, each variant's artifact, its texts and trees; and what an audit says
 * of them.
 */
import { record } from "../../dsl/own.ts";
import { isAbsolute, relative, sep } from "node:path";
import { passes } from "../../audit/certificate.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import type { StoredArtifact } from "../../runtime/model/kernels.ts";
import type { KernelCertificate, KernelVariant } from "../../runtime/model/manifest.ts";
import { UncheckedError, type Judged, type Subject } from "../audit/subject.ts";
import type { CompiledKernels } from "../compile-model.ts";
import { packageRoot } from "../places.ts";
import { hashAudit } from "../toolchain.ts";

/** Judges all, in their order. */
export type Auditor = (subjects: readonly Subject[]) => Promise<readonly Judged[]>;

export interface KernelFiles {
  /** By the names that the program runs them by. */
  readonly variants: Readonly<Record<string, readonly KernelVariant[]>>;
  /** Texts by their paths inside of the library. */
  readonly files: ReadonlyMap<string, string>;
}

/** @throws UncheckedError where there is an auditor, and a kernel that it refutes or cannot follow */
export async function kernelFiles(compiled: CompiledKernels, audit?: Auditor): Promise<KernelFiles> {
  const files = new Map<string, string>();
  const entries = [...compiled].flatMap(([name, kernels]) =>
    kernels.map(({ fromTokens, declaration, artifact }, index) => {
      const declared = `kernels/${name}.ir`;
      files.set(declared, declaration);
      const { arithmetic } = artifact;
      const alike = kernels.filter((other) => other.artifact.arithmetic === arithmetic);
      const ranged = alike.some((other) => other.fromTokens === fromTokens && kernels.indexOf(other) < index);
      const parts = [
        name,
        ...(arithmetic === undefined ? [] : [arithmetic]),
        ...(alike.some((other) => other.fromTokens !== fromTokens) ? [`from${fromTokens}`] : []),
        ...(ranged ? ["ranged"] : []),
      ];
      const base = `kernels/${parts.join(".")}`;
      const wgsl = addArtifact(files, base, artifact);
      const { schedule, level, trees, sha256 } = artifact;
      const variant: KernelVariant = {
        fromTokens,
        schedule,
        ...(arithmetic === undefined ? {} : { arithmetic }),
        level,
        trees,
        declaration: declared,
        artifact: `${base}.json`,
        wgsl,
        sha256,
      };
      return { name, variant, subject: { name, declaration, artifact, texts: wgsl } };
    }),
  );
  const certificates =
    audit === undefined ? [] : await certificatesOf(await audit(entries.map(({ subject }) => subject)));
  const variants = record<KernelVariant[]>();
  entries.forEach(({ name, variant }, at) => {
    const certificate = certificates[at];
    (variants[name] ??= []).push(certificate === undefined ? variant : { ...variant, certificate });
  });
  return { variants, files };
}

/** The paths of its texts. */
function addArtifact(files: Map<string, string>, base: string, { passes, ...rest }: Artifact): string[] {
  const wgsl = passes.map(({ wgsl: text }, pass) => {
    const path = `${base}${passes.length > 1 ? `.pass${pass + 1}` : ""}.wgsl`;
    files.set(path, text);
    return path;
  });
  const stored: StoredArtifact = { ...rest, passes: passes.map(({ wgsl: _, ...pass }) => pass) };
  files.set(`${base}.json`, `${JSON.stringify(stored, portablePaths)}\n`);
  if (rest.trees.length > 0) files.set(`${base}.tree`, rest.trees.map((tree) => `${tree}\n`).join(""));
  return wgsl;
}

async function certificatesOf(judged: readonly Judged[]): Promise<KernelCertificate[]> {
  const failed = judged.filter(({ certificate }) => !passes(certificate.status));
  if (failed.length > 0) throw new UncheckedError(failed, judged.length);
  const auditor = await hashAudit();
  return judged.map(({ certificate: { status, sizes, expressionHash } }) => ({
    status: status as "proven" | "checked",
    sizes,
    expressionHash,
    auditor,
  }));
}

/** Source locations as they are on any machine: the same checkpoint gives the same library, byte for byte. */
export function portablePaths(key: string, value: unknown): unknown {
  if (key !== "file" || typeof value !== "string" || !isAbsolute(value)) return value;
  return `treefold/${relative(packageRoot, value).split(sep).join("/")}`;
}
