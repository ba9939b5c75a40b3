/** Checks that all invocations of a workgroup meet at each barrier: that they stand in uniform control flow. */
import { operationText } from "./print.ts";
import type { Block, Expression, Module } from "./tree.ts";
import { varies, varyingSymbols } from "./uniformity.ts";
import type { Fault } from "./verify.ts";
import { expressionsOf } from "./walk.ts";

/** Expressions in messages have hints for names. */
const textOf = (expression: Expression): string => operationText(expression, ({ hint }) => hint);

export function checkBarriers(module: Module, fault: Fault): void {
  if (!hasBarrier(module.body)) return;
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

function hasBarrier({ statements }: Block): boolean {
  return statements.some((statement) =>
    "body" in statement ? hasBarrier(statement.body) : statement.kind === "barrier",
  );
}
