/** The buffers of a pass, and how an element of an input is read. */
import type { Input, Output } from "../dsl/ir.ts";
import type { WordRange } from "../runtime/artifact.ts";
import { isPacked, valueTypeOf } from "../runtime/storage.ts";
import type { PassKernel } from "./pass-kernel.ts";
import { dataName, readerOf } from "./ranges.ts";
import { arrayOf, call, element, vectorOf } from "./wgsl/build.ts";
import { type Expression, fixedSymbol, type FunctionTree, type Scalar, type Symbol, type Vector } from "./wgsl/tree.ts";

/** What an input is read from: its buffer, or buffers in ranges and the function that picks one. */
export interface InputData {
  readonly buffers: readonly Symbol[];
  readonly reader?: FunctionTree;
}

/** The type of a buffer's elements: a word, or four that are read at once. */
function elementTypeOf({ storage }: Pick<Input | Output, "storage">, width: 1 | 4): Scalar | Vector {
  const type = isPacked(storage) ? "u32" : valueTypeOf(storage);
  return width === 4 ? vectorOf(type, 4) : type;
}

export function inputDataOf({
  kernel,
  vectors,
  ranges,
}: {
  readonly kernel: PassKernel;
  readonly vectors: ReadonlySet<string>;
  readonly ranges: ReadonlyMap<string, readonly WordRange[]>;
}): Map<string, InputData> {
  return new Map(
    kernel.inputs.map((input) => {
      const width = vectors.has(input.name) ? 4 : 1;
      const type = elementTypeOf(input, width);
      const own = ranges.get(input.name);
      const buffer = (range?: number): Symbol => fixedSymbol("input", dataName(input.name, range), arrayOf(type));
      if (own === undefined) return [input.name, { buffers: [buffer()] }];
      const buffers = own.map((_, at) => buffer(at));
      return [input.name, { buffers, reader: readerOf(input.name, buffers, width, own) }];
    }),
  );
}

export function outputDataOf(kernel: PassKernel): Map<string, Symbol> {
  return new Map(
    kernel.outputs.map((output) => [
      output.name,
      fixedSymbol("output", dataName(output.name), arrayOf(elementTypeOf(output, 1))),
    ]),
  );
}

/** The word or vector at an index of the input's data. */
export function elementOf({ buffers, reader }: InputData, at: Expression): Expression {
  return reader === undefined ? element(buffers[0]!, at) : call(reader, at);
}
