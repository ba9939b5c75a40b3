/**
 * How a text comes to a decision on the values of a table or parameter that bounds a fold. Values are tried around each
 * integer that they are compared with, so that what is decided must be such a comparison: of the value, moved, clamped
 * or counted in tiles. Of its bits, of a multiple of it or of a comparison for equality no trial says what others would
 * do.
 */
import { operatorOf } from "./taint-forms.ts";
import type { Pass } from "../runtime/artifact.ts";
import { partsOf } from "./slices.ts";
import { Fault } from "./errors.ts";
import type { Expression, Module, Statement, Variable } from "./wgsl/ast.ts";

/**
 * None of such a value; tiles of one; a value that is moved, clamped or made of whole tiles; anything else that is
 * computed from it.
 */
type Origin = 0 | 1 | 2 | 3;
const [still, tiles, followed, mixed] = [0, 1, 2, 3] as const satisfies readonly Origin[];

const following = new Set([
  "+",
  "-",
  "<",
  "<=",
  ">",
  ">=",
  "min",
  "max",
  "&&",
  "||",
  "!",
  "convert",
  "bitcast",
  "select",
]);
const equalities = new Set(["==", "!="]);

/** @throws Fault where a decision on a known value is none that trials around the text's integers settle. */
export function checkDecisions(pass: Pass, module: Module, known: ReadonlySet<string>): void {
  const origins = new Map<Variable, Origin>();
  const tables = new Set(pass.bindings.filter(({ name }) => known.has(name)).map(({ binding }) => binding));
  const parameters = new Set(
    pass.uniforms.flatMap(({ name, value }) =>
      value.kind === "parameter" && known.has(`parameter ${value.name}`) ? [name] : [],
    ),
  );
  const worst = (parts: readonly Origin[]): Origin => Math.max(still, ...parts) as Origin;

  const originOf = (expression: Expression): Origin => {
    if (expression.kind === "literal") return still;
    if (expression.kind === "name") return origins.get(expression.variable) ?? still;
    if (expression.kind === "member" && expression.of.kind === "name" && expression.of.variable.kind === "uniform")
      return parameters.has(expression.name) ? followed : still;
    if (expression.kind === "element" && expression.of.kind === "name" && expression.of.variable.kind === "storage") {
      return tables.has(expression.of.variable.binding!) ? followed : still;
    }
    // What is computed in floats is compared as an expression, and decides nothing.
    const type = expression.type.kind === "scalar" ? expression.type.name : "f32";
    const parts = partsOf(expression).map(originOf);
    if (type === "f32" || expression.kind === "member") return worst(parts) === still || type === "f32" ? still : mixed;
    const all = worst(parts);
    if (all === still) return still;
    const operator =
      expression.kind === "binary"
        ? operatorOf(expression)
        : expression.kind === "unary"
          ? expression.operator
          : expression.kind === "builtin"
            ? expression.name
            : expression.kind;
    if (
      expression.kind === "binary" &&
      (operator === "*" || operator === "/" || operator === "%" || operator === ">>") &&
      all !== mixed
    ) {
      const [left, right] = [expression.left, expression.right].map(originOf) as [Origin, Origin];
      if (operator === "*") return left + right === tiles ? followed : mixed;
      if (operator === "%") return expression.right.kind === "literal" ? all : mixed;
      return right !== still ? mixed : isNumber(expression.right) ? tiles : all;
    }
    if (expression.kind === "binary" && equalities.has(operator))
      return [expression.left, expression.right].some(({ kind }) => kind === "literal") ? all : mixed;
    return following.has(operator) || operator === "element" ? all : mixed;
  };
  const decide = (expression: Expression, line: number): void => {
    if (originOf(expression) === mixed)
      throw new Fault(
        "taint",
        `control flow depends on other bits of ${[...known].map((name) => `'${name}'`).join(" or ")} than a ` +
          "comparison shows",
        line,
      );
  };
  const inside = (expression: Expression): void => {
    partsOf(expression).forEach(inside);
    if (expression.kind === "builtin" && expression.name === "select")
      decide(expression.arguments[2]!, expression.at.line);
  };
  const merge = (variable: Variable, origin: Origin): boolean => {
    const before = origins.get(variable) ?? still;
    if (origin > before) origins.set(variable, origin);
    return origin > before;
  };
  const flow = (statements: readonly Statement[]): boolean =>
    statements
      .map((statement): boolean => {
        switch (statement.kind) {
          case "declare":
            return statement.value !== null && merge(statement.variable, originOf(statement.value));
          case "assign": {
            const target = statement.target.kind === "element" ? statement.target.of : statement.target;
            return (
              target.kind === "name" &&
              target.variable.kind !== "storage" &&
              merge(target.variable, originOf(statement.value))
            );
          }
          case "if":
            return [flow(statement.then), flow(statement.otherwise)].includes(true);
          case "for":
            return [
              merge(statement.variable, originOf(statement.from)),
              merge(statement.variable, originOf(statement.step)),
              flow(statement.body),
            ].includes(true);
          case "while":
            return flow(statement.body);
          default:
            return false;
        }
      })
      .includes(true);
  const check = (statements: readonly Statement[]): void =>
    statements.forEach((statement) => {
      switch (statement.kind) {
        case "declare":
          if (statement.value !== null) inside(statement.value);
          break;
        case "assign":
          [statement.target, statement.value].forEach(inside);
          break;
        case "if":
          inside(statement.condition);
          decide(statement.condition, statement.at.line);
          check(statement.then);
          check(statement.otherwise);
          break;
        case "for":
          [statement.from, statement.condition, statement.step].forEach(inside);
          decide(statement.condition, statement.at.line);
          check(statement.body);
          break;
        case "while":
          inside(statement.condition);
          decide(statement.condition, statement.at.line);
          check(statement.body);
          break;
        default:
          break;
      }
    });
  while (flow(module.entry.body));
  check(module.entry.body);
}

const isNumber = (expression: Expression): boolean => expression.kind === "literal" && expression.bits > 1;
