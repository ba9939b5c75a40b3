/** Whether what the artifact says of its buffers, uniforms and dispatches is what the declaration and the texts say. */
import { own } from "../dsl/own.ts";
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact, Formula, Pass } from "../runtime/artifact.ts";
import { printFormula } from "../runtime/formula.ts";
import { isStorage, isWorkgroup } from "./slices.ts";
import { Fault } from "./errors.ts";
import type { Module, Statement } from "./wgsl/ast.ts";

/** @throws Fault */
export function checkBindings(kernel: Kernel, artifact: Artifact, modules: readonly Module[]): void {
  for (const { name, role } of kernel.axes) {
    if (role === "model" && !Object.hasOwn(artifact.extents, name))
      throw new Fault("layout", `the model axis '${name}' has no extent`);
  }
  checkWriters(kernel, artifact);
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

/** Every output has one pass that writes it; a scratch buffer is neither an input nor an output. */
function checkWriters(kernel: Kernel, artifact: Artifact): void {
  const names = new Set<string>([...kernel.inputs, ...kernel.outputs].map(({ name }) => name));
  const writers = new Map<string, number>();
  for (const { bindings } of artifact.passes) {
    for (const { name, role, access } of bindings) {
      if (role === "scratch" && names.has(name))
        throw new Fault("layout", `'${name}' of the kernel is bound as scratch`);
      if (access === "read_write") writers.set(name, (writers.get(name) ?? 0) + 1);
    }
  }
  for (const [name, count] of writers)
    if (count > 1) throw new Fault("layout", `'${name}' is written by ${count} passes`);
}

function checkTensors(kernel: Kernel, artifact: Artifact, pass: Pass): void {
  for (const { name, role, shape, storage, access, blocks, unique } of pass.bindings) {
    if (role === "scratch") continue;
    if (role === "input" && kernel.inputs.find((input) => input.name === name)?.unique === true && unique !== true) {
      throw new Fault("layout", `the host is not told to check that the places in '${name}' are distinct`);
    }
    const tensor =
      role === "input"
        ? kernel.inputs.find((input) => input.name === name)
        : kernel.outputs.find((output) => output.name === name);
    if (tensor === undefined) throw new Fault("layout", `'${name}' is no ${role} of kernel '${kernel.name}'`);
    if (tensor.storage !== storage)
      throw new Fault("layout", `'${name}' is declared as ${tensor.storage} and bound as ${storage}`);
    const declared = tensor.axes.map((axis): Formula => own(artifact.extents, axis) ?? { extent: axis });
    const [is, should] = [shape.map(printFormula).join(", "), declared.map(printFormula).join(", ")];
    if (is !== should) throw new Fault("layout", `'${name}' is declared over [${should}] and bound as [${is}]`);
    if ((role === "output") !== (access === "read_write"))
      throw new Fault("layout", `the ${role} '${name}' is bound as ${access}`);
    if (role === "output" && blocks !== undefined)
      throw new Fault("layout", `the output '${name}' lies in blocks, which only inputs may`);
    const scattered = "place" in tensor && tensor.place !== undefined;
    if (
      role === "output" &&
      scattered !== (pass.bindings.find((binding) => binding.name === name)!.scattered === true)
    ) {
      throw new Fault(
        "layout",
        `the output '${name}' is ${scattered ? "" : "not "}scattered into, and its binding says otherwise`,
      );
    }
  }
}

/** The struct's fields and what the host fills in must be the same, in the same places. */
function checkUniforms(kernel: Kernel, pass: Pass, module: Module): void {
  const struct = module.uniform?.type;
  const members = struct?.kind === "struct" ? struct.members : [];
  if (members.length > pass.uniforms.length)
    throw new Fault(
      "layout",
      `the text reads ${members.length} uniforms, of which ${pass.uniforms.length} are filled in`,
    );
  if (new Set(pass.uniforms.map(({ offsetBytes }) => offsetBytes)).size < pass.uniforms.length)
    throw new Fault("layout", "two uniforms are filled in at one place");
  members.forEach(({ name, type }, at) => {
    const field = pass.uniforms.find(({ offsetBytes }) => offsetBytes === 4 * at);
    if (field === undefined)
      throw new Fault("layout", `nothing is filled in for the uniform '${name}' at ${4 * at} bytes`);
    if (field.name !== name || field.type !== type.name)
      throw new Fault(
        "layout",
        `the uniform at ${4 * at} bytes is '${name}: ${type.name}' in the text and '${field.name}: ` +
          `${field.type}' for the host`,
      );
    if (field.value.kind === "formula") {
      const { formula } = field.value;
      const axis = typeof formula === "object" && "extent" in formula ? formula.extent : undefined;
      if (typeof formula === "number" ? formula !== 0 && formula !== 0xffffffff : axis === undefined) {
        throw new Fault(
          "layout",
          `the uniform '${name}' is ${printFormula(formula)}, where only zero, all ones and extents may be`,
        );
      }
      if (
        axis !== undefined &&
        !kernel.axes.some((candidate) => candidate.name === axis && candidate.role !== "model")
      ) {
        throw new Fault(
          "layout",
          `the uniform '${name}' is the extent of '${axis}', which is no batch or sequence axis`,
        );
      }
    } else if (
      !kernel.parameters.some(
        (parameter) =>
          field.value.kind === "parameter" && parameter.name === field.value.name && parameter.type === type.name,
      )
    ) {
      throw new Fault("layout", `the uniform '${name}' is of no parameter of the kernel`);
    }
  });
}

function checkStorage(pass: Pass, module: Module): void {
  if (module.workgroupSize !== pass.workgroupSize)
    throw new Fault(
      "layout",
      `a workgroup has ${module.workgroupSize} invocations in the text and ${pass.workgroupSize} for the host`,
    );
  if (module.entry.name !== pass.entryPoint)
    throw new Fault(
      "layout",
      `the entry point is '${module.entry.name}' in the text and '${pass.entryPoint}' for the host`,
    );
  for (const declaration of module.functions) {
    if (declaration !== module.entry && declaration.body.some(storesAnywhere)) {
      throw new Fault(
        "write",
        `the function '${declaration.name}' writes memory, which only the entry point may`,
        declaration.at.line,
      );
    }
  }
  for (const variable of module.storage) {
    const element = variable.type.kind === "array" ? variable.type.of : variable.type;
    if (element.kind === "vector" && element.size === 3)
      throw new Fault(
        "text",
        `'${variable.name}' is an array of vec3, whose elements lie 4 words apart`,
        variable.at.line,
      );
    const binding = pass.bindings.find((candidate) => candidate.binding === variable.binding);
    if (binding === undefined) throw new Fault("layout", `nothing is bound to '${variable.name}'`, variable.at.line);
    if (binding.access !== variable.access)
      throw new Fault(
        "layout",
        `'${variable.name}' is ${variable.access} in the text and ${binding.access} for the host`,
        variable.at.line,
      );
  }
}

function storesAnywhere(statement: Statement): boolean {
  switch (statement.kind) {
    case "assign":
      return isStorage(statement.target) || isWorkgroup(statement.target);
    case "if":
      return [...statement.then, ...statement.otherwise].some(storesAnywhere);
    case "for":
    case "while":
      return statement.body.some(storesAnywhere);
    default:
      return false;
  }
}
