/** Whether what the artifact says of its buffers, uniforms and dispatches is what the declaration and the texts say. */
import type { Kernel } from "../../dsl/ir.ts";
import type { Artifact, Formula, Pass } from "../../runtime/artifact.ts";
import { printFormula } from "../../runtime/formula.ts";
import { Fault } from "./stop.ts";
import type { Module } from "./wgsl/ast.ts";

/** @throws Fault */
export function checkBindings(kernel: Kernel, artifact: Artifact, modules: readonly Module[]): void {
  for (const { name, role } of kernel.axes) {
    if (role === "model" && artifact.extents[name] === undefined) throw new Fault("layout", `the model axis '${name}' has no extent`);
  }
  artifact.passes.forEach((pass, number) => {
    try {
      checkTensors(kernel, artifact, pass);
      checkUniforms(kernel, pass, modules[number]!);
      checkStorage(pass, modules[number]!);
    } catch (error) {
      if (error instanceof Fault) error.pass ??= number;
      throw error;
    }
  });
}

function checkTensors(kernel: Kernel, artifact: Artifact, pass: Pass): void {
  for (const { name, role, shape, storage, access, blocks } of pass.bindings) {
    if (role === "scratch") continue;
    const tensor = role === "input" ? kernel.inputs.find((input) => input.name === name) : kernel.outputs.find((output) => output.name === name);
    if (tensor === undefined) throw new Fault("layout", `'${name}' is no ${role} of kernel '${kernel.name}'`);
    if (tensor.storage !== storage) throw new Fault("layout", `'${name}' is declared as ${tensor.storage} and bound as ${storage}`);
    const declared = tensor.axes.map((axis): Formula => artifact.extents[axis] ?? { extent: axis });
    const [is, should] = [shape.map(printFormula).join(", "), declared.map(printFormula).join(", ")];
    if (is !== should) throw new Fault("layout", `'${name}' is declared over [${should}] and bound as [${is}]`);
    if ((role === "output") !== (access === "read_write")) throw new Fault("layout", `the ${role} '${name}' is bound as ${access}`);
    if (role === "output" && blocks !== undefined) throw new Fault("layout", `the output '${name}' lies in blocks, which only inputs may`);
    const scattered = "place" in tensor && tensor.place !== undefined;
    if (role === "output" && scattered !== (pass.bindings.find((binding) => binding.name === name)!.scattered === true)) {
      throw new Fault("layout", `the output '${name}' is ${scattered ? "" : "not "}scattered into, and its binding says otherwise`);
    }
  }
}

/** The struct's fields and what the host fills in must be the same, in the same places. */
function checkUniforms(kernel: Kernel, pass: Pass, module: Module): void {
  const struct = module.uniform?.type;
  const members = struct?.kind === "struct" ? struct.members : [];
  if (members.length > pass.uniforms.length) throw new Fault("layout", `the text reads ${members.length} uniforms, of which ${pass.uniforms.length} are filled in`);
  members.forEach(({ name, type }, at) => {
    const field = pass.uniforms.find(({ offsetBytes }) => offsetBytes === 4 * at);
    if (field === undefined) throw new Fault("layout", `nothing is filled in for the uniform '${name}' at ${4 * at} bytes`);
    if (field.name !== name || field.type !== type.name) throw new Fault("layout", `the uniform at ${4 * at} bytes is '${name}: ${type.name}' in the text and '${field.name}: ${field.type}' for the host`);
    if (field.value.kind === "formula") {
      const { formula } = field.value;
      const axis = typeof formula === "object" && "extent" in formula ? formula.extent : undefined;
      if (typeof formula === "number" ? formula !== 0 && formula !== 0xffffffff : axis === undefined) {
        throw new Fault("layout", `the uniform '${name}' is ${printFormula(formula)}, where only zero, all ones and extents may be`);
      }
      if (axis !== undefined && !kernel.axes.some((candidate) => candidate.name === axis && candidate.role !== "model")) {
        throw new Fault("layout", `the uniform '${name}' is the extent of '${axis}', which is no batch or sequence axis`);
      }
    } else if (!kernel.parameters.some((parameter) => field.value.kind === "parameter" && parameter.name === field.value.name && parameter.type === type.name)) {
      throw new Fault("layout", `the uniform '${name}' is of no parameter of the kernel`);
    }
  });
}

function checkStorage(pass: Pass, module: Module): void {
  if (module.workgroupSize !== pass.workgroupSize) throw new Fault("layout", `a workgroup has ${module.workgroupSize} invocations in the text and ${pass.workgroupSize} for the host`);
  if (module.entry.name !== pass.entryPoint) throw new Fault("layout", `the entry point is '${module.entry.name}' in the text and '${pass.entryPoint}' for the host`);
  for (const variable of module.storage) {
    const binding = pass.bindings.find((candidate) => candidate.binding === variable.binding);
    if (binding === undefined) throw new Fault("layout", `nothing is bound to '${variable.name}'`, variable.at.line);
    if (binding.access !== variable.access) throw new Fault("layout", `'${variable.name}' is ${variable.access} in the text and ${binding.access} for the host`, variable.at.line);
  }
}
