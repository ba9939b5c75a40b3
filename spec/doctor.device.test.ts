/**
 * The self-test against drivers that do what they may, or what they must not: each is caught, and none gives another
 * hash than the golden one.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { buildLibrary } from "../models/build/library.ts";
import { writeLibrary } from "../models/build/write.ts";
import { examineLibrary } from "../runtime/model/verified.ts";
import { sha256Of } from "../runtime/sha256.ts";
import {
  DeviceArithmeticError,
  loadModel,
  openDevice,
  type Device,
  type LoadOptions,
  type Program,
} from "../runtime/index.ts";
import { expectations } from "./expect.ts";
import { doesForAll, inCi, onOneDriver, some } from "./fixtures/effort.ts";
import { faults, openFaulty } from "./fixtures/faulty-drivers.ts";
import { oracleDirectory } from "./fixtures/oracles.ts";

const nothing = (): void => undefined;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "treefold-doctor-"));
  const library = await buildLibrary(oracleDirectory("qwen3"), { expect: expectations(nothing) });
  await writeLibrary(library, join(folder, "library"), { weights: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `forward` gives for the golden tokens. */
async function hashOn(
  device: Device,
  options: LoadOptions = {},
): Promise<{ seen: string; golden: string; policy: string; verified: boolean | null }> {
  const library = join(folder, "library");
  const program = async (): Promise<Program> =>
    (await import(pathToFileURL(join(library, "forward.js")).href)) as Program;
  const model = await loadModel(program, library, { selfTest: "fresh", ...options, device });
  try {
    const { ids, logits } = model.manifest.golden!;
    const [seen] = await model.forward([ids]);
    return { seen: sha256Of(seen!), golden: logits, policy: model.policy, verified: model.verified };
  } finally {
    model.dispose();
  }
}

test("this driver passes, with the golden hash", async () => {
  const device = await openDevice();
  try {
    const { examination, fingerprint } = await examineLibrary(device, join(folder, "library"), { progress: nothing });
    expect(examination.probes.filter(({ ok, decides }) => !ok && decides !== "nothing")).toEqual([]);
    expect(examination).toMatchObject({ policy: "free", verified: true, skipped: [] });
    expect(examination.probes.filter(({ decides }) => decides === "kernels").length).toBeGreaterThan(15);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const { seen, golden, ...found } = await hashOn(device);
    expect(found).toEqual({ policy: "free", verified: true });
    expect(seen).toBe(golden);
  } finally {
    device.dispose();
  }
});

describe("what was found", () => {
  afterEach(() => vi.unstubAllEnvs());

  if (!doesForAll) console.log("What is remembered is tried on another driver.");
  test.runIf(doesForAll && inCi("what is remembered of a self-test"))(
    "is remembered for the device and the library, if it was good",
    async () => {
      const cache = join(folder, "cache");
      vi.stubEnv("TREEFOLD_CACHE", cache);
      const asked = async (device: Device, options: LoadOptions = {}): Promise<number> => {
        const said: string[] = [];
        await hashOn(device, { selfTest: "cached", progress: (what) => said.push(what), ...options });
        return said.filter((what) => what.startsWith("asking the device")).length;
      };
      const device = await openDevice();
      try {
        expect(await asked(device)).toBeGreaterThan(10);
        expect(await asked(device)).toBe(0);
        const [name, ...others] = readdirSync(join(cache, "self-tests"));
        expect(others).toEqual([]);
        expect(readFileSync(join(cache, "self-tests", name!), "utf8")).toBe("free");
        expect(await asked(device, { selfTest: "fresh" })).toBeGreaterThan(10);
        expect(await hashOn(device, { selfTest: "off" })).toMatchObject({ policy: "free", verified: null });
        // Only a policy that there is, and only one that was verified.
        for (const text of ["", "frei", "single"]) {
          writeFileSync(join(cache, "self-tests", name!), text);
          expect(await asked(device), text).toBeGreaterThan(10);
        }
      } finally {
        device.dispose();
      }
      rmSync(cache, { recursive: true });
      const { device: faulty } = await openFaulty(faults.find(({ name }) => name === "rounds sums up")!.rewrite);
      try {
        expect(await asked(faulty, { accept: "invariant" })).toBeGreaterThan(10);
        expect(existsSync(join(cache, "self-tests"))).toBe(false);
      } finally {
        faulty.dispose();
      }
    },
  );
});

describe("a driver that", () => {
  // A driver in software compiles all texts anew for each.
  test
    .runIf(onOneDriver("planted faults of drivers"))
    .each(some("planted faults of drivers", 1, faults).map((fault) => [fault.name, fault] as const))(
    "%s",
    async (_, { rewrite, probe, policy }) => {
      const { device, changed } = await openFaulty(rewrite);
      try {
        const { examination } = await examineLibrary(device, join(folder, "library"), { progress: nothing });
        expect(changed(), "texts that the fault changes").toBeGreaterThan(0);
        const failed = examination.probes.filter(({ ok }) => !ok).map(({ name }) => name);
        expect(
          failed.filter((name) => probe.test(name)),
          `among ${failed.join("; ")}`,
        ).not.toEqual([]);
        expect(examination.policy, failed.join("; ")).toBe(policy);
        if (policy === "single") {
          await expect(hashOn(device)).rejects.toThrow(DeviceArithmeticError);
          const { seen, golden, verified } = await hashOn(device, { accept: "invariant" });
          console.log(`accepted as it is: ${seen === golden ? "the golden hash" : "another hash"}`);
          expect(verified).toBe(false);
        } else {
          const { seen, golden, ...found } = await hashOn(device);
          expect(found).toEqual({ policy, verified: true });
          expect(seen).toBe(golden);
        }
      } finally {
        device.dispose();
      }
    },
  );
});
