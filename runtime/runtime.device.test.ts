import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Artifact, Binding, Pass } from "./artifact.ts";
import {
  AllocationError,
  Commands,
  DeviceLostError,
  RequestError,
  ShaderError,
  createTensor,
  loadKernel,
  openDevice,
  type Device,
} from "./index.ts";

/** One pass over `count` elements, 64 invocations a workgroup, in the shape that the compiler emits. */
function pass(
  label: string,
  bindings: readonly Omit<Binding, "binding">[],
  body: string,
  over: Partial<Pass> = {},
): Pass {
  const types = { f32: "f32", bf16: "u32", u32: "u32", i32: "i32" } as const;
  const declarations = bindings.map(
    ({ name, storage, access }, index) =>
      `@group(0) @binding(${index + 1}) var<storage, ${access}> ${name}: array<${types[storage]}>;`,
  );
  const wgsl = [
    "struct Uniforms { count: u32, scale: f32 }",
    "@group(0) @binding(0) var<uniform> uniforms: Uniforms;",
    ...declarations,
    "@compute @workgroup_size(64)",
    "fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {",
    "  let i = (group.y * groups.x + group.x) * 64 + lane;",
    "  if (i >= uniforms.count) { return; }",
    `  ${body}`,
    "}",
  ].join("\n");
  return {
    label,
    wgsl,
    entryPoint: "main",
    workgroupSize: 64,
    workgroupBytes: 0,
    uniformBytes: 8,
    bindings: bindings.map((binding, index) => ({ ...binding, binding: index + 1 })),
    uniforms: [
      { name: "count", offsetBytes: 0, type: "u32", value: { kind: "formula", formula: { extent: "count" } } },
      { name: "scale", offsetBytes: 4, type: "f32", value: { kind: "parameter", name: "scale" } },
    ],
    workgroups: { operator: "divide", left: { operator: "add", left: { extent: "count" }, right: 63 }, right: 64 },
    sourceMap: wgsl
      .split("\n")
      .map((_, index) =>
        index === 5 + declarations.length + 1 ? { file: "sum.kernel.ts", line: 12, column: 5 } : null,
      ),
    ...over,
  };
}

function artifact(kernel: string, passes: readonly Pass[]): Artifact {
  return {
    kernel,
    schedule: "by hand",
    steps: "",
    trees: [],
    level: "portable",
    reason: "",
    reasonLocation: null,
    extents: { width: 4 },
    passes,
    parameters: [{ name: "scale", type: "f32" }],
    sha256: `${kernel} ${JSON.stringify(passes)}`,
  };
}

const vector = (
  name: string,
  role: Binding["role"],
  storage: Binding["storage"] = "f32",
): Omit<Binding, "binding"> => ({
  name,
  role,
  storage,
  access: role === "input" ? "read" : "read_write",
  shape: [{ extent: "count" }],
});

const scaledSum = artifact("scaledSum", [
  pass("add", [vector("x", "input"), vector("y", "input"), vector("total", "scratch")], "total[i] = x[i] + y[i];"),
  pass(
    "scale",
    [{ ...vector("total", "scratch"), access: "read" }, vector("z", "output")],
    "z[i] = total[i] * uniforms.scale;",
  ),
]);
const floats = (values: readonly number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);
const iota = (count: number, step: number): Uint32Array =>
  floats(Array.from({ length: count }, (_, index) => index * step));

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

const tensors = (count: number): Record<"x" | "y" | "z", ReturnType<typeof createTensor>> => ({
  x: createTensor(device, { name: "x", storage: "f32", shape: [count] }, iota(count, 1)),
  y: createTensor(device, { name: "y", storage: "f32", shape: [count] }, iota(count, 2)),
  z: createTensor(device, { name: "z", storage: "f32", shape: [count] }),
});

