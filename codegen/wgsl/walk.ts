/** Ways through the tree: an expression's operands, a statement's expressions, and rewriting from the leaves up. */
import type { Block, Expression, Statement, Symbol } from "./tree.ts";

export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "name":
      return [];
    case "unary":
    case "bitcast":
    case "fence":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "index":
      return [expression.of, expression.index];
    case "member":
      return [expression.of];
    case "call":
      return expression.arguments;
    case "select":
      return [expression.whenFalse, expression.whenTrue, expression.condition];
    case "fma":
      return [expression.first, expression.second, expression.addend];
  }
}

/** The expressions that a statement itself evaluates; those of its body are the body's. */
export function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case "let":
      return [statement.value];
    case "var":
    case "return":
      return statement.value === undefined ? [] : [statement.value];
    case "assign":
      return [statement.target, statement.value];
    case "for":
      return [statement.from, statement.condition, statement.step];
    case "while":
    case "if":
      return [statement.condition];
    case "barrier":
      return [];
  }
}

export function bodyOf(statement: Statement): Block | undefined {
  return statement.kind === "for" || statement.kind === "while" || statement.kind === "if" ? statement.body : undefined;
}

/** Operations, accesses and names in an expression, each as often as it is written. */
export function sizeOf(expression: Expression): number {
  if (expression.kind === "literal") return 0;
  if (expression.kind === "name") return 1;
  return operandsOf(expression).reduce((size, operand) => size + sizeOf(operand), 1);
}

/** Every expression of a block, those below others and those of inner blocks too. */
export function* expressionsIn(block: Block): Iterable<Expression> {
  for (const statement of block.statements) {
    for (const expression of expressionsOf(statement)) yield* withOperands(expression);
    const body = bodyOf(statement);
    if (body !== undefined) yield* expressionsIn(body);
  }
}

/** The symbols that an expression names, each as often as it does. */
export function* namesIn(expression: Expression): Iterable<Symbol> {
  for (const part of withOperands(expression)) if (part.kind === "name") yield part.symbol;
}

function* withOperands(expression: Expression): Iterable<Expression> {
  yield expression;
  for (const operand of operandsOf(expression)) yield* withOperands(operand);
}

/** The expression with its operands replaced. */
function withMapped(expression: Expression, map: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "literal":
    case "name":
      return expression;
    case "unary":
    case "bitcast":
    case "fence":
      return { ...expression, operand: map(expression.operand) };
    case "binary":
      return { ...expression, left: map(expression.left), right: map(expression.right) };
    case "index":
      return { ...expression, of: map(expression.of), index: map(expression.index) };
    case "member":
      return { ...expression, of: map(expression.of) };
    case "call":
      return { ...expression, arguments: expression.arguments.map(map) };
    case "select":
      return {
        ...expression,
        whenFalse: map(expression.whenFalse),
        whenTrue: map(expression.whenTrue),
        condition: map(expression.condition),
      };
    case "fma":
      return {
        ...expression,
        first: map(expression.first),
        second: map(expression.second),
        addend: map(expression.addend),
      };
  }
}

/** Rewrites every expression of a block from the leaves up. */
export function rewriteExpressions(block: Block, replace: (expression: Expression) => Expression): Block {
  const expression = (from: Expression): Expression => replace(withMapped(from, expression));
  return rewriteStatements(block, (statement): Statement => {
    switch (statement.kind) {
      case "let":
        return { ...statement, value: expression(statement.value) };
      case "var":
      case "return":
        return statement.value === undefined ? statement : { ...statement, value: expression(statement.value) };
      case "assign":
        return { ...statement, target: expression(statement.target), value: expression(statement.value) };
      case "for":
        return {
          ...statement,
          from: expression(statement.from),
          condition: expression(statement.condition),
          step: expression(statement.step),
        };
      case "while":
      case "if":
        return { ...statement, condition: expression(statement.condition) };
      case "barrier":
        return statement;
    }
  });
}

/** Rewrites every statement of a block, those of inner blocks first. */
export function rewriteStatements(block: Block, replace: (statement: Statement) => Statement): Block {
  return {
    statements: block.statements.map((statement) => {
      const body = bodyOf(statement);
      return replace(
        body === undefined ? statement : ({ ...statement, body: rewriteStatements(body, replace) } as Statement),
      );
    }),
  };
}
