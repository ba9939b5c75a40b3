/** What happens to memory and to work in progress when something fails. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Artifact } from "./artifact.ts";
import {
  AllocationError,
  CommandError,
  Commands,
  createTensor,
  type Device,
  DeviceLostError,
  loadKernel,
  NoAdapterError,
  openDevice,
  RequestError,
  type RuntimeLimits,
} from "./index.ts";

const nothing = { tensors: 0, scratch: 0, uniforms: 0, staging: 0, total: 0 };

/** Doubles `count` words of x into y through a scratch buffer, in two passes. */
const doubled: Artifact = ((): Artifact => {
  const pass = (
    label: string,
    from: string,
    to: string,
    roles: readonly ["input" | "scratch", "output" | "scratch"],
  ): Artifact["passes"][number] => {
    const wgsl = `struct Uniforms { count: u32 }
@group(0) @binding(0) var<uniform> uniforms: Uniforms;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> target_: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < uniforms.count) { target_[id.x] = source[id.x] * ${roles[0] === "input" ? "2u" : "1u"}; }
}`;
    return {
      label,
      wgsl,
      entryPoint: "main",
      workgroupSize: 64,
      workgroupBytes: 0,
      uniformBytes: 16,
      sourceMap: [],
      bindings: [
        { binding: 1, name: from, role: roles[0], access: "read", storage: "u32", shape: [{ extent: "count" }] },
        { binding: 2, name: to, role: roles[1], access: "read_write", storage: "u32", shape: [{ extent: "count" }] },
      ],
      uniforms: [
        { name: "count", offsetBytes: 0, type: "u32", value: { kind: "formula", formula: { extent: "count" } } },
      ],
      workgroups: { operator: "divide", left: { operator: "add", left: { extent: "count" }, right: 63 }, right: 64 },
    };
  };
  return {
    kernel: "doubled",
    schedule: "by hand",
    steps: "",
    trees: [],
    level: "integer",
    reason: "",
    reasonLocation: null,
    extents: {},
    parameters: [],
    sha256: "doubled",
    passes: [pass("double", "x", "twice", ["input", "scratch"]), pass("copy", "twice", "y", ["scratch", "output"])],
  };
})();

const opened: Device[] = [];
async function open(limits: Partial<RuntimeLimits> = {}): Promise<Device> {
  const device = await openDevice({ limits });
  opened.push(device);
  return device;
}
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  opened.splice(0).forEach((device) => device.dispose());
});

const pair = (
  device: Device,
  count: number,
): { x: ReturnType<typeof createTensor>; y: ReturnType<typeof createTensor> } => ({
  x: createTensor(
    device,
    { name: "x", storage: "u32", shape: [count] },
    Uint32Array.from({ length: count }, (_, index) => index),
  ),
  y: createTensor(device, { name: "y", storage: "u32", shape: [count] }),
});

