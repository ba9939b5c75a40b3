/** Calls that newcomers write: methods of arrays and numbers, atomics, tests, and functions of other languages. */
import { Node } from "ts-morph";
import { callFunction } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { fitted, operandText, replaceBy, shorten, write } from "./fixes.ts";
import { standIn } from "./poison.ts";
import { callIntrinsic } from "./intrinsics.ts";
import { intrinsicNames, reductionNames } from "./intrinsic-names.ts";
import { writtenOut } from "./other-functions.ts";
import { indicesFor } from "./points.ts";
import type { Reading } from "./reading.ts";
import { describe, fault, fieldNode, scalar, type Scope, type Value } from "./values.ts";
import { sumInstead, reportUnknown, named } from "./unknown.ts";
import { readMath, type CallLike } from "./math-calls.ts";
import { reductions, functionInstead, otherMeant, unknownFunction } from "./unknown-functions.ts";

const arrayMethods: Readonly<Record<string, string>> = {
  map: "write the element's expression: the body is given one point of the output's axes",
  forEach: "write the element's expression: the body is given one point of the output's axes",
  filter: "keep all items and choose: sum(axis, tree, (item) => select(condition, x(item), 0))",
  slice: "reduce over a range: below(axis, n) or upTo(axis, last)",
  fill: "write the element's expression",
  at: "index by a call: x(token, channel)",
};

/**
 * Calls that newcomers write: `Math.exp(x)`, `xs.reduce(…)`, `atomicAdd(…)`; undefined where there is nothing to say.
 */
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

function reportAtomic(reading: Reading, node: Node): void {
  reading.report.add(
    "R011",
    node,
    "an atomic accumulates in the order in which threads arrive",
    'write sum(axis, "chain", (item) => …) on the side that is written: every element has one writer',
  );
}
