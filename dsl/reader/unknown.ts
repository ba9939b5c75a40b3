/** What the language does not have, and what to write instead. */
import { Node, SyntaxKind, type BinaryExpression } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import { callFunction, unknownOf } from "./functions.ts";
import { fitted, operandText, removeStatement, replaceBy, shorten, shown, write } from "./fixes.ts";
import { standIn } from "./holes.ts";
import { editAt, type Fix } from "./report.ts";
import { callIntrinsic } from "./intrinsics.ts";
import { intrinsicNames, reductionNames } from "./intrinsic-names.ts";
import { removeImport } from "./imports.ts";
import { writtenOut } from "./other-functions.ts";
import { indicesFor } from "./points.ts";
import { insteadOfPower } from "./powers.ts";
import type { Reading } from "./reading.ts";
import { nearest } from "./suggest.ts";
import { describe, fault, fieldNode, scalar, type Scope, type Value } from "./values.ts";

/** In the place of a call, where its arguments tell what to write; else in words. */
function callInstead(node: CallLike, name: string, words: string): string | Fix {
  const text = writtenOut(name, node.getArguments());
  return text === undefined
    ? words
    : write(
        node,
        / [-+*/] |^-/.test(text) ? fitted(node, text) : text,
        name === "mean" ? "" : name === "f16" ? ", which rounds to bf16" : "",
      );
}

const sumInstead = 'write sum(axis, "chain", (item) => …), or reduce with a reducer of your own';