describe("running kernels", () => {
  test("the device says what it is", () => {
    // NVIDIA's adapters name no architecture.
    const { architecture: _, ...named } = device.info;
    expect(Object.values(named).every((value) => value.length > 0)).toBe(true);
    expect(device.info.driver).toMatch(/\d, webgpu \d/);
    expect(device.limits.maxInvocations).toBeGreaterThanOrEqual(256);
  });

  test("several runs in one submission, each with its own extents and parameters", async () => {
    const kernel = await loadKernel(device, scaledSum);
    expect(await loadKernel(device, scaledSum)).toBe(kernel);
    const [small, large] = [tensors(3), tensors(1000)];
    const commands = new Commands(device)
      .run(kernel, { tensors: small, extents: { count: 3 }, parameters: { scale: 10 } })
      .run(kernel, { tensors: large, extents: { count: 1000, width: 4 }, parameters: { scale: 0.5 } });
    await commands.submit();
    expect(await small.z.readElements()).toEqual(iota(3, 30));
    expect(await large.z.readElements()).toEqual(iota(1000, 1.5));
    const { x, y, z } = large;
    await commands
      .run(kernel, { tensors: { x: z, y, z: x }, extents: { count: 1000 }, parameters: { scale: 2 } })
      .submit();
    expect(await x.readElements()).toEqual(iota(1000, 7));
  });

  test("rows of larger tensors, in place of tensors", async () => {
    const kernel = await loadKernel(device, scaledSum);
    const { x, y, z } = tensors(200);
    const run = { extents: { count: 70 }, parameters: { scale: 1 } };
    await new Commands(device)
      .run(kernel, { ...run, tensors: { x: x.rows(0, 70), y: y.rows(64, 70), z: z.rows(128, 70) } })
      .run(kernel, { ...run, tensors: { x: x.rows(128, 70), y: y.rows(64, 70), z: z.rows(0, 70) } })
      .submit();
    const result = new Float32Array((await z.readElements()).buffer);
    expect([0, 1, 69, 70, 127, 128, 129, 197, 198].map((at) => result[at])).toEqual([
      256, 259, 463, 0, 0, 128, 131, 335, 0,
    ]);
    expect(() =>
      new Commands(device).run(kernel, { ...run, tensors: { x: x.rows(0, 70), y, z: x.rows(128, 70) } }),
    ).toThrow(RequestError);
    expect(() =>
      new Commands(device).run(kernel, { ...run, tensors: { x: x.rows(0, 70), y: y.rows(0, 70), z: x.rows(128, 70) } }),
    ).toThrow(
      "'x' and 'z' are one tensor, and the kernel writes it; fix: give each output a tensor of its own, not rows of another's",
    );
  });

  test("nothing is dispatched for no elements", async () => {
    const kernel = await loadKernel(device, scaledSum);
    const empty = tensors(0);
    await new Commands(device)
      .run(kernel, { tensors: empty, extents: { count: 0 }, parameters: { scale: 1 } })
      .submit();
    expect(await empty.z.readElements()).toEqual(new Uint32Array(0));
  });

  test("more workgroups than one dimension takes", async () => {
    const count = 65535 * 64 + 100;
    const kernel = await loadKernel(device, scaledSum);
    const many = tensors(count);
    await new Commands(device).run(kernel, { tensors: many, extents: { count }, parameters: { scale: 1 } }).submit();
    const result = new Float32Array((await many.z.readElements()).buffer);
    expect([result[1], result[65535 * 64 - 1], result[count - 1]]).toEqual([3, (65535 * 64 - 1) * 3, (count - 1) * 3]);
    for (const tensor of Object.values(many)) tensor.dispose();
  });

  test("bf16 goes through a kernel two to a word", async () => {
    const words: Partial<Pass> = {
      uniforms: [{ name: "count", offsetBytes: 0, type: "u32", value: { kind: "formula", formula: 4 } }],
    };
    const negate = await loadKernel(
      device,
      artifact("negate", [
        pass(
          "negate",
          [vector("x", "input", "bf16"), vector("z", "output", "bf16")].map((binding) => ({
            ...binding,
            shape: [2, 3],
          })),
          "z[i] = x[i] ^ 0x80008000u;",
          words,
        ),
      ]),
    );
    const x = createTensor(device, { name: "x", storage: "bf16", shape: [2, 3] }, floats([1, -2, 3, 0.5, 0, 7]));
    const z = createTensor(device, { name: "z", storage: "bf16", shape: [2, 3] });
    await new Commands(device)
      .run(negate, { tensors: { x, z }, extents: { count: 1 }, parameters: { scale: 0 } })
      .submit();
    expect(await x.readElements()).toEqual(floats([1, -2, 3, 0.5, 0, 7]));
    expect(await z.readElements()).toEqual(floats([-1, 2, -3, -0.5, -0, -7]));
  });
});

