/**
 * The oldest protocol (Thinking Machines Lab, "Defeating nondeterminism in LLM inference", 2025): a row of a matrix
 * product alone, and in a batch, on linspace(-100, 100). Every row is compared, not the first alone; and other orders
 * of the same sums must change them.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { unaryBits } from "../dsl/bits.ts";
import { readKernels } from "../dsl/reader/index.ts";
import type { Kernel } from "../dsl/ir.ts";
import { openDevice, type Device } from "../runtime/index.ts";
import { execute, executeArtifact, tensorFor } from "./execute.ts";
import { tries } from "./fixtures/effort.ts";
import { orderSensitivity } from "./order.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => {
  device.dispose();
});

const [rows, width, inner] = [2048, 4096, 4096];
/** Of these so many, the whole on a GPU. */
const taken = { rows: tries(24, 48, rows), width: tries(48, 128, width) };

const source = (storage: "f32" | "bf16"): string => `
import { batch, kernel, model, sum } from "../dsl/index.ts";
export const matmul = kernel({
  axes: { token: batch, out: model, inner: model },
  inputs: { x: "${storage}[token, inner]", weight: "${storage}[inner, out]" },
  output: "f32[token, out]",
  body: ({ x, weight }, { token, out, inner }) => sum(inner, "chain 128, chain", (k) => x(token, k) * weight(k, out)),
});`;

function read(storage: "f32" | "bf16"): Kernel {
  const { kernels, diagnostics } = readKernels(new URL("./linspace.kernel.ts", import.meta.url).pathname, {
    typecheck: false,
    source: source(storage),
  });
  expect(diagnostics).toEqual([]);
  return kernels[0]!;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);
/** Element `at` of linspace(-100, 100, count). */
function linspace(at: number, count: number, storage: "f32" | "bf16"): number {
  float[0] = -100 + (200 * at) / (count - 1);
  return storage === "bf16" ? unaryBits("roundBf16", "f32", bits[0]!) : bits[0]!;
}

it.each(["f32", "bf16"] as const)("a row's product is the same alone and in a batch, %s", async (storage) => {
  const kernel = read(storage);
  const x = Uint32Array.from({ length: taken.rows * inner }, (_, at) => linspace(at, rows * inner, storage));
  const weight = Uint32Array.from({ length: inner * taken.width }, (_, at) =>
    linspace(Math.floor(at / taken.width) * width + (at % taken.width), inner * width, storage),
  );
  const data = { inputs: { x, weight }, extents: { token: taken.rows, out: taken.width, inner } };
  const fitting = schedulesFor(kernel, { extents: { out: taken.width, inner }, limits: device.limits });
  const scheduleOf = (name: string): (typeof fitting)[number] => fitting.find((schedule) => schedule.name === name)!;
  const whole = await execute(device, kernel, scheduleOf("tile-4x4"), data);
  const batch = Object.values(whole.outputs)[0]!;
  const one = { ...data.extents, token: 1 };
  const single = compile(kernel, {
    extents: { out: taken.width, inner },
    schedule: scheduleOf("runs-together"),
    limits: device.limits,
  });
  const lent = {
    weight: tensorFor(device, single.passes[0]!.bindings.find(({ name }) => name === "weight")!, {
      ...data,
      extents: one,
    }),
  };
  let different = 0;
  try {
    for (let row = 0; row < taken.rows; row++) {
      const alone = await executeArtifact(
        device,
        kernel,
        single,
        { extents: one, inputs: { x: x.slice(row * inner, (row + 1) * inner) } },
        lent,
      );
      different += Object.values(alone)[0]!.filter((value, at) => value !== batch[row * taken.width + at]).length;
    }
  } finally {
    lent.weight.dispose();
  }
  const sensitive = orderSensitivity(
    kernel,
    { token: 4, out: 48, inner },
    {
      inputs: {
        x: x.slice(0, 4 * inner),
        weight: Uint32Array.from(
          { length: inner * 48 },
          (_, at) => weight[Math.floor(at / 48) * taken.width + (at % 48)]!,
        ),
      },
    },
  );
  console.log(
    `${storage}: ${different} of ${taken.rows * taken.width} elements differ; a flat chain changes ` +
      `${(100 * sensitive).toFixed(0)}%`,
  );
  expect(different).toBe(0);
  expect(sensitive).toBeGreaterThan(0.9);
});
