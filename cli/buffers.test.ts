/** Kernels of more tensors than devices bind: each command says so, with the count and the limit, and fails. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { besideKernels, treefoldHere } from "../spec/fixtures/commands.ts";

besideKernels();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "treefold-buffers-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with a kernel that fits anywhere and one of so many tensors, `outputs` of them outputs. */
function fileOf(inputs: number, outputs = 1): string {
  const names = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
  const [read, written] = [names(inputs, "x"), names(outputs, "y")];
  const total = read.map((name) => `${name}(token, k)`).join(" + ");
  const file = join(folder, `wide-${inputs}-${outputs}.kernel.ts`);
  writeFileSync(
    file,
    `import { batch, kernel, model, sum } from "treefold";
export const small = kernel({
  axes: { token: batch, channel: model }, inputs: { x: "f32[token, channel]" }, output: "f32[token]",
  body: ({ x }, { token, channel }) => sum(channel, "chain", (k) => x(token, k)),
});
export const wide = kernel({
  axes: { token: batch, channel: model },
  inputs: { ${read.map((name) => `${name}: "f32[token, channel]"`).join(", ")} },
  outputs: { ${written.map((name) => `${name}: "f32[token]"`).join(", ")} },
  body({ ${read.join(", ")} }, { token, channel }) {
    const total = sum(channel, "chain", (k) => ${total});
    return { ${written.map((name, at) => `${name}: total + ${at}`).join(", ")} };
  },
});
`,
  );
  return file;
}

const cases: [string, number, number, number][] = [
  ["21 tensors", 20, 1, 21],
  ["one too many", 8, 1, 9],
  ["outputs alone", 1, 9, 10],
  ["both", 5, 5, 10],
  ["more than any device has", 70, 1, 71],
];

describe.each(cases)("%s", (_, inputs, outputs, count) => {
  test("check refuses them, or takes them on request", async () => {
    const file = fileOf(inputs, outputs);
    const refused = await treefoldHere("check", file);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain(
      `error R029: kernel 'wide' binds ${count} storage buffers, one for each of its tensors, and WebGPU promises 8`,
    );
    expect((await treefoldHere("check", file, "--buffers", String(count))).code).toBe(0);
    expect((await treefoldHere("check", file, "--buffers", String(count - 1))).out).toContain(
      `binds ${count} storage buffers, one for each of its tensors, and ` +
        `${count === 9 ? "WebGPU promises 8" : `${count - 1} are asked of devices`}`,
    );
  });

  test.each(["schedule", "wgsl", "map"])("explain --stage %s names the reason", async (stage) => {
    const { code, out, err } = await treefoldHere(
      "explain",
      fileOf(inputs, outputs),
      "--kernel",
      "wide",
      "--stage",
      stage,
    );
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toMatch(
      new RegExp(
        `^error: kernel 'wide' fits no schedule: ${count} storage buffers are more than the 8 that every WebGPU ` +
          "device offers; fix: ",
      ),
    );
  });
});

test("eight tensors are no error", async () => {
  expect((await treefoldHere("check", fileOf(7))).code).toBe(0);
  expect((await treefoldHere("explain", fileOf(7), "--kernel", "wide", "--stage", "schedule")).out).toContain("alone");
});

test.each(["0", "-1", "8.5", "many", ""])("--buffers %j is no count", async (count) => {
  const { code, err } = await treefoldHere("check", fileOf(2), `--buffers=${count}`);
  expect(code).toBe(2);
  expect(err).toMatch(/write a whole number from 1 up, as in --buffers 16/i);
});
