/** The audit: whether an artifact's texts evaluate what was declared, and touch memory only as they may. */
export { audit } from "./audit.ts";
export type { AuditedSize, Certificate, Failure, FailureKind } from "./certificate.ts";
