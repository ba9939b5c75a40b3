import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { canDraw } from "./cli/progress.ts";
import { doesForAll, effort, hasOthers, isSlowest, leaveOut } from "./spec/fixtures/effort.ts";

const folders = "{dsl,codegen,audit,runtime,models,spec,cli}";
const device = `${folders}/**/*.device.test.ts`;
const anyDevice = `${folders}/**/*.any-device.test.ts`;
// These put others in place of modules, which nobody else must see.
const alone = ["spec/mutants/*.test.ts", "cli/model-faults.test.ts"];

/**
 * What a quick run does on the last of its drivers only. The others, of which SwiftShader is the slowest, have a golden
 * hash, the elementary functions, the runtime, and a share of the schedules and of the random kernels.
 */
const onOneDriver = doesForAll
  ? []
  : [
      "models/model.device.test.ts",
      "models/invariance.device.test.ts",
      "models/architecture/architectures.device.test.ts",
      "spec/engine/*.device.test.ts",
      "spec/doctor.device.test.ts",
      "spec/sampling.device.test.ts",
      "spec/invariance.device.test.ts",
      "spec/limits.device.test.ts",
      "spec/linspace.device.test.ts",
      "runtime/faults.device.test.ts",
      "spec/mutants/mutants.device.test.ts",
    ];
/**
 * Files that a quick run leaves to CI, since each takes a software driver, or a core, half a minute or more, and other
 * files try what a change is most likely to break: how commands and loading fail, the engine under crowds and lost
 * devices, large tensors.
 */
const leftToCi =
  effort !== "quick"
    ? []
    : [
        "cli/experiment*.any-device.test.ts",
        "cli/model.any-device.test.ts",
        "cli/model-faults.test.ts",
        "codegen/arithmetic.test.ts",
        "audit/wgsl/tint.any-device.test.ts",
        "models/faults.any-device.test.ts",
        "models/model.device.test.ts",
        "models/architecture/architectures.device.test.ts",
        "spec/engine/protocols.device.test.ts",
        "spec/engine/sampled.device.test.ts",
        "spec/engine/faults.any-device.test.ts",
        "spec/engine/memory.any-device.test.ts",
        "spec/doctor.device.test.ts",
        "spec/limits.device.test.ts",
        "spec/linspace.device.test.ts",
        "spec/page.any-device.test.ts",
      ];
/**
 * What CI, too, does on the other driver only where there are two: SwiftShader takes minutes for each, and a device has
 * no part in how requests are put together.
 */
const leftToTheFaster =
  effort === "ci" && isSlowest && hasOthers
    ? ["spec/engine/schedules.device.test.ts", "spec/engine/protocols.device.test.ts"]
    : [];
// Each project loads this file anew, in one process.
const isSaid = process.env["TREEFOLD_FILES_LEFT_OUT_SAID"] !== undefined;
const isDevice = process.env["TREEFOLD_DRIVER"] !== undefined;
if (!isSaid && doesForAll) for (const files of leftToCi) if (files.includes("device") === isDevice) leaveOut(files);
if (!isSaid)
  for (const files of [...onOneDriver, ...leftToTheFaster])
    leaveOut(`${files} on ${process.env["TREEFOLD_DRIVER"] ?? "this driver"}`);
process.env["TREEFOLD_FILES_LEFT_OUT_SAID"] = "yes";

/** A file for the results, which spec/test.mjs counts. */
const results = process.env["TREEFOLD_RESULTS"];

/**
 * Tests of the project `device` run on whatever VK_DRIVER_FILES names; spec/test.mjs runs them once on each driver.
 * Those of `any-device` are of commands, faults and documents, which need a device and do not care which.
 */
export default defineConfig({
  test: {
    // What is drawn below the lines takes a cursor, and a terminal's width.
    reporters: [
      ["default", { summary: canDraw(process.stdout, process.env) }],
      ...(results === undefined ? [] : [["json", { outputFile: results }] as ["json", { outputFile: string }]]),
    ],
    // No test is judged by the time that it takes. These only end what would never end: the longest test takes a minute
    // of an idle core, and four others may have the core, too.
    testTimeout: 1_800_000,
    hookTimeout: 1_800_000,
    // Test files of a worker share its modules: TypeScript alone takes most of a second to load.
    isolate: false,
    setupFiles: [fileURLToPath(new URL("spec/fixtures/processor-time.ts", import.meta.url))],
    // Expressions of an audit die in their millions: with more room for the young, a sixth of the time is saved.
    execArgv: ["--max-semi-space-size=64"],
    projects: [
      {
        extends: true,
        test: {
          name: "host",
          include: [`${folders}/**/*.test.ts`],
          exclude: [...configDefaults.exclude, ...alone, ...leftToCi, device, anyDevice],
        },
      },
      {
        extends: true,
        test: {
          name: "host-alone",
          include: alone,
          exclude: [...configDefaults.exclude, ...leftToCi, device],
          isolate: true,
        },
      },
      {
        extends: true,
        test: {
          name: "device",
          include: [device],
          exclude: [...configDefaults.exclude, ...alone, ...onOneDriver, ...leftToTheFaster, ...leftToCi],
        },
      },
      {
        extends: true,
        test: {
          name: "device-alone",
          include: ["spec/mutants/*.device.test.ts"],
          exclude: [...configDefaults.exclude, ...onOneDriver],
          isolate: true,
        },
      },
      {
        extends: true,
        test: { name: "any-device", include: [anyDevice], exclude: [...configDefaults.exclude, ...leftToCi] },
      },
    ],
  },
});
