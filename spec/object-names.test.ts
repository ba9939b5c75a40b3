/** Names that every JavaScript object has a member of mean what any other name means. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { evaluate } from "./evaluator.ts";
import { modelExtents } from "./extents.ts";
import { randomInputs } from "./inputs.ts";
import { checkRows } from "./invariance/check.ts";
import { orderSensitivity } from "./order.ts";

const file = new URL("./fixtures/right/names.kernel.ts", import.meta.url).pathname;
const members = [
  "constructor",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "isPrototypeOf",
  "toLocaleString",
  "propertyIsEnumerable",
];
const source = readFileSync(file, "utf8");
const { kernels } = readKernels(file);
/** The same kernels under names that no object has a member of. */
const plain = readKernels("plain.kernel.ts", {
  source: members.reduce((text, name) => text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), `${name}Own`), source),
}).kernels;

const sizes = [3, 9, 5, 4];
const extentsOf = (kernel: Kernel): Record<string, number> =>
  Object.fromEntries(
    kernel.axes.map(({ name, role }, at) => [
      name,
      role === "batch" && kernel.inputs.some(({ unique }) => unique === true) ? 7 : sizes[at % sizes.length]!,
    ]),
  );
const values = (record: Readonly<Record<string, Uint32Array>>): (readonly number[])[] =>
  Object.values(record).map((elements) => [...elements]);

test("the two files differ in names alone", () => {
  expect(kernels.map(({ name }) => name)).toEqual(["constructor", "valueOf", "toLocaleString", "propertyIsEnumerable"]);
  expect(plain.map(({ name }) => name)).toEqual(kernels.map(({ name }) => `${name}Own`));
});

test.each(kernels.map((kernel, at) => ({ name: kernel.name, kernel, other: plain[at]! })))(
  "$name: inputs, evaluation, order and texts",
  ({ kernel, other }) => {
    const extents = extentsOf(kernel);
    const drawn = randomInputs(kernel, extents, 1);
    const data = { extents, inputs: drawn.inputs, parameters: drawn.parameters, initial: drawn.initial };
    const renamed = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(
        Object.entries(record).map(([name, value]) => [members.includes(name) ? `${name}Own` : name, value]),
      );
    const same = {
      extents: renamed(extents),
      inputs: renamed(drawn.inputs),
      parameters: renamed(drawn.parameters),
      initial: renamed(drawn.initial),
    };
    const outputs = evaluate(kernel, data);
    expect(values(outputs)).toEqual(values(evaluate(other, same)));
    expect(orderSensitivity(kernel, extents, data)).toBe(orderSensitivity(other, same.extents, same));
    expect(printKernel(parseKernel(printKernel(kernel)))).toBe(printKernel(kernel));
    const model = modelExtents(kernel, extents);
    const schedules = schedulesFor(kernel, { extents: model });
    expect(schedules.map(({ name }) => name)).toEqual(
      schedulesFor(other, { extents: modelExtents(other, same.extents) }).map(({ name }) => name),
    );
    for (const schedule of schedules) expect(compile(kernel, { extents: model, schedule }).kernel).toBe(kernel.name);
  },
);

test.each(kernels)("$name: the invariance test finds equal rows, and rows that differ", async (kernel) => {
  const trial = { kernel, axes: modelExtents(kernel, extentsOf(kernel)), schedules: ["evaluator"], runs: 3, seed: 1 };
  const tally = await checkRows(trial, async (_, data) => evaluate(kernel, data));
  expect(tally.rows).toBeGreaterThan(10);
  await expect(
    checkRows(trial, async (_, data) => {
      const outputs = evaluate(kernel, data);
      const [first] = kernel.outputs;
      const size = Object.values(data.extents).reduce((sum, extent) => sum + extent, 0);
      return { ...outputs, [first!.name]: outputs[first!.name]!.map((bits) => (bits ^ size) >>> 0) };
    }),
  ).rejects.toThrow(`${kernel.name} under schedule 'evaluator': `);
});

test("what is not given is missing, and not what an object inherits", () => {
  const [kernel] = kernels;
  const extents = extentsOf(kernel!);
  const { inputs, parameters } = randomInputs(kernel!, extents, 1);
  const without = <T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
  const attempt = (data: Partial<Parameters<typeof evaluate>[1]>) => () =>
    evaluate(kernel!, { extents, inputs, parameters, ...data });
  expect(attempt({ inputs: without(inputs, "constructor") })).toThrow(
    "'constructor' (f32[toString, constructor]) of kernel 'constructor' has no array; fix: ",
  );
  expect(attempt({ extents: without(extents, "toString") })).toThrow(
    "axis 'toString' (batch) of kernel 'constructor' has no extent; fix: ",
  );
  expect(attempt({ parameters: {} })).toThrow("parameter 'valueOf' of kernel 'constructor' has no value; fix: ");
  expect(() => schedulesFor(kernel!, { extents: {} })).toThrow("model axis 'constructor' has no extent; fix: ");
});
