/** Runs one case of a self-test on a device, and compares bits. */
import { own, record } from "../own.ts";
import { elementsOf } from "../layout.ts";
import { Commands } from "../commands.ts";
import { evaluateFormula } from "../formula.ts";
import type { LoadedKernel } from "../kernel.ts";
import { createSha256 } from "../sha256.ts";
import { createTensor, type Tensor } from "../tensor.ts";
import { decodeElements, type Case } from "./self-test.ts";

/** What outputs hold before: a NaN that no kernel stores, so that an element that is left out shows. */
const poison = 0x7fde0000;

/** What was found. */
export interface CaseResult {
  readonly ok: boolean;
  /** Of the first element that differs, or of the first that was compared: where it is, and its bits. */
  readonly element: string;
  readonly expected: number;
  readonly seen: number;
  /** Elements that were compared, and of those that are listed how many differ. */
  readonly compared: number;
  readonly different: number;
}

/** @throws the device's errors */
export async function runCase(
  kernel: LoadedKernel,
  { extents, parameters, inputs, initial, expected }: Case,
): Promise<CaseResult> {
  const { artifact, device } = kernel;
  const tensors = record<Tensor>();
  try {
    for (const { name, role, storage, shape, blocks } of artifact.passes.flatMap(({ bindings }) => bindings)) {
      if (role === "scratch" || tensors[name] !== undefined) continue;
      const layout = {
        name,
        storage,
        shape: shape.map((formula) => evaluateFormula(formula, { ...artifact.extents, ...extents })),
        ...(blocks && { blocks }),
      };
      const count = elementsOf(layout);
      const given = own(role === "input" ? inputs : initial, name);
      tensors[name] = createTensor(
        device,
        layout,
        given === undefined ? new Uint32Array(count).fill(poison) : decodeElements(given, count),
      );
    }
    await new Commands(device).run(kernel, { tensors, extents, parameters }).submit();
    const results: CaseResult[] = [];
    for (const [name, wanted] of Object.entries(expected)) {
      const elements = await tensors[name]!.readElements();
      const bits = decodeElements(wanted.bits);
      const at = (index: number): number => wanted.at?.[index] ?? index;
      const wrong = bits.findIndex((expectedBits, index) => elements[at(index)] !== expectedBits);
      let different = 0;
      bits.forEach((expectedBits, index) => {
        if (elements[at(index)] !== expectedBits) different++;
      });
      const isWhole = wanted.sha256 === undefined || createSha256().update(elements).digest() === wanted.sha256;
      const shown = Math.max(wrong, 0);
      results.push({
        ok: different === 0 && isWhole,
        element: `${name}[${at(shown)}]`,
        expected: bits[shown]!,
        seen: elements[at(shown)]!,
        compared: wanted.sha256 === undefined ? bits.length : elements.length,
        different,
      });
    }
    return results.find(({ ok }) => !ok) ?? results[0]!;
  } finally {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
}
