/**
 * A library's kernels under the policy that the device's self-test asks for; what was found is remembered for this
 * device and library.
 */
import { recall, remember } from "#platform";
import type { Device } from "../device.ts";
import { examine, type Examination, type KernelsOf } from "../doctor/examine.ts";
import { DeviceArithmeticError, isVerified, policies, type Policy } from "../doctor/policy.ts";
import { selfTestFormat, type SelfTest } from "../doctor/self-test.ts";
import { sha256Of } from "../sha256.ts";
import { Folder, ModelFileError } from "./files.ts";
import { KernelLibrary } from "./kernels.ts";
import { manifestFile, readManifest, readVerified, type Manifest } from "./manifest.ts";

export interface SelfTestOptions {
  /**
   * `cached`: the short form, unless it has been run before with this device, driver and library; `fresh`: the short
   * form again. `off`: nothing is asked, and nothing known of the results.
   */
  readonly selfTest?: "cached" | "fresh" | "off";
  /**
   * `verified`: a device that gives other bits than the reference evaluator is refused. `invariant`: its own bits will
   * do.
   */
  readonly accept?: "verified" | "invariant";
}

export interface VerifiedKernels {
  readonly library: KernelLibrary;
  readonly policy: Policy;
  /** Whether the device has given the reference evaluator's bits; null where it has not been asked. */
  readonly verified: boolean | null;
}

interface LoadingOptions extends SelfTestOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress: (what: string) => void;
}

/** SHA-256 over the device, its driver, and what it is asked: the name of what a self-test found. */
export function selfTestFingerprint(
  { info: { vendor, architecture, device, description, driver } }: Device,
  manifest: Manifest,
): string {
  const asked = manifest.selfTest === undefined ? null : manifest.files[manifest.selfTest];
  return sha256Of(JSON.stringify([[vendor, architecture, device, description, driver], manifest.fingerprint, asked]));
}

/** The library's self-test; undefined where it was built without one. @throws ModelFileError */
export async function readSelfTest(manifest: Manifest, folder: Folder): Promise<SelfTest | undefined> {
  if (manifest.selfTest === undefined) return undefined;
  const selfTest = JSON.parse(await readVerified(folder, manifest, manifest.selfTest)) as SelfTest;
  if (selfTest.format !== selfTestFormat) {
    throw new ModelFileError({
      where: folder.pathOf(manifest.selfTest),
      what: `its format is '${String(selfTest.format)}', and this runtime reads '${selfTestFormat}'`,
      fix: "build the library again with the compiler of this runtime's version",
    });
  }
  return selfTest;
}

/** @throws DeviceArithmeticError where the device is not good enough; ModelFileError, and the device's errors */
export async function loadVerified(
  device: Device,
  manifest: Manifest,
  folder: Folder,
  options: LoadingOptions,
): Promise<VerifiedKernels> {
  const { selfTest: mode = "cached", accept = "verified", signal, progress } = options;
  const load = (policy: Policy): Promise<KernelLibrary> =>
    KernelLibrary.load(device, manifest, folder, { policy, signal });
  const selfTest = mode === "off" ? undefined : await readSelfTest(manifest, folder);
  if (selfTest === undefined) return { library: await load("free"), policy: "free", verified: null };

  const name = selfTestFingerprint(device, manifest);
  const remembered = mode === "fresh" ? undefined : await recall(name);
  const known = policies.find((policy) => policy === remembered);
  if (known !== undefined && isVerified(known)) return { library: await load(known), policy: known, verified: true };

  const loaded = new Map<Policy, KernelLibrary>();
  const kernels: KernelsOf = async (policy) => {
    const library = await load(policy);
    loaded.set(policy, library);
    return library.all;
  };
  const examination = await examine(device, selfTest, kernels, {
    short: true,
    progress: (what) => {
      signal?.throwIfAborted();
      progress(`asking the device: ${what}`);
    },
  });
  const { policy, verified } = examination;
  if (!verified && accept === "verified") throw refusal(examination);
  if (verified) await remember(name, policy);
  return { library: loaded.get(policy) ?? (await load(policy)), policy, verified };
}

/**
 * All that a library asks, whatever was found before. @throws ModelFileError, also for a library without a self-test,
 * and the device's errors
 */
export async function examineLibrary(
  device: Device,
  location: string | URL,
  { progress }: Pick<LoadingOptions, "progress">,
): Promise<{ readonly examination: Examination; readonly fingerprint: string }> {
  const folder = new Folder(location);
  const manifest = await readManifest(folder);
  const selfTest = await readSelfTest(manifest, folder);
  if (selfTest === undefined)
    throw new ModelFileError({
      where: folder.pathOf(manifestFile),
      what: "the library has no self-test",
      fix: "build it again with 'treefold build'",
    });
  const kernels: KernelsOf = async (policy) => (await KernelLibrary.load(device, manifest, folder, { policy })).all;
  return {
    examination: await examine(device, selfTest, kernels, { progress }),
    fingerprint: selfTestFingerprint(device, manifest),
  };
}

function refusal({ device, probes }: Examination): DeviceArithmeticError {
  const { name, expected, seen, follows } =
    probes.find(({ ok, decides }) => !ok && decides === "always") ??
    probes.findLast(({ ok, decides }) => !ok && decides !== "nothing")!;
  return new DeviceArithmeticError({
    where: `${device.description} (${device.driver})`,
    what: `its results would not be the model's: '${name}' gives ${seen}, not ${expected}; ${follows}`,
    fix:
      "use another driver or device ('treefold doctor' shows what this one does), or load({ accept: \"invariant\" " +
      "}) for results that are this device's own",
  });
}
