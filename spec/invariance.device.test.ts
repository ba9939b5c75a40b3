import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  assertInvariant,
  execute,
  InvarianceError,
  openDevice,
  readKernels,
  replaceTrees,
  schedulesFor,
  TestSetupError,
  type InvarianceOptions,
  type Device,
  type Tree,
} from "./index.ts";
import { shareOf, some, tries } from "./fixtures/effort.ts";
import { checkRows } from "./invariance/check.ts";

const runs = tries(3, 10);
const layerNorm = new URL("./fixtures/right/layer-norm.kernel.ts", import.meta.url);
const ofModels = (name: string): URL => new URL(`../models/kernels/${name}.kernel.ts`, import.meta.url);

let device: Device;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.dispose());

describe("rows have the same bits in any batch", () => {
  test.each(
    shareOf<[string, URL, InvarianceOptions]>([
      ["linear", ofModels("linear"), { kernel: "linear", axes: { out: 20, inner: 300 }, atLeast: 0.9 }],
      ["layerNorm", layerNorm, { axes: { channel: 200 }, params: { epsilon: 1e-5 }, atLeast: 0.95 }],
      ["rmsNorm", ofModels("rmsNorm"), { kernel: "rmsNorm", axes: { channel: 200 }, atLeast: 0.9 }],
      [
        "attention",
        ofModels("attention"),
        {
          axes: { token: { min: 1, max: 5 }, key: { min: 100, max: 200 }, head: 4, kvHead: 2, dim: 6, page: 16 },
          atLeast: 0.8,
        },
      ],
      ["storeRows", ofModels("storeRows"), { axes: { kvHead: 2, dim: 7 } }],
      ["selectRows", ofModels("selectRows"), { axes: { channel: 7 } }],
    ]),
  )("%s", async (name, file, options) => {
    const { kernels } = readKernels(fileURLToPath(file));
    const kernel = kernels.find((one) => one.name === name)!;
    const axes = Object.fromEntries(
      Object.entries(options.axes!).map(([axis, extent]) => [axis, typeof extent === "number" ? extent : extent.max]),
    );
    const offered = schedulesFor(kernel, { extents: axes, limits: device.limits }).map((schedule) => schedule.name);
    const schedules = some(`schedules of ${name} that keep its rows`, 4, offered);
    const report = await assertInvariant(file, { ...options, schedules, runs, device });
    console.log(report.text);
    expect(report.kernel).toBe(name);
    expect(report.cases).toBeGreaterThanOrEqual(Math.max(runs, 2 * report.schedules.length));
    expect(report.rows).toBeGreaterThan(5 * runs);
  });
});

