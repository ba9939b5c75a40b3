/** Checks that all invocations of a workgroup meet at each barrier: that they stand in uniform control flow. */
import { operationText } from "./print.ts";
import { type Block, type Expression, localIndex, type Module, type Symbol, targetSymbol } from "./tree.ts";
import type { Fault } from "./verify.ts";
import { expressionsOf, operandsOf } from "./walk.ts";

/** Expressions in messages have hints for names. */
const textOf = (expression: Expression): string => operationText(expression, ({ hint }) => hint);

export function checkBarriers(module: Module, fault: Fault): void {
  const varying = varyingSymbols(module);
  let returned: string | undefined;
  /** `apart`: the condition on which invocations part. */
  const visit = (block: Block, apart: string | undefined): void => {
    for (const statement of block.statements) {
      switch (statement.kind) {
        case "barrier":
          if (apart !== undefined)
            fault(`a barrier stands where only some invocations of a workgroup may come, depending on ${apart}`);
          if (returned !== undefined)
            fault(`a barrier stands after a return of only some invocations of a workgroup, depending on ${returned}`);
          break;
        case "return":
          returned ??= apart;
          break;
        case "for":
        case "while":
        case "if": {
          const parting = expressionsOf(statement).find((expression) => varies(expression, varying));
          const reason = apart ?? (parting === undefined ? undefined : textOf(parting));
          visit(statement.body, reason);
          // In its next round a loop comes to its barriers after its returns.
          if (statement.kind !== "if") visit(statement.body, reason);
          break;
        }
      }
    }
  };
  visit(module.body, undefined);
}

function varies(expression: Expression, varying: ReadonlySet<Symbol>): boolean {
  if (expression.kind === "name") return varying.has(expression.symbol);
  return operandsOf(expression).some((operand) => varies(operand, varying));
}

/**
 * Symbols whose values may differ between the invocations of a workgroup: what their place in it decides, what is read
 * from memory that others write, and variables that only some of them assign.
 */
function varyingSymbols({ body, buffers, workgroupArrays }: Module): ReadonlySet<Symbol> {
  const outputs = buffers.flatMap(({ symbol }) => (symbol.kind === "output" ? [symbol] : []));
  const varying = new Set([localIndex, ...outputs, ...workgroupArrays]);
  const visit = (block: Block, apart: boolean): void => {
    for (const statement of block.statements) {
      const differs = expressionsOf(statement).some((expression) => varies(expression, varying));
      switch (statement.kind) {
        case "let":
        case "var":
          if (differs) varying.add(statement.symbol);
          break;
        case "assign":
          if (differs || apart) varying.add(targetSymbol(statement.target)!);
          break;
        case "for":
          if (differs) varying.add(statement.counter);
          visit(statement.body, apart || differs);
          break;
        case "while":
        case "if":
          visit(statement.body, apart || differs);
          break;
      }
    }
  };
  // A variable's later assignment reaches its earlier uses in a loop.
  for (let before = -1; before !== varying.size; ) {
    before = varying.size;
    visit(body, false);
  }
  return varying;
}
