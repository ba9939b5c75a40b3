/**
 * A lowered pass as a module of the shader's tree, and as the artifact's pass: text, bindings, uniforms, source map.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Binding, Formula, Pass, UniformField } from "../runtime/artifact.ts";
import type { Context } from "./context.ts";
import type { LoweredPass } from "./lower.ts";
import { extentOf, formulaOf, type PassKernel } from "./pass-kernel.ts";
import { workgroupSizeOf } from "./nest/points.ts";
import { placeBarriers } from "./wgsl/barriers.ts";
import { placeFences } from "./wgsl/fences.ts";
import { hideLoopStarts } from "./wgsl/loop-starts.ts";
import { calledOf } from "./wgsl/prelude.ts";
import { printModule } from "./wgsl/print.ts";
import type { Block, Module } from "./wgsl/tree.ts";

/**
 * The module of a pass. Passes over the tree, in this order: barriers, fences, starts of loops, the compiler's own
 * functions.
 */
export function moduleOf(label: string, { context }: LoweredPass): Module {
  const { kernel } = context;
  const finish = (block: Block): Block => hideLoopStarts(placeFences(block, context.arithmetic));
  const inputs = [...context.inputData.values()];
  const buffers = [...inputs.flatMap((input) => input.buffers), ...context.outputData.values()].map((symbol, at) => ({
    symbol,
    binding: at + 1,
  }));
  const workgroupArrays = context.shared.map(({ symbol }) => symbol);
  const body = finish(placeBarriers({ body: context.top, buffers, workgroupArrays }));
  const functions = context.functions.map((own) => ({ ...own, body: finish(own.body) }));
  return {
    label,
    uniforms: uniformsOf(kernel).map(({ name, type }) => ({ name, type })),
    buffers,
    workgroupArrays,
    functions: [
      ...inputs.flatMap(({ reader }) => (reader === undefined ? [] : [reader])),
      ...calledOf([body, ...functions.map((own) => own.body)]),
      ...functions,
    ],
    workgroupSize: workgroupSizeOf(context),
    body,
    reserved: new Set([...kernel.inputs, ...kernel.outputs].map(({ name }) => name)),
  };
}

export function passOf(original: Kernel, { context, workgroups }: LoweredPass, module: Module): Pass {
  const uniforms = uniformsOf(context.kernel);
  const lines = printModule(module);
  return {
    label: module.label,
    entryPoint: "main",
    workgroupSize: module.workgroupSize,
    bindings: bindingsOf(original, context),
    uniforms,
    wgsl: `${lines.map((line) => line.text).join("\n")}\n`,
    sourceMap: lines.map((line) => line.origin),
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
