/**
 * Inputs that are larger than one binding may be: each is bound in several ranges of its words, and a load picks the
 * one that holds its address. Which bits a load gives does not depend on where an input is cut.
 */
import type { Input, Output } from "../dsl/ir.ts";
import type { WordRange } from "../runtime/artifact.ts";
import { CompileError, ScheduleError } from "./errors.ts";
import { extentOf, type PassKernel } from "./pass-kernel.ts";
import { perWord, wordsFor } from "../runtime/storage.ts";

/** Ranges start at multiples of this many words: what devices can bind from, and whole vectors. */
const alignment = 64;

/** The ranges of each input of a pass that one binding does not hold; the extents of others come at run time, or they fit. */
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

/** The variable of a binding, of the whole tensor or of its range of this number. No other name ends so. */
export const dataName = (tensor: string, range?: number): string =>
  range === undefined ? `${tensor}_data` : `${tensor}_data__${range}`;

/** Reads the word or vector at an index of the input's data. */
export function readText(input: string, index: string, ranges: readonly WordRange[] | undefined): string {
  return ranges === undefined ? `${dataName(input)}[${index}]` : `${dataName(input)}_at(${index})`;
}

/** The function that `readText` calls for an input in ranges, whose elements are of `type`, `width` words each. */
export function readerText(input: string, type: string, width: number, ranges: readonly WordRange[]): string {
  const reads = ranges.map(({ first, count }, at) => {
    const read = `return ${dataName(input, at)}[${first === 0 ? "at" : `at - ${first / width}u`}];`;
    return at === ranges.length - 1 ? `  ${read}` : `  if (at < ${(first + count) / width}u) { ${read} }`;
  });
  return [`fn ${dataName(input)}_at(at: u32) -> ${type} {`, ...reads, "}"].join("\n");
}
