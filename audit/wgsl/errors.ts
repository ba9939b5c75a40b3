/** A text that is not of the WGSL that the compiler may print. Line and column are 1-based. */
import type { Position } from "./ast.ts";

export class WgslError extends Error {
  override readonly name = "WgslError";
  readonly line: number;
  readonly column: number;
  constructor(
    at: Position,
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${at.line}:${at.column} ${problem}; ${fix}`);
    this.line = at.line;
    this.column = at.column;
  }
}
