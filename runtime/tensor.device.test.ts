import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTensor, openDevice, RequestError, type Device } from "./index.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

const iota = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, index) => index);

describe("parts of a tensor", () => {
  test("rows are a view of the outermost axis, written and read on their own", async () => {
    const x = createTensor(device, { name: "x", storage: "u32", shape: [40, 2, 8] }, iota(640));
    const rows = x.rows(16, 3);
    expect(rows.shape).toEqual([3, 2, 8]);
    expect(await rows.readElements()).toEqual(iota(640).slice(256, 304));
    rows.writeElements(iota(48));
    expect(await x.readElements()).toEqual(Uint32Array.from([...iota(256), ...iota(48), ...iota(640).slice(304)]));
    expect(await x.rows(0, 36).rows(32, 4).readElements()).toEqual(iota(640).slice(512, 576));
    expect((await x.rows(40, 0).readElements()).length).toBe(0);
    rows.dispose();
    expect((await x.readElements())[256]).toBe(0);
    const other = x.rows(0, 1);
    x.dispose();
    expect(() => other.writeElements(iota(16))).toThrow("tensor 'x': it has been disposed of");
  });

  test("rows of bf16, padded, one axis, and in blocks", async () => {
    const bf16 = (count: number): Uint32Array => iota(count).map((index) => (0x3f80 + index) * 0x10000);
    const padded = createTensor(device, { name: "x", storage: "bf16", shape: [200, 3] }, bf16(600));
    expect(await padded.rows(64, 2).readElements()).toEqual(bf16(600).slice(192, 198));
    const vector = createTensor(device, { name: "x", storage: "bf16", shape: [131] }, bf16(131));
    expect(await vector.rows(128, 3).readElements()).toEqual(bf16(131).slice(128));
    expect(() => vector.rows(0, 3)).toThrow("2 rows lie together; fix: take a multiple of 2 rows");
    const blocked = createTensor(device, { name: "x", storage: "bf16", shape: [70, 5], blocks: [32, 8] }, bf16(350));
    expect(await blocked.rows(32, 38).readElements()).toEqual(bf16(350).slice(160));
    expect(await blocked.rows(32, 32).readElements()).toEqual(bf16(350).slice(160, 320));
    expect(() => blocked.rows(32, 33)).toThrow(
      "rows 32 to 65 of tensor 'x' (bf16[70, 5] in blocks of [32, 8]): 32 rows lie together",
    );
  });

  test("rows that do not exist or can't be bound are refused", () => {
    const x = createTensor(device, { name: "x", storage: "f32", shape: [40, 24] });
    expect(() => x.rows(1, 1)).toThrow("devices bind from multiples of 256 bytes; fix: start at a multiple of 8 rows");
    expect(() => x.rows(8, 33)).toThrow("rows 8 to 41 of tensor 'x' (f32[40, 24]): it has 40 rows");
    for (const [first, count] of [
      [-8, 1],
      [0.5, 1],
      [0, -1],
      [NaN, 1],
    ] as const)
      expect(() => x.rows(first, count)).toThrow(RequestError);
    expect(() => createTensor(device, { name: "x", storage: "f32", shape: [] }).rows(0, 1)).toThrow("it has no axes");
  });

  test("words are written in parts", async () => {
    const x = createTensor(device, { name: "x", storage: "u32", shape: [100] }, iota(100));
    x.writeWordsAt(90, iota(10));
    x.rows(64, 36).writeWordsAt(1, new Uint32Array([7, 8]));
    expect(await x.readElements()).toEqual(Uint32Array.from([...iota(65), 7, 8, ...iota(90).slice(67), ...iota(10)]));
    expect(x.isDistinct()).toBe(false);
    for (const offset of [91, -1, 0.5]) expect(() => x.writeWordsAt(offset, iota(10))).toThrow(RequestError);
    expect(() => x.writeWordsAt(91, iota(10))).toThrow(
      "tensor 'x' (u32[100]): 10 words from word 91 on given for a tensor of 100",
    );
  });
});
