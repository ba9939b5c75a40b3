/** The audit: whether an artifact's texts evaluate what was declared, and touch memory only as they may. */
export { audit } from "./audit.ts";
export { auditStatuses, passes, wordFor } from "./certificate.ts";
export type { AuditedSize, AuditStatus, Certificate, Counterexample, Failure, FailureKind } from "./certificate.ts";
