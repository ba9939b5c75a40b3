/**
 * The self-test: what a device's arithmetic does, asked with small kernels, and whether each kernel of a library gives
 * the reference evaluator's bits on it. What follows is a policy (policy.ts).
 */
import { own } from "../own.ts";
import type { Artifact } from "../artifact.ts";
import type { Device, DeviceInfo } from "../device.ts";
import { loadKernel, type LoadedKernel } from "../kernel.ts";
import { fitsDevice } from "../limits.ts";
import { runCase, type CaseResult } from "./case.ts";
import { isVerified, policies, type Policy } from "./policy.ts";
import type { Decides, Probe, SelfTest } from "./self-test.ts";

/** One question and the device's answer. */
export interface ProbeResult {
  readonly name: string;
  /** An element and its bits, in hexadecimal: of the first that differs, or else of the first. */
  readonly expected: string;
  readonly seen: string;
  readonly ok: boolean;
  readonly decides: Decides | "kernels";
  /** In words: what the device does, and what that means. */
  readonly follows: string;
}

export interface Examination {
  readonly device: DeviceInfo;
  readonly probes: readonly ProbeResult[];
  readonly policy: Policy;
  /** Whether every kernel gave the reference evaluator's bits under this policy. */
  readonly verified: boolean;
  /** Kernels that were not asked, with the reason. */
  readonly skipped: readonly string[];
}

/** A library's kernels under a policy, by name; of one name several where there are variants. */
export type KernelsOf = (policy: Policy) => Promise<readonly (readonly [name: string, kernel: LoadedKernel])[]>;

export interface ExamineOptions {
  /** Only the probes that matter for a policy, those that take a moment. */
  readonly short?: boolean;
  readonly progress?: (what: string) => void;
}

/** @param kernels of a library; absent where only the device is asked. @throws the device's errors */
export async function examine(
  device: Device,
  selfTest: SelfTest,
  kernels?: KernelsOf,
  { short = false, progress = () => undefined }: ExamineOptions = {},
): Promise<Examination> {
  const probes: ProbeResult[] = [];
  const skipped = new Set<string>();
  for (const probe of selfTest.probes.filter((one) => one.short || !short)) {
    progress(probe.name);
    const result = await askProbe(device, probe);
    if (typeof result === "string") skipped.add(result);
    else probes.push(result);
  }
  const fails = (decides: Decides): boolean => probes.some((probe) => !probe.ok && probe.decides === decides);
  // From the fastest policy on: the first that every kernel agrees with.
  for (const policy of policies) {
    if (!isVerified(policy)) return { device: device.info, probes, policy, verified: false, skipped: [...skipped] };
    if (fails("always") || (policy === "free" && fails("free"))) continue;
    const asked =
      kernels === undefined ? [] : await askKernels(await kernels(policy), policy, selfTest.kernels, skipped, progress);
    probes.push(...asked);
    if (asked.every(({ ok }) => ok))
      return { device: device.info, probes, policy, verified: true, skipped: [...skipped] };
  }
  throw new Error("the last policy asks nothing of a device");
}

async function askProbe(
  device: Device,
  { name, decides, artifact, otherwise, follows, case: one }: Probe,
): Promise<ProbeResult | string> {
  if (!fitsDevice(artifact, device.limits)) return `${name}: it needs more than the device offers`;
  return shown(
    name,
    await runCase(await loadKernel(device, artifact), one),
    decides,
    "as expected",
    `${otherwise}: ${follows}`,
  );
}

async function askKernels(
  kernels: Awaited<ReturnType<KernelsOf>>,
  policy: Policy,
  cases: SelfTest["kernels"],
  skipped: Set<string>,
  progress: (what: string) => void,
): Promise<ProbeResult[]> {
  const results: ProbeResult[] = [];
  for (const [name, kernel] of kernels) {
    const asked = own(cases, name);
    if (asked === undefined) {
      skipped.add(`${name}: its tensors are too large to be tried on made-up values`);
      continue;
    }
    progress(name);
    const found: CaseResult[] = [];
    for (const one of asked) found.push(await runCase(kernel, one));
    results.push(
      shown(
        `${name}, ${describe(kernel.artifact)}`,
        found.find(({ ok }) => !ok) ?? found[0]!,
        "kernels",
        "the evaluator's bits",
        policy === "free"
          ? "other bits than the evaluator's: sums are sealed"
          : "other bits than the evaluator's, sums sealed: results hold on this device alone",
      ),
    );
  }
  return results;
}

function describe({ schedule, arithmetic }: Artifact): string {
  return arithmetic === undefined ? schedule : `${schedule}, ${arithmetic}`;
}

function shown(
  name: string,
  { ok, element, expected, seen, compared, different }: CaseResult,
  decides: ProbeResult["decides"],
  fine: string,
  otherwise: string,
): ProbeResult {
  const unlisted = !ok && different === 0;
  return {
    name,
    expected: `${hex(expected)} at ${element}`,
    seen: unlisted ? "another element differs" : hex(seen),
    ok,
    decides,
    follows: ok
      ? `${fine} (${compared} compared)`
      : `${otherwise} (${unlisted ? "some" : `${different} or more`} of ${compared} compared)`,
  };
}

function hex(bits: number): string {
  return `0x${bits.toString(16).padStart(8, "0")}`;
}
