/** A block of the shader while it is written: its statements, and the values that it has. */
import type { SourceLocation } from "../dsl/ir.ts";
import { name } from "./wgsl/build.ts";
import type { Block as Tree, Expression, Statement, Symbol } from "./wgsl/tree.ts";

/**
 * Statements that run together. What an expression needs is put into the outermost block where its operands are in
 * scope.
 */
export class Block implements Tree {
  readonly statements: Statement[] = [];
  readonly parent: Block | null;
  readonly depth: number;
  /** Whether it runs at least once whenever its parent does. */
  readonly alwaysRuns: boolean;
  /** What expressions of the kernel already are in this block. */
  readonly values = new Map<object, Expression>();

  constructor(parent: Block | null, alwaysRuns = false) {
    this.parent = parent;
    this.alwaysRuns = alwaysRuns;
    this.depth = parent === null ? 0 : parent.depth + 1;
  }

  valueOf(expr: object): Expression | undefined {
    return this.values.get(expr) ?? this.parent?.valueOf(expr);
  }

  let(symbol: Symbol, value: Expression, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "let", symbol, value, origin });
  }
  var(symbol: Symbol, value?: Expression, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "var", symbol, ...(value === undefined ? {} : { value }), origin });
  }
  /** Stores to a variable, or to an element of an array. */
  assign(target: Symbol | Expression, value: Expression, origin: SourceLocation | null = null): void {
    this.statements.push({ kind: "assign", target: "serial" in target ? name(target) : target, value, origin });
  }
  for(counter: Symbol, from: Expression, condition: Expression, step: Expression, body: Block): void {
    this.statements.push({ kind: "for", counter, from, condition, step, body });
  }
  while(condition: Expression, body: Block): void {
    this.statements.push({ kind: "while", condition, body });
  }
  if(condition: Expression, body: Block): void {
    this.statements.push({ kind: "if", condition, body });
  }
  return(): void {
    this.statements.push({ kind: "return" });
  }
}
