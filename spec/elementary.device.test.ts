import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { schedulesFor } from "../codegen/compile.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { openDevice, type Device } from "../runtime/index.ts";
import { evaluate } from "./evaluator.ts";
import { execute } from "./execute.ts";

const { kernels } = readKernels(fileURLToPath(new URL("fixtures/elementary.kernel.ts", import.meta.url)), {
  typecheck: false,
});

/** Arguments of every exponent and both signs, half of them of ordinary size; NaN only in its canonical form. */
function operands(count: number, seed: number): Uint32Array {
  let state = seed;
  return Uint32Array.from({ length: count }, (_, i) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const bits = (i % 2 === 0 ? state : (state & 0x83ffffff) + 0x3e000000) >>> 0;
    return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits;
  });
}

describe("elementary functions on a device", () => {
  let device: Device;
  beforeAll(async () => {
    device = await openDevice();
  });
  afterAll(() => device.dispose());

  it.each(kernels)("$name gives the evaluator's bits", async (kernel) => {
    const extents = { i: 100_000 };
    // An f16 lies in the low half of a u32: all of them, under any upper half.
    const x =
      kernel.inputs[0]!.storage === "u32"
        ? Uint32Array.from({ length: extents.i }, (_, i) => (Math.imul(i, 0x9e3779b9) & 0xffff0000) | (i & 0xffff))
        : operands(extents.i, 0x2545f491);
    const data = { extents, inputs: { x, y: operands(extents.i, 0x1b873593) } };
    const expected = evaluate(kernel, data)["output"]!;
    for (const schedule of schedulesFor(kernel, { extents: {}, limits: device.limits })) {
      const actual = (await execute(device, kernel, schedule, data)).outputs["output"]!;
      const wrong = [...expected.keys()].filter((i) => actual[i] !== expected[i]);
      const shown = wrong
        .slice(0, 3)
        .map(
          (i) => `f(${data.inputs.x[i]!.toString(16)}) = ${actual[i]!.toString(16)}, not ${expected[i]!.toString(16)}`,
        );
      expect(shown, `${wrong.length} under ${schedule.name}`).toEqual([]);
    }
  });
});
