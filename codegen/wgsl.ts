/** Prints a lowered pass as a WGSL module, with the artifact's description of its bindings and uniforms. */
import type { Kernel, SourceLocation } from "../dsl/ir.ts";
import type { Binding, Formula, Pass, UniformField } from "../runtime/artifact.ts";
import type { Context } from "./context.ts";
import type { LoweredPass } from "./lower.ts";
import { elementTypeOf, vectorWidthOf } from "./memory.ts";
import { extentOf, formulaOf, type PassKernel } from "./pass-kernel.ts";
import { dataName, readerText } from "./ranges.ts";
import { workgroupSizeOf } from "./schedule/mapping.ts";
import { printBlock, type PrintedLine } from "./statements.ts";

/** What every kernel may call. `seal` is the identity that no driver can see through; the rest works on bits. */
const prelude: Record<string, string> = {
  seal: `fn seal(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) | uniforms.zero);
}`,
  round_bf16: `fn round_bf16(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let rounded = (bits + 0x7fffu + ((bits >> 16u) & 1u)) & 0xffff0000u;
  let flushed = select(rounded, bits & 0x80000000u, magnitude < 0x23800000u);
  return bitcast<f32>(select(flushed, 0x7fc00000u, magnitude > 0x7f800000u));
}`,
  // NVIDIA's driver (580.159.04) loses items of a maximum over abs(x) of i32; over this it keeps them.
  absolute_i32: `fn absolute_i32(x: i32) -> i32 {
  let sign = x >> 31u;
  return bitcast<i32>(bitcast<u32>((x ^ sign) - sign) & uniforms.ones);
}`,
  // SwiftShader rounds f32(x) of 2^31 and more twice; of two exact halves the sum is rounded once.
  f32_of_u32: `fn f32_of_u32(x: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(f32(x >> 16u) * 0x1p16f + f32(x & 0xffffu)) | uniforms.zero);
}`,
  truncate_u32: `fn truncate_u32(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let low = select(u32(x), 0u, (bits >= 0x80000000u) | (bits > 0x7f800000u));
  return select(low, 0xffffff00u, (bits >= 0x4f800000u) & (bits <= 0x7f800000u));
}`,
  truncate_i32: `fn truncate_i32(x: f32) -> i32 {
  let bits = bitcast<u32>(x);
  let magnitude = bits & 0x7fffffffu;
  let bound = select(0x7fffff80i, i32(-2147483647 - 1), bits >= 0x80000000u);
  return select(select(i32(x), bound, magnitude >= 0x4f000000u), 0i, magnitude > 0x7f800000u);
}`,
  canonical: `fn canonical(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > 0x7f800000u));
}`,
  order_key: `fn order_key(x: f32) -> u32 {
  let raw = bitcast<u32>(x);
  let bits = select(raw, 0x7fc00000u, (raw & 0x7fffffffu) > 0x7f800000u);
  return bits ^ select(0x80000000u, 0xffffffffu, (bits >> 31u) == 1u);
}`,
  max_by_bits: `fn max_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(a) < order_key(b)));
}`,
  min_by_bits: `fn min_by_bits(a: f32, b: f32) -> f32 {
  return bitcast<f32>(select(bitcast<u32>(a), bitcast<u32>(b), order_key(b) < order_key(a)));
}`,
};

