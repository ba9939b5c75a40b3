/**
 * Inputs that are larger than one binding may be: each is bound in several ranges of its words, and a load picks the
 * one that holds its address. Which bits a load gives does not depend on where an input is cut.
 */
import type { Input, Output } from "../dsl/ir.ts";
import type { WordRange } from "../runtime/artifact.ts";
import { CompileError, ScheduleError } from "./errors.ts";
import { extentOf, type PassKernel } from "./pass-kernel.ts";
import { perWord, wordsFor } from "../runtime/storage.ts";
import { arithmetic, bare, condition, element, name, u32 } from "./wgsl/build.ts";
import { type ArrayType, fixedSymbol, type FunctionTree, type Statement, type Symbol } from "./wgsl/tree.ts";

/** Ranges start at multiples of this many words: what devices can bind from, and whole vectors. */
const alignment = 64;

/**
 * The ranges of each input of a pass that one binding does not hold; the extents of others come at run time, or they
 * fit.
 */
export function rangesOf(
  kernel: PassKernel,
  layouts: ReadonlyMap<string, readonly number[]>,
  maxBindingBytes: number,
): Map<string, readonly WordRange[]> {
  const ranges = new Map<string, readonly WordRange[]>();
  for (const tensor of [...kernel.inputs, ...kernel.outputs]) {
    const words = wordsOf(kernel, tensor, layouts.get(tensor.name));
    // Bindings are whole vectors.
    if (words === undefined || Math.ceil(words / 4) * 16 <= maxBindingBytes) continue;
    const tooLarge = `'${tensor.name}' takes ${words * 4} bytes, and the device binds ${maxBindingBytes}`;
    if (kernel.scratch.has(tensor.name))
      throw new ScheduleError(`its scratch ${tooLarge}`, "leave it out, or give it a higher level", "partition");
    if ("value" in tensor) {
      throw new CompileError(
        `kernel ${kernel.name}: the output ${tooLarge}`,
        "give it a batch axis, and run it in parts",
        kernel.location,
      );
    }
    const most = Math.max(1, Math.floor(maxBindingBytes / 4 / alignment)) * alignment;
    ranges.set(
      tensor.name,
      Array.from({ length: Math.ceil(words / most) }, (_, at) => ({
        first: at * most,
        count: Math.min(most, words - at * most),
      })),
    );
  }
  return ranges;
}

/** How many storage buffers a pass binds. */
export function bindingCount(kernel: PassKernel, ranges: ReadonlyMap<string, readonly WordRange[]>): number {
  return kernel.outputs.length + kernel.inputs.reduce((count, { name }) => count + (ranges.get(name)?.length ?? 1), 0);
}

/** The words of a tensor with constant extents. */
function wordsOf(
  kernel: PassKernel,
  { axes, storage }: Input | Output,
  blocks: readonly number[] | undefined,
): number | undefined {
  let slots = 1;
  for (const [at, axis] of axes.entries()) {
    const extent = extentOf(kernel, axis);
    if (extent.kind !== "constant") return undefined;
    const step = blocks?.[at] ?? (at === axes.length - 1 ? perWord(storage) : 1);
    slots *= Math.ceil(extent.bits / step) * step;
  }
  return wordsFor(storage, slots);
}

/** The name of a binding's buffer, of the whole tensor or of its range of this number. No other name ends so. */
export const dataName = (tensor: string, range?: number): string =>
  range === undefined ? `${tensor}_data` : `${tensor}_data__${range}`;

/** The function that reads an input in ranges, whose elements are `width` words each. */
export function readerOf(
  input: string,
  buffers: readonly Symbol[],
  width: number,
  ranges: readonly WordRange[],
): FunctionTree {
  const at = fixedSymbol("parameter", "at", "u32");
  const statements = ranges.map(({ first, count }, range): Statement => {
    const within = first === 0 ? name(at) : bare(arithmetic("-", name(at), u32(first / width)));
    const read: Statement = { kind: "return", value: element(buffers[range]!, within) };
    if (range === ranges.length - 1) return read;
    const isHere = condition("<", name(at), u32((first + count) / width));
    return { kind: "if", condition: isHere, body: { statements: [read] } };
  });
  const { type } = buffers[0]!;
  return {
    symbol: fixedSymbol("function", `${dataName(input)}_at`, (type as ArrayType).of),
    parameters: [at],
    body: { statements },
  };
}
