/** Which of a macro's implicit names its body reads. */
import type { Body, MacroUses, Signature } from "./ast.ts";

export function usesOf(body: Body, { names, defaults }: Signature): MacroUses {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    const { kind, name } = node as { readonly kind?: unknown; readonly name?: unknown };
    if (kind === "name" && typeof name === "string") found.add(name);
    // Filters of blocks are functions: what they read, their arguments, is seen by applying them.
    for (const part of Object.values(node))
      visit(typeof part === "function" ? (part as (value: unknown) => unknown)({ kind: "constant", value: "" }) : part);
  };
  visit(body);
  visit(defaults);
  const reads = (name: string): boolean => found.has(name) && !names.includes(name);
  return { varargs: reads("varargs"), kwargs: reads("kwargs"), caller: reads("caller") };
}
