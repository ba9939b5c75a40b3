/**
 * What no execution at some sizes can tell, since it differs at others: a text has to have one form there. The dispatch
 * must be as many workgroups as the text itself numbers; a pairwise fold of any number of items closes pairs in one
 * way, with a stack for as many as there may be. A text of another form may be right; the audit does not follow it.
 */
import type { Kernel } from "../dsl/ir.ts";
import type { Artifact, Formula } from "../runtime/artifact.ts";
import { extentsOf, printFormula } from "../runtime/formula.ts";
import { assigned, visitExpression, visitStatements } from "./slices.ts";
import { Fault } from "./errors.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";
import { isWorkgroupNumber } from "./workgroups.ts";

/** @throws Fault */
export function checkForms(kernel: Kernel, artifact: Artifact, modules: readonly Module[]): void {
  modules.forEach((module, number) => {
    try {
      checkDispatch(kernel, artifact, number, module);
      checkStacks(module);
    } catch (error) {
      if (error instanceof Fault) error.pass ??= number;
      throw error;
    }
  });
}

// ---- dispatches

function checkDispatch(kernel: Kernel, artifact: Artifact, number: number, module: Module): void {
  const pass = artifact.passes[number]!;
  const { workgroups } = pass;
  // All of a constant number are executed.
  if (typeof workgroups === "number") return;
  const isOfBatch = (axis: string): boolean => kernel.axes.some(({ name, role }) => name === axis && role === "batch");
  for (const { role, shape } of pass.bindings) {
    if (role !== "scratch") continue;
    const odd = shape.find((extent) => !roundsUp(extent, isOfBatch));
    if (odd !== undefined)
      throw new Fault(
        "text",
        `what one pass hands to another is ${printFormula(odd)} long, which is no product of tiles`,
      );
  }
  // Of what a pass hands on, the next one reads what there is; of an output every element is wanted.
  const isWhole = pass.bindings.some(({ role }) => role === "output");
  if (!roundsUp(workgroups, isWhole ? () => true : isOfBatch))
    throw new Fault("text", `${printFormula(workgroups)} workgroups are dispatched, which is no product of tiles`);
  const lets = letsOf(module.entry.body);
  const extentOf = (name: string): string | undefined => {
    const value = pass.uniforms.find((field) => field.name === name)?.value;
    return value?.kind === "formula" && typeof value.formula === "object" && "extent" in value.formula
      ? value.formula.extent
      : undefined;
  };
  const told = productOf(formulaOf(workgroups));
  // What is dispatched beyond the last row stores nothing; where no guard ends it, that all rows are dispatched is told
  // by the formula alone.
  for (const guard of module.entry.body) {
    if (
      guard.kind !== "if" ||
      guard.otherwise.length > 0 ||
      guard.then.length !== 1 ||
      guard.then[0]!.kind !== "return"
    )
      continue;
    const { condition } = guard;
    if (
      condition.kind !== "binary" ||
      condition.operator !== ">=" ||
      !isWorkgroupNumber(resolved(condition.left, lets))
    )
      continue;
    const counted = productOf(formOf(condition.right, lets, extentOf));
    if (told !== counted)
      throw new Fault(
        "text",
        `${printFormula(workgroups)} workgroups are dispatched, and the text numbers ${counted} of them`,
        condition.at.line,
      );
  }
}

/**
 * A product of constants and of extents, each whole or in tiles, the last of which need not be full. Of a sequence's
 * tiles there may be no more than lanes, or those of a run after the last whole one, `key / 12 * 4 + 4`; of the batch's
 * none is left out.
 */
function roundsUp(formula: Formula, isOfBatch: (axis: string) => boolean): boolean {
  if (typeof formula === "number") return formula > 0;
  if ("extent" in formula) return true;
  const { operator, left, right } = formula;
  const does = (part: Formula): boolean => roundsUp(part, isOfBatch);
  switch (operator) {
    case "multiply":
      return does(left) && does(right);
    case "minimum":
      return typeof right === "number" && does(left) && !extentsOf(left).some(isOfBatch);
    case "maximum":
      return typeof right === "number" && does(left);
    case "divide":
      return (
        typeof right === "number" &&
        typeof left === "object" &&
        "operator" in left &&
        left.operator === "add" &&
        left.right === right - 1 &&
        does(left.left) &&
        // Tiles of tiles of a batch would leave rows between.
        !(extentsOf(left.left).some(isOfBatch) && isDivided(left.left))
      );
    case "add":
      return (
        typeof right === "number" && !extentsOf(left).some(isOfBatch) && isOfWholeRuns(left) && does(left.left.left)
      );
    default:
      return false;
  }
}

