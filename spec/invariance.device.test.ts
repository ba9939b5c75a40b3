import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDevice, type Device } from "../runtime/index.ts";
import { checkInvariance } from "./index.ts";

const kernels = join(dirname(dirname(fileURLToPath(import.meta.url))), "models", "kernels");
let device: Device;
beforeAll(async () => { device = await openDevice(); });
afterAll(() => device.dispose());

test("linear gives a row the same bits in any batch, alone and under every schedule", async () => {
  const report = await checkInvariance(join(kernels, "linear.kernel.ts"), { kernel: "linear", extents: { token: 9, out: 20, inner: 300 }, device });
  expect(report.differences).toEqual([]);
  expect(report.schedules.length).toBeGreaterThanOrEqual(3);
  expect(report.runs).toBe(report.schedules.length * 5);
  expect(report.orderSensitive).toBeGreaterThan(0.5);
});

test("a scatter puts the same into the cache in any order", async () => {
  const file = join(kernels, "storeRows.kernel.ts");
  const extents = { token: 5, slot: 16, kvHead: 2, dim: 6 };
  const report = await checkInvariance(file, { extents, device });
  expect(report.differences).toEqual([]);
});

test("a file that does not check is an error", async () => {
  await expect(checkInvariance(join(kernels, "linear.kernel.ts"), { extents: {}, device }))
    .rejects.toThrow("has the kernels linear, linearBias; fix: name one of them as 'kernel'");
  await expect(checkInvariance(join(kernels, "linear.kernel.ts"), { kernel: "linear", extents: { token: 1 }, device }))
    .rejects.toThrow("kernel 'linear' needs the extents of out, inner; fix: add them to 'extents'");
});
