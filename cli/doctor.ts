/** `treefold doctor`: what this machine's device does with arithmetic, and what that means for a model's results. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import type { Examination } from "../runtime/doctor/index.ts";
import type { GoldenCheck } from "../runtime/model/golden.ts";
import type { Device, Model } from "../runtime/index.ts";
import { FindingError } from "./exit.ts";
import { deviceJson, heldTo, parsePath } from "./model.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program
    .command("doctor")
    .description(
      "Asks this machine's device what it does with arithmetic, and whether a model's kernels give the reference " +
        "evaluator's bits on it.",
    )
    .option(
      "--model <dir>",
      "library that 'treefold build' wrote, or checkpoint directory; otherwise only the device is asked",
      parsePath,
    )
    .option(
      "--json",
      'print {"device","probes":[{"name","expected","seen","ok"}],"policy","fingerprint"}, and for a model ' +
        '"golden":{"expected","seen","agrees"}',
    )
    .action(doctor);
}

interface Options {
  readonly model?: string;
  readonly json?: boolean;
}

interface Report {
  readonly examination: Examination;
  readonly fingerprint: string;
  /** Of a model, unless it is too large for the reference evaluator. */
  readonly golden?: GoldenCheck;
}

async function doctor({ model: directory, json = false }: Options): Promise<void> {
  const { openDevice } = await import("../runtime/index.ts");
  const { device, report } = await withProgress("Asking the device", async (show) => {
    const progress = (what: string): void => show(`Asking the device: ${what}`);
    const opened = await openDevice();
    return {
      device: opened,
      report: await (directory === undefined ? askDevice(opened, progress) : askModel(opened, directory, progress)),
    };
  });
  device.dispose();
  const { examination, fingerprint, golden } = report;
  if (json) {
    const probes = examination.probes.map(({ name, expected, seen, ok }) => ({ name, expected, seen, ok }));
    process.stdout.write(
      `${JSON.stringify({
        device: deviceJson(examination.device),
        probes,
        policy: examination.policy,
        fingerprint,
        ...(golden === undefined
          ? {}
          : { golden: { expected: golden.expected, seen: golden.seen, agrees: golden.agrees } }),
      })}\n`,
    );
  } else {
    const { render } = await import("./doctor-table.ts");
    process.stdout.write(render(examination, fingerprint, golden));
  }
  if (!examination.verified || golden?.agrees === false) throw new FindingError("the device gives other bits");
}

async function askDevice(device: Device, progress: (what: string) => void): Promise<Report> {
  const [{ makeProbes }, { examine, selfTestFormat }, { sha256Of }] = await Promise.all([
    import("../spec/probes.ts"),
    import("../runtime/doctor/index.ts"),
    import("../runtime/sha256.ts"),
  ]);
  progress("evaluating what it must give");
  const probes = makeProbes();
  const { vendor, architecture, device: name, description, driver } = device.info;
  const fingerprint = sha256Of(
    JSON.stringify([[vendor, architecture, name, description, driver], probes.map(({ artifact }) => artifact.sha256)]),
  );
  return {
    examination: await examine(device, { format: selfTestFormat, probes, kernels: {} }, undefined, { progress }),
    fingerprint,
  };
}

async function askModel(device: Device, directory: string, progress: (what: string) => void): Promise<Report> {
  const [{ examineLibrary }, { checkGolden }] = await Promise.all([
    import("../runtime/model/verified.ts"),
    import("../runtime/model/golden.ts"),
  ]);
  const { folder, load, remove } = await libraryOf(directory, progress);
  try {
    const { examination, fingerprint } = await examineLibrary(device, folder, { progress });
    // The device's own results, too, are worth a look beside the golden ones.
    const model = await load(device, progress);
    try {
      if (model.manifest.golden === undefined) return { examination, fingerprint };
      return {
        examination,
        fingerprint,
        golden: await checkGolden(model, (done, tokens) => progress(`the golden prompt, ${done} of ${tokens} tokens`)),
      };
    } finally {
      model.dispose();
    }
  } finally {
    await remove();
  }
}

interface FoundLibrary {
  readonly folder: string;
  load(device: Device, progress: (what: string) => void): Promise<Model>;
  remove(): Promise<void>;
}

async function libraryOf(directory: string, progress: (what: string) => void): Promise<FoundLibrary> {
  const { loadModel } = await import("../runtime/index.ts");
  const options = { accept: "invariant", selfTest: "fresh" } as const;
  const { isLibrary } = await import("../models/built.ts");
  if (isLibrary(directory)) {
    const program = async (): Promise<never> =>
      (await import(pathToFileURL(resolve(directory, "forward.js")).href)) as never;
    return {
      folder: directory,
      load: (device, show) => loadModel(program, directory, { ...options, device, progress: show }),
      remove: async () => undefined,
    };
  }
  const { assertCheckpoint, loadCheckpoint, treefold } = await import("../models/load.ts");
  const { cachedLibrary } = await import("../models/library-cache.ts");
  await assertCheckpoint(directory);
  const source = { ...treefold, ...heldTo("golden", progress) };
  const library = await cachedLibrary(directory, source, progress);
  return {
    folder: library.folder,
    load: (device, show) => loadCheckpoint(directory, { ...options, source, device, progress: show }),
    remove: () => library.remove(),
  };
}