/** Accumulation by assignment. What a refused loop assigns goes away with the loop; the values are read all the same. */
export function reportAssignment(reading: Reading, node: Node, scope: Scope): Value {
  const isStore =
    Node.isBinaryExpression(node) && node.getOperatorToken().getText() === "=" && !Node.isIdentifier(node.getLeft());
  if (reading.refused === 0) {
    const target = Node.isBinaryExpression(node) ? node.getLeft() : undefined;
    const declared = Node.isIdentifier(target) ? scope.find(target.getText())?.at : undefined;
    const statement = node.getParentIfKind(SyntaxKind.ExpressionStatement);
    // A value that is made over once, right where it is: a const of its own.
    if (
      statement !== undefined &&
      declared !== undefined &&
      Node.isBinaryExpression(node) &&
      Node.isBlock(statement.getParent()) &&
      statement.getParent() === declared.getFirstAncestorByKind(SyntaxKind.Block)
    )
      reading.report.add(
        "R001",
        node,
        `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
        madeOver(node, target!, statement),
      );
    else if (isStore)
      reading.report.add(
        "R001",
        node,
        `'${shorten(node.getText())}' is an assignment, and nothing changes in a body`,
        "return the value: the body gives it for each point of the output's axes; where to write it, if not there, says scatter([index, …], value)",
      );
    else reading.report.add("R001", node, `'${shorten(node.getText())}' accumulates outside a reduction`, sumInstead);
  }
  if (!Node.isBinaryExpression(node)) return fault;
  const target = node.getLeft();
  const index = Node.isElementAccessExpression(target) ? target.getArgumentExpression() : undefined;
  if (index !== undefined) reading.evaluate(index, scope);
  return unknownOf(reading, [reading.evaluate(node.getRight(), scope)], [node.getRight()]);
}

/** An assignment as a const of another name, which is used from there on. */
function madeOver(node: BinaryExpression, target: Node, statement: Node): Fix {
  const name = target.getText();
  const block = statement.getParentOrThrow();
  const taken = new Set(block.getDescendantsOfKind(SyntaxKind.Identifier).map((one) => one.getText()));
  let fresh = `${name}2`;
  for (let i = 3; taken.has(fresh); i++) fresh = `${name}${i}`;
  const operator = node.getOperatorToken().getText().slice(0, -1);
  const value = operator === "" ? node.getRight().getText() : `${name} ${operator} ${operandText(node.getRight())}`;
  const later = block
    .getDescendantsOfKind(SyntaxKind.Identifier)
    .filter((one) => one.getText() === name && one.getStart() > statement.getEnd());
  const keyword = block
    .getDescendantsOfKind(SyntaxKind.VariableDeclaration)
    .find((one) => one.getName() === name)
    ?.getParent()
    ?.getFirstChild();
  return {
    words: `write const ${fresh} = ${shown(value)}, and use ${fresh} from there on; to accumulate, ${sumInstead.replace(/^write /, "write ")}`,
    edits: [
      replaceBy(node, `const ${fresh} = ${value}`),
      ...later.map((one) =>
        replaceBy(one, Node.isShorthandPropertyAssignment(one.getParent()) ? `${name}: ${fresh}` : fresh),
      ),
      ...(keyword !== undefined && keyword.getText() !== "const" ? [replaceBy(keyword, "const")] : []),
    ],
  };
}

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

function named(name: string): string | undefined {
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

const arrayMethods: Readonly<Record<string, string>> = {
  map: "write the element's expression: the body is given one point of the output's axes",
  forEach: "write the element's expression: the body is given one point of the output's axes",
  filter: "keep all items and choose: sum(axis, tree, (item) => select(condition, x(item), 0))",
  slice: "reduce over a range: below(axis, n) or upTo(axis, last)",
  fill: "write the element's expression",
  at: "index by a call: x(token, channel)",
};

type CallLike = Node & { getExpression(): Node; getArguments(): Node[] };

/** Calls that newcomers write: `Math.exp(x)`, `xs.reduce(…)`, `atomicAdd(…)`; undefined where there is nothing to say. */
export function unknownCall(reading: Reading, node: CallLike, scope: Scope): Value | undefined {
  const callee = node.getExpression();
  const args = node.getArguments();
  /** What is left of the call: its arguments are read. */
  const rest = (...others: Value[]): Value =>
    unknownOf(reading, [...args.map((arg) => reading.evaluate(arg, scope)), ...others], args);
  if (Node.isIdentifier(callee)) {
    const name = callee.getText();
    if (/^atomic(Add|Sub|Max|Min|And|Or|Xor|Exchange|Load|Store)$/.test(name)) {
      reportAtomic(reading, node);
      rest();
      return fault;
    }
    const binding = scope.find(name);
    const test = binding === undefined ? testInstead(reading, node, undefined, name) : undefined;
    if (test !== undefined) {
      rest();
      return test;
    }
    // A name that "treefold" was asked for in vain is as unknown as one that was not imported.
    const isFree =
      binding === undefined ||
      (Node.isImportSpecifier(binding.at) &&
        (functionInstead(name) ?? otherMeant(name)) !== undefined &&
        binding.value().kind === "fault");
    return isFree ? unknownFunction(reading, node, name, scope, rest) : undefined;
  }
  if (!Node.isPropertyAccessExpression(callee)) return undefined;
  const of = callee.getExpression();
  const method = callee.getName();
  const global = Node.isIdentifier(of) && scope.find(of.getText()) === undefined ? of.getText() : undefined;
  if (global === "Atomics") {
    reportAtomic(reading, node);
    rest();
    return fault;
  }
  if (global === "Math") return readMath(reading, node, method, scope);
  if (global === "Object" && method === "assign") return readAssign(reading, node, scope);
  const test = testInstead(reading, node, global, method);
  if (test !== undefined) return test;
  if (global !== undefined && named(global) !== undefined) {
    reportUnknown(reading, callee);
    return rest();
  }
  const instead = Object.hasOwn(arrayMethods, method) ? arrayMethods[method] : undefined;
  if (instead === undefined && method !== "reduce" && method !== "reduceRight")
    return readMethod(reading, node, method, of, scope);
  const object = reading.evaluate(of, scope);
  if (object.kind === "namespace") return undefined;
  if (instead !== undefined) reportUnknown(reading, callee.getNameNode(), { what: `'.${method}(…)'`, fix: instead });
  else reading.report.add("R001", callee.getNameNode(), `'.${method}(…)' accumulates outside a reduction`, sumInstead);
  // A reduction in its place would bind the axes that are open here.
  reading.refused += 1;
  const left = rest(object);
  reading.refused -= 1;
  return instead === undefined ? fault : left;
}

/** `Object.assign(a, { b })`: the fields of all, one by one. */
function readAssign(reading: Reading, node: CallLike, scope: Scope): Value {
  const args = node.getArguments();
  const values = args.map((arg) => reading.evaluate(arg, scope));
  const fields = new Map<string, Value>();
  const texts = new Map<string, string>();
  values.forEach((value, position) => {
    const arg = args[position]!;
    if (value.kind !== "record") return;
    for (const [name, field] of value.fields) {
      fields.set(name, field);
      texts.set(
        name,
        Node.isObjectLiteralExpression(arg)
          ? (fieldNode(value, name)?.getText() ?? name)
          : `${operandText(arg)}.${name}`,
      );
    }
  });
  const text = `{ ${[...texts].map(([name, value]) => (name === value ? name : `${name}: ${value}`)).join(", ")} }`;
  const isWhole = values.every((value) => value.kind === "record") && texts.size > 0;
  reportUnknown(reading, node.getExpression(), {
    what: "'Object.assign'",
    fix: isWhole ? write(node, text) : "write the fields one by one: { a: first.a, b: second.b }",
  });
  return isWhole ? { kind: "record", fields } : unknownOf(reading, values, args);
}

/** JavaScript's tests of numbers, as conditions of the language. */
function testInstead(reading: Reading, node: CallLike, global: string | undefined, method: string): Value | undefined {
  const [only, ...others] = node.getArguments();
  if ((global !== undefined && global !== "Number") || only === undefined || others.length > 0) return undefined;
  if (global === undefined && Node.isPropertyAccessExpression(node.getExpression())) return undefined;
  const x = only.getText();
  const parent = node.getParent();
  const text =
    method === "isNaN" && global !== undefined
      ? `isNaN(${x})`
      : method === "isFinite"
        ? `!isNaN(${x}) && !isInfinite(${x})`
        : method === "isInteger" && global !== undefined
          ? `floor(${x}) === ${operandText(only)}`
          : undefined;
  if (text === undefined) return undefined;
  const isOperand = method !== "isNaN" && (Node.isPrefixUnaryExpression(parent) || Node.isBinaryExpression(parent));
  reportUnknown(reading, node.getExpression(), {
    what: `'${node.getExpression().getText()}'`,
    fix: write(node, isOperand ? `(${text})` : text),
  });
  return scalar(reading.at(node, standIn(reading.pool, "bool", [])));
}

/** Functions of numbers that others call as methods of them. */
const valueFunctions: ReadonlySet<string> = new Set(["abs", "floor", "max", "min", "bf16", "f32", "u32", "i32"]);
/** Methods that leave a number what it is, or write it as text. */
const valueMethods: ReadonlySet<string> = new Set([
  "toFixed",
  "toString",
  "valueOf",
  "toPrecision",
  "toExponential",
  "toLocaleString",
  "item",
  "clone",
  "contiguous",
  "detach",
]);

/** `x.sum()`, as libraries of tensors have it. */
function readMethod(reading: Reading, node: CallLike, method: string, of: Node, scope: Scope): Value | undefined {
  const isFunction = valueFunctions.has(method) || reading.scopes.library(method) !== undefined;
  const given = node.getArguments();
  const written = reductionNames.has(method) ? undefined : writtenOut(method, [of, ...given]);
  if (
    !reductionNames.has(method) &&
    !reductions.has(method) &&
    !isFunction &&
    !valueMethods.has(method) &&
    written === undefined
  )
    return undefined;
  const before = reading.report.size;
  const object = reading.evaluate(of, scope);
  if (
    (object.kind !== "tensor" && object.kind !== "scalar" && object.kind !== "axis") ||
    (object.kind === "axis" && !isFunction && !valueMethods.has(method)) ||
    (object.kind === "tensor" && written !== undefined && !isFunction && !reductions.has(method))
  ) {
    reading.report.rewind(before);
    return undefined;
  }
  if (object.kind !== "tensor" && valueMethods.has(method)) {
    reportUnknown(reading, node, {
      what: `'.${method}(…)'`,
      fix: { words: "a value has no methods: leave it out", edits: [replaceBy(node, of.getText())] },
    });
    return reading.typeOf(object) === "f32" ? object : unknownOf(reading, [object], [of]);
  }
  if (object.kind !== "tensor" && !isFunction && !reductions.has(method) && written !== undefined) {
    reportUnknown(reading, node, {
      what: `'.${method}(…)' of ${describe(object)}`,
      fix: write(node, / [-+*/] |^-/.test(written) ? fitted(node, written) : written),
    });
    return unknownOf(reading, [object, ...given.map((one) => reading.evaluate(one, scope))], [of, ...given]);
  }
  if (object.kind !== "tensor" && isFunction && given.length === (method === "max" || method === "min" ? 1 : 0)) {
    const inside = [of, ...given];
    const plain = Node.isParenthesizedExpression(of) ? of.getExpression() : of;
    reportUnknown(reading, node, {
      what: `'.${method}(…)' of ${describe(object)}`,
      fix: write(node, `${method}(${[plain, ...given].map((one) => one.getText()).join(", ")})`),
    });
    if (intrinsicNames.has(method)) return callIntrinsic(reading, method, node, inside, scope);
    const library = reading.scopes.library(method);
    return library?.kind === "function" ? callFunction(reading, library, [object], node, inside) : fault;
  }
  const text = shorten(of.getText());
  const element =
    object.kind === "tensor"
      ? `${text}(${object.input.axes
          .slice(0, -1)
          .map((axis) => `${axis}, `)
          .join("")}item)`
      : text;
  // The axis that is named, or the last one.
  const named = node.getArguments().map((arg) => arg.getText());
  const axes = object.kind === "tensor" ? object.input.axes : [];
  const axis = axes.find((one) => named.includes(one)) ?? axes.at(-1) ?? "axis";
  const item = axes.map((one) => (one === axis ? "item" : one)).join(", ");
  reportUnknown(reading, node, {
    what: `'.${method}(…)' of ${describe(object)}`,
    fix:
      reductionNames.has(method) && method !== "reduce" && object.kind === "tensor"
        ? write(node, `${method}(${axis}, "chain", (item) => ${text}(${item}))`)
        : object.kind === "tensor" && reading.scopes.library(method) !== undefined
          ? write(node, `${method}(${text}(${indicesFor(reading, object.input.axes, node).join(", ")}))`)
          : method === "reduce" || !reductionNames.has(method)
            ? reductions.has(method)
              ? `write it with sum(${axis}, "chain", (item) => ${element})`
              : `write ${method}(${object.kind === "tensor" ? `${text}(${object.input.axes.join(", ")})` : text})`
            : `write ${method}(${axis}, "chain", (item) => ${element})`,
  });
  for (const arg of node.getArguments()) reading.evaluate(arg, scope);
  return fault;
}

/** `Math.sqrt(2)` is a constant; other functions of `Math` go on as those of the language, or as some f32 of their arguments. */
function readMath(reading: Reading, node: CallLike, method: string, scope: Scope): Value {
  const args = node.getArguments();
  const before = reading.report.size;
  const values = args.map((arg) => reading.evaluate(arg, scope));
  const [first] = values;
  if (method === "sqrt" && values.length === 1 && first?.kind === "literal" && reading.report.size === before) {
    return { kind: "literal", value: Math.sqrt(first.value), decimal: true };
  }
  const callee = node.getExpression();
  if ((method === "max" || method === "min") && args.length === 3 && values[2]?.kind === "function") {
    if (method === "max")
      reportUnknown(reading, callee, { what: "'Math.max'", fix: reductionInstead(callee, args[0]!) });
    return callIntrinsic(reading, method, node, args, scope);
  }
  const words = Object.hasOwn(mathInstead, method) ? `write ${mathInstead[method]}` : 'use the functions of "treefold"';
  reportUnknown(
    reading,
    callee,
    (method === "pow" ? powerWords("Math.pow", node, values) : undefined) ?? {
      what: `'${callee.getText()}'`,
      fix: ofIntegers(reading, node, method, values) ?? callInstead(node, method, words),
    },
  );
  // Which dtype is meant is said once this is mended.
  const types = new Set(values.map((value) => reading.typeOf(value)));
  if ((method === "max" || method === "min") && !types.has("f32")) return unknownOf(reading, values, args);
  const floats =
    ofIntegers(reading, node, method, values) === undefined
      ? values
      : values.map((value, position) =>
          value.kind === "literal"
            ? value
            : scalar(standIn(reading.pool, "f32", [reading.expr(value, args[position]!) ?? []].flat())),
        );
  if (floats !== values)
    return scalar(
      reading.at(
        node,
        standIn(
          reading.pool,
          "f32",
          floats.flatMap((value) => (value.kind === "scalar" ? [value.expr] : [])),
        ),
      ),
    );
  return likeMath(reading, node, method, values, scope);
}

/** `Math.max(axis, tree, leaf)`: the edit holds the parenthesis, so that the import is added with it. */
function reductionInstead(callee: Node, first: Node): Fix {
  return {
    words: "write max, the reduction",
    edits: [editAt(callee.getSourceFile(), callee.getStart(), first.getStart(), "max(")],
  };
}

/** A call of one of `Math`'s float functions, where an argument is an integer: it is converted first. */
function ofIntegers(reading: Reading, node: CallLike, method: string, values: readonly Value[]): Fix | undefined {
  const isInteger = (value: Value): boolean => reading.typeOf(value) === "u32" || reading.typeOf(value) === "i32";
  if (!values.some(isInteger) || ["max", "min", "abs", "imul", "sign", "pow"].includes(method)) return undefined;
  const text = writtenOut(method, node.getArguments(), (position) => isInteger(values[position]!));
  return text === undefined ? undefined : write(node, / [-+*/] |^-/.test(text) ? fitted(node, text) : text);
}

function powerWords(
  name: string,
  node: CallLike,
  values: readonly Value[],
): { what: string; fix: string | Fix } | undefined {
  const [base, exponentAt] = node.getArguments();
  const exponent = values[1]?.kind === "literal" ? values[1].value : undefined;
  return base === undefined || exponentAt === undefined
    ? undefined
    : { what: `'${name}'`, fix: insteadOfPower(node, base, exponentAt, exponent) };
}

function likeMath(reading: Reading, node: CallLike, method: string, values: readonly Value[], scope: Scope): Value {
  const args = node.getArguments();
  const arity = method === "max" || method === "min" ? 2 : 1;
  if (values.length === arity && values.every((value) => value.kind !== "fault")) {
    if (intrinsicNames.has(method)) return callIntrinsic(reading, method, node, args, scope);
    const library = reading.scopes.library(method);
    if (library?.kind === "function") return callFunction(reading, library, values, node, args);
  }
  if (method === "imul" || method === "max" || method === "min") return unknownOf(reading, values, args);
  return scalar(
    reading.at(
      node,
      standIn(
        reading.pool,
        "f32",
        values.flatMap((value, position) => reading.expr(value, args[position]!, "f32") ?? []),
      ),
    ),
  );
}

function reportAtomic(reading: Reading, node: Node): void {
  reading.report.add(
    "R011",
    node,
    "an atomic accumulates in the order in which threads arrive",
    'write sum(axis, "chain", (item) => …) on the side that is written: every element has one writer',
  );
}

/** What others call reductions: one of ours in its place would bind the axes that are open in their arguments. */
const reductions: ReadonlySet<string> = new Set([
  "dot",
  "mean",
  "softmax",
  "prod",
  "subgroupAdd",
  "any",
  "all",
  "count",
  "variance",
  "norm",
  "matmul",
  "einsum",
]);

/** A fix that takes the name out of the import, too, where it was asked for in vain. */
function withoutImport(scope: Scope, name: string, fix: string | Fix): string | Fix {
  const at = scope.find(name)?.at;
  if (at === undefined || typeof fix === "string" || fix.edits.length === 0) return fix;
  const uses = at
    .getSourceFile()
    .getDescendantsOfKind(SyntaxKind.CallExpression)
    .filter((call) => call.getExpression().getText() === name);
  return uses.length > 1 ? fix : { ...fix, edits: [...fix.edits, removeImport(at)] };
}

/** What others call functions, and what to write instead. */
const otherFunctions: Readonly<Record<string, string>> = {
  dot: sumInstead,
  fma: "write a * b + c: the compiler fuses where that is exact",
  inverseSqrt: "write rsqrt(x)",
  mean: "write sum(axis, tree, leaf) / f32(extent(axis))",
  softmax: "write it with max, sum and exp, or reduce over runs",
  prod: 'reduce with a reducer of your own: state { p: "f32" }, identity { p: 1 }',
  Float32Array: "use the inputs",
  parseInt: "write u32(x) or i32(x)",
  parseFloat: "write f32(x)",
  Number: "write f32(x)",
  BigInt: "use u32 or i32",
  f16: "use bf16(x)",
  where: "write select(condition, whenTrue, whenFalse)",
  relu: "write max(x, 0)",
  clamp: "write min(max(x, low), high)",
  clip: "write min(max(x, low), high)",
  square: "write x * x",
  log1p: "write log(1 + x)",
  expm1: "write exp(x) - 1",
  softplus: "write log(1 + exp(x))",
  range: "reduce over below(axis, n), or over the axis itself",
  any: "write max(axis, tree, (item) => select(condition, 1, 0)) > 0",
  all: "write -max(axis, tree, (item) => select(condition, -1, 0)) > 0",
  count: "write sum(axis, tree, (item) => select(condition, 1, 0))",
  variance: "write it with two sums, or reduce with Welford's reducer",
  norm: "write sqrt(sum(axis, tree, (item) => x(item) * x(item)))",
  matmul: "write sum(axis, tree, (k) => a(row, k) * b(k, column))",
  einsum: "write sum(axis, tree, (k) => a(row, k) * b(k, column))",
  zeros: "write 0: the body gives one element",
  ones: "write 1: the body gives one element",
  workgroupBarrier: "remove it: the schedule is the compiler's",
  subgroupAdd: sumInstead,
  require: "write an import",
};

/** What to write instead of a function that the language has not, in words. */
export function functionInstead(name: string): string | undefined {
  if (Object.hasOwn(otherFunctions, name)) return otherFunctions[name];
  return Object.hasOwn(mathInstead, name) ? `write ${mathInstead[name]}` : undefined;
}

/** Another's function whose name is nearly this one. */
export function otherMeant(name: string): string | undefined {
  return name.length < 5 ? undefined : nearest(name, Object.keys(otherFunctions));
}

function unknownFunction(
  reading: Reading,
  node: CallLike,
  written: string,
  scope: Scope,
  rest: () => Value,
): Value | undefined {
  const isKnown =
    functionInstead(written) !== undefined ||
    nearest(
      written,
      [...scope.names(), ...reading.scopes.languageNames()].filter((one) => one !== written),
    ) !== undefined;
  const name = isKnown ? written : (otherMeant(written) ?? written);
  const isMath = isJavaScriptMath(reading, name);
  const fix = Object.hasOwn(otherFunctions, name)
    ? otherFunctions[name]!
    : isMath
      ? `write ${mathInstead[name]}`
      : undefined;
  if (fix === undefined) return undefined;
  const values = isMath ? node.getArguments().map((arg) => reading.evaluate(arg, scope)) : [];
  reportUnknown(
    reading,
    node,
    (name === "pow" ? powerWords("pow(…)", node, values) : undefined) ?? {
      what: `'${written}(…)'`,
      fix: withoutImport(scope, written, callInstead(node, name, fix)),
    },
  );
  if (isMath) return likeMath(reading, node, name, values, scope);
  const left = rest();
  return reductions.has(name) ? fault : left;
}

/** Whether a name is one of `Math`'s that the language does not have. */
export function isJavaScriptMath(reading: Reading, name: string): boolean {
  return Object.hasOwn(mathInstead, name) && !intrinsicNames.has(name) && reading.scopes.library(name) === undefined;
}
