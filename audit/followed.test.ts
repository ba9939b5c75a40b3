/** Kernels that are right and were not proven once: each is, under every schedule that fits. */
import { expect, test } from "vitest";
import { readKernels } from "../dsl/reader/index.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { audit } from "./index.ts";

const extents = { a: 6, c: 5, wide: 16, four: 4 };
/** What it shows, its axes and inputs, its outputs, and its body. */
const followed: [what: string, axes: string, inputs: string, outputs: string, body: string][] = [
  [
    "outputs over the same axes in another order",
    "row: batch, a: model, c: model",
    `x: "f32[row, a, c]"`,
    `outputs: { y: "f32[row, a, c]", z: "f32[row, c, a]" }`,
    '(({ x }, { row, a, c }) => { const s = sum(a, "chain 2, chain", (k) => x(row, k, c) * x(row, a, c)); return { y: s, z: s + 1 }; })',
  ],
  [
    "pairs of 16 bits that are computed over another axis last",
    "row: batch, a: model, c: model, place: batch",
    `x: "f32[c]", n: "i32[row, a]", target: "unique placement u32[row]"`,
    `output: "bf16[place, a, c]"`,
    '(({ x, n, target }, { row, a, c }) => { const s = sum(c, "chain", (k) => x(k)); return scatter([target(row), a, c], x(c) * s + f32(n(row, a))); })',
  ],
  [
    "a row's item of a number",
    "row: batch, a: model",
    `x: "f32[a, row]"`,
    `output: "f32[row, a]"`,
    "(({ x }, { row, a }) => gather(x, 1, row) + gather(x, a - 2, row))",
  ],
  [
    "a sequence without a batch, unrolled",
    "key: sequence, c: model",
    `x: "f32[c, key]"`,
    `output: "f32[c]"`,
    '(({ x }, { key, c }) => sum(key, "chain", (k) => x(c, k)))',
  ],
  [
    "two negative addends",
    "row: batch",
    `x: "bf16[row]", y: "bf16[row]"`,
    `output: "f32[row]"`,
    "(({ x, y }, { row }) => x(row) * -1.5 - bf16(y(row)))",
  ],
  [
    "an integer sum of nothing as a float",
    "row: batch, c: model",
    `n: "i32[row, c]", length: "u32[row]"`,
    `output: "f32[row]"`,
    '(({ n, length }, { row, c }) => f32(sum(below(c, length(row)), "pairwise", (k) => n(row, k))))',
  ],
  [
    "a fold by xor over what does not change",
    "row: batch, c: model",
    `n: "u32[row]"`,
    `output: "u32[row]"`,
    '(({ n }, { row, c }) => reduce(c, "lanes 2 chain, chain", parity, () => ({ u: n(row), f: 0.5 })).u)',
  ],
  [
    "an input that is read in vectors, and gathered too",
    "row: batch, wide: model",
    `x: "f32[row, wide]", label: "u32[row]"`,
    `output: "f32[row]"`,
    '(({ x, label }, { row, wide }) => sum(wide, "chain", (k) => x(row, k)) - gather(x, row, label(row)))',
  ],
  [
    "16-bit words in vectors, and a gather of each",
    "row: batch, wide: model",
    `x: "bf16[row, wide]", label: "u32[row]"`,
    `output: "f32[row]"`,
    '(({ x, label }, { row, wide }) => sum(wide, "chain", (k) => x(row, k) * gather(x, row, k ^ label(row))))',
  ],
  [
    "a table in vectors, by what data say of it",
    "row: batch, wide: model",
    `n: "u32[wide]", start: "u32[row]"`,
    `output: "u32[row]"`,
    '(({ n, start }, { row, wide }) => sum(wide, "chain", (k) => n(k) * k) + gather(n, gather(n, start(row) + 1)))',
  ],
  [
    "a vector that is all there is",
    "row: batch, four: model",
    `x: "f32[four]", label: "u32[row]"`,
    `output: "f32[row]"`,
    '(({ x, label }, { row, four }) => sum(four, "chain", (k) => x(k)) * gather(x, label(row)))',
  ],
  [
    "a large integer as a float",
    "row: batch, c: model",
    `n: "u32[row, c]"`,
    `output: "f32[row]"`,
    '(({ n }, { row, c }) => sum(c, "chain 2, chain", (k) => f32(n(row, k))))',
  ],
];

test.each(followed)("%s", (_, axes, inputs, outputs, body) => {
  const source = `import { batch, below, bf16, f32, gather, kernel, model, reduce, reducer, scatter, sequence, sum } from "treefold";
export const parity = reducer({
  state: { u: "u32", f: "f32" },
  identity: { u: 0, f: 0 },
  combine: (left, right) => ({ u: left.u ^ right.u, f: left.f + right.f }),
});
export const followed = kernel({ axes: { ${axes} }, inputs: { ${inputs} }, ${outputs}, body: ${body} });
`;
  const {
    kernels: [kernel],
    diagnostics,
  } = readKernels("followed.kernel.ts", { source });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  const own = Object.fromEntries(
    Object.entries(extents).filter(([axis]) => kernel!.axes.some(({ name }) => name === axis)),
  );
  const schedules = schedulesFor(kernel!, { extents: own, limits: defaultLimits });
  expect(schedules.length).toBeGreaterThan(0);
  for (const schedule of schedules) {
    const { failures } = audit(kernel!, compile(kernel!, { extents: own, schedule, limits: defaultLimits }));
    expect(
      failures.map(({ message, declared, found }) => `${message}\n${declared ?? ""}\n${found ?? ""}`),
      schedule.name,
    ).toEqual([]);
  }
});
