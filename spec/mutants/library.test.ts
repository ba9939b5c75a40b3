/** An edited text in a built library, its hashes mended, too: nothing but the audit can tell, and it does. */
import { readFileSync, writeFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { audit } from "../../audit/index.ts";
import { buildLibrary } from "../../models/build/library.ts";
import { writeLibrary } from "../../models/build/write.ts";
import { compileKernels, type KernelSource } from "../../models/compile-model.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import { Folder, sha256Of } from "../../runtime/model/files.ts";
import type { StoredArtifact } from "../../runtime/model/kernels.ts";
import {
  type KernelVariant,
  type Manifest,
  manifestFile,
  manifestText,
  readManifest,
  readVerified,
} from "../../runtime/model/manifest.ts";
import { effort } from "../fixtures/effort.ts";
import { emptyKernels } from "../fixtures/kernels.ts";
import { readOracle } from "../fixtures/oracles.ts";
import { kernels } from "../fixtures/schedule-kernels.ts";
import { counts } from "./counts.ts";
import { edited, sitesOf } from "./pattern.ts";

/** A pattern and its replacement, for the texts of a kernel. */
const edits: Readonly<Record<string, readonly [find: string, by: string]>> = {
  linear: ["$s = fma ( $$a , $$b , $s ) ;", "$s = $s + $$a * $$b;"],
  rmsNorm: ["( $c & 1u ) == 1u", "($c & 3u) == 3u"],
  swiGlu: ["= round_bf16 ( $x ) ;", "= $x;"],
};

/** Only what is edited is compiled; the rest compute nothing. */
const someKernels: KernelSource = async (uses, options) => {
  const all = [...uses];
  const some = all.filter(({ kernel }) => edits[kernel] !== undefined);
  return new Map([...(await emptyKernels(all, options)), ...(await compileKernels(some, options))]);
};

let root: string;
let library: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "treefold-edited-"));
  library = join(root, "library");
  const checkpoint = join(root, "checkpoint");
  await cp((await readOracle("qwen3")).directory, checkpoint, { recursive: true });
  await writeLibrary(await buildLibrary(checkpoint, { kernels: someKernels }), library, { weights: true });
});
afterAll(() => rm(root, { recursive: true }));

/** An artifact as it lies in a folder, every file of it held to its hash. */
async function artifactOf(folder: Folder, manifest: Manifest, variant: KernelVariant): Promise<Artifact> {
  const stored = JSON.parse(await readVerified(folder, manifest, variant.artifact)) as StoredArtifact;
  const texts = await Promise.all(variant.wgsl.map((path) => readVerified(folder, manifest, path)));
  return { ...stored, passes: stored.passes.map((pass, at) => ({ ...pass, wgsl: texts[at]! })) };
}

// All variants in CI.
test("an edited text, its hash in the manifest mended, fails by an expression or a safety check", async () => {
  const folder = new Folder(library);
  let manifest = await readManifest(folder);
  let tried = 0;
  /** Kernels of which a text was edited. */
  const seen = new Set<string>();
  const variants = Object.values(manifest.kernels).flat();
  for (const variant of variants) {
    const artifact = await artifactOf(folder, manifest, variant);
    const edit = edits[artifact.kernel];
    if (edit === undefined || (effort === "quick" && seen.has(artifact.kernel))) continue;
    seen.add(artifact.kernel);
    const kernel = kernels.get(artifact.kernel)!;
    expect(audit(kernel, artifact).failures, variant.artifact).toEqual([]);
    for (const path of variant.wgsl) {
      const text = readFileSync(join(library, path), "utf8");
      const [site] = sitesOf(text, ...edit);
      if (site === undefined) continue;
      const wrong = edited(text, site);
      writeFileSync(join(library, path), wrong);
      await expect(artifactOf(folder, manifest, variant)).rejects.toThrow();
      manifest = { ...manifest, files: { ...manifest.files, [path]: sha256Of(wrong) } };
      writeFileSync(join(library, manifestFile), manifestText(manifest));
      const mended = await readManifest(folder);
      const [failure] = audit(kernel, await artifactOf(folder, mended, variant)).failures;
      expect(counts.has(failure!.kind), `${path}: ${failure!.kind}: ${failure!.message}`).toBe(true);
      tried++;
    }
  }
  expect(tried).toBeGreaterThanOrEqual(3);
});