function isDivided(formula: Formula): boolean {
  return (
    typeof formula === "object" &&
    "operator" in formula &&
    (formula.operator === "divide" || isDivided(formula.left) || isDivided(formula.right))
  );
}

type Operation = Exclude<Formula, number | { readonly extent: string }>;

/** `key / 12 * 4`: what whole runs make. */
function isOfWholeRuns(formula: Formula): formula is Operation & { left: Operation } {
  if (
    typeof formula !== "object" ||
    !("operator" in formula) ||
    formula.operator !== "multiply" ||
    typeof formula.right !== "number"
  )
    return false;
  const { left } = formula;
  return typeof left === "object" && "operator" in left && left.operator === "divide" && typeof left.right === "number";
}

/** A number of workgroups, as a tree that texts and formulas have in common. */
type Form = string | number | { readonly operator: string; readonly left: Form; readonly right: Form };

const operators: Readonly<Record<string, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
  divide: "/",
  remainder: "%",
  minimum: "min",
  maximum: "max",
};

function formulaOf(formula: Formula): Form {
  if (typeof formula === "number") return formula;
  return "extent" in formula
    ? formula.extent
    : { operator: operators[formula.operator]!, left: formulaOf(formula.left), right: formulaOf(formula.right) };
}

function formOf(
  expression: Expression,
  lets: ReadonlyMap<Variable, Expression>,
  extentOf: (uniform: string) => string | undefined,
): Form {
  const form = (part: Expression): Form => formOf(part, lets, extentOf);
  const at = resolved(expression, lets);
  if (at.kind === "literal") return at.bits;
  if (at.kind === "member") return extentOf(at.name) ?? `uniforms.${at.name}`;
  if (at.kind === "binary") return { operator: at.operator, left: form(at.left), right: form(at.right) };
  if (at.kind === "builtin" && (at.name === "min" || at.name === "max"))
    return { operator: at.name, left: form(at.arguments[0]!), right: form(at.arguments[1]!) };
  return `something of line ${at.at.line}`;
}

/** One text for products of the same factors. */
function productOf(form: Form): string {
  if (typeof form !== "object") return String(form);
  if (form.operator !== "*") return `(${productOf(form.left)} ${form.operator} ${productOf(form.right)})`;
  const factors: string[] = [];
  let constant = 1;
  const visit = (part: Form): void => {
    if (typeof part === "object" && part.operator === "*") [part.left, part.right].forEach(visit);
    else if (typeof part === "number") constant *= part;
    else factors.push(productOf(part));
  };
  visit(form);
  return [...factors.sort(), ...(constant === 1 ? [] : [`${constant}`])].join(" * ");
}

function letsOf(statements: readonly Statement[]): Map<Variable, Expression> {
  const lets = new Map<Variable, Expression>();
  const walk = (inner: readonly Statement[]): void =>
    inner.forEach((statement) => {
      if (statement.kind === "declare" && statement.variable.kind === "let" && statement.value !== null)
        lets.set(statement.variable, statement.value);
      else if (statement.kind === "if") [statement.then, statement.otherwise].forEach(walk);
      else if (statement.kind === "for" || statement.kind === "while") walk(statement.body);
    });
  walk(statements);
  return lets;
}

/** What a name stands for. */
function resolved(expression: Expression, lets: ReadonlyMap<Variable, Expression>): Expression {
  let at = expression;
  while (at.kind === "name") {
    const value = lets.get(at.variable);
    if (value === undefined) return at;
    at = value;
  }
  return at;
}

// ---- pairwise folds

/**
 * `while ((carry & 1u) == 1u)` closes pairs, `while (depth > 0u)` what is left: each takes one from the stack, and
 * changes nothing else of it.
 */
function checkStacks(module: Module): void {
  const lets = letsOf(module.entry.body);
  const walk = (statements: readonly Statement[], loop: (Statement & { kind: "for" }) | null): void =>
    statements.forEach((statement, at) => {
      switch (statement.kind) {
        case "if":
          [statement.then, statement.otherwise].forEach((inner) => walk(inner, loop));
          break;
        case "for":
          walk(statement.body, statement);
          break;
        case "while":
          checkClosing(statement, statements.slice(0, at), loop, lets);
          break;
        default:
          break;
      }
    });
  walk(module.entry.body, null);
}

