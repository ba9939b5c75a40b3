/**
 * What an artifact says of itself: its level, why it is no higher, its trees, its arithmetic, extents and parameters.
 * All of it follows from the declaration, and is worked out here anew.
 */
import { Pool } from "../dsl/expr.ts";
import type { Kernel } from "../dsl/ir.ts";
import { deriveLevel, unpromised } from "../dsl/level.ts";
import { treesOf, withSizes } from "../dsl/sized.ts";
import type { Artifact } from "../runtime/artifact.ts";

/** What is not so: a sentence for each claim. */
export function falseClaims(kernel: Kernel, artifact: Artifact): string[] {
  const wrong: string[] = [];
  const claim = (what: string, says: unknown, is: unknown): void => {
    const [said, declared] = [says, is].map((value) => JSON.stringify(value));
    if (said !== declared)
      wrong.push(`of its ${what} the artifact says ${said}, and the declaration gives ${declared}`);
  };
  claim("kernel", artifact.kernel, kernel.name);
  const models = kernel.axes.flatMap(({ name, role }) => (role === "model" ? [name] : []));
  claim("model axes", Object.keys(artifact.extents).sort(), [...models].sort());
  claim(
    "parameters",
    artifact.parameters.map(({ name, type }) => ({ name, type })),
    kernel.parameters.map(({ name, type }) => ({ name, type })),
  );
  if (!["free", "sealed", "builtin", undefined].includes(artifact.arithmetic))
    wrong.push(`the artifact names an arithmetic ${JSON.stringify(artifact.arithmetic)}, and there is none such`);
  const sized = atSizes(kernel, artifact.extents);
  claim("trees", artifact.trees, treesOf(sized));
  const { level, reason } = artifact.arithmetic === "builtin" ? unpromised(sized) : deriveLevel(sized);
  claim("level", artifact.level, level);
  // Of a declaration without its source the names that a reason is told in are gone.
  const isTold = level !== "invariant" || kernel.origins.size > 0;
  if (isTold && artifact.level === level) claim("reason", artifact.reason, reason);
  return wrong;
}

function atSizes(kernel: Kernel, sizes: Readonly<Record<string, number>>): Kernel {
  const pool = new Pool();
  const extents = new Map(
    kernel.axes.map(({ name, role }) => [
      name,
      role === "model" && Number.isInteger(sizes[name]) ? pool.u32(sizes[name]!) : pool.extent(name),
    ]),
  );
  const { outputs, origins, names } = withSizes(kernel, pool, extents);
  return { ...kernel, pool, outputs, origins, names };
}
