import { defineConfig } from "vitest/config";

/** Device tests (`*.device.test.ts`) run on whatever VK_DRIVER_FILES names; spec/test.mjs runs them once a driver. */
export default defineConfig({
  test: {
    include: ["{dsl,codegen,runtime,models,spec,cli}/**/*.test.ts"],
    // Pipelines compile for seconds on a software driver.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
