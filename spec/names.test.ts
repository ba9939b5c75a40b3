/**
 * Names: what the reader accepts can be compiled, and read back from the IR's text; what it refuses, it says how to
 * mend.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, schedulesFor } from "../codegen/compile.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { printKernel } from "../dsl/print-ir.ts";
import { tries } from "./fixtures/effort.ts";
import { readKernels } from "../dsl/reader/index.ts";

interface Names {
  readonly row: string;
  readonly out: string;
  readonly inner: string;
  readonly left: string;
  readonly right: string;
  readonly scale: string;
  readonly field: string;
  readonly local: string;
}

/** A kernel whose axes, inputs, parameter, state and constants have these names. */
function source({ row, out, inner, left, right, scale, field, local }: Names): string {
  const quoted = (name: string): string => JSON.stringify(name);
  return `import { batch, kernel, model, reduce, reducer } from "treefold";
    const total = reducer({ state: { ${quoted(field)}: "f32" }, identity: { ${quoted(field)}: 0 }, combine: (a, b) => ({ ${quoted(field)}: a[${quoted(field)}] + b[${quoted(field)}] }) });
    function square(${local}: number) { const ${local}_1 = ${local} * ${local}; return ${local}_1 * ${local}_1 + ${local}_1; }
    export const named = kernel({
      axes: { ${quoted(row)}: batch, ${quoted(out)}: model, ${quoted(inner)}: model },
      inputs: { ${quoted(left)}: "f32[${row}, ${inner}]", ${quoted(right)}: "bf16[${out}, ${inner}]" },
      params: { ${quoted(scale)}: "f32" },
      output: "f32[${row}, ${out}]",
      body({ ${quoted(left)}: p, ${quoted(right)}: q, ${quoted(scale)}: s }, { ${quoted(row)}: i, ${quoted(out)}: j, ${quoted(inner)}: k }) {
        return square(reduce(k, "chain 4, chain", total, (n) => ({ ${quoted(field)}: p(i, n) * q(j, n) }))[${quoted(field)}]) * s;
      },
    });`;
}

const plain: Names = {
  row: "row",
  out: "out",
  inner: "inner",
  left: "x",
  right: "w",
  scale: "scale",
  field: "value",
  local: "u",
};
const words = [
  "fn",
  "var",
  "let",
  "loop",
  "struct",
  "array",
  "vec4",
  "override",
  "enable",
  "f16",
  "ptr",
  "texture_2d",
  "main",
  "uniforms",
  "workgroup",
  "seal",
  "self",
  "typedef",
  "extent",
  "bits",
  "select",
  "left",
  "right",
  "kernel",
  "axis",
  "over",
  "in",
  "from",
  "count",
  "by",
  "item",
  "leaf",
  "state",
  "constructor",
  "toString",
  "hasOwnProperty",
  "ones",
  "zero",
  "x_data",
  "t0",
  "value_0",
  "ümlaut",
  "σ",
  "π1",
  "变量",
  "имя",
  "_x",
  "x_",
  "é",
  "a1",
] as const;
const refused = [
  "$",
  "$x",
  "x$",
  "_",
  "__x",
  "__proto__",
  "a b",
  "",
  "1x",
  "x-y",
  "x.y",
  "true",
  "false",
  "a\\u200db",
  "𝑥",
  "[x]",
  "x]",
];

/** What WGSL has for names, and nothing else but ASCII. */
const identifier = /[_\p{XID_Start}][\p{XID_Continue}]*/gu;
function expectReadable(wgsl: string): void {
  const text = wgsl.replace(/\/\/.*$/gm, "");
  const names = text.match(identifier) ?? [];
  expect(names.filter((name) => name === "_" || name.startsWith("__"))).toEqual([]);
  expect(text.replace(identifier, "")).toMatch(/^[\s\d\w(){}[\];:,.<>=!&|^~+\-*/%@]*$/);
  const declared = [...text.matchAll(/^(?:fn|@group.*?>) *([^\s(:]+)/gm)].map(([, name]) => name!);
  expect(new Set(declared).size).toBe(declared.length);
}

function expectAccepted(names: Names): void {
  const {
    kernels: [kernel],
    diagnostics,
  } = readKernels("named.kernel.ts", { source: source(names) });
  expect(diagnostics).toEqual([]);
  const text = printKernel(kernel!);
  expect(printKernel(parseKernel(text))).toBe(text);
  const extents = { [names.out]: 24, [names.inner]: 16 };
  for (const schedule of schedulesFor(kernel!, { extents }))
    for (const pass of compile(kernel!, { extents, schedule }).passes) expectReadable(pass.wgsl);
}

describe("names", () => {
  test("that are plain can be compiled and read back, whatever they mean elsewhere", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...words], { minLength: 7, maxLength: 7 }),
        fc.constantFrom("u", "$1", "_1", "π1", "$", "σ", "fn"),
        ([row, out, inner, left, right, scale, field], local) => {
          expectAccepted({
            row: row!,
            out: out!,
            inner: inner!,
            left: left!,
            right: right!,
            scale: scale!,
            field: field!,
            local,
          });
        },
      ),
      { numRuns: tries(8, 40) },
    );
  });

  test("of letters of any kind are accepted or refused by R023, and nothing else", () => {
    const letters = fc
      .string({
        unit: fc.oneof(
          fc.constantFrom("a", "_", "$", "1", " ", "é", "ß", "中", "𝑥", "-"),
          fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }),
        ),
        minLength: 1,
        maxLength: 5,
      })
      .filter((name) => !/[\\"`\][,\n\r]/.test(name) && name.trim() === name && !/^\d+$/.test(name));
    fc.assert(
      fc.property(letters, fc.constantFrom<keyof Names>("row", "left", "scale"), (name, place) => {
        const names = { ...plain, [place]: name };
        fc.pre(new Set(Object.values(names)).size === Object.values(names).length);
        const { diagnostics } = readKernels("named.kernel.ts", { source: source(names) });
        if (diagnostics.length === 0) expectAccepted(names);
        else expect([...new Set(diagnostics.map(({ code }) => code))]).toEqual(["R023"]);
      }),
      { numRuns: tries(40, 150) },
    );
  });

  test.each(refused)("'%s' is refused", (name) => {
    const { diagnostics } = readKernels("named.kernel.ts", { source: source({ ...plain, left: name }) });
    expect(diagnostics.map(({ code }) => code)).toEqual(["R023"]);
  });

  test("a kernel is called after its const, or its file", () => {
    const one = (name: string, file: string): string[] =>
      readKernels(file, {
        source: `import { batch, kernel } from "treefold";
      ${name} kernel({ axes: { t: batch }, inputs: { x: "f32[t]" }, output: "f32[t]", body: ({ x }, { t }) => x(t) });`,
      }).kernels.map((kernel) => kernel.name);
    expect(one("export const copy =", "a.kernel.ts")).toEqual(["copy"]);
    expect(one("export default", "layer-norm.kernel.ts")).toEqual(["layerNorm"]);
    expect(one("export const $copy =", "a.kernel.ts")).toEqual([]);
    expect(one("export default", "2d.kernel.ts")).toEqual([]);
  });
});
