import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLimits, dispatchSize, limitsOf } from "./limits.ts";

describe("dispatch sizes", () => {
  test("hold all workgroups, within the limit, in as few dimensions as it takes, with less than a layer to spare", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.oneof(fc.constant(65535), fc.integer({ min: 1, max: 2000 })),
        (count, most) => {
          const size = dispatchSize(count, most);
          if (size === undefined) {
            expect(count > most ** 3 || count > 2 ** 31).toBe(true);
            return;
          }
          const [x, y, z] = size;
          expect(Math.max(x, y, z)).toBeLessThanOrEqual(most);
          expect(x * y * z).toBeGreaterThanOrEqual(count);
          expect(x * y * z - count).toBeLessThan(y * z);
          expect(x * y * z).toBeLessThanOrEqual(2 ** 32);
          if (count <= most) expect(size).toEqual([count, 1, 1]);
          if (count <= most ** 2) expect(z).toBe(1);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("end where three dimensions do", () => {
    expect(dispatchSize(27, 3)).toEqual([3, 3, 3]);
    expect(dispatchSize(28, 3)).toBeUndefined();
    expect(dispatchSize(65536, 65535)).toEqual([32768, 2, 1]);
  });
});

describe("limits", () => {
  const offered = {
    maxComputeInvocationsPerWorkgroup: 1024,
    maxComputeWorkgroupSizeX: 512,
    maxComputeWorkgroupStorageSize: 32768,
    maxStorageBuffersPerShaderStage: 10,
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    maxComputeWorkgroupsPerDimension: 65535,
  } as unknown as GPUSupportedLimits;

  test("are the device's, or less where that is asked for, never more", () => {
    const whole = {
      maxInvocations: 512,
      maxWorkgroupBytes: 32768,
      maxStorageBuffers: 10,
      maxBindingBytes: 2 ** 27,
      maxBufferBytes: 2 ** 28,
      maxWorkgroupsPerDimension: 65535,
    };
    expect(limitsOf(offered, {})).toEqual(whole);
    expect(limitsOf(offered, { maxBindingBytes: 4096, maxInvocations: 2048 })).toEqual({
      ...whole,
      maxBindingBytes: 4096,
    });
  });

  test("are whole numbers above 0", () => {
    for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => checkLimits({ maxBufferBytes: wrong })).toThrow(
        `the device's limits: maxBufferBytes is ${wrong}; fix: give a whole number above 0`,
      );
    }
  });
});