function checkClosing(
  statement: Statement & { kind: "while" },
  before: readonly Statement[],
  loop: (Statement & { kind: "for" }) | null,
  lets: ReadonlyMap<Variable, Expression>,
): void {
  const {
    condition,
    body,
    at: { line },
  } = statement;
  const refuse = (what: string): never => {
    throw new Fault("text", `${what}, and the audit follows no other loop but those that close pairs`, line);
  };
  const counter =
    condition.kind === "binary" && condition.left.kind === "name"
      ? condition.left.variable
      : condition.kind === "binary" && condition.left.kind === "binary" && condition.left.left.kind === "name"
        ? condition.left.left.variable
        : undefined;
  if (condition.kind !== "binary" || counter === undefined)
    return refuse("a loop goes on under a condition of its own");
  const [first, last] = [body[0], body.at(-1)!];
  if (body.some(({ kind }) => kind !== "assign" && kind !== "declare"))
    return refuse("a loop that closes pairs branches");
  const depth = first?.kind === "assign" && first.target.kind === "name" ? first.target.variable : undefined;
  if (first?.kind !== "assign" || depth === undefined || !isStep(first.value, depth, "-", 1))
    return refuse("a loop takes nothing from a stack at first");
  const others = body
    .slice(1)
    .filter((one) => one.kind === "assign" && [depth, counter].includes(assigned(one.target)!));
  if (isTest(condition, ">", 0) && counter === depth)
    return others.length > 0 ? refuse("a loop takes more than one from a stack") : undefined;
  if (
    !isTest(condition, "==", 1) ||
    condition.left.kind !== "binary" ||
    condition.left.operator !== "&" ||
    !isLiteral(condition.left.right, 1)
  )
    return refuse("pairs are closed under another condition than that there are two");
  if (
    others.length !== 1 ||
    last.kind !== "assign" ||
    assigned(last.target) !== counter ||
    !isStep(last.value, counter, ">>", 1)
  )
    return refuse("a loop closes other than one pair after the other");
  const carried = before.findLast((one) => one.kind === "declare" && one.variable === counter);
  const since = before.slice(before.indexOf(carried!) + 1);
  if (since.some((one) => one.kind === "assign" && assigned(one.target) === counter))
    return refuse("the number of the item is changed before pairs are closed");
  if (
    loop !== null &&
    (loop.condition.kind !== "binary" ||
      loop.condition.operator !== "<" ||
      loop.condition.left.kind !== "name" ||
      loop.condition.left.variable !== loop.variable)
  ) {
    return refuse("items are counted otherwise than up to their number");
  }
  if (
    carried?.kind !== "declare" ||
    loop === null ||
    carried.value?.kind !== "name" ||
    carried.value.variable !== loop.variable
  )
    return refuse("pairs are closed by another number than that of the item");
  const items = loop.condition.kind === "binary" ? greatestOf(loop.condition.right, lets) : Infinity;
  const slots = items > 0xffffffff ? 33 : 32 - Math.clz32(Math.max(1, items));
  visitStatements(body, (expression) =>
    visitExpression(expression, (part) => {
      if (part.kind !== "element" || part.of.kind !== "name" || part.of.type.kind !== "array") return;
      if (part.index.kind !== "name" || part.index.variable !== depth)
        return refuse("a stack is addressed by something other than its depth");
      if (part.of.type.length! < slots)
        throw new Fault(
          "text",
          `'${part.of.variable.name}' has ${part.of.type.length!} places for pairs, and ` +
            `${items === Infinity ? "any number of" : items} items need ${slots}`,
          line,
        );
    }),
  );
}

function isLiteral(expression: Expression, bits: number): boolean {
  return expression.kind === "literal" && expression.bits === bits;
}
function isTest(condition: Expression & { kind: "binary" }, operator: string, bits: number): boolean {
  return condition.operator === operator && isLiteral(condition.right, bits);
}
function isStep(value: Expression, variable: Variable, operator: string, bits: number): boolean {
  return (
    value.kind === "binary" &&
    value.operator === operator &&
    value.left.kind === "name" &&
    value.left.variable === variable &&
    isLiteral(value.right, bits)
  );
}

/**
 * The greatest that an unsigned integer can be, as far as the text shows; nothing in it wraps, or it is larger still.
 */
function greatestOf(expression: Expression, lets: ReadonlyMap<Variable, Expression>): number {
  const at = resolved(expression, lets);
  const of = (part: Expression): number => greatestOf(part, lets);
  if (at.kind === "literal") return at.bits;
  if (at.kind === "builtin" && (at.name === "min" || at.name === "max")) return Math[at.name](...at.arguments.map(of));
  if (at.kind !== "binary") return Infinity;
  const [left, right] = [of(at.left), of(at.right)];
  switch (at.operator) {
    case "+":
      return left + right;
    case "*":
      return left === 0 || right === 0 ? 0 : left * right;
    case "-":
      return at.left.kind === "literal" && right <= left ? left : Infinity;
    case "/":
      return at.right.kind === "literal" && at.right.bits > 0 ? Math.floor(left / at.right.bits) : left;
    case "%":
      return at.right.kind === "literal" && at.right.bits > 0 ? Math.min(left, at.right.bits - 1) : left;
    default:
      return Infinity;
  }
}
