/** Calls of the language's own functions. */
import { Node } from "ts-morph";
import { choose } from "./choices.ts";
import { unknownOf } from "./unknown-value.ts";
import { standIn } from "./poison.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { fitted, insertAfter, operandText, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { otherArguments } from "./reduction-arguments.ts";
import { readRange, readRuns } from "./domains.ts";
import { readReduce, readReduction } from "./reductions.ts";
import { readReducer } from "./reducers.ts";
import { fault, scalar, type Scope, type Value } from "./values.ts";
import { withoutTree, extreme, readExtent, convert } from "./number-intrinsics.ts";
import { readGather, readScatter } from "./gathers.ts";

const usage: Readonly<Record<string, readonly [least: number, most: number, form: string]>> = {
  sum: [3, 3, 'sum(axis, "chain", (item) => …)'],
  max: [2, 3, 'max(axis, "chain", (item) => …) or max(left, right)'],
  argmax: [3, 3, 'argmax(axis, "chain", (item) => …)'],
  reduce: [4, 4, 'reduce(axis, "chain", reducer, (item) => ({ … }))'],
  min: [2, 2, "min(left, right)"],
  upTo: [2, 2, "upTo(axis, last)"],
  below: [2, 2, "below(axis, count)"],
  runs: [2, 2, "runs(axis, 64)"],
  extent: [1, 1, "extent(axis)"],
  gather: [1, Infinity, "gather(tensor, index, …)"],
  scatter: [2, 2, "scatter([index, …], value)"],
  select: [3, 3, "select(condition, whenTrue, whenFalse)"],
  bf16: [1, 1, "bf16(x)"],
  f32: [1, 1, "f32(n)"],
  u32: [1, 1, "u32(x)"],
  i32: [1, 1, "i32(x)"],
  bitsOf: [1, 1, "bitsOf(x)"],
  fromBits: [1, 1, "fromBits(n)"],
  abs: [1, 1, "abs(x)"],
  floor: [1, 1, "floor(x)"],
  reducer: [1, 1, "reducer({ state, identity, combine })"],
};

export function callIntrinsic(reading: Reading, name: string, node: Node, args: readonly Node[], scope: Scope): Value {
  if (name === "min" && args.length === 3 && reading.typeOf(reading.evaluate(args[2]!, scope)) === undefined) {
    const [domain, tree] = [args[0]!, args[1]!].map((arg) => arg.getText());
    const leaf = args[2]!;
    const body = Node.isArrowFunction(leaf) && !Node.isBlock(leaf.getBody()) ? leaf.getBody() : undefined;
    const item = Node.isArrowFunction(leaf) ? (leaf.getParameters()[0]?.getText() ?? "") : "";
    reading.report.add(
      "R019",
      node,
      "there is no reduction 'min'",
      body === undefined
        ? `write -max(${domain}, ${tree}, (item) => -(…))`
        : write(node, fitted(node, `-max(${domain}, ${tree}, (${item}) => -${operandText(body)})`)),
    );
    return readReduction(reading, "max", node, [args[0]!, args[1], args[2]!], scope);
  }
  const ordered = inOrder(name, args);
  if (ordered !== undefined) {
    reading.report.add(
      "R019",
      node,
      `the arguments of '${name}' stand in another order`,
      write(node, `${name}(${ordered.map((arg) => arg.getText()).join(", ")})`),
    );
    return callIntrinsic(reading, name, node, ordered, scope);
  }
  const values = ofValues(reading, name, node, args, scope);
  if (values !== undefined) return values;
  const form = usage[name];
  if (form !== undefined && (args.length < form[0] || args.length > form[1])) {
    const isShort =
      ((name === "sum" || name === "argmax") && args.length === 2) || (name === "reduce" && args.length === 3);
    const isTree = (arg: Node | undefined): boolean =>
      Node.isStringLiteral(arg) || Node.isNoSubstitutionTemplateLiteral(arg);
    const other = otherArguments(reading, name, node, args, () => args.map((arg) => reading.evaluate(arg, scope)));
    if (other !== undefined) {
      reading.report.add("R019", node, other.what, other.fix);
      for (const input of reading.inputs.keys()) reading.used.add(input);
      return fault;
    }
    const treeless = isShort && !isTree(args[1]);
    if (isShort && !treeless) {
      reading.report.add("R019", node, `'${name}' is given no leaf`, `write ${form[2]}: the leaf says what is folded`);
      for (const input of reading.inputs.keys()) reading.used.add(input);
      return fault;
    }
    if (name === "scatter" && args.length > 2) {
      const [place, value] = [args.slice(0, -1), args.at(-1)!];
      reading.report.add(
        "R019",
        node,
        `'scatter' is given ${args.length} arguments`,
        write(node, `scatter([${place.map((arg) => arg.getText()).join(", ")}], ${value.getText()})`),
      );
      for (const arg of args) reading.evaluate(arg, scope);
      return fault;
    }
    if (name === "scatter") {
      for (const arg of args) reading.evaluate(arg, scope);
      const [only] = args;
      const parts = Node.isObjectLiteralExpression(only)
        ? only.getProperties().map((one) => (Node.isPropertyAssignment(one) ? one.getInitializer()! : one))
        : [];
      const [place, value] = [
        parts.find(Node.isArrayLiteralExpression),
        parts.find((one) => !Node.isArrayLiteralExpression(one)),
      ];
      const isBoth =
        parts.length === 2 && place !== undefined && value !== undefined && !Node.isSpreadAssignment(value);
      reading.report.add(
        "R019",
        node,
        `'scatter' is given ${args.length} ${args.length === 1 ? "argument" : "arguments"}`,
        isBoth
          ? write(node, `scatter(${place.getText()}, ${value.getText()})`)
          : "write scatter([index, …], value), with one index for each axis of the output",
      );
      return fault;
    }
    const inserted = treeless ? insertAfter(args[0]!, ', "chain"') : undefined;
    const whole = [args[0], undefined, ...args.slice(1)].map((arg) => arg?.getText() ?? '"chain"').join(", ");
    reading.report.add(
      "R019",
      node,
      treeless
        ? `'${name}' is given no reduction tree`
        : `'${name}' is given ${args.length} ${args.length === 1 ? "argument" : "arguments"}`,
      inserted === undefined
        ? `write ${form[2]}`
        : { words: `write ${name}(${shown(whole)}), or another tree`, edits: [inserted] },
    );
    if (treeless) return withoutTree(reading, name as "sum" | "argmax" | "reduce", node, args, scope);
    return unknownOf(
      reading,
      args.map((arg) => reading.evaluate(arg, scope)),
      args,
    );
  }
  switch (name) {
    case "sum":
    case "argmax":
      return readReduction(reading, name, node, [args[0]!, args[1], args[2]!], scope);
    case "max":
      return args.length === 3
        ? readReduction(reading, name, node, [args[0]!, args[1], args[2]!], scope)
        : extreme(reading, "maximum", node, args, scope);
    case "min":
      return extreme(reading, "minimum", node, args, scope);
    case "reduce":
      return readReduce(reading, node, [args[0]!, args[1], args[2]!, args[3]!], scope);
    case "upTo":
    case "below":
      return readRange(reading, name, node, args, scope);
    case "runs":
      return readRuns(reading, args, scope);
    case "reducer":
      return readReducer(reading, args[0]!, scope);
    case "select":
      return choose(reading, node, [args[0]!, args[1]!, args[2]!], scope);
    case "extent":
      return readExtent(reading, node, args[0]!, scope);
    case "gather":
      return readGather(reading, node, args, scope);
    case "scatter":
      return readScatter(reading, node, args, scope);
    case "bf16":
    case "f32":
    case "u32":
    case "i32":
    case "bitsOf":
    case "fromBits":
    case "abs":
    case "floor":
      return convert(reading, name, node, args[0]!, scope);
    default:
      reading.report.add(
        "R010",
        node,
        `'${name}' can't stand in a body`,
        name === "kernel" ? "declare each kernel at the top of the module" : "axes are declared in 'axes'",
      );
      return fault;
  }
}

