/**
 * Which of an entry point's variables matter to what is looked for, so that the rest need not be computed. A variable
 * matters if its value can reach a seed through assignments; control flow and addresses are always seeds.
 */
import type { Expression, FunctionDeclaration, Statement, Variable } from "./wgsl/ast.ts";

/** Whether a statement, or one inside it, stores to a storage buffer or returns. */
export function storesOrReturns(statement: Statement): boolean {
  switch (statement.kind) {
    case "assign":
      return isStorage(statement.target);
    case "return":
      return true;
    case "if":
      return [...statement.then, ...statement.otherwise].some(storesOrReturns);
    case "for":
    case "while":
      return statement.body.some(storesOrReturns);
    default:
      return false;
  }
}

export function isStorage(target: Expression): boolean {
  return target.kind === "element" && target.of.kind === "name" && target.of.variable.kind === "storage";
}
export function isWorkgroup(target: Expression): boolean {
  return target.kind === "element" && target.of.kind === "name" && target.of.variable.kind === "workgroup";
}

/** The operands of an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
    case "name":
      return [];
    case "member":
      return [expression.of];
    case "element":
      return [expression.of, expression.index];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "call":
    case "builtin":
      return expression.arguments;
  }
}

export function visitExpression(expression: Expression, visit: (part: Expression) => void): void {
  visit(expression);
  for (const part of partsOf(expression)) visitExpression(part, visit);
}

/** The variable that an assignment changes. */
export function assigned(target: Expression): Variable | undefined {
  const inner = target.kind === "element" ? target.of : target;
  return inner.kind === "name" ? inner.variable : undefined;
}

/**
 * Variables whose value is known wherever storage is written without any loop being run or any buffer being read, which
 * `stores` drops: of these a condition can be worked out for every element there is.
 */
export function plainVariables(entry: FunctionDeclaration): (expression: Expression) => boolean {
  const other = new Set<Variable>();
  const isPlain = (expression: Expression): boolean => {
    let plain = true;
    visitExpression(expression, (part) => {
      if (
        part.kind === "name" &&
        (other.has(part.variable) || part.variable.kind === "storage" || part.variable.kind === "workgroup")
      )
        plain = false;
      if (part.kind === "call" && readsStorage(part.callee)) plain = false;
    });
    return plain;
  };
  const mark = (variable: Variable | undefined): void => void (variable !== undefined && other.add(variable));
  const drop = (statements: readonly Statement[]): void =>
    visitAssignments(statements, (target) => mark(assigned(target)), mark);
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === "declare") {
        if (statement.value === null || !isPlain(statement.value)) other.add(statement.variable);
      } else if (statement.kind === "assign") {
        if (!isStorage(statement.target) && (statement.target.kind !== "name" || !isPlain(statement.value)))
          mark(assigned(statement.target));
      } else if (statement.kind === "if" && storesOrReturns(statement))
        [statement.then, statement.otherwise].forEach(walk);
      else if ((statement.kind === "for" || statement.kind === "while") && storesOrReturns(statement))
        walk(statement.body);
      else drop([statement]);
    }
  };
  // What is no longer plain further down may be read above it, in a loop.
  for (let before = -1; before !== other.size; ) {
    before = other.size;
    walk(entry.body);
  }
  return isPlain;
}

/** All that statements assign or declare. */
function visitAssignments(
  statements: readonly Statement[],
  assign: (target: Expression) => void,
  declare: (variable: Variable) => void,
): void {
  for (const statement of statements) {
    if (statement.kind === "assign") assign(statement.target);
    else if (statement.kind === "declare") declare(statement.variable);
    else if (statement.kind === "if")
      [statement.then, statement.otherwise].forEach((inner) => visitAssignments(inner, assign, declare));
    else if (statement.kind === "for" || statement.kind === "while") visitAssignments(statement.body, assign, declare);
  }
}

/** The conditions of selects in an expression. */
export function conditionsIn(expression: Expression): Expression[] {
  const conditions: Expression[] = [];
  visitExpression(expression, (part) => {
    if (part.kind === "builtin" && part.name === "select") conditions.push(part.arguments[2]!);
  });
  return conditions;
}

/**
 * `values`: all that decides addresses, control flow and what is put into workgroup memory.
 * `paths`: all that decides addresses, control flow and selects; not what is put into workgroup memory, unless it does.
 * `stores`: all that decides where storage is written, and what chooses between values there without looking at any.
 */
