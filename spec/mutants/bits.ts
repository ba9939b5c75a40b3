/** What drivers make of a mutant: whether it gives the evaluator's bits, on data on which the order of sums matters. */
import type { Artifact } from "../../runtime/artifact.ts";
import type { Device } from "../../runtime/index.ts";
import { evaluate, type EvaluationData } from "../evaluator.ts";
import { executeArtifact } from "../execute.ts";
import { indifferent } from "../fixtures/schedule-kernels.ts";
import { randomInputs } from "../inputs.ts";
import { addsFloats, orderSensitivity } from "../order.ts";
import type { Target } from "./targets.ts";

interface Expectation {
  readonly data: EvaluationData;
  readonly outputs: Readonly<Record<string, Uint32Array>>;
}

const expectations = new Map<string, Expectation>();

/** Nine in ten of the outputs change with the order of the sums, where there are any. */
function expectationOf({ kernel, extents }: Target): Expectation {
  const key = `${kernel.name} ${JSON.stringify(extents)}`;
  let known = expectations.get(key);
  const matters = addsFloats(kernel) && !indifferent.has(kernel.name);
  for (let seed = 1; known === undefined; seed++) {
    const data = { ...randomInputs(kernel, extents, seed), extents };
    if (seed > 40) throw new RangeError(`no data of 40 tell orders of ${kernel.name} apart`);
    if (!matters || orderSensitivity(kernel, extents, data) >= 0.9) expectations.set(key, (known = { data, outputs: evaluate(kernel, data) }));
  }
  return known;
}

/** Whether an artifact made of the target gives the evaluator's bits on this device. */
export async function givesRightBits(device: Device, target: Target, artifact: Artifact): Promise<boolean> {
  const { data, outputs } = expectationOf(target);
  const found = await executeArtifact(device, target.kernel, artifact, data);
  return target.kernel.outputs.every(({ name }) => outputs[name]!.every((bits, at) => bits === found[name]![at]));
}

/** What Tint has against the texts of an artifact. */
export async function tintErrors(device: Device, { passes }: Artifact): Promise<string[]> {
  const errors: string[] = [];
  for (const { wgsl } of passes) {
    device.gpu.pushErrorScope("validation");
    const { messages } = await device.gpu.createShaderModule({ code: wgsl }).getCompilationInfo();
    await device.gpu.popErrorScope();
    errors.push(...messages.filter(({ type }) => type === "error").map(({ message }) => message));
  }
  return errors;
}