test("the negative control: on this device, too, a tree chosen by batch size is caught", async () => {
  const kernel = readKernels(fileURLToPath(ofModels("linear"))).kernels.find(({ name }) => name === "linear")!;
  const axes = { out: 4, inner: 200 };
  const splitFor = (rows: number): Tree => [
    { fold: "chain", count: 200 / (rows <= 2 ? 8 : rows <= 8 ? 2 : 1) },
    { fold: "chain" },
  ];
  const [alone] = schedulesFor(kernel, { extents: axes, limits: device.limits });
  const ordinary = checkRows(
    { kernel, axes, schedules: [alone!.name], runs: 10, seed: 1 },
    async (_, data) =>
      (await execute(device, replaceTrees(kernel, splitFor(data.extents["token"]!)), alone!, data)).outputs,
  );
  await expect(ordinary).rejects.toThrow(InvarianceError);
  await expect(ordinary).rejects.toThrow(/^linear under schedule 'alone': output\[.* crowd of .* alone\. /);
});

test("warns of a kernel whose inputs can't tell orders apart, and refuses it where the test asks for more", async () => {
  const options: InvarianceOptions = {
    kernel: "linear",
    axes: { out: 3, inner: 1 },
    runs: 1,
    schedules: ["alone"],
    device,
  };
  expect((await assertInvariant(ofModels("linear"), options)).text).toMatch(
    /WARNING: that is less than 90\.0%, .*; fix: reduce over more items/,
  );
  await expect(assertInvariant(ofModels("linear"), { ...options, atLeast: 0.5 })).rejects.toThrow(
    /^linear: of other orders of the sums .+ changes the most, [\d.]+% of the outputs, which is less than 50\.0%; fix: reduce over more items/,
  );
  expect((await assertInvariant(ofModels("linear"), { ...options, atLeast: 0 })).text).not.toContain("WARNING");
});

test("rows have the same bits under a list of steps, and one that does not apply is refused", async () => {
  const options: InvarianceOptions = { kernel: "linear", axes: { out: 20, inner: 300 }, runs: 2, device };
  const steps = (text: string): Promise<{ readonly text: string; readonly rows: number }> =>
    assertInvariant(ofModels("linear"), { ...options, schedules: [{ steps: text }] });
  const report = await steps("sink(out, 2, interleaved); bind(out, 8); unroll(4)");
  expect(report.text).toContain("bind(out, 8)");
  expect(report.rows).toBeGreaterThan(5);
  await expect(steps("bind(out, 8); walk(inner)")).rejects.toThrow(/walk\(inner\).*fix: /);
});

describe("what is wrong with the test is said", () => {
  const refused = (file: string | URL, options: InvarianceOptions): Promise<string> =>
    assertInvariant(file, { device, ...options }).then(
      () => "",
      (error: unknown) => {
        expect(error).toBeInstanceOf(TestSetupError);
        return (error as TestSetupError).message;
      },
    );
  const linear = ofModels("linear");

  test("the file, the kernel, the axes, the schedules", async () => {
    expect(await refused("nowhere.kernel.ts", { axes: {} })).toMatch(
      /^there is no file 'nowhere.kernel.ts'; fix: give the path of a kernel file/,
    );
    expect(await refused(linear, { axes: {} })).toMatch(
      /linear.kernel.ts has several kernels; fix: give 'kernel' one of linear, linearBias$/,
    );
    expect(await refused(linear, { kernel: "linaer", axes: {} })).toMatch(
      /has no kernel 'linaer' \(did you mean 'linear'\?\); fix: give 'kernel' one of linear, linearBias$/,
    );
    expect(await refused(linear, { kernel: "linear", axes: { out: 4 } })).toBe(
      "kernel 'linear' needs the extent of its model axis 'inner'; fix: add inner: N to 'axes', a number",
    );
    expect(await refused(linear, { kernel: "linear", axes: { out: 4, innner: 4 } })).toBe(
      "kernel 'linear' has no axis 'innner' (did you mean 'inner'?); fix: its axes are token, out, inner",
    );
    expect(await refused(linear, { kernel: "linear", axes: { out: 4, inner: 4, token: { min: 3, max: 1 } } })).toBe(
      `axis 'token' can't have {"min":3,"max":1} points; fix: give a whole number from 1 up, or { min, max } of such`,
    );
    expect(await refused(linear, { kernel: "linear", axes: { out: 4, inner: 4 }, schedules: ["alnoe"] })).toMatch(
      /^no schedule 'alnoe' fits kernel 'linear' at these extents \(did you mean 'alone'\?\); fix: leave 'schedules' out, or choose from alone, /,
    );
  });

  test("options and parameters", async () => {
    const norm = ofModels("rmsNorm");
    const base = { kernel: "rmsNorm", axes: { channel: 8 } };
    expect(await refused(norm, { ...base, atleast: 0.9 } as InvarianceOptions)).toMatch(
      /^there is no option 'atleast' \(did you mean 'atLeast'\?\); fix: the options are kernel, axes, /,
    );
    expect(await refused(norm, { ...base, atLeast: 90 })).toBe(
      "'atLeast' can't be 90; fix: give a fraction from 0 to 1, such as 0.9",
    );
    expect(await refused(norm, { ...base, runs: 0 })).toBe("'runs' can't be 0; fix: give a whole number from 1 up");
    expect(await refused(norm, { ...base, params: { epsilom: 1 } })).toBe(
      "kernel 'rmsNorm' has no parameter 'epsilom' (did you mean 'epsilon'?); fix: its parameters are epsilon",
    );
    expect(await refused(norm, { ...base, params: { epsilon: NaN } })).toBe(
      "parameter 'epsilon' (f32) can't be NaN; fix: give a finite number",
    );
    expect(await refused(norm, { kernel: "rmsNorm" })).toBe(
      "kernel 'rmsNorm' needs the extent of its model axis 'channel'; fix: add channel: N to 'axes', a number",
    );
  });

  test("a kernel that breaks a rule, with its rendered diagnostics", async () => {
    const folder = mkdtempSync(join(tmpdir(), "treefold-"));
    try {
      const file = join(folder, "rows.kernel.ts");
      writeFileSync(
        file,
        `import { batch, kernel, model, sum } from "treefold";
export const rows = kernel({
  axes: { token: batch, channel: model },
  inputs: { x: "f32[token, channel]" },
  output: "f32[channel]",
  body: ({ x }, { token, channel }) => sum(token, "chain", (t) => x(t, channel)),
});
`,
      );
      const message = await refused(pathToFileURL(file), { axes: { channel: 4 } });
      expect(message).toContain("the kernel is wrong:\n");
      expect(message).toMatch(/rows\.kernel\.ts:6:\d+ error R002: /);
      expect(message).toContain("\nfix: ");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
