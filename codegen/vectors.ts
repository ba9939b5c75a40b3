/** Which inputs a pass reads four words at a time: those whose rows its unrolled chains walk. */
import type { Input } from "../dsl/ir.ts";
import { collect, reductionsBelow, rootsOf } from "../dsl/visit.ts";
import { extentOf, type PassKernel } from "./pass-kernel.ts";
import { perVector } from "../runtime/storage.ts";

/** @param leaves that chains take in one round */
export function vectorInputs(
  kernel: PassKernel,
  leaves: number,
  layouts: ReadonlyMap<string, readonly number[]>,
): Set<string> {
  if (leaves === 1) return new Set();
  const walked = new Set<string>();
  for (const expr of collect([...reductionsBelow(rootsOf(kernel))].flatMap(({ leaf }) => leaf))) {
    if (expr.kind !== "load") continue;
    const fastest = expr.indices[fastestAxis(expr.indices.length, layouts.get(expr.input))];
    if (fastest?.kind === "index" && fastest.variable.kind === "item") walked.add(expr.input);
  }
  return new Set(
    kernel.inputs
      .filter((input) => walked.has(input.name) && rowsAlign(kernel, input, leaves, layouts))
      .map((input) => input.name),
  );
}

/**
 * The axis along which neighbours are neighbours in memory: the last one, or the last that a block has several points
 * of.
 */
function fastestAxis(rank: number, blocks: readonly number[] | undefined): number {
  return blocks === undefined ? rank - 1 : blocks.findLastIndex((size) => size > 1);
}

/** Whether rows, or blocks' rows, are whole numbers of vectors, and a step of the chain takes whole vectors. */
function rowsAlign(
  kernel: PassKernel,
  input: Input,
  leaves: number,
  layouts: ReadonlyMap<string, readonly number[]>,
): boolean {
  const vector = perVector(input.storage);
  const blocks = layouts.get(input.name);
  const fastest = fastestAxis(input.axes.length, blocks);
  const row = extentOf(kernel, input.axes[fastest]!);
  const along = blocks === undefined ? (row.kind === "constant" ? row.bits : 1) : blocks[fastest]!;
  return leaves % vector === 0 && along % vector === 0;
}
