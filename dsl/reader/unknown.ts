/** What the language does not have, and what to write instead. */
import { Node, SyntaxKind } from "ts-morph";
import { evaluate } from "./expressions.ts";
import { shorten, type Reading } from "./reading.ts";
import type { Scope, Value } from "./values.ts";

const sumInstead = "write sum(axis, \"chain\", (item) => …), or reduce with a reducer of your own";

/** Accumulation by assignment. */
export function reportAssignment(reading: Reading, node: Node): Value {
  return reading.fault("R001", node, `'${shorten(node.getText())}' accumulates outside a reduction`, sumInstead);
}

const byKind = new Map<SyntaxKind, readonly [message: string, fix: string]>([
  [SyntaxKind.AwaitExpression, ["'await'", "write the value itself: a body is one expression, not a process"]],
  [SyntaxKind.YieldExpression, ["'yield'", "return one value: a body is one expression, not a process"]],
  [SyntaxKind.SpreadElement, ["a spread '...'", "give the arguments one by one"]],
  [SyntaxKind.SpreadAssignment, ["a spread '...'", "write the fields one by one"]],
  [SyntaxKind.NewExpression, ["'new'", "inputs and consts hold all values: there are no objects to make"]],
  [SyntaxKind.ThisKeyword, ["'this'", "take inputs and axes from the body's parameters"]],
  [SyntaxKind.BigIntLiteral, ["a bigint", "write the number without n"]],
  [SyntaxKind.NullKeyword, ["'null'", "write a number; to leave an element out, choose a neutral value with select(condition, value, 0)"]],
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
export function reportUnknown(reading: Reading, node: Node, words?: { what: string; fix: string }): Value {
  const known = byKind.get(node.getKind());
  const name = Node.isIdentifier(node) || Node.isPropertyAccessExpression(node) ? node.getText() : undefined;
  const [what, fix] = words !== undefined ? [words.what, words.fix]
    : known ?? (name !== undefined && named(name) !== undefined ? [`'${name}'`, named(name)!]
      : [name !== undefined ? `'${name}'` : `'${shorten(node.getText())}' (${node.getKindName()})`,
        "write const declarations, arithmetic, comparisons, ?:, calls of tensors and functions, and a return"]);
  return reading.fault("R010", node, `${what} is not part of the language`, fix);
}

const mathInstead: Readonly<Record<string, string>> = {
  exp: "exp(x)", log: "log(x)", tanh: "tanh(x)", sqrt: "sqrt(x)", abs: "abs(x)", floor: "floor(x)", max: "max(a, b)", min: "min(a, b)",
  pow: "x * x for a square, or exp(y * log(x))", ceil: "-floor(-x)", round: "floor(x + 0.5)", trunc: "select(x < 0, -floor(-x), floor(x))",
  sign: "select(x < 0, -1, 1)", fround: "x: every value is an f32 already", sin: "a table, computed on the host and read as an input",
  cos: "a table, computed on the host and read as an input", random: "an input of random numbers, seeded on the host", hypot: "sqrt(a * a + b * b)",
  exp2: "exp(x * 0.6931471805599453)", log2: "log(x) * 1.4426950408889634", cbrt: "exp(log(x) / 3)", imul: "a * b on u32 or i32",
};

function named(name: string): string | undefined {
  if (name.startsWith("Math.")) {
    const instead = mathInstead[name.slice(5)];
    return instead === undefined ? "use the functions of \"treefold\"" : `write ${instead}`;
  }
  switch (name.split(".")[0]) {
    case "undefined": return "write a number";
    case "console": return "remove it: a body computes a value and does nothing else; print results on the host";
    case "Number": return "write the number itself";
    case "Array": case "Object": case "JSON": return `kernels have tensors, numbers and reducer states only; ${sumInstead}`;
    case "Date": case "performance": return "remove it: a kernel's result depends on its inputs only";
    default: return undefined;
  }
}

const arrayMethods: Readonly<Record<string, string>> = {
  map: "write the element's expression: the body is given one point of the output's axes",
  forEach: "write the element's expression: the body is given one point of the output's axes",
  filter: "keep all items and choose: sum(axis, tree, (item) => select(condition, x(item), 0))",
  slice: "reduce over a range: below(axis, n) or upTo(axis, last)",
  fill: "write the element's expression", at: "index by a call: x(token, channel)",
};

/** Calls that newcomers write: `Math.exp(x)`, `xs.reduce(…)`, `atomicAdd(…)`; undefined where there is nothing to say. */
export function unknownCall(reading: Reading, node: Node & { getExpression(): Node }, scope: Scope): Value | undefined {
  const callee = node.getExpression();
  if (Node.isIdentifier(callee) && /^atomic(Add|Sub|Max|Min|And|Or|Xor|Exchange|Load|Store)$/.test(callee.getText())) return atomics(reading, node);
  if (Node.isIdentifier(callee) && scope.find(callee.getText()) === undefined) return unknownFunction(reading, node, callee.getText());
  if (Node.isPropertyAccessExpression(callee)) {
    const of = callee.getExpression();
    const method = callee.getName();
    const global = Node.isIdentifier(of) && scope.find(of.getText()) === undefined ? of.getText() : undefined;
    if (global === "Atomics") return atomics(reading, node);
    if (global === "Math") {
      const args = (node as Node & { getArguments?: () => Node[] }).getArguments?.() ?? [];
      const value = args.length === 1 && method === "sqrt" ? evaluateQuietly(reading, args[0]!, scope) : undefined;
      if (value?.kind === "literal") return { kind: "literal", value: Math.sqrt(value.value), decimal: true };
      return reportUnknown(reading, callee);
    }
    if (global !== undefined && named(global) !== undefined) return reportUnknown(reading, callee);
    const instead = arrayMethods[method];
    if (instead === undefined && method !== "reduce" && method !== "reduceRight") return undefined;
    const object = evaluate(reading, of, scope);
    if (object.kind === "namespace") return undefined;
    return instead !== undefined ? reportUnknown(reading, callee.getNameNode(), { what: `'.${method}(…)'`, fix: instead })
      : reading.fault("R001", callee.getNameNode(), `'.${method}(…)' accumulates outside a reduction`, sumInstead);
  }
  return undefined;
}

function evaluateQuietly(reading: Reading, node: Node, scope: Scope): Value {
  const before = reading.report.size;
  const value = evaluate(reading, node, scope);
  reading.report.rewind(before);
  return value;
}

function atomics(reading: Reading, node: Node): Value {
  return reading.fault("R011", node, "an atomic accumulates in the order in which threads arrive",
    "write sum(axis, \"chain\", (item) => …) on the side that is written: every element has one writer");
}

function unknownFunction(reading: Reading, node: Node, name: string): Value | undefined {
  const instead: Readonly<Record<string, string>> = {
    dot: sumInstead, fma: "write a * b + c: the compiler fuses where that is exact", inverseSqrt: "write rsqrt(x)",
    mean: "write sum(axis, tree, leaf) / f32(extent(axis))", softmax: "write it with max, sum and exp, or reduce over runs",
    prod: "reduce with a reducer of your own: state { p: \"f32\" }, identity { p: 1 }", Float32Array: "use the inputs",
    parseInt: "write u32(x) or i32(x)", parseFloat: "write f32(x)", Number: "write f32(x)", BigInt: "use u32 or i32", f16: "use bf16(x)",
    workgroupBarrier: "remove it: the schedule is the compiler's", subgroupAdd: sumInstead, require: "write an import",
  };
  const fix = instead[name];
  return fix === undefined ? undefined : reportUnknown(reading, node, { what: `'${name}(…)'`, fix });
}

/** Statements that a body can't have. Their insides are read where that shows more faults. */
export function unknownStatement(reading: Reading, node: Node, scope: Scope): void {
  if (Node.isForStatement(node) || Node.isForInStatement(node) || Node.isForOfStatement(node) || Node.isWhileStatement(node) || Node.isDoStatement(node)) {
    reading.report.add("R001", node, "a loop accumulates outside a reduction", sumInstead);
  } else if (Node.isIfStatement(node)) {
    reportUnknown(reading, node, { what: "'if'", fix: "write condition ? whenTrue : whenFalse, or select(condition, whenTrue, whenFalse)" });
  } else if (Node.isExpressionStatement(node)) {
    const before = reading.report.size;
    const value = evaluate(reading, node.getExpression(), scope);
    if (reading.report.size === before && value.kind !== "fault") {
      reportUnknown(reading, node, { what: "a statement whose value goes nowhere", fix: "remove it, or bind it with const and use it" });
    }
  } else {
    const words: Readonly<Record<string, readonly [string, string]>> = {
      TryStatement: ["'try'", "remove it: nothing in a kernel throws"], ThrowStatement: ["'throw'", "remove it: check inputs on the host"],
      SwitchStatement: ["'switch'", "write condition ? whenTrue : whenFalse"], ClassDeclaration: ["a class", "write plain functions"],
      LabeledStatement: ["a label", "remove it: there are no loops"], Block: ["a block", "write its consts in the body itself"],
      DebuggerStatement: ["'debugger'", "remove it: a body is read, not run"],
    };
    const [what, fix] = words[node.getKindName()] ?? [`'${node.getKindName()}'`, "write const declarations and a return"];
    reportUnknown(reading, node, { what, fix });
  }
}
