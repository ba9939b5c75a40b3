import { configDefaults, defineConfig } from "vitest/config";

const folders = "{dsl,codegen,runtime,models,spec,cli}";
const device = `${folders}/**/*.device.test.ts`;

/** Tests of the project `device` run on whatever VK_DRIVER_FILES names; spec/test.mjs runs them once on each driver. */
export default defineConfig({
  test: {
    // Pipelines compile for seconds on a software driver.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "host", include: [`${folders}/**/*.test.ts`], exclude: [...configDefaults.exclude, device] } },
      { extends: true, test: { name: "device", include: [device] } },
    ],
  },
});
