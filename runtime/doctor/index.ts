/** Asks a device whether it computes what a library promises, and knows nothing of how the expected bits came about. */
export { examine, type Examination, type ExamineOptions, type KernelsOf, type ProbeResult } from "./examine.ts";
export { DeviceArithmeticError, isVerified, policies, policyTexts, type Policy } from "./policy.ts";
export {
  decodeElements,
  encodeElements,
  repeated,
  selfTestFormat,
  type Case,
  type Decides,
  type Elements,
  type Expected,
  type Probe,
  type SelfTest,
} from "./self-test.ts";