export function printPass(original: Kernel, label: string, { context, workgroups }: LoweredPass): Pass {
  const { kernel, mapping } = context;
  const body = printBlock(context.top, "  ");
  const code = [...context.functionTexts, ...body.map((line) => line.text)].join("\n");
  const called = Object.keys(prelude).filter((name) => code.includes(`${name}(`));
  if (called.some((name) => name.endsWith("_by_bits")) && !called.includes("order_key")) called.unshift("order_key");
  const uniforms = uniformsOf(kernel);
  const bindings = bindingsOf(original, context);
  const size = workgroupSizeOf(mapping);
  const lines: PrintedLine[] = [];
  const plain = (text: string): void => text.split("\n").forEach((line) => lines.push({ text: line, origin: null }));
  plain(`// ${label}`);
  plain(["struct Uniforms {", ...uniforms.map((field) => `  ${field.name}: ${field.type},`), "}"].join("\n"));
  plain("@group(0) @binding(0) var<uniform> uniforms: Uniforms;");
  for (const binding of bindings) {
    const element = elementTypeOf(context, binding);
    const range = binding.words && context.ranges.get(binding.name)!.indexOf(binding.words);
    plain(
      `@group(0) @binding(${binding.binding}) var<storage, ${binding.access}> ${dataName(binding.name, range)}: array<${element}>;`,
    );
  }
  for (const array of context.shared) plain(`var<workgroup> ${array.name}: array<${array.type}, ${array.length}>;`);
  for (const input of kernel.inputs) {
    const ranges = context.ranges.get(input.name);
    if (ranges !== undefined)
      plain(`\n${readerText(input.name, elementTypeOf(context, input), vectorWidthOf(context, input.name), ranges)}`);
  }
  for (const name of called) plain(`\n${prelude[name]!}`);
  for (const text of context.functionTexts) plain(`\n${text}`);
  plain(`\n@compute @workgroup_size(${size})`);
  plain(
    "fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, @builtin(local_invocation_index) local_index: u32) {",
  );
  lines.push(...body);
  plain("}");
  return {
    label,
    entryPoint: "main",
    workgroupSize: size,
    bindings,
    uniforms,
    wgsl: `${lines.map((line) => line.text).join("\n")}\n`,
    sourceMap: lines.map((line) => line.origin) satisfies (SourceLocation | null)[],
    workgroupBytes: context.shared.reduce((bytes, array) => bytes + 4 * array.length, 0),
    uniformBytes: Math.ceil((uniforms.length * 4) / 16) * 16,
    workgroups: formulaOf(workgroups),
  };
}

function uniformsOf(kernel: PassKernel): UniformField[] {
  const fields: Omit<UniformField, "offsetBytes">[] = [
    { name: "ones", type: "u32", value: { kind: "formula", formula: 0xffffffff } },
    { name: "zero", type: "u32", value: { kind: "formula", formula: 0 } },
  ];
  for (const axis of kernel.axes) {
    const extent = extentOf(kernel, axis.name);
    // An axis of a split may be just as long as one of the kernel's, whose extent the text mentions then.
    if (extent.kind === "extent" && extent.axis === axis.name)
      fields.push({
        name: `extent_${axis.name}`,
        type: "u32",
        value: { kind: "formula", formula: { extent: axis.name } },
      });
  }
  for (const parameter of kernel.parameters) {
    fields.push({
      name: `param_${parameter.name}`,
      type: parameter.type,
      value: { kind: "parameter", name: parameter.name },
    });
  }
  return fields.map((field, at) => ({ ...field, offsetBytes: at * 4 }));
}

function bindingsOf(original: Kernel, { kernel, layouts, ranges }: Context): Binding[] {
  const shape = (axes: readonly string[]): Formula[] => axes.map((axis) => formulaOf(extentOf(kernel, axis)));
  const inputs = kernel.inputs.map((input) => ({
    name: input.name,
    role: kernel.scratch.has(input.name) ? ("scratch" as const) : ("input" as const),
    access: "read" as const,
    storage: input.storage,
    shape: shape(input.axes),
    ...(layouts.has(input.name) ? { blocks: layouts.get(input.name)! } : {}),
    ...(original.inputs.some((candidate) => candidate.name === input.name && candidate.unique) ? { unique: true } : {}),
  }));
  const outputs = kernel.outputs.map((output) => ({
    name: output.name,
    role: kernel.scratch.has(output.name) ? ("scratch" as const) : ("output" as const),
    access: "read_write" as const,
    storage: output.storage,
    shape: shape(output.axes),
    ...(output.place === undefined ? {} : { scattered: true }),
  }));
  const inRanges = inputs.flatMap((input) => ranges.get(input.name)?.map((words) => ({ ...input, words })) ?? [input]);
  return [...inRanges, ...outputs].map((binding, at) => ({ ...binding, binding: at + 1 }));
}