describe("faults", () => {
  test("requests that do not fit are refused before anything is encoded", async () => {
    const kernel = await loadKernel(device, scaledSum);
    const { x, y, z } = tensors(5);
    const bf16 = createTensor(device, { name: "x", storage: "bf16", shape: [5] });
    const good = { tensors: { x, y, z }, extents: { count: 5 }, parameters: { scale: 1 } };
    const run = (wrong: object) => () => new Commands(device).run(kernel, { ...good, ...wrong });
    expect(run({ tensors: { x, y } })).toThrow("kernel 'scaledSum': tensor 'z' is missing; fix: give 'x', 'y', 'z'");
    expect(run({ tensors: { x, y, z, X1: x } })).toThrow("it has no tensor 'X1' (did you mean 'x'?)");
    expect(run({ tensors: { x: bf16, y, z } })).toThrow("tensor 'x' is bf16[5] and should be f32[5]");
    expect(run({ tensors: { x, y, z: x } })).toThrow("'x' and 'z' are one tensor, and the kernel writes it");
    expect(run({ extents: { count: 6 } })).toThrow("tensor 'x' is f32[5] and should be f32[6]");
    expect(run({ extents: {} })).toThrow("the extent of axis 'count' is missing");
    expect(run({ extents: { count: 5.5 } })).toThrow("the extent of axis 'count' is 5.5");
    expect(run({ extents: { count: 5, width: 5 } })).toThrow("it was compiled for width = 4, and width = 5 was given");
    expect(run({ parameters: {} })).toThrow("parameter 'scale' is missing");
    expect(run({ parameters: { scale: 1, scala: 2 } })).toThrow("it has no parameter 'scala' (did you mean 'scale'?)");
    expect(run({ extents: {} })).toThrow(RequestError);
    y.dispose();
    expect(run({})).toThrow("tensor 'y': it has been disposed of");
  });

  test("a unique placement table must have been written by the host, and injective", async () => {
    const kernel = await loadKernel(
      device,
      artifact("place", [
        pass(
          "place",
          [{ ...vector("place", "input", "u32"), unique: true }, vector("z", "output", "u32")],
          "z[i] = place[i];",
        ),
      ]),
    );
    const z = createTensor(device, { name: "z", storage: "u32", shape: [3] });
    const place = createTensor(device, { name: "place", storage: "u32", shape: [3] });
    const run = (): Commands =>
      new Commands(device).run(kernel, { tensors: { place, z }, extents: { count: 3 }, parameters: { scale: 1 } });
    expect(run).toThrow("that the host has not written");
    place.writeElements(new Uint32Array([4, 2, 4]));
    expect(run).toThrow("the placement table 'place' holds a value twice");
    place.writeElements(new Uint32Array([4, 2, 0]));
    await run().submit();
    expect([...(await z.readElements())]).toEqual([4, 2, 0]);
  });

  test("the driver's messages come back at the kernel's source", async () => {
    const broken = artifact("broken", [pass("broken", [vector("z", "output")], "z[i] = 1u;")]);
    const error = await loadKernel(device, broken).then(
      () => undefined,
      (reason: unknown) => reason as ShaderError,
    );
    expect(error).toBeInstanceOf(ShaderError);
    expect(error?.messages[0]).toMatchObject({ type: "error", location: "sum.kernel.ts:12:5", source: "z[i] = 1u;" });
    expect(error?.message).toMatch(
      /^sum\.kernel\.ts:12:5 \(kernel 'broken', .*WGSL 'z\[i\] = 1u;'\): the driver refused the shader: .*; fix: /,
    );
    expect(error?.message).not.toContain("\n");
  });

  test("a schedule for a larger device is refused", async () => {
    const wide = artifact("wide", [pass("wide", [vector("z", "output")], "z[i] = 1;", { workgroupSize: 4096 })]);
    await expect(loadKernel(device, wide)).rejects.toThrow("it needs 4096 invocations a workgroup; the device offers");
  });

  test("wrong writes and impossible sizes", () => {
    const x = createTensor(device, { name: "x", storage: "bf16", shape: [2] });
    expect(() => x.writeElements(new Uint32Array(3))).toThrow(
      "tensor 'x' (bf16[2]): 3 elements given for a tensor of 2",
    );
    expect(() => x.writeElements(new Uint32Array([1, 0]))).toThrow("element 0 (bits 0x00000001) is not a bf16 value");
    expect(() => createTensor(device, { name: "x", storage: "f32", shape: [2 ** 20, 2 ** 20] })).toThrow(
      AllocationError,
    );
    expect(() => createTensor(device, { name: "x", storage: "f32", shape: [-1] })).toThrow("[-1] is no shape");
  });

  test("a device that was disposed of says so", async () => {
    const other = await openDevice();
    const x = createTensor(other, { name: "x", storage: "f32", shape: [1] });
    other.dispose();
    await other.gpu.lost;
    expect(() => x.writeElements(new Uint32Array(1))).toThrow(DeviceLostError);
    await expect(x.readElements()).rejects.toThrow("the device has been disposed of");
  });
});
