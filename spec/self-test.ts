/**
 * A library's self-test: the probes, and for each of its kernels a run on operands that are hard on it, with the
 * reference evaluator's bits. Nothing here, or in what it hands over, comes from a device.
 */
import { own, record } from "../dsl/own.ts";
import type { DeclaredKernel } from "../models/build/library.ts";
import type { Kernel } from "../dsl/ir.ts";
import { parseKernel } from "../dsl/parse-ir.ts";
import { parseTree } from "../dsl/tree-notation.ts";
import { selfTestFormat, type Case, type SelfTest } from "../runtime/doctor/index.ts";
import { pageSize } from "../runtime/model/pages.ts";
import { evaluate, sizeOf, type EvaluationData } from "./evaluator.ts";
import { kindFor, randomInputs, type Kind } from "./inputs.ts";
import { addsFloats, replaceTrees, withoutRounding } from "./order.ts";
import { caseOf, makeProbes } from "./probes.ts";
import { Random } from "./random.ts";
import { type FloatStorage, holdsFloats } from "../runtime/storage.ts";

const seed = 20261122;
/** Elements of a tensor before they repeat: a prime, so that neighbouring rows differ. */
const period = 4093;
/** A kernel is tried on tensors of at most so many elements, and evaluated in at most so many steps. */
const most = { elements: 2 ** 25, steps: 2 ** 30 };

/**
 * Extents of axes that requests have, by their names in models/kernels; of others `other`. Two requests cross a run of
 * 64 keys twice.
 */
const extentsByName: Readonly<Record<string, number>> = {
  token: 5,
  row: 2,
  block: Math.ceil(144 / pageSize),
  key: Math.ceil(144 / pageSize) * pageSize,
  slot: 4 * Math.ceil(144 / pageSize) * pageSize,
};
const other = 5;

/** @param kernels by their names in the library */
export function makeSelfTest(kernels: Iterable<readonly [name: string, kernel: DeclaredKernel]>): SelfTest {
  const cases = record<readonly Case[]>();
  for (const [name, { declaration, extents }] of kernels) {
    const made = makeCases(parseKernel(declaration), extents);
    if (made !== undefined) cases[name] = made;
  }
  return { format: selfTestFormat, probes: makeProbes(), kernels: cases };
}

/** Undefined where the kernel is too large for it. */
function makeCases(kernel: Kernel, model: Readonly<Record<string, number>>): readonly Case[] | undefined {
  const extents = extentsOfCase(kernel, model);
  const sizes = [...kernel.inputs, ...kernel.outputs].map(({ axes }) => sizeOf(axes, extents));
  const steps = kernel.axes.reduce(
    (product, { name, role }) => (role === "model" || name === "token" ? product * extents[name]! : product),
    1,
  );
  if (Math.max(...sizes) > most.elements || steps > most.steps) return undefined;
  const { inputs, parameters } = randomInputs(kernel, extents, seed, { kind: kindOf(kernel, extents) });
  const ordinary = Object.fromEntries(
    kernel.inputs.map(({ name, storage, axes }) => [
      name,
      holdsFloats(storage) ? wholeRows(inputs[name]!, extents[axes.at(-1)!]!) : inputs[name]!,
    ]),
  );
  const edged = Object.fromEntries(
    kernel.inputs.map(({ name, storage }) => [
      name,
      holdsFloats(storage) ? adversarial(name, storage, inputs[name]!) : inputs[name]!,
    ]),
  );
  return [ordinary, edged].map((patterns) => caseOf(kernel, extents, patterns, parameters));
}

/**
 * Data on which order matters, as far as there is some: where a tree's first run holds all items, runs of three are
 * another order.
 */
function kindOf(kernel: Kernel, extents: Readonly<Record<string, number>>): Kind {
  const few = Object.fromEntries(
    kernel.axes.map(({ name, role }) => [
      name,
      role === "model" ? Math.min(extents[name]!, mostTried) : extents[name]!,
    ]),
  );
  const kinds = [kernel, replaceTrees(kernel, runsOfThree)].map((one) => kindFor(one, few, seed));
  const shares = kinds.map((kind) => sensitivity(kernel, few, randomInputs(kernel, few, seed, { kind })));
  return kinds[shares[1]! > shares[0]! ? 1 : 0]!;
}

/** Model axes of a kernel whose data are tried out have at most so many points. */
const mostTried = 512;
const otherOrders = ["chain", "chain 3, chain"].map(parseTree);
const runsOfThree = otherOrders[1]!;

/**
 * The share of a kernel's f32 outputs, before they are rounded to 16 bits, that change in another order of its sums:
 * the largest over a chain and runs of three.
 */
export function sensitivity(
  kernel: Kernel,
  extents: Readonly<Record<string, number>>,
  data: Pick<EvaluationData, "inputs" | "parameters" | "initial">,
): number {
  if (!addsFloats(kernel)) return 0;
  const unrounded = withoutRounding(kernel);
  const declared = evaluate(unrounded, { ...data, extents });
  return Math.max(
    ...otherOrders.map((tree) => {
      const other = evaluate(replaceTrees(unrounded, tree), { ...data, extents });
      let [changed, all] = [0, 0];
      for (const { name } of unrounded.outputs) {
        all += declared[name]!.length;
        declared[name]!.forEach((bits, at) => {
          if (bits !== other[name]![at]) changed++;
        });
      }
      return changed / all;
    }),
  );
}

/** Of all axes: those that the model fixes, and few of what requests bring. */
export function extentsOfCase(kernel: Kernel, model: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    kernel.axes.map(({ name, role }) => [name, role === "model" ? model[name]! : (own(extentsByName, name) ?? other)]),
  );
}

/** About a period of elements: rows along the last axis are arranged, and repeat as such. */
function wholeRows(elements: Uint32Array, row: number): Uint32Array {
  return elements.slice(0, Math.max(1, Math.floor(period / Math.max(1, row))) * row);
}

/** Edges of what kernels flush and round, from both sides, and zeros of both signs. */
const edges: Readonly<Record<FloatStorage, readonly number[]>> = {
  f32: [-56, -51, -60, -70, -102, -40, -46].flatMap((exponent) => {
    const bits = (127 + exponent) << 23;
    return [bits, bits - 1, bits + 1];
  }),
  bf16: [0x23800000, 0x23810000, 0x24000000],
};

/** Elements on which order matters, one in eight of them an edge, a zero or what nearly cancels the one before. */
function adversarial(name: string, storage: "f32" | "bf16", drawn: Uint32Array): Uint32Array {
  const random = new Random(seed, `${name}, adversarial`);
  const elements = drawn.slice(0, period);
  const edge = edges[storage];
  for (let at = 1; at < elements.length; at += 1 + random.below(15)) {
    const sign = random.bits() & 0x80000000;
    const kind = random.below(4);
    elements[at] =
      kind === 0 ? sign : kind === 1 ? elements[at - 1]! ^ 0x80000000 : sign | edge[random.below(edge.length)]!;
  }
  return elements;
}
