/** Which variables statements change that live on after them. */
import { assigned } from "./slices.ts";
import type { Statement, Variable } from "./wgsl/ast.ts";

/** Whether a loop hands anything from one of its rounds to the next, or out. */
export function carries(loop: Statement & { kind: "for" }): boolean {
  return changesOuter(loop.body, (variable) => variable.kind !== "storage");
}

/** Whether statements change a variable that lives on after them. */
export function changesOuter(
  statements: readonly Statement[],
  counts = (variable: Variable): boolean => variable.kind === "var",
): boolean {
  const own = new Set<Variable>();
  let carried = false;
  const walk = (inner: readonly Statement[]): void => {
    for (const statement of inner) {
      switch (statement.kind) {
        case "declare":
          own.add(statement.variable);
          break;
        case "assign": {
          const variable = assigned(statement.target)!;
          if (counts(variable) && !own.has(variable)) carried = true;
          break;
        }
        case "if":
          walk(statement.then);
          walk(statement.otherwise);
          break;
        case "for":
          own.add(statement.variable);
          walk(statement.body);
          break;
        case "while":
          walk(statement.body);
          break;
        default:
          break;
      }
    }
  };
  walk(statements);
  return carried;
}
