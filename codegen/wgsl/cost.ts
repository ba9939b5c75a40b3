/**
 * What a module costs the driver's compiler. Drivers put every function into its callers, so that a leaf which is
 * written once and unrolled eight times over sixteen points is compiled 128 times. Counted here is what is left after
 * that.
 */
import { seal } from "./prelude.ts";
import type { Block, Expression, FunctionTree, Module, Statement, Symbol } from "./tree.ts";
import { bodyOf, expressionsOf, operandsOf } from "./walk.ts";

export interface Cost {
  readonly operations: number;
  /**
   * The most `&&` and `||`, those of called functions among them, in the body of one loop, or outside of all. Drivers
   * make branches of them.
   */
  readonly branches: { readonly inLoop: number; readonly outside: number };
  /** Bytes of variables, which are an invocation's own. */
  readonly privateBytes: number;
}

interface Count {
  operations: number;
  branches: number;
  privateBytes: number;
}

type Known = ReadonlyMap<Symbol, Count>;

/** The cost of a module's entry point, with all that it calls. */
export function costOf(module: Module): Cost {
  const known = new Map<Symbol, Count>();
  for (const own of module.functions) known.set(own.symbol, functionCount(own, known));
  const { operations, privateBytes } = blockCount(module.body, known);
  return { operations, privateBytes, branches: branchesOf(module.body, known) };
}

const functionCount = ({ body }: FunctionTree, known: Known): Count => blockCount(body, known);

function blockCount(block: Block, known: Known): Count {
  const total: Count = { operations: 0, branches: 0, privateBytes: 0 };
  for (const statement of block.statements) {
    add(total, ownCount(statement, known));
    const body = bodyOf(statement);
    if (body !== undefined) add(total, blockCount(body, known));
  }
  return total;
}

/** What a statement itself costs, without its body. */
function ownCount(statement: Statement, known: Known): Count {
  const total: Count = { operations: 0, branches: 0, privateBytes: 0 };
  for (const expression of expressionsOf(statement)) addExpression(total, expression, known);
  if (statement.kind === "barrier") total.operations++;
  if (statement.kind === "var") {
    const { type } = statement.symbol;
    total.privateBytes += 4 * (typeof type === "object" && type.kind === "array" ? type.length! : 1);
  }
  return total;
}

function addExpression(total: Count, expression: Expression, known: Known): void {
  for (const operand of operandsOf(expression)) addExpression(total, operand, known);
  switch (expression.kind) {
    case "binary":
      if (expression.operator === "&&" || expression.operator === "||") total.branches++;
      else total.operations++;
      break;
    case "index":
    case "select":
    case "bitcast":
    case "fma":
      total.operations++;
      break;
    case "fence":
      add(total, known.get(seal.symbol)!);
      break;
    case "call": {
      const { callee } = expression;
      if (typeof callee === "string") total.operations++;
      else add(total, known.get(callee)!);
      break;
    }
  }
}

function add(total: Count, part: Count): void {
  total.operations += part.operations;
  total.branches += part.branches;
  total.privateBytes += part.privateBytes;
}

/** Branches of values: the condition of an `if` or a loop is a branch already. */
function branchesOf(main: Block, known: Known): Cost["branches"] {
  let inLoop = 0;
  const visit = (block: Block, around: { branches: number } | undefined, outside: { branches: number }): void => {
    for (const statement of block.statements) {
      const body = bodyOf(statement);
      if (body !== undefined) {
        visit(body, statement.kind === "if" ? around : { branches: 0 }, outside);
        continue;
      }
      const inner = around ?? outside;
      inner.branches += ownCount(statement, known).branches;
      if (around !== undefined) inLoop = Math.max(inLoop, around.branches);
    }
  };
  const outside = { branches: 0 };
  visit(main, undefined, outside);
  return { inLoop, outside: outside.branches };
}
