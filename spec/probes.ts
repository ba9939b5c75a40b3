/**
 * Makes the self-test's probes: compiles the kernels of models/probes, takes the operands from probe-questions.ts, and
 * adds the reference evaluator's answers. No device takes part.
 */
import { compile, schedulesFor } from "../codegen/compile.ts";
import type { Kernel } from "../dsl/ir.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { probeFile } from "../models/toolchain.ts";
import { defaultLimits } from "../runtime/artifact.ts";
import { probeSeed, questions, type Question } from "./probe-questions.ts";
import { encodeElements, repeated, type Case, type Probe } from "../runtime/doctor/index.ts";
import { sha256Of } from "../runtime/sha256.ts";
import { evaluate, sizeOf } from "./evaluator.ts";
import { randomInputs } from "./inputs.ts";
/** Elements of each output that are compared one by one. */
const listed = 64;

/** @throws Error where a question does not fit its kernel */
export function makeProbes(): Probe[] {
  const { kernels, diagnostics } = readKernels(probeFile, { typecheck: false });
  if (diagnostics.length > 0) throw new Error(`${probeFile}: ${diagnostics[0]!.message}`);
  return questions().map((question) => {
    const kernel = kernels.find(({ name }) => name === question.kernel);
    if (kernel === undefined) throw new Error(`${probeFile} declares no kernel '${question.kernel}'`);
    return probeOf(question, kernel);
  });
}

function probeOf(
  {
    name,
    decides,
    short = false,
    arithmetic = "free",
    schedule: wanted,
    extents: given = {},
    inputs,
    otherwise,
    follows,
  }: Question,
  kernel: Kernel,
): Probe {
  const model = Object.fromEntries(
    kernel.axes.filter(({ role }) => role === "model").map(({ name: axis }) => [axis, given[axis] ?? defaults[axis]!]),
  );
  const fitting = schedulesFor(kernel, { extents: model, limits: defaultLimits });
  const schedule = wanted === undefined ? fitting[0] : fitting.find((one) => one.name === wanted);
  if (schedule === undefined) throw new Error(`kernel '${kernel.name}' has no schedule '${wanted}'`);
  const longest = Math.max(...Object.values(inputs ?? { x: [] }).map(({ length }) => length));
  const extents: Record<string, number> = {
    ...model,
    ...Object.fromEntries(
      kernel.axes.filter(({ role }) => role === "batch").map(({ name: axis }) => [axis, given[axis] ?? longest]),
    ),
  };
  const patterns =
    inputs === undefined
      ? drawn(kernel, extents)
      : Object.fromEntries(Object.entries(inputs).map(([input, elements]) => [input, Uint32Array.from(elements)]));
  const artifact = compile(kernel, { extents: model, schedule, limits: defaultLimits, arithmetic });
  return { name, decides, short, otherwise, follows, artifact, case: caseOf(kernel, extents, patterns, {}) };
}

const defaults: Readonly<Record<string, number>> = { k: 64, out: 4 };
/** Rows that are drawn; more repeat them. */
const distinctRows = 64;

function drawn(kernel: Kernel, extents: Readonly<Record<string, number>>): Record<string, Uint32Array> {
  return randomInputs(kernel, { ...extents, row: Math.min(distinctRows, extents["row"]!) }, probeSeed).inputs;
}

/**
 * What the evaluator gives on these elements, over and over where a tensor has more. Batch and sequence axes are the
 * run's own.
 */
export function caseOf(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  patterns: Readonly<Record<string, Uint32Array>>,
  parameters: Readonly<Record<string, number>>,
): Case {
  const inputs = Object.fromEntries(
    kernel.inputs.map(({ name, axes }) => [name, repeated(patterns[name]!, sizeOf(axes, extents))]),
  );
  const initial = Object.fromEntries(
    kernel.outputs
      .filter(({ place }) => place !== undefined)
      .map(({ name, axes }) => [name, new Uint32Array(sizeOf(axes, extents))]),
  );
  const outputs = evaluate(kernel, { extents, inputs, parameters, initial });
  const expected = Object.fromEntries(
    Object.entries(outputs).map(([name, elements]) => {
      const at = spread(elements.length);
      const bits = encodeElements(Uint32Array.from(at, (index) => elements[index]!));
      return [name, { ...(at.length === elements.length ? {} : { at }), bits, sha256: sha256Of(elements) }];
    }),
  );
  return {
    extents: Object.fromEntries(
      kernel.axes.filter(({ role }) => role !== "model").map(({ name }) => [name, extents[name]!]),
    ),
    parameters,
    inputs: Object.fromEntries(Object.entries(patterns).map(([name, elements]) => [name, encodeElements(elements)])),
    initial: Object.fromEntries(Object.keys(initial).map((name) => [name, encodeElements(new Uint32Array(1))])),
    expected,
  };
}

/** Places all over a tensor of so many elements, its first and last among them. */
function spread(count: number): number[] {
  if (count <= listed) return Array.from({ length: count }, (_, at) => at);
  return Array.from({ length: listed }, (_, at) => Math.floor((at * (count - 1)) / (listed - 1)));
}
