/** What the language does not have, and what to write instead. */
import { Node, SyntaxKind } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import { removeStatement, replaceBy, shorten } from "./fixes.ts";
import type { Fix } from "./report.ts";
import { intrinsicNames } from "./intrinsic-names.ts";
import type { Reading } from "./reading.ts";
import { fault, type Value } from "./values.ts";

export const sumInstead = 'write sum(axis, "chain", (item) => …), or reduce with a reducer of your own';

const byKind = new Map<SyntaxKind, readonly [message: string, fix: string]>([
  [SyntaxKind.AwaitExpression, ["'await'", "write the value itself: a body is one expression, not a process"]],
  [SyntaxKind.YieldExpression, ["'yield'", "return one value: a body is one expression, not a process"]],
  [SyntaxKind.SpreadElement, ["a spread '...'", "give the arguments one by one"]],
  [SyntaxKind.SpreadAssignment, ["a spread '...'", "write the fields one by one"]],
  [SyntaxKind.NewExpression, ["'new'", "inputs and consts hold all values: there are no objects to make"]],
  [SyntaxKind.ThisKeyword, ["'this'", "take inputs and axes from the body's parameters"]],
  [SyntaxKind.BigIntLiteral, ["a bigint", "write the number without n"]],
  [
    SyntaxKind.NullKeyword,
    ["'null'", "write a number; to leave an element out, choose a neutral value with select(condition, value, 0)"],
  ],
  [SyntaxKind.TypeOfExpression, ["'typeof'", "dtypes are declared, in inputs, params and output"]],
  [SyntaxKind.VoidExpression, ["'void'", "leave it out"]],
  [SyntaxKind.DeleteExpression, ["'delete'", "leave it out: nothing changes in a body"]],
  [SyntaxKind.RegularExpressionLiteral, ["a regular expression", "leave it out: kernels have no strings"]],
  [SyntaxKind.TaggedTemplateExpression, ["a tagged template", "write a plain string for a tree"]],
  [SyntaxKind.ClassExpression, ["a class", "write plain functions"]],
  [SyntaxKind.MethodDeclaration, ["a method in an object", "write a const with an arrow function"]],
  [SyntaxKind.GetAccessor, ["an accessor", "write a plain field"]],
  [SyntaxKind.SetAccessor, ["an accessor", "write a plain field"]],
  [SyntaxKind.OmittedExpression, ["a hole in an array", "give every element"]],
]);

/** Reports a construct that the language does not have, by its kind or by the name that is given. */
export function reportUnknown(reading: Reading, node: Node, words?: { what: string; fix: string | Fix }): Value {
  const known = byKind.get(node.getKind());
  const name = Node.isIdentifier(node) || Node.isPropertyAccessExpression(node) ? node.getText() : undefined;
  const [what, fix]: readonly [string, string | Fix] =
    words !== undefined
      ? [words.what, words.fix]
      : (known ??
        (name !== undefined && named(name) !== undefined
          ? [`'${name}'`, named(name)!]
          : [
              name !== undefined ? `'${name}'` : `'${shorten(node.getText())}' (${node.getKindName()})`,
              "write const declarations, arithmetic, comparisons, ?:, calls of tensors and functions, and a return",
            ]));
  if (node.getKind() === SyntaxKind.ThisKeyword && reading.combining !== undefined) {
    const { sides } = reading.combining;
    reading.report.add("R010", node, "'this' is not part of the language", {
      words: `use ${sides.join(" and ")}, the two states`,
      edits: [replaceBy(node, sides[0]!)],
    });
    return fault;
  }
  const edits = typeof fix === "string" ? editsFor(node) : [];
  reading.report.add(
    "R010",
    node,
    `${what} is not part of the language`,
    edits.length > 0 ? { words: fix as string, edits } : fix,
  );
  return fault;
}

/** Constructs that have one plain form. */
function editsFor(node: Node): Edit[] {
  if (Node.isAwaitExpression(node) || Node.isVoidExpression(node))
    return [replaceBy(node, node.getExpression().getText())];
  if (node.getKind() === SyntaxKind.BigIntLiteral) return [replaceBy(node, node.getText().replace(/n$/, ""))];
  if (node.getKind() === SyntaxKind.NullKeyword || node.getText() === "undefined") return [replaceBy(node, "0")];
  if (Node.isNewExpression(node) && node.getExpression().getText() === "Number" && node.getArguments().length === 1)
    return [replaceBy(node, node.getArguments()[0]!.getText())];
  const statement = node.getFirstAncestorByKind(SyntaxKind.ExpressionStatement);
  if (
    /^(console|performance|Date)\b/.test(node.getText()) &&
    statement !== undefined &&
    statement.getStart() === node.getStart()
  )
    return [removeStatement(statement)];
  return [];
}

export const mathInstead: Readonly<Record<string, string>> = {
  exp: "exp(x)",
  log: "log(x)",
  tanh: "tanh(x)",
  sqrt: "sqrt(x)",
  abs: "abs(x)",
  floor: "floor(x)",
  max: "max(a, b)",
  min: "min(a, b)",
  pow: "x * x for a square and x * x * x for a cube, or exp(y * log(x)) for positive x only",
  ceil: "-floor(-x)",
  round: "floor(x + 0.5)",
  trunc: "select(x < 0, -floor(-x), floor(x))",
  sign: "select(x < 0, -1, 1)",
  fround: "x: every value is an f32 already",
  sin: "a table, computed on the host and read as an input",
  cos: "a table, computed on the host and read as an input",
  random: "an input of random numbers, seeded on the host",
  hypot: "sqrt(a * a + b * b)",
  exp2: "exp(x * 0.6931471805599453)",
  log2: "log(x) * 1.4426950408889634",
  cbrt: "exp(log(x) / 3)",
  imul: "a * b on u32 or i32",
};

export function named(name: string): string | undefined {
  if (name.startsWith("Math.")) {
    const instead = Object.hasOwn(mathInstead, name.slice(5)) ? mathInstead[name.slice(5)] : undefined;
    return instead === undefined ? 'use the functions of "treefold"' : `write ${instead}`;
  }
  switch (name.split(".")[0]) {
    case "undefined":
      return "write a number";
    case "console":
      return "remove it: a body computes a value and does nothing else; print results on the host";
    case "Number":
      return "write the number itself";
    case "Array":
    case "Object":
    case "JSON":
      return `kernels have tensors, numbers and reducer states only; ${sumInstead}`;
    case "Date":
    case "performance":
      return "remove it: a kernel's result depends on its inputs only";
    default:
      return undefined;
  }
}

/** Whether a name is one of `Math`'s that the language does not have. */
export function isJavaScriptMath(reading: Reading, name: string): boolean {
  return Object.hasOwn(mathInstead, name) && !intrinsicNames.has(name) && reading.scopes.library(name) === undefined;
}
