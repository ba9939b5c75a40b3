/**
 * Arrays that a kernel is evaluated on: bits, or numbers in an array of the tensor's own type; anything else is refused
 * by name.
 */
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { bitsOf, ElementsError, packElements } from "../runtime/index.ts";
import { EvaluationError, roundToBf16 } from "./data.ts";
import { evaluate } from "./evaluator.ts";

const {
  kernels: [kernel],
} = readKernels("data.kernel.ts", {
  source: `import { batch, f32, kernel, model } from "treefold";
  export const mixed = kernel({
    axes: { t: batch, c: model },
    inputs: { x: "f32[t, c]", w: "bf16[c]", i: "i32[t]", u: "u32[t]" },
    params: { scale: "f32", shift: "i32" },
    outputs: { y: "f32[t, c]", z: "i32[t]", n: "u32[t]" },
    body: ({ x, w, i, u, scale, shift }, { t, c }) => ({ y: x(t, c) * w(c) * scale, z: i(t) + shift, n: u(t) }),
  });`,
});

const right = {
  extents: { t: 1, c: 2 },
  inputs: {
    x: Float32Array.of(1.5, -2.5),
    w: Float32Array.of(3, 0.5),
    i: Int32Array.of(-7),
    u: Uint32Array.of(4_000_000_000),
  },
  parameters: { scale: 2, shift: -3 },
};
type Data = Parameters<typeof evaluate>[1];
const evaluated = (change: Partial<Data> = {}): Record<string, unknown> => {
  const { y, z, n } = evaluate(kernel!, { ...right, ...change });
  return { y: [...new Float32Array(y!.buffer)], z: [...new Int32Array(z!.buffer)], n: [...n!] };
};
const input = (name: string, given: unknown): Partial<Data> => ({
  inputs: { ...right.inputs, [name]: given as Uint32Array },
});
const expected = { y: [9, -2.5], z: [-10], n: [4_000_000_000] };

describe("arrays that are taken", () => {
  const bytes = (values: Float32Array): ArrayBuffer => {
    const larger = new ArrayBuffer(values.byteLength + 12);
    new Float32Array(larger, 8, values.length).set(values);
    return larger;
  };
  const shared = new Float32Array(new SharedArrayBuffer(8));
  shared.set([1.5, -2.5]);
  test.each([
    ["numbers of the tensor's own type", {}],
    ["bits", input("x", new Uint32Array(Float32Array.of(1.5, -2.5).buffer))],
    ["bits of a bf16 tensor", input("w", Uint32Array.of(0x40400000, 0x3f000000))],
    ["bits of an i32 tensor", input("i", Uint32Array.of(0xfffffff9))],
    ["an array at an offset of its buffer", input("x", new Float32Array(bytes(Float32Array.of(1.5, -2.5)), 8, 2))],
    ["a part of an array", input("x", Float32Array.of(9, 9, 1.5, -2.5, 9).subarray(2, 4))],
    ["an array in shared memory", input("x", shared)],
    ["an array of another realm", input("x", runInNewContext("Float32Array.of(1.5, -2.5)"))],
    ["numbers rounded to bf16", input("w", roundToBf16([3.001, 0.5]))],
  ])("%s", (_, change) => {
    expect(evaluated(change)).toEqual(expected);
  });
});