describe("memory", () => {
  test("is accounted for by purpose, and none is left", async () => {
    const device = await open();
    expect(device.memory()).toEqual(nothing);
    const tensors = pair(device, 1001);
    const view = tensors.y.rows(64, 10);
    expect(device.memory()).toEqual({ ...nothing, tensors: 8032, total: 8032 });
    const kernel = await loadKernel(device, doubled);
    await new Commands(device).run(kernel, { tensors, extents: { count: 1001 } }).submit();
    const kept = { tensors: 8032, scratch: 4096, uniforms: 4096, staging: 0, total: 16224 };
    expect(device.memory()).toEqual(kept);
    expect((await view.readElements())[9]).toBe(146);
    expect(device.memory()).toEqual(kept);
    view.dispose();
    expect(device.memory()).toEqual(kept);
    device.releaseScratch();
    expect(device.memory()).toEqual({ ...nothing, tensors: 8032, total: 8032 });
    await new Commands(device).run(kernel, { tensors, extents: { count: 1001 } }).submit();
    expect((await tensors.y.readElements())[1000]).toBe(2000);
    for (const tensor of [tensors.x, tensors.y, tensors.x]) tensor.dispose();
    device.releaseScratch();
    expect(device.memory()).toEqual(nothing);
  });

  test("none is left by what fails", async () => {
    const device = await open({ maxBufferBytes: 4096 });
    expect(() => createTensor(device, { name: "x", storage: "u32", shape: [5] }, new Uint32Array(4))).toThrow(
      RequestError,
    );
    expect(() => createTensor(device, { name: "x", storage: "bf16", shape: [2] }, new Uint32Array([1, 0]))).toThrow(
      RequestError,
    );
    expect(() => createTensor(device, { name: "x", storage: "u32", shape: [1025] })).toThrow(
      "tensor 'x': 4112 bytes are more than the 4096 that a buffer of",
    );
    expect(() => createTensor(device, { name: "x", storage: "u32", shape: [1025] })).toThrow(AllocationError);
    expect(device.memory()).toEqual(nothing);
    const x = createTensor(device, { name: "x", storage: "u32", shape: [1024] });
    vi.spyOn(device.gpu, "createCommandEncoder").mockImplementationOnce(() => {
      throw new Error("no encoder");
    });
    await expect(x.readElements()).rejects.toThrow("tensor 'x': reading it back failed: no encoder");
    expect(device.memory()).toEqual({ ...nothing, tensors: 4096, total: 4096 });
    expect(await x.readElements()).toEqual(new Uint32Array(1024));
  });

  test("a buffer that the device has no memory for is a fault of the next submission, and of no later one", async () => {
    const device = await open();
    const tensors = pair(device, 8);
    const kernel = await loadKernel(device, doubled);
    vi.spyOn(device.gpu, "popErrorScope").mockResolvedValueOnce({ message: "out of memory" } as GPUError);
    const large = createTensor(device, { name: "large", storage: "u32", shape: [1024] });
    const commands = new Commands(device).run(kernel, { tensors, extents: { count: 8 } });
    await expect(commands.submit()).rejects.toThrow(
      /^tensor 'large': .* has no 4096 bytes left; fix: dispose of tensors/,
    );
    expect(device.memory().tensors).toBe(64);
    await new Commands(device).run(kernel, { tensors, extents: { count: 8 } }).submit();
    expect((await tensors.y.readElements())[7]).toBe(14);
    large.dispose();
  });
});

describe("a driver that refuses", () => {
  test("a tensor that is gone when it is submitted", async () => {
    const device = await open();
    const tensors = pair(device, 8);
    const commands = new Commands(device).run(await loadKernel(device, doubled), { tensors, extents: { count: 8 } });
    tensors.x.dispose();
    await expect(commands.submit()).rejects.toThrow(CommandError);
  });
});

describe("a device that is lost", () => {
  const steps: Record<string, (device: Device) => Promise<unknown>> = {
    submit: async (device) => {
      const tensors = pair(device, 2 ** 20);
      const kernel = await loadKernel(device, doubled);
      const done = new Commands(device)
        .run(kernel, { tensors, extents: { count: 2 ** 20 } })
        .run(kernel, { tensors, extents: { count: 2 ** 20 } })
        .submit();
      device.gpu.destroy();
      return done;
    },
    "read back": (device) => {
      const read = pair(device, 2 ** 22).x.readElements();
      device.gpu.destroy();
      return read;
    },
    "load a kernel": (device) => {
      const loading = loadKernel(device, doubled);
      device.gpu.destroy();
      return loading;
    },
  };

  test.each(Object.entries(steps))("in the middle of it: %s", async (_, step) => {
    const device = await open();
    const other = await open();
    await expect(step(device)).rejects.toThrow(DeviceLostError);
    expect(() => createTensor(device, { name: "x", storage: "u32", shape: [1] })).toThrow(
      "the device has been disposed of; fix: open a new device",
    );
    expect(device.memory()).toEqual(nothing);
    const tensors = pair(other, 8);
    await new Commands(other).run(await loadKernel(other, doubled), { tensors, extents: { count: 8 } }).submit();
    expect((await tensors.y.readElements())[7]).toBe(14);
  });

  test("disposed of, at once", async () => {
    const device = await open();
    const { x } = pair(device, 8);
    device.dispose();
    expect(() => x.writeElements(new Uint32Array(8))).toThrow(DeviceLostError);
    x.dispose();
    device.dispose();
    expect(device.memory()).toEqual(nothing);
  });
});

test("a driver that does not exist is no adapter", async () => {
  vi.stubEnv("VK_DRIVER_FILES", "/nowhere/icd.json");
  await expect(openDevice()).rejects.toThrow(NoAdapterError);
  await expect(openDevice()).rejects.toThrow(
    "Vulkan: VK_DRIVER_FILES is '/nowhere/icd.json', which offers no adapter; fix: unset it",
  );
});

test("limits that are none open no device", async () => {
  await expect(openDevice({ limits: { maxBufferBytes: 0 } })).rejects.toThrow(RequestError);
});
