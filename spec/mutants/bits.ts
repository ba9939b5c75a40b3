/** What drivers make of a mutant: whether it gives the evaluator's bits, on data on which the order of sums matters. */
import type { Artifact } from "../../runtime/artifact.ts";
import type { Device } from "../../runtime/index.ts";
import type { BitData } from "../data.ts";
import { evaluate } from "../evaluator.ts";
import { executeArtifact } from "../execute.ts";
import { indifferent } from "../fixtures/schedule-kernels.ts";
import { type Kind, randomInputs } from "../inputs.ts";
import { addsFloats, orderSensitivity } from "../order.ts";
import type { Target } from "./targets.ts";

interface Expectation {
  readonly data: BitData;
  readonly outputs: Readonly<Record<string, Uint32Array>>;
}

const expectations = new Map<string, readonly Expectation[]>();

/** Where every item counts about as much as any other: a sum that leaves one out shows it. */
const even: Kind = { floats: { exponents: [-3, 3], oneSign: false }, late: false };

/**
 * On some data nine in ten of the outputs change with the order of the sums, where there are any; on the others no item
 * is small.
 */
function expectationsOf({ kernel, extents }: Target): readonly Expectation[] {
  const key = `${kernel.name} ${JSON.stringify(extents)}`;
  const known = expectations.get(key);
  if (known !== undefined) return known;
  const matters = addsFloats(kernel) && !indifferent.has(kernel.name);
  const chosen = [0, 1].map((seed): BitData => ({ ...randomInputs(kernel, extents, seed, { kind: even }), extents }));
  for (let seed = 0, found = 0; found < 2; seed++) {
    if (seed === 40) throw new RangeError(`too few data of ${seed} tell orders of ${kernel.name} apart`);
    const data = { ...randomInputs(kernel, extents, seed), extents };
    if (matters && orderSensitivity(kernel, extents, data) < 0.9) continue;
    chosen.push(data);
    found++;
  }
  const made = chosen.map((data) => ({ data, outputs: evaluate(kernel, data) }));
  expectations.set(key, made);
  return made;
}

/** Whether an artifact made of the target gives the evaluator's bits on this device. */
export async function givesRightBits(device: Device, target: Target, artifact: Artifact): Promise<boolean> {
  for (const { data, outputs } of expectationsOf(target)) {
    const found = await executeArtifact(device, target.kernel, artifact, data);
    if (!target.kernel.outputs.every(({ name }) => outputs[name]!.every((bits, at) => bits === found[name]![at])))
      return false;
  }
  return true;
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