describe("arrays that are refused, with what to write", () => {
  const floats = Float32Array.of(1.5, -2.5);
  test.each<[string, string, unknown, string]>([
    [
      "x",
      "f32[t, c]",
      Float64Array.of(1.5, -2.5),
      "a Float64Array given for f32 elements; fix: for its numbers write Float32Array.from(x)",
    ],
    [
      "x",
      "f32[t, c]",
      [1.5, -2.5],
      "a plain array given for f32 elements; fix: for its numbers write Float32Array.from(x)",
    ],
    [
      "x",
      "f32[t, c]",
      Uint8Array.of(1, 2),
      "a Uint8Array given for f32 elements; fix: for its bytes write new Float32Array(x.buffer.slice(x.byteOffset, " +
        "x.byteOffset + x.byteLength))",
    ],
    [
      "x",
      "f32[t, c]",
      Buffer.from(floats.buffer),
      "a Uint8Array given for f32 elements; fix: for its bytes write new Float32Array(x.buffer.slice(x.byteOffset, " +
        "x.byteOffset + x.byteLength))",
    ],
    [
      "x",
      "f32[t, c]",
      new DataView(floats.buffer),
      "a DataView given for f32 elements; fix: for its bytes write new Float32Array(x.buffer.slice(x.byteOffset, " +
        "x.byteOffset + x.byteLength))",
    ],
    [
      "x",
      "f32[t, c]",
      floats.buffer,
      "an ArrayBuffer given for f32 elements; fix: for its bytes write new Float32Array(x)",
    ],
    [
      "x",
      "f32[t, c]",
      new SharedArrayBuffer(8),
      "a SharedArrayBuffer given for f32 elements; fix: for its bytes write new Float32Array(x)",
    ],
    [
      "x",
      "f32[t, c]",
      Int32Array.of(1, 2),
      "an Int32Array given for f32 elements; fix: for its numbers write Float32Array.from(x)",
    ],
    [
      "x",
      "f32[t, c]",
      BigInt64Array.of(1n, 2n),
      "a BigInt64Array given for f32 elements; fix: for its numbers write Float32Array.from(x, Number)",
    ],
    [
      "x",
      "f32[t, c]",
      { 0: 1.5, 1: -2.5, length: 2 },
      "an Object given for f32 elements; fix: give a Float32Array of its numbers or a Uint32Array of their bits",
    ],
    [
      "x",
      "f32[t, c]",
      "1.5,-2.5",
      "the string 1.5,-2.5 given for f32 elements; fix: give a Float32Array of its numbers or a Uint32Array of " +
        "their bits",
    ],
    [
      "x",
      "f32[t, c]",
      null,
      "null given for f32 elements; fix: give a Float32Array of its numbers or a Uint32Array of their bits",
    ],
    [
      "w",
      "bf16[c]",
      Uint16Array.of(0x4040, 0x3f00),
      "a Uint16Array given for bf16 elements; fix: for words of bf16 write Uint32Array.from(x, (half) => half << 16)",
    ],
    [
      "w",
      "bf16[c]",
      [3, 0.5],
      "a plain array given for bf16 elements; fix: for its numbers write Float32Array.from(x)",
    ],
    [
      "i",
      "i32[t]",
      Float32Array.of(-7),
      "a Float32Array given for i32 elements; fix: for its numbers write Int32Array.from(x)",
    ],
    [
      "i",
      "i32[t]",
      Int16Array.of(-7),
      "an Int16Array given for i32 elements; fix: for its numbers write Int32Array.from(x)",
    ],
    [
      "u",
      "u32[t]",
      Int32Array.of(7),
      "an Int32Array given for u32 elements; fix: for its numbers write Uint32Array.from(x)",
    ],
    [
      "u",
      "u32[t]",
      Float32Array.of(7),
      "a Float32Array given for u32 elements; fix: for its numbers write Uint32Array.from(x)",
    ],
    ["u", "u32[t]", new Map(), "a Map given for u32 elements; fix: give a Uint32Array of its numbers"],
  ])("'%s' %s", (name, tensor, given, message) => {
    expect(() => evaluated(input(name, given))).toThrow(
      new EvaluationError(`'${name}' (${tensor}) of kernel 'mixed': ${message}`),
    );
    const storage = tensor.replace(/\[.*/, "") as "f32";
    expect(() => bitsOf(storage, given)).toThrow(new ElementsError(...(message.split("; fix: ") as [string, string])));
    expect(() => packElements({ storage, shape: [2] }, given as Uint32Array)).toThrow(ElementsError);
  });

  test.each<[string, unknown, unknown]>([
    ["f32", Float64Array.of(1.5, -2.5), Float32Array.from(Float64Array.of(1.5, -2.5))],
    [
      "f32",
      new DataView(floats.buffer, 4),
      ((x) => new Float32Array(x.buffer.slice(x.byteOffset, x.byteOffset + x.byteLength)))(
        new DataView(floats.buffer, 4),
      ),
    ],
    ["f32", floats.buffer, new Float32Array(floats.buffer)],
    ["bf16", Uint16Array.of(0xc040), Uint32Array.from(Uint16Array.of(0xc040), (half) => half << 16)],
    ["i32", BigInt64Array.of(-1n), Int32Array.from(BigInt64Array.of(-1n), Number)],
  ])("the fix for %s works", (storage, given, fixed) => {
    expect(() => bitsOf(storage as "f32", given)).toThrow(ElementsError);
    expect(bitsOf(storage as "f32", fixed).length).toBeGreaterThan(0);
  });
});

describe("other data that does not fit", () => {
  test.each<[string, Partial<Data>, string]>([
    [
      "too few elements",
      input("x", Float32Array.of(1)),
      "'x' (f32[t, c]) of kernel 'mixed' needs 2 elements, not 1; fix: ",
    ],
    [
      "no elements",
      input("x", new Float32Array(0)),
      "'x' (f32[t, c]) of kernel 'mixed' needs 2 elements, not 0; fix: ",
    ],
    ["no array", input("x", undefined), "'x' (f32[t, c]) of kernel 'mixed' has no array; fix: "],
    [
      "a number that bf16 lacks",
      input("w", Float32Array.of(3, 0.1)),
      "'w' (bf16[c]) of kernel 'mixed': element 1 (bits 0x3dcccccd) is not a bf16 value; fix: round it first",
    ],
    [
      "a negative extent",
      { extents: { t: -1, c: 2 } },
      "axis 't' (batch) of kernel 'mixed' can't have extent -1; fix: ",
    ],
    ["a fraction", { extents: { t: 1, c: 2.5 } }, "axis 'c' (model) of kernel 'mixed' can't have extent 2.5; fix: "],
    ["NaN", { extents: { t: NaN, c: 2 } }, "axis 't' (batch) of kernel 'mixed' can't have extent NaN; fix: "],
    [
      "2^32",
      { extents: { t: 2 ** 32, c: 2 } },
      "axis 't' (batch) of kernel 'mixed' can't have extent 4294967296; fix: ",
    ],
    [
      "a numeral",
      { extents: { t: "1" as unknown as number, c: 2 } },
      "axis 't' (batch) of kernel 'mixed' can't have extent \"1\"; fix: ",
    ],
    ["no extent", { extents: { t: 1 } }, "axis 'c' (model) of kernel 'mixed' has no extent; fix: "],
    [
      "outputs that no memory holds",
      { extents: { t: 2 ** 31, c: 2 ** 31 } },
      "the output 'y' of kernel 'mixed' has 4611686018427388000 elements at these extents; fix: ",
    ],
    [
      "a parameter that is NaN",
      { parameters: { scale: NaN, shift: 1 } },
      "kernel 'mixed': parameter 'scale' (f32) can't be NaN; fix: ",
    ],
    [
      "a fraction for an integer",
      { parameters: { scale: 1, shift: 0.5 } },
      "kernel 'mixed': parameter 'shift' (i32) can't be 0.5; fix: ",
    ],
    [
      "a parameter too large for f32",
      { parameters: { scale: 1e39, shift: 1 } },
      "kernel 'mixed': parameter 'scale' (f32) can't be 1e+39; fix: ",
    ],
    ["no parameter", { parameters: { scale: 1 } }, "parameter 'shift' of kernel 'mixed' has no value; fix: "],
    [
      "no parameters",
      { parameters: undefined as unknown as Record<string, number> },
      "parameter 'scale' of kernel 'mixed' has no value; fix: ",
    ],
  ])("%s", (_, change, message) => {
    expect(() => evaluated(change)).toThrow(EvaluationError);
    expect(() => evaluated(change)).toThrow(message);
  });
});
