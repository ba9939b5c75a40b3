/** Which values may differ between the invocations of a workgroup. What depends on none of them is uniform. */
import { type Block, type Expression, localIndex, type Module, type Symbol, targetSymbol } from "./tree.ts";
import { expressionsOf, operandsOf } from "./walk.ts";

export function varies(expression: Expression, varying: ReadonlySet<Symbol>): boolean {
  if (expression.kind === "name") return varying.has(expression.symbol);
  return operandsOf(expression).some((operand) => varies(operand, varying));
}

/**
 * Symbols whose values may differ between the invocations of a workgroup: what their place in it decides, what is read
 * from memory that others write, and variables that only some of them assign.
 */
export function varyingSymbols({
  body,
  buffers,
  workgroupArrays,
}: Pick<Module, "body" | "buffers" | "workgroupArrays">): ReadonlySet<Symbol> {
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
