/** What is written in the place of an output's type. */
import { Node } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { DeclaredTensor } from "./tensors.ts";
import { replaceBy } from "./fixes.ts";

/** A tensor's type with another dtype, where it is written in its declaration. */
export function retype(declared: { readonly at: Node; readonly axes: readonly string[] }, dtype: string): Edit[] {
  const type = Node.isPropertyAssignment(declared.at) ? declared.at.getInitializer() : undefined;
  return Node.isStringLiteral(type) ? [replaceBy(type, `"${dtype}[${declared.axes.join(", ")}]"`)] : [];
}

/** An output's type with one more axis. */
export function withAxis(declared: DeclaredTensor, axis: string): Edit[] {
  return retype({ at: declared.at, axes: [...declared.axes, axis] }, declared.storage);
}
