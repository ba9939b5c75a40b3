/** What is said of schedules that do not fit: each with the compiler's reason, and an error where none is left. */
import { describe, expect, test } from "vitest";
import { extentsOf, kernels } from "../spec/fixtures/schedule-kernels.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { offeredSchedules, schedulesFor } from "./compile.ts";

const linear = kernels.get("linear")!;
const extents = extentsOf("linear", { rows: 3, items: 64, width: 40 });

describe("offered schedules", () => {
  test("are either fitting or have a reason", () => {
    const { fitting, misfits } = offeredSchedules(linear, {
      extents,
      limits: { ...defaultLimits, maxInvocations: 64 },
    });
    expect(fitting.map(({ name }) => name)).toContain("alone");
    expect(misfits.map(({ schedule: { name }, reason }) => `${name}: ${reason}`)).toContain(
      "runs-vector: 256 invocations are more than the device's 64",
    );
    expect(schedulesFor(linear, { extents, limits: { ...defaultLimits, maxInvocations: 64 } })).toEqual(fitting);
  });

  test("throw the reason where none fits, each once", () => {
    expect(() => schedulesFor(linear, { extents, limits: { ...defaultLimits, maxStorageBuffers: 2 } })).toThrow(
      "kernel 'linear' fits no schedule: 3 storage buffers are more than the device's 2; fix: put several tensors into one, along an axis of their own, " +
        "or divide the kernel into several with at most 2 tensors each",
    );
    expect(() => schedulesFor(linear, { extents, limits: { ...defaultLimits, maxInvocations: 1 } })).toThrow(
      /^kernel 'linear' fits no schedule: 64 invocations are more than the device's 1 \(alone.*\); .*; fix: compute less/,
    );
  });
});
