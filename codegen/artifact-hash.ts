/** The hash that names an artifact: the same for what a library holds as for what was compiled. */
import { createHash } from "node:crypto";
import type { Artifact } from "../runtime/artifact.ts";

/**
 * SHA-256, in hexadecimal, over all that decides bits or speed; source locations and what explains the level are left
 * out.
 */
export function hashArtifact({
  kernel,
  schedule,
  steps,
  trees,
  arithmetic,
  level,
  extents,
  parameters,
  passes,
}: Omit<Artifact, "sha256">): string {
  const texts = passes.map(
    ({ label, entryPoint, workgroupSize, bindings, uniforms, wgsl, workgroupBytes, uniformBytes, workgroups }) => ({
      label,
      entryPoint,
      workgroupSize,
      bindings,
      uniforms,
      wgsl,
      workgroupBytes,
      uniformBytes,
      workgroups,
    }),
  );
  return createHash("sha256")
    .update(JSON.stringify({ kernel, schedule, steps, trees, arithmetic, level, extents, parameters, passes: texts }))
    .digest("hex");
}