/** `sum(a, b)` of numbers, as other languages have it: there is no axis to go over. */
function ofValues(reading: Reading, name: string, node: Node, args: readonly Node[], scope: Scope): Value | undefined {
  const isOther = name === "sum" || name === "argmax" || ((name === "max" || name === "min") && args.length > 2);
  const [only] = args;
  const parts = args.length === 1 && Node.isArrayLiteralExpression(only) ? only.getElements() : args;
  if (!isOther || parts.length < 2 || parts.some((arg) => Node.isArrowFunction(arg) || Node.isStringLiteral(arg)))
    return undefined;
  const values = parts.map((arg) => reading.evaluate(arg, scope));
  if (values.some((value) => value.kind === "axis" || reading.typeOf(value) === undefined)) return undefined;
  const texts = parts.map((arg) => arg.getText());
  const together =
    name === "sum"
      ? fitted(node, parts.map(operandText).join(" + "))
      : texts.slice(1).reduce((text, next) => `${name}(${text}, ${next})`, texts[0]!);
  reading.report.add(
    "R019",
    node,
    `'${name}' is given ${parts.length} numbers, and goes over an axis`,
    name === "argmax"
      ? {
          words:
            'argmax goes over an axis: argmax(axis, "chain", (i) => …); of two values, select(right > left, ' +
            "u32(1), u32(0)) tells which is larger",
          edits: [],
        }
      : write(node, together),
  );
  const type =
    name === "argmax" ? undefined : values.map((value) => reading.typeOf(value)).find((one) => one !== "loose");
  return type === undefined || type === "bool"
    ? unknownOf(reading, values, parts)
    : scalar(
        reading.at(
          node,
          standIn(
            reading.pool,
            type,
            values.flatMap((value, position) => reading.expr(value, parts[position]!) ?? []),
          ),
        ),
      );
}

/** The arguments of a reduction as they should stand, where a tree or a leaf is plainly in another's place. */
function inOrder(name: string, args: readonly Node[]): readonly Node[] | undefined {
  const wanted = name === "reduce" ? 4 : 3;
  if (!reductionNames.has(name) || args.length !== wanted) return undefined;
  const leaves = args.filter(Node.isArrowFunction);
  const trees = args.filter(Node.isStringLiteral);
  if (leaves.length !== 1 || trees.length !== 1) return undefined;
  const [domain, ...others] = args.filter((arg) => arg !== leaves[0] && arg !== trees[0]);
  const ordered = [domain!, trees[0]!, ...others, leaves[0]!];
  return ordered.every((arg, position) => arg === args[position]) ? undefined : ordered;
}
