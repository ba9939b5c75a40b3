/** Calls of JavaScript's Math, and of what other languages have in its place. */
import { Node } from "ts-morph";
import { callFunction } from "./functions.ts";
import { unknownOf } from "./unknown-value.ts";
import { fitted, instead, shown, write } from "./fixes.ts";
import { standIn } from "./poison.ts";
import { editAt, type Fix } from "./report.ts";
import { callIntrinsic } from "./intrinsics.ts";
import { intrinsicNames } from "./intrinsic-names.ts";
import { writtenOut } from "./other-functions.ts";
import { insteadOfPower } from "./powers.ts";
import type { Reading } from "./reading.ts";
import { scalar, type Scope, type Value } from "./values.ts";
import { reportUnknown, mathInstead } from "./unknown.ts";

/** In the place of a call, where its arguments tell what to write; else in words. */
export function callInstead(node: CallLike, name: string, words: string): string | Fix {
  const text = writtenOut(name, node.getArguments());
  return text === undefined
    ? words
    : write(
        node,
        / [-+*/] |^-/.test(text) ? fitted(node, text) : text,
        name === "f16"
          ? ", which rounds to bf16"
          : name === "round"
            ? ", which is not Math.round where x + 0.5 is rounded itself: just below 0.5, and from 2 ** 23 on"
            : "",
      );
}

export type CallLike = Node & { getExpression(): Node; getArguments(): Node[] };

/**
 * `Math.sqrt(2)` is a constant; other functions of `Math` go on as those of the language, or as some f32 of their
 * arguments.
 */
export function readMath(reading: Reading, node: CallLike, method: string, scope: Scope): Value {
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
  if (isWholeIndex(reading, node, method, values)) {
    const text = args[0]!.getText();
    reportUnknown(reading, callee, {
      what: `'${callee.getText()}'`,
      fix: { ...instead(`write ${shown(text)}`, node, text), more: ": a quotient of integers is truncated" },
    });
    return first!;
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

/** `x(token, Math.floor(channel / 2))`: an index that is whole as it is. */
function isWholeIndex(reading: Reading, node: CallLike, method: string, values: readonly Value[]): boolean {
  const around = node.getParent();
  return (
    (method === "floor" || method === "trunc") &&
    values.length === 1 &&
    ["u32", "i32"].includes(reading.typeOf(values[0]!) ?? "") &&
    Node.isCallExpression(around) &&
    around.getArguments().includes(node) &&
    reading.inputs.has(around.getExpression().getText())
  );
}

/** A call of one of `Math`'s float functions, where an argument is an integer: it is converted first. */
function ofIntegers(reading: Reading, node: CallLike, method: string, values: readonly Value[]): Fix | undefined {
  const isInteger = (value: Value): boolean => reading.typeOf(value) === "u32" || reading.typeOf(value) === "i32";
  if (!values.some(isInteger) || ["max", "min", "abs", "imul", "sign", "pow"].includes(method)) return undefined;
  const text = writtenOut(method, node.getArguments(), (position) => isInteger(values[position]!));
  return text === undefined ? undefined : write(node, / [-+*/] |^-/.test(text) ? fitted(node, text) : text);
}

export function powerWords(
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

export function likeMath(
  reading: Reading,
  node: CallLike,
  method: string,
  values: readonly Value[],
  scope: Scope,
): Value {
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
