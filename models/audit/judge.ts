/** One artifact against its declaration's text: what a thread of the audit runs. */
import { audit, type Certificate, type FailureKind } from "../../audit/index.ts";
import { parseKernel } from "../../dsl/parse-ir.ts";
import type { Artifact } from "../../runtime/artifact.ts";
import type { Subject } from "./subject.ts";

/** Never throws: what an artifact of any shape makes of the audit is a failure of the artifact's. */
export function judge({ declaration, artifact }: Pick<Subject, "declaration" | "artifact">): Certificate {
  try {
    return audit(parseKernel(declaration), artifact);
  } catch (error) {
    // Expressions as deep as the stack are more than is followed; all else no compiler writes.
    const kind = error instanceof RangeError ? "effort" : "layout";
    return failed(
      artifact,
      kind,
      `the audit cannot follow it (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

/** The certificate of an artifact that could not be examined. */
export function failed({ kernel, schedule, level, sha256 }: Artifact, kind: FailureKind, message: string): Certificate {
  const failure = {
    outcome: "unfollowed" as const,
    counterexample: null,
    kind,
    message,
    element: null,
    extents: null,
    declared: null,
    found: null,
    pass: null,
    line: null,
    location: null,
  };
  return {
    kernel,
    schedule,
    level,
    status: "unfollowed",
    sizes: [],
    expressionHash: "",
    artifact: sha256,
    failures: [failure],
  };
}
