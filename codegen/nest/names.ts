/** What a nest's reductions and buffers are called, by what their author calls them. */
import type { PassKernel } from "../pass-kernel.ts";
import type { Buffer, Fused } from "./nest.ts";

export function wantedName(kernel: PassKernel, { members }: Fused): string {
  return [...new Set(members.map((reduce) => kernel.names.get(reduce) ?? reduce.reducer.name))].join("_");
}

/** What one of several fused reductions is called. */
export function memberName(kernel: PassKernel, { members }: Fused, member: number): string {
  const names = members.map((reduce) => kernel.names.get(reduce) ?? reduce.reducer.name);
  const name = names[member]!;
  return names.filter((other) => other === name).length === 1 ? name : `${name}${member}`;
}

export function bufferName(kernel: PassKernel, { element }: Buffer): string {
  const author = kernel.names.get(element);
  if (author !== undefined) return author;
  let inner = element;
  while (inner.kind === "unary") inner = inner.operand;
  return inner.kind === "load" ? `${inner.input}_tile` : "kept";
}
