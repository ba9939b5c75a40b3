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

/** The expression with its operands replaced; the same one where none of them changes. */
function withMapped(expression: Expression, map: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case "literal":
    case "name":
      return expression;
    case "unary":
    case "bitcast":
    case "fence": {
      const operand = map(expression.operand);
      return operand === expression.operand ? expression : { ...expression, operand };
    }
    case "binary": {
      const [left, right] = [map(expression.left), map(expression.right)];
      return left === expression.left && right === expression.right ? expression : { ...expression, left, right };
    }
    case "index": {
      const [of, index] = [map(expression.of), map(expression.index)];
      return of === expression.of && index === expression.index ? expression : { ...expression, of, index };
    }
    case "member": {
      const of = map(expression.of);
      return of === expression.of ? expression : { ...expression, of };
    }
    case "call": {
      const mapped = mapAll(expression.arguments, map);
      return mapped === expression.arguments ? expression : { ...expression, arguments: mapped };
    }
    case "select": {
      const [whenFalse, whenTrue] = [map(expression.whenFalse), map(expression.whenTrue)];
      const condition = map(expression.condition);
      return whenFalse === expression.whenFalse &&
        whenTrue === expression.whenTrue &&
        condition === expression.condition
        ? expression
        : { ...expression, whenFalse, whenTrue, condition };
    }
    case "fma": {
      const [first, second, addend] = [map(expression.first), map(expression.second), map(expression.addend)];
      return first === expression.first && second === expression.second && addend === expression.addend
        ? expression
        : { ...expression, first, second, addend };
    }
  }
}

/** The list with each item mapped; the same list where none changes. */
function mapAll<T>(all: readonly T[], map: (one: T) => T): readonly T[] {
  const mapped = all.map(map);
  return mapped.every((one, at) => one === all[at]) ? all : mapped;
}

/** Rewrites every expression of a block from the leaves up. */
export function rewriteExpressions(block: Block, replace: (expression: Expression) => Expression): Block {
  const expression = (from: Expression): Expression => replace(withMapped(from, expression));
  return rewriteStatements(block, (statement): Statement => {
    switch (statement.kind) {
      case "let":
      case "var":
      case "return": {
        const value = statement.value === undefined ? undefined : expression(statement.value);
        return value === undefined || value === statement.value ? statement : { ...statement, value };
      }
      case "assign": {
        const [target, value] = [expression(statement.target), expression(statement.value)];
        return target === statement.target && value === statement.value ? statement : { ...statement, target, value };
      }
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

/** Rewrites every statement of a block, those of inner blocks first; the same block where none changes. */
export function rewriteStatements(block: Block, replace: (statement: Statement) => Statement): Block {
  const statements = mapAll(block.statements, (statement) => {
    const body = bodyOf(statement);
    if (body === undefined) return replace(statement);
    const inner = rewriteStatements(body, replace);
    return replace(inner === body ? statement : ({ ...statement, body: inner } as Statement));
  });
  return statements === block.statements ? block : { statements };
}
