/**
 * Checks a module before it is printed: names are declared before their use and in scope, only variables, outputs and
 * workgroup arrays are stored to, operands have the types that an operation takes (verify-types.ts), every float
 * operation has its fence, and all invocations of a workgroup meet at each barrier (verify-barriers.ts). A finding is
 * the compiler's own error, so it throws.
 */
import type { Arithmetic } from "../../runtime/artifact.ts";
import { InternalCompilerError } from "../errors.ts";
import { isRounded, standsBare } from "./fences.ts";
import { isOfPrelude } from "./prelude.ts";
import {
  type Block,
  entryParameters,
  type Expression,
  type FunctionTree,
  type Module,
  type Statement,
  type Symbol,
  targetSymbol,
  uniforms,
} from "./tree.ts";
import { checkBarriers } from "./verify-barriers.ts";
import { checkTypes } from "./verify-types.ts";
import { expressionsOf, operandsOf } from "./walk.ts";

export type Fault = (message: string) => never;

/** The module itself, where nothing is wrong with it. */
export function verifyModule(module: Module, arithmetic: Arithmetic, after: string): Module {
  const fault: Fault = (message) => {
    throw new InternalCompilerError(`after ${after}, ${module.label}: ${message}`);
  };
  const buffers = module.buffers.map(({ symbol }) => symbol);
  const scope = new Scope([uniforms, ...buffers, ...module.workgroupArrays], fault);
  for (const own of module.functions) checkFunction(own, scope);
  scope.within(
    entryParameters.map(({ symbol }) => symbol),
    () => checkBlock(module.body, scope),
  );
  checkTypes(module, fault);
  for (const own of module.functions) if (!isOfPrelude(own.symbol)) checkFences(own.body, arithmetic, fault);
  checkFences(module.body, arithmetic, fault);
  checkBarriers(module, fault);
  return module;
}

/** The symbols that may be named at a place, while a module is gone through. */
class Scope {
  readonly #declared = new Set<Symbol>();
  readonly #known = new Set<Symbol>();

  constructor(
    outermost: readonly Symbol[],
    readonly fault: Fault,
  ) {
    outermost.forEach((symbol) => this.declare(symbol));
  }

  declare(symbol: Symbol): void {
    if (this.#declared.has(symbol)) this.fault(`${symbol.hint} is declared twice`);
    this.#declared.add(symbol);
    this.#known.add(symbol);
  }

  /** Declares symbols for as long as `check` runs, and forgets what is declared meanwhile. */
  within(symbols: readonly Symbol[], check: () => void): void {
    const before = new Set(this.#known);
    symbols.forEach((symbol) => this.declare(symbol));
    check();
    for (const symbol of this.#known) if (!before.has(symbol)) this.#known.delete(symbol);
  }

  use(symbol: Symbol): void {
    if (this.#known.has(symbol)) return;
    const where = this.#declared.has(symbol) ? "outside of its block" : "before it is declared";
    this.fault(`${symbol.hint} is used ${where}`);
  }

  /** A symbol that is stored to. */
  store(symbol: Symbol | undefined): void {
    if (symbol === undefined) return this.fault("something is stored to that is no variable");
    if (!this.#known.has(symbol)) this.fault(`${symbol.hint} is stored to, and nothing declares it here`);
    if (symbol.kind !== "var" && symbol.kind !== "output" && symbol.kind !== "workgroup")
      this.fault(`${symbol.hint} is stored to, and is no variable or output`);
  }
}

function checkFunction({ symbol, parameters, body }: FunctionTree, scope: Scope): void {
  scope.within(parameters, () => checkBlock(body, scope));
  scope.declare(symbol);
}

function checkBlock(block: Block, scope: Scope): void {
  scope.within([], () => {
    for (const statement of block.statements) checkStatement(statement, scope);
  });
}

const declares = { let: "let", var: "var", for: "counter" } as const;

function checkStatement(statement: Statement, scope: Scope): void {
  const declared = statement.kind === "for" ? statement.counter : "symbol" in statement ? statement.symbol : undefined;
  if (declared !== undefined && declared.kind !== declares[statement.kind as keyof typeof declares])
    scope.fault(`${declared.hint} is declared by a ${statement.kind}, and is a ${declared.kind}`);
  switch (statement.kind) {
    case "let":
    case "var":
      checkNames(statement, scope);
      scope.declare(statement.symbol);
      break;
    case "assign":
      scope.store(targetSymbol(statement.target));
      checkNames(statement, scope);
      break;
    case "for":
      // A loop's condition reads its counter.
      checkExpression(statement.from, scope);
      scope.within([statement.counter], () => {
        checkNames(statement, scope);
        checkBlock(statement.body, scope);
      });
      break;
    case "while":
    case "if":
      checkNames(statement, scope);
      checkBlock(statement.body, scope);
      break;
    case "return":
    case "barrier":
      checkNames(statement, scope);
      break;
  }
}

function checkNames(statement: Statement, scope: Scope): void {
  for (const expression of expressionsOf(statement)) checkExpression(expression, scope);
}

function checkExpression(expression: Expression, scope: Scope): void {
  if (expression.kind === "name") scope.use(expression.symbol);
  if (expression.kind === "call" && typeof expression.callee !== "string") scope.use(expression.callee);
  for (const operand of operandsOf(expression)) checkExpression(operand, scope);
}

function checkFences(block: Block, arithmetic: Arithmetic, fault: Fault): void {
  const visit = (expression: Expression, fenced: boolean): void => {
    if (isRounded(expression) && !fenced && !standsBare(expression, arithmetic))
      fault("a float operation stands without a fence");
    for (const operand of operandsOf(expression)) visit(operand, expression.kind === "fence");
  };
  for (const statement of block.statements) {
    for (const expression of expressionsOf(statement)) visit(expression, false);
    if ("body" in statement) checkFences(statement.body, arithmetic, fault);
  }
}
