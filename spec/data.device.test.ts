/**
 * `execute` takes the arrays that `evaluate` takes, and refuses the others in the same words; a kernel that no schedule
 * fits is an error.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { schedulesFor } from "../codegen/compile.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { createTensor, openDevice, type Device } from "../runtime/index.ts";
import type { EvaluationData } from "./data.ts";
import { evaluate } from "./evaluator.ts";
import { execute } from "./execute.ts";
import { modelExtents } from "./extents.ts";
import { randomInputs } from "./inputs.ts";
import { assertInvariant } from "./invariance.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

const {
  kernels: [double],
} = readKernels("double.kernel.ts", {
  source: `import { batch, kernel, model } from "treefold";
  export const double = kernel({
    axes: { t: batch, c: model }, inputs: { x: "f32[t, c]", w: "bf16[c]", i: "i32[t]" }, outputs: { y: "f32[t, c]", z: "i32[t]" },
    body: ({ x, w, i }, { t, c }) => ({ y: x(t, c) * 2 + w(c), z: i(t) + 1 }),
  });`,
});
const right: EvaluationData = {
  extents: { t: 1, c: 2 },
  inputs: { x: Float32Array.of(1.5, 2.5), w: Float32Array.of(1, -1), i: Int32Array.of(-3) },
};
const run = async (data: EvaluationData): Promise<Record<string, Uint32Array>> => {
  const [schedule] = schedulesFor(double!, { extents: { c: 2 }, limits: device.limits });
  return (await execute(device, double!, schedule!, data)).outputs;
};

test("numbers and bits give the evaluator's bits", async () => {
  const expected = evaluate(double!, right);
  expect([...new Float32Array(expected["y"]!.buffer)]).toEqual([4, 4]);
  const shared = new Float32Array(new SharedArrayBuffer(16), 8);
  shared.set([1.5, 2.5]);
  for (const x of [
    Float32Array.of(1.5, 2.5),
    Float32Array.of(0, 1.5, 2.5, 0).subarray(1, 3),
    shared,
    new Uint32Array(Float32Array.of(1.5, 2.5).buffer),
  ]) {
    const data = { ...right, inputs: { ...right.inputs, x } };
    expect(evaluate(double!, data)).toEqual(expected);
    expect(await run(data)).toEqual(expected);
  }
});

test("other arrays and extents are refused in the evaluator's words", async () => {
  for (const x of [
    Float64Array.of(1.5, 2.5),
    [1.5, 2.5],
    Uint8Array.of(1, 2),
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    Int32Array.of(1, 2),
    Float32Array.of(1),
  ]) {
    const data = { ...right, inputs: { ...right.inputs, x: x as Float32Array } };
    let message = "";
    expect(() => {
      try {
        evaluate(double!, data);
      } catch (error) {
        message = (error as Error).message;
        throw error;
      }
    }).toThrow(/'x' .*; fix: /);
    await expect(run(data)).rejects.toThrow(message);
    if (x.constructor === Float32Array) continue;
    expect(() => createTensor(device, { name: "x", storage: "f32", shape: [1, 2] }, x as Float32Array)).toThrow(
      /^tensor 'x' \(f32\[1, 2\]\): .* given for f32 elements; fix: /,
    );
  }
  for (const t of [-1, 0.5, NaN])
    await expect(run({ ...right, extents: { t, c: 2 } })).rejects.toThrow(`can't have extent ${t}; fix: `);
  await expect(run({ ...right, inputs: { ...right.inputs, w: Float32Array.of(0.1, 1) } })).rejects.toThrow(
    "is not a bf16 value; fix: ",
  );
});

test("names that every object has a member of run under every schedule", async () => {
  const { kernels } = readKernels(new URL("./fixtures/right/names.kernel.ts", import.meta.url));
  for (const kernel of kernels.slice(0, 2)) {
    const extents = Object.fromEntries(kernel.axes.map(({ name, role }) => [name, role === "model" ? 9 : 3]));
    const data = { extents, ...randomInputs(kernel, extents, 1) };
    const schedules = schedulesFor(kernel, { extents: modelExtents(kernel, extents), limits: device.limits });
    for (const schedule of schedules.slice(0, 3))
      expect((await execute(device, kernel, schedule, data)).outputs).toEqual(evaluate(kernel, data));
  }
  const report = await assertInvariant(new URL("./fixtures/right/names.kernel.ts", import.meta.url), {
    device,
    kernel: "toLocaleString",
    runs: 2,
    schedules: ["alone"],
  });
  expect(report.rows).toBeGreaterThan(5);
});

test("the invariance test fails for a kernel of more tensors than the device binds, with both numbers", async () => {
  const small = await openDevice({ limits: { maxStorageBuffers: 2 } });
  try {
    await expect(
      assertInvariant(new URL("./fixtures/right/layer-norm.kernel.ts", import.meta.url), {
        device: small,
        axes: { channel: 8 },
      }),
    ).rejects.toThrow("kernel 'layerNorm' fits no schedule: 4 storage buffers are more than the device's 2; fix: ");
  } finally {
    small.dispose();
  }
});
