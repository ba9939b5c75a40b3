/** What a device's self-test leads to: which of a library's texts run on it, and what its results are worth. */
import { RuntimeError } from "../errors.ts";

/**
 * `free`: each kernel under the schedule that is fastest for a step, its inner sums unsealed. `sealed`: sums sealed,
 * one pipeline a kernel. `single`: the same, on a device that gives other bits even so: its results do not depend on
 * the batch, since there is one pipeline for all, but they are this device's own.
 */
export type Policy = "free" | "sealed" | "single";

/** Fastest first. */
export const policies: readonly Policy[] = ["free", "sealed", "single"];

/** Whether results under a policy are the reference evaluator's. */
export function isVerified(policy: Policy): boolean {
  return policy !== "single";
}

/** What a person reads of it. */
export const policyTexts: Readonly<Record<Policy, string>> = {
  free: "schedules are free, inner sums unsealed; results have the reference evaluator's bits",
  sealed: "sums are sealed, one pipeline a kernel; results have the reference evaluator's bits",
  single: "one pipeline a kernel; results do not depend on the batch, and are this device's own",
};

/** The device does not compute what the library promises, and nobody has said that its own results will do. */
export class DeviceArithmeticError extends RuntimeError {}
