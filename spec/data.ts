/** What a kernel is evaluated and executed on, as a caller gives it and as it is once it has been checked. */
import type { Kernel, StorageType } from "../dsl/ir.ts";
import { roundBf16 } from "../dsl/numbers.ts";
import { own, record } from "../dsl/own.ts";
import { bitsOf, type Elements, ElementsError, notBf16 } from "../runtime/index.ts";
import { checkedParameters, ParameterError } from "./parameters.ts";

/**
 * What a kernel reads. Arrays are row-major and unpadded, an element each: a Uint32Array of bits for any type (those of
 * a bf16 element are of its value as f32), or its numbers, as a Float32Array for f32 and bf16 and an Int32Array for
 * i32.
 */
export interface EvaluationData {
  readonly extents: Readonly<Record<string, number>>;
  readonly inputs: Readonly<Record<string, Elements>>;
  readonly parameters?: Readonly<Record<string, number>>;
  /** What outputs hold before; zeros where absent. Only scattered outputs keep any of it. */
  readonly initial?: Readonly<Record<string, Elements>>;
}

/** The same as bits, of the kernel's own axes, tensors and parameters alone. */
export interface BitData extends EvaluationData {
  readonly inputs: Readonly<Record<string, Uint32Array>>;
  readonly initial?: Readonly<Record<string, Uint32Array>>;
}
export type CheckedData = Required<BitData>;

/** Data that does not fit the kernel, or an index that leaves its axis where only a gather may. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

/** The number of elements of a tensor. */
export function sizeOf(axes: readonly string[], extents: Readonly<Record<string, number>>): number {
  return axes.reduce((size, axis) => size * extents[axis]!, 1);
}

/** Numbers as bf16 has them: to the nearest, ties to even, with tiny ones flushed to zero, as a kernel stores them. */
export function roundToBf16(numbers: Iterable<number>): Float32Array {
  const rounded = Float32Array.from(numbers);
  const bits = new Uint32Array(rounded.buffer);
  bits.forEach((one, at) => {
    bits[at] = roundBf16(one);
  });
  return rounded;
}

/** Elements that an array of ours can hold. */
const mostElements = 2 ** 31;

/** @throws EvaluationError where the data does not fit the kernel */
export function checkedData(
  kernel: Kernel,
  { extents: sizes, inputs, parameters, initial }: EvaluationData,
): CheckedData {
  const extents = named(kernel.axes, ({ name, role }) => {
    const extent = own(sizes, name);
    if (isCount(extent)) return extent;
    fail(
      `axis '${name}' (${role}) of kernel '${kernel.name}' ` +
        `${extent === undefined ? "has no extent" : `can't have extent ${show(extent)}`}`,
      "give 'extents' a whole number from 0 to 4294967295 for each axis",
    );
  });
  const elementsOf = ({ name, storage, axes }: Tensor, given: unknown): Uint32Array => {
    const tensor = `'${name}' (${storage}[${axes.join(", ")}]) of kernel '${kernel.name}'`;
    const size = sizeOf(axes, extents);
    if (given === undefined) fail(`${tensor} has no array`, `give 'inputs' one of ${size} elements for '${name}'`);
    const bits = bitsFor(tensor, storage, given);
    if (bits.length !== size)
      fail(
        `${tensor} needs ${size} elements, not ${bits.length}`,
        "give one element for each point of its axes, or other extents",
      );
    const wrong = storage === "bf16" ? notBf16(bits) : undefined;
    if (wrong !== undefined)
      fail(`${tensor}: ${wrong} is not a bf16 value`, "round it first, as roundToBf16 of treefold/spec does");
    return bits;
  };
  for (const { name, axes } of kernel.outputs) {
    const size = sizeOf(axes, extents);
    if (size > mostElements)
      fail(
        `the output '${name}' of kernel '${kernel.name}' has ${size} elements at these extents`,
        "give smaller extents",
      );
  }
  return {
    extents,
    inputs: named(kernel.inputs, (input) => elementsOf(input, own(inputs, input.name))),
    parameters: parametersOf(kernel, parameters),
    initial: named(
      kernel.outputs.filter(({ name }) => own(initial, name) !== undefined),
      (output) => elementsOf(output, own(initial, output.name)),
    ),
  };
}

interface Tensor {
  readonly name: string;
  readonly storage: StorageType;
  readonly axes: readonly string[];
}

function bitsFor(tensor: string, storage: StorageType, given: unknown): Uint32Array {
  try {
    return bitsOf(storage, given);
  } catch (error) {
    if (!(error instanceof ElementsError)) throw error;
    fail(`${tensor}: ${error.what}`, error.fix);
  }
}

function parametersOf(kernel: Kernel, given: Readonly<Record<string, number>> | undefined): Record<string, number> {
  const values = named(
    kernel.parameters,
    ({ name }) =>
      own(given, name) ??
      fail(`parameter '${name}' of kernel '${kernel.name}' has no value`, `give 'parameters' a number for '${name}'`),
  );
  try {
    return record(Object.entries(checkedParameters(kernel, values)));
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    throw new EvaluationError(`kernel '${kernel.name}': ${error.message}`, { cause: error });
  }
}

function named<T extends { readonly name: string }, Value>(
  all: readonly T[],
  valueOf: (one: T) => Value,
): Record<string, Value> {
  return record(all.map((one) => [one.name, valueOf(one)]));
}

function isCount(extent: unknown): extent is number {
  return Number.isInteger(extent) && (extent as number) >= 0 && (extent as number) <= 0xffffffff;
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function fail(what: string, fix: string): never {
  throw new EvaluationError(`${what}; fix: ${fix}`);
}
