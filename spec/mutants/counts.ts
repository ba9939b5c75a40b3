/** What may catch a mutant: neither the parser nor what the artifact says of itself. */
import type { FailureKind } from "../../audit/index.ts";

export const counts: ReadonlySet<FailureKind> = new Set([
  "expression",
  "write",
  "read",
  "bounds",
  "race",
  "barrier",
  "taint",
  "seal",
]);
