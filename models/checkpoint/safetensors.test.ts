import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointError } from "./error.ts";
import { SafetensorsFile } from "./safetensors.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-safetensors-"));
});
afterAll(() => rm(directory, { recursive: true }));

const header = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

async function write(
  headerBytes: Uint8Array,
  data: Uint8Array = new Uint8Array(),
  length: number | bigint = headerBytes.length,
): Promise<string> {
  const file = join(directory, "model.safetensors");
  const lengthBytes = new Uint8Array(8);
  new DataView(lengthBytes.buffer).setBigUint64(0, BigInt(length), true);
  await writeFile(file, Buffer.concat([lengthBytes, headerBytes, data]));
  return file;
}

/** The message after the file's name. */
async function faultOf(file: string): Promise<string> {
  const error = await SafetensorsFile.open(file).then(
    () => {
      throw new Error("opened without a fault");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  const { message } = error as CheckpointError;
  expect(message.startsWith(`${file}: `)).toBe(true);
  expect(message).not.toContain("\n");
  return message.slice(file.length + 2);
}

describe("safetensors", () => {
  it("reads back what was written, tensor by tensor", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 }), async (tensors) => {
        const entries: Record<string, unknown> = { __metadata__: { format: "pt" } };
        let end = 0;
        tensors.forEach((bytes, index) => {
          entries[`t${index}`] = { dtype: "U8", shape: [bytes.length], data_offsets: [end, (end += bytes.length)] };
        });
        const opened = await SafetensorsFile.open(await write(header(entries), Buffer.concat(tensors)));
        for (const [index, bytes] of tensors.entries()) {
          expect(await opened.read(opened.tensors.get(`t${index}`)!)).toEqual(new Uint8Array(bytes));
        }
        await opened.close();
      }),
      { numRuns: 50 },
    );
  });

  const two = (a: object, b: object): object => ({
    a: { dtype: "BF16", shape: [2], data_offsets: [0, 4], ...a },
    b: { dtype: "BF16", shape: [1, 2], data_offsets: [4, 8], ...b },
  });
  const faults: [string, unknown, number, string][] = [
    ["no JSON", "{", 0, "the header is not JSON ("],
    ["a list", [], 0, "the header is not a JSON object; "],
    ["an entry that is no object", { a: 1 }, 0, "tensor 'a': its header entry is not an object; "],
    [
      "an unknown dtype",
      two({ dtype: "BF17" }, {}),
      8,
      `tensor 'a': has dtype "BF17", which safetensors does not know; `,
    ],
    [
      "a dtype that JavaScript's objects know",
      two({ dtype: "toString" }, {}),
      8,
      `tensor 'a': has dtype "toString", which safetensors does not know; `,
    ],
    ["a negative extent", two({ shape: [-2] }, {}), 8, "tensor 'a': has shape [-2], which is not a list of extents; "],
    [
      "a fractional extent",
      two({ shape: [0.5, 4] }, {}),
      8,
      "tensor 'a': has shape [0.5,4], which is not a list of extents; ",
    ],
    [
      "a missing shape",
      two({ shape: undefined }, {}),
      8,
      "tensor 'a': has shape undefined, which is not a list of extents; ",
    ],
    [
      "backward offsets",
      two({}, { data_offsets: [8, 4] }),
      8,
      "tensor 'b': has data_offsets [8,4], which are not [begin, end]; ",
    ],
    [
      "a shape that does not fit",
      two({}, { shape: [3] }),
      8,
      "tensor 'b': has 4 bytes of data, but BF16 [3] takes 6; ",
    ],
    ["overlapping tensors", two({}, { data_offsets: [2, 6] }), 6, "tensor 'b': its data overlaps that of 'a'; "],
    ["a hole", two({}, { data_offsets: [6, 10] }), 10, "tensor 'b': its data leaves a hole after that of 'a'; "],
    ["data that end early", two({}, {}), 7, "tensor 'b': its data ends at byte "],
    [
      "a name twice",
      `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
      1,
      "the header has the name 'a' twice in one object; ",
    ],
    ["deep nesting", `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, 0, "the header is nested more than 32 deep; "],
    ["too many values", `{"a":[${"[],".repeat(2 ** 22)}[]]}`, 0, "the header has more than 4194304 values; "],
    ["nesting that never ends", `{"a":${"[".repeat(1e7)}`, 0, "the header is nested more than 32 deep; "],
    ["a text that never ends", `{"a":"b`, 0, "the header is not JSON ("],
    [
      "__proto__",
      `{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
      1,
      "tensor '__proto__': has a name that no model's tensor has; ",
    ],
    ["metadata that are none", { __metadata__: { a: 1 } }, 0, `__metadata__: {"a":1} does not map names to texts; `],
    [
      "a product past all numbers",
      two({ shape: [2 ** 52, 2 ** 52] }, {}),
      8,
      "tensor 'a': has shape [4503599627370496,4503599627370496], whose product is too large for any file; ",
    ],
    [
      "a product that is no number",
      two({ shape: [...Array<number>(30).fill(2 ** 52), 0] }, {}),
      8,
      "tensor 'a': has shape [45035",
    ],
    [
      "a fractional offset",
      two({ data_offsets: [0, 3.5] }, {}),
      8,
      "tensor 'a': has data_offsets [0,3.5], which are not [begin, end]; ",
    ],
    [
      "a negative offset",
      two({ data_offsets: [-4, 0] }, {}),
      8,
      "tensor 'a': has data_offsets [-4,0], which are not [begin, end]; ",
    ],
    ["shared data", two({}, { data_offsets: [0, 4] }), 4, "tensor 'b': its data overlaps that of 'a'; "],
    [
      "data outside the file",
      two({}, { shape: [2 ** 40], data_offsets: [4, 4 + 2 ** 41] }),
      8,
      "tensor 'b': its data ends at byte ",
    ],
    [
      "a name that would break the line",
      { "a\n\u001b[2J": 1 },
      0,
      "tensor 'a\\u{a}\\u{1b}[2J': its header entry is not an object; ",
    ],
    ["trailing data", two({}, {}), 9, "1 bytes follow the last tensor; "],
  ];
  it.each(faults)("refuses %s", async (_, value, dataBytes, expected) => {
    const fault = await faultOf(await write(header(value), new Uint8Array(dataBytes)));
    expect(fault.slice(0, expected.length)).toBe(expected);
  });

  it("refuses a header longer than the file, and a pointer file", async () => {
    expect(await faultOf(await write(header({}), undefined, 2n ** 63n))).toBe(
      "announces a header of 9223372036854775808 bytes in a file of 10; fix: check that it is a safetensors " +
        "file, not a Git LFS pointer or a part of one",
    );
    expect(await faultOf(await write(header({}), undefined, 2n ** 60n))).toContain(
      "announces a header of 1152921504606846976 bytes",
    );
    expect(await faultOf(await write(new Uint8Array()))).toContain("the header is not JSON");
    expect(await faultOf(await write(Uint8Array.of(0x7b, 0xff, 0x7d)))).toContain(
      "the header is not JSON (The encoded data was not valid",
    );
    const file = join(directory, "pointer");
    await writeFile(file, "version https://git-lfs.github.com/spec/v1\n");
    expect(await faultOf(file)).toContain("not a Git LFS pointer");
    await writeFile(file, "abc");
    expect(await faultOf(file)).toBe(
      "has 3 bytes, too few for a safetensors header; fix: copy or download the file again",
    );
    expect(await faultOf(join(directory, "absent"))).toBe(
      "cannot be read (ENOENT); fix: give a checkpoint directory that holds model.safetensors",
    );
  });

  it("opens or refuses any damaged header, with a typed error and nothing else", async () => {
    const sound = header(two({}, {}));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
        const damaged = sound.slice();
        damaged[at] = byte;
        const result = await SafetensorsFile.open(await write(damaged, new Uint8Array(8))).then(
          (opened) => opened.close(),
          (error: unknown) => error,
        );
        if (result !== undefined) expect(result).toBeInstanceOf(CheckpointError);
      }),
      { numRuns: 300 },
    );
  });
});
