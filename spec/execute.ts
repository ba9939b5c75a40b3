/**
 * Runs a kernel on a device from its declaration, one schedule and elements: what the evaluator's bits are compared
 * with.
 */
import { createHash } from "node:crypto";
import { compile } from "../codegen/compile.ts";
import type { Artifact, Binding } from "../runtime/artifact.ts";
import type { Schedule } from "../codegen/schedule/step.ts";
import type { Kernel } from "../dsl/ir.ts";
import {
  Commands,
  createTensor,
  elementsOf,
  evaluateFormula,
  loadKernel,
  type Device,
  type Tensor,
} from "../runtime/index.ts";
import { own, record } from "../dsl/own.ts";
import { type BitData, checkedData, type EvaluationData } from "./data.ts";
import { modelExtents } from "./extents.ts";

/** What an output holds before a kernel writes it, so that an element it leaves out shows: a NaN, also as bf16. */
const poison = 0x7fde0000;

export interface Execution {
  readonly artifact: Artifact;
  /** Elements of each output, by name. */
  readonly outputs: Record<string, Uint32Array>;
}

/**
 * Compiles a kernel under a schedule and runs it once. Elements are as the evaluator takes and gives them.
 * Throws EvaluationError where the data does not fit the kernel, and what compile, loadKernel and Commands throw.
 */
export async function execute(
  device: Device,
  kernel: Kernel,
  schedule: Schedule,
  data: EvaluationData,
): Promise<Execution> {
  const checked = checkedData(kernel, data);
  const artifact = compile(kernel, { extents: modelExtents(kernel, checked.extents), schedule, limits: device.limits });
  return { artifact, outputs: await executeArtifact(device, kernel, artifact, checked) };
}

/**
 * Runs what a kernel was compiled to, once. @param lent tensors that stay their owner's: what is large and the same in
 * many runs
 */
export async function executeArtifact(
  device: Device,
  kernel: Kernel,
  artifact: Artifact,
  data: BitData,
  lent: Readonly<Record<string, Tensor>> = {},
): Promise<Record<string, Uint32Array>> {
  const loaded = await loadKernel(device, artifact);
  const tensors = record(Object.entries(lent));
  try {
    for (const binding of artifact.passes.flatMap((pass) => pass.bindings)) {
      if (binding.role !== "scratch") tensors[binding.name] ??= tensorFor(device, binding, data);
    }
    const names = new Set(artifact.parameters.map(({ name }) => name));
    const parameters = Object.fromEntries(Object.entries(data.parameters ?? {}).filter(([name]) => names.has(name)));
    await new Commands(device).run(loaded, { tensors, extents: data.extents, parameters }).submit();
    const outputs: [string, Uint32Array][] = [];
    for (const { name } of kernel.outputs) outputs.push([name, await tensors[name]!.readElements()]);
    return Object.fromEntries(outputs);
  } finally {
    for (const [name, tensor] of Object.entries(tensors)) if (own(lent, name) === undefined) tensor.dispose();
  }
}

/** What a run binds there: the given elements, or what no kernel would write. */
export function tensorFor(device: Device, { name, role, storage, shape, blocks }: Binding, data: BitData): Tensor {
  const layout = {
    name,
    storage,
    shape: shape.map((formula) => evaluateFormula(formula, data.extents)),
    ...(blocks && { blocks }),
  };
  const given = own(role === "input" ? data.inputs : data.initial, name);
  return createTensor(device, layout, given ?? new Uint32Array(elementsOf(layout)).fill(poison));
}

/** SHA-256 over the elements' own bits (two bytes for bf16, four otherwise), little-endian, outputs as declared. */
export function hashOutputs(kernel: Kernel, outputs: Readonly<Record<string, Uint32Array>>): string {
  const hash = createHash("sha256");
  for (const { name, storage } of kernel.outputs) {
    const elements = outputs[name]!;
    const bytes = storage === "bf16" ? Uint16Array.from(elements, (bits) => bits >>> 16) : elements;
    hash.update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return hash.digest("hex");
}
