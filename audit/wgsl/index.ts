/** Reads the WGSL that the compiler may print; ast.ts says what comes of it. */
import type { Module } from "./ast.ts";
import { parseSyntax } from "./grammar.ts";
import { resolve } from "./resolve.ts";

export type * from "./ast.ts";
export { WgslError } from "./errors.ts";

/**
 * A module of the subset, its names resolved and its expressions typed. Throws WgslError, with a line and a column,
 * for any other text: whatever WGSL rejects, and what the compiler never prints.
 */
export function parseWgsl(text: string): Module {
  return resolve(parseSyntax(text));
}