export function liveVariables(entry: FunctionDeclaration, of: "values" | "paths" | "stores"): ReadonlySet<Variable> {
  const live = new Set<Variable>();
  const seed = (expression: Expression): void =>
    visitExpression(expression, (part) => void (part.kind === "name" && live.add(part.variable)));
  const feeds: { target: Variable; value: Expression }[] = [];
  const isPlain = of === "stores" ? plainVariables(entry) : () => false;
  const choices = (value: Expression): void => conditionsIn(value).filter(isPlain).forEach(seed);
  const addresses = (expression: Expression): void =>
    visitExpression(expression, (part) => {
      if (part.kind === "element") seed(part.index);
      else if (of === "paths" && part.kind === "builtin" && part.name === "select") seed(part.arguments[2]!);
      else if (part.kind === "call" && readsStorage(part.callee)) part.arguments.forEach(seed);
    });
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (
        of === "stores" &&
        statement.kind !== "declare" &&
        statement.kind !== "assign" &&
        !storesOrReturns(statement)
      ) {
        // A loop without a store may still change what later ones depend on.
        if (statement.kind === "if") [statement.then, statement.otherwise].forEach(walkFeeds);
        if (statement.kind === "for" || statement.kind === "while") walkFeeds(statement.body);
        continue;
      }
      switch (statement.kind) {
        case "declare":
          if (statement.value !== null) feeds.push({ target: statement.variable, value: statement.value });
          if (statement.value !== null) (of === "stores" ? choices : addresses)(statement.value);
          break;
        case "assign": {
          const target = assigned(statement.target);
          if (of === "stores") choices(statement.value);
          else [statement.target, statement.value].forEach(addresses);
          if (isStorage(statement.target)) addresses(statement.target);
          else if (isWorkgroup(statement.target)) {
            if (of === "values") seed(statement.value);
            else if (target !== undefined) feeds.push({ target, value: statement.value });
          } else if (target !== undefined) {
            feeds.push({ target, value: statement.value });
            if (statement.target.kind === "element") feeds.push({ target, value: statement.target.index });
          }
          break;
        }
        case "if":
          seed(statement.condition);
          walk(statement.then);
          walk(statement.otherwise);
          break;
        case "for":
          [statement.from, statement.condition, statement.step].forEach(seed);
          live.add(statement.variable);
          walk(statement.body);
          break;
        case "while":
          seed(statement.condition);
          walk(statement.body);
          break;
        default:
          break;
      }
    }
  };
  /** Of a block that is dropped unless something in it turns out to matter: then its control does, too. */
  const dropped: { statements: readonly Statement[] }[] = [];
  const walkFeeds = (statements: readonly Statement[]): void => void dropped.push({ statements });
  walk(entry.body);
  for (let before = -1; before !== live.size; ) {
    before = live.size;
    for (const { target, value } of feeds) if (live.has(target)) seed(value);
    for (const block of [...dropped]) {
      if (!changes(block.statements, live)) continue;
      // It matters after all; the simple way is to keep everything in the text.
      return everything(entry);
    }
  }
  return live;
}

function changes(statements: readonly Statement[], live: ReadonlySet<Variable>): boolean {
  return statements.some((statement) => {
    switch (statement.kind) {
      case "assign":
        return live.has(assigned(statement.target)!);
      case "if":
        return changes([...statement.then, ...statement.otherwise], live);
      case "for":
      case "while":
        return changes(statement.body, live);
      default:
        return false;
    }
  });
}

function everything(entry: FunctionDeclaration): ReadonlySet<Variable> {
  const all = new Set<Variable>();
  visitStatements(
    entry.body,
    (expression) => visitExpression(expression, (part) => void (part.kind === "name" && all.add(part.variable))),
    (variable) => all.add(variable),
  );
  return all;
}

/** All expressions of statements, whole, and the variables that they declare. */
export function visitStatements(
  statements: readonly Statement[],
  expression: (value: Expression) => void,
  declare: (variable: Variable) => void = () => undefined,
): void {
  const inner = (more: readonly Statement[]): void => visitStatements(more, expression, declare);
  for (const statement of statements) {
    switch (statement.kind) {
      case "declare":
        declare(statement.variable);
        if (statement.value !== null) expression(statement.value);
        break;
      case "assign":
        expression(statement.target);
        expression(statement.value);
        break;
      case "if":
        expression(statement.condition);
        inner(statement.then);
        inner(statement.otherwise);
        break;
      case "for":
        declare(statement.variable);
        [statement.from, statement.condition, statement.step].forEach(expression);
        inner(statement.body);
        break;
      case "while":
        expression(statement.condition);
        inner(statement.body);
        break;
      case "return":
        if (statement.value !== null) expression(statement.value);
        break;
      case "barrier":
        break;
    }
  }
}

/** Whether a function, or one that it calls, reads a buffer. */
export function readsStorage(callee: FunctionDeclaration): boolean {
  let reads = false;
  visitStatements(callee.body, (expression) =>
    visitExpression(expression, (part) => {
      if (part.kind === "name" && (part.variable.kind === "storage" || part.variable.kind === "workgroup"))
        reads = true;
      if (part.kind === "call" && readsStorage(part.callee)) reads = true;
    }),
  );
  return reads;
}
