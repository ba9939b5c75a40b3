import { configDefaults, defineConfig } from "vitest/config";

const folders = "{dsl,codegen,runtime,models,spec,cli}";
const device = `${folders}/**/*.device.test.ts`;
const anyDevice = `${folders}/**/*.any-device.test.ts`;
// These put others in place of modules, which nobody else must see.
const alone = ["spec/mutants/*.test.ts", "cli/model-faults.test.ts"];

/**
 * Tests of the project `device` run on whatever VK_DRIVER_FILES names; spec/test.mjs runs them once on each driver. Those
 * of `any-device` are of commands, faults and documents, which need a device and do not care which.
 */
export default defineConfig({
  test: {
    // Pipelines compile for seconds on a software driver, and another file may have it at the same time.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Test files of a worker share its modules: TypeScript alone takes most of a second to load.
    isolate: false,
    // Expressions of an audit die in their millions: with more room for the young, a sixth of the time is saved.
    execArgv: ["--max-semi-space-size=64"],
    projects: [
      { extends: true, test: { name: "host", include: [`${folders}/**/*.test.ts`], exclude: [...configDefaults.exclude, ...alone, device, anyDevice] } },
      { extends: true, test: { name: "host-alone", include: alone, exclude: [...configDefaults.exclude, device], isolate: true } },
      { extends: true, test: { name: "device", include: [device], exclude: [...configDefaults.exclude, ...alone] } },
      { extends: true, test: { name: "device-alone", include: ["spec/mutants/*.device.test.ts"], isolate: true } },
      { extends: true, test: { name: "any-device", include: [anyDevice] } },
    ],
  },
});
