/** Which operators may stand beside each other without parentheses: fewer than in C, and in another order. */
import type { BinaryOperator, Position } from "./ast.ts";
import { WgslError } from "./errors.ts";
import type { ExpressionSyntax } from "./syntax.ts";

type Operator = Position & { readonly symbol: BinaryOperator };

/** From the outermost. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ["&&", "||"],
  ["<", "<=", ">", ">=", "==", "!="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const bitwise: readonly BinaryOperator[] = ["&", "|", "^"];
const shifts = levels[2]!;
const levelOf = ({ symbol }: Operator): number => levels.findIndex((symbols) => symbols.includes(symbol));

/** Groups operands to the left, by precedence. Throws WgslError where WGSL wants parentheses. */
export function grouped(operands: readonly ExpressionSyntax[], operators: readonly Operator[]): ExpressionSyntax {
  refuse(operators);
  let next = 0;
  const from = (least: number): ExpressionSyntax => {
    let left = operands[next]!;
    while (next < operators.length && levelOf(operators[next]!) >= least) {
      const operator = operators[next++]!;
      left = {
        line: left.line,
        column: left.column,
        kind: "binary",
        operator: operator.symbol,
        left,
        right: from(levelOf(operator) + 1),
      };
    }
    return left;
  };
  return from(-1);
}

/**
 * Bitwise operators stand beside none but themselves, shifts beside no arithmetic, `&&` not beside `||`, comparisons
 * between those only.
 */
function refuse(operators: readonly Operator[]): void {
  let logical: Operator | undefined;
  let comparison: Operator | undefined;
  let inner: Operator | undefined;
  for (const operator of operators) {
    const first = operators[0]!;
    const level = levelOf(operator);
    if (operator.symbol !== first.symbol && [operator, first].some(({ symbol }) => bitwise.includes(symbol)))
      clash(first, operator);
    if (level === 0) {
      if (logical !== undefined && logical.symbol !== operator.symbol) clash(logical, operator);
      [logical, comparison, inner] = [operator, undefined, undefined];
    } else if (level === 1) {
      if (comparison !== undefined) clash(comparison, operator);
      [comparison, inner] = [operator, undefined];
    } else {
      if (inner !== undefined && [inner, operator].some(({ symbol }) => shifts.includes(symbol)))
        clash(inner, operator);
      inner = operator;
    }
  }
}

function clash(left: Operator, right: Operator): never {
  throw new WgslError(
    right,
    `'${right.symbol}' may not follow '${left.symbol}' without parentheses`,
    "put parentheses around the operation that comes first",
  );
}
