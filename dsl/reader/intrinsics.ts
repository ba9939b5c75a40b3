/** Calls of the language's own functions. */
import { Node } from "ts-morph";
import type { Expr, UnaryOperator, ValueType } from "../ir.ts";
import { choose } from "./choices.ts";
import { unknownOf } from "./functions.ts";
import { hole, standIn } from "./holes.ts";
import { reductionNames } from "./intrinsic-names.ts";
import { readIndex, readLoad } from "./loads.ts";
import { bare, fitted, insertAfter, instead, operandText, replaceBy, shown, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { readRange, readReduce, readReduction, readRuns } from "./reductions.ts";
import { readReducer } from "./reducers.ts";
import { fault, scalar, describe, type Scope, type Value } from "./values.ts";

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
        : write(node, `-max(${domain}, ${tree}, (${item}) => -${operandText(body)})`),
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
            'argmax goes over an axis: argmax(axis, "chain", (i) => …); of two values, select(right > left, u32(1), u32(0)) tells which is larger',
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

function withoutTree(
  reading: Reading,
  name: "sum" | "max" | "argmax" | "reduce",
  node: Node,
  args: readonly Node[],
  scope: Scope,
): Value {
  return name === "reduce"
    ? readReduce(reading, node, [args[0]!, undefined, args[1]!, args[2]!], scope)
    : readReduction(reading, name, node, [args[0]!, undefined, args[1]!], scope);
}

function extreme(
  reading: Reading,
  operator: "maximum" | "minimum",
  node: Node,
  args: readonly Node[],
  scope: Scope,
): Value {
  const [left, right] = [reading.evaluate(args[0]!, scope), reading.evaluate(args[1]!, scope)];
  const name = operator === "maximum" ? "max" : "min";
  if (left.kind === "range" || (left.kind === "axis" && right.kind === "text") || left.kind === "runs") {
    reading.report.add(
      "R019",
      node,
      `'${name}' over a domain is given no leaf`,
      'write max(axis, "chain", (item) => …)',
    );
    return fault;
  }
  if (name === "max" && right.kind === "function") {
    reading.report.add("R019", node, "'max' is given no reduction tree", {
      words: `write max(${args[0]!.getText()}, "chain", ${shown(args[1]!.getText())}), or another tree`,
      edits: [insertAfter(args[0]!, ', "chain"')],
    });
    return withoutTree(reading, name, node, args, scope);
  }
  if (left.kind === "literal" && right.kind === "literal") {
    const value = operator === "maximum" ? Math.max(left.value, right.value) : Math.min(left.value, right.value);
    return { kind: "literal", value, decimal: left.decimal || right.decimal };
  }
  const pair = reading.pair(left, right, node, args[0]!, args[1]!, `'${name}'`);
  if (pair === undefined) return unknownOf(reading, [left, right], args);
  if (pair[0].type === "bool") {
    reading.report.add(
      "R006",
      node,
      `'${name}' of conditions`,
      write(node, fitted(node, `${operandText(args[0]!)} ${name === "max" ? "||" : "&&"} ${operandText(args[1]!)}`)),
    );
    return scalar(reading.at(node, standIn(reading.pool, "bool", pair)));
  }
  return scalar(reading.at(node, reading.pool.binary(operator, pair[0], pair[1])));
}

function readExtent(reading: Reading, node: Node, arg: Node, scope: Scope): Value {
  const value = reading.evaluate(arg, scope);
  if (value.kind === "axis") return scalar(reading.at(node, reading.pool.extent(value.axis.name)));
  if (value.kind === "range") return scalar(reading.at(node, value.domain.count));
  if (value.kind !== "fault") {
    const axis =
      value.kind === "text" && reading.axes.has(value.text)
        ? value.text
        : value.kind === "tensor"
          ? value.input.axes.at(-1)
          : undefined;
    reading.report.add(
      "R006",
      arg,
      `an axis is expected here, and this is ${describe(value)}`,
      axis === undefined ? "write extent(axis) with an axis of the kernel" : write(arg, axis),
    );
  }
  return scalar(reading.at(node, hole(reading.pool, "u32")));
}

function readGather(reading: Reading, node: Node, args: readonly Node[], scope: Scope): Value {
  const mended = args.length === 0 ? undefined : gatherAsMeant(reading, node, args, scope);
  if (mended !== undefined) {
    const [first, ...others] = mended;
    const kind = reading.evaluate(first!, scope);
    if (kind.kind === "tensor")
      return readLoad(
        reading,
        kind.input,
        node,
        others,
        others.map((arg) => reading.evaluate(arg, scope)),
        true,
      );
  }
  const tensor = reading.evaluate(args[0]!, scope);
  const rest = args.slice(1);
  const indices = rest.map((arg) => reading.evaluate(arg, scope));
  if (tensor.kind === "fault") return unknownOf(reading, [tensor, ...indices], args);
  if (tensor.kind === "tensor") return readLoad(reading, tensor.input, node, rest, indices, true);
  reading.report.add(
    "R006",
    args[0]!,
    `a tensor is expected here, and this is ${describe(tensor)}`,
    "write gather(tensor, index, …), with one index for each axis of the tensor",
  );
  return unknownOf(reading, indices, rest);
}

/** The arguments of a gather where an element, an array of indices or an index stands in another's place. */
function gatherAsMeant(reading: Reading, node: Node, args: readonly Node[], scope: Scope): readonly Node[] | undefined {
  const [first, second] = args;
  const isTensor = (arg: Node | undefined): boolean =>
    Node.isIdentifier(arg) && scope.find(arg.getText())?.value().kind === "tensor";
  const say = (at: Node, message: string, meant: readonly Node[], code = "R006"): readonly Node[] => {
    reading.report.add(code, at, message, write(node, `gather(${meant.map((arg) => arg.getText()).join(", ")})`));
    return meant;
  };
  if (Node.isCallExpression(first) && isTensor(first.getExpression()) && args.length === 1) {
    return say(first, "a tensor is expected here, and this is an element of one", [
      first.getExpression(),
      ...first.getArguments(),
    ]);
  }
  if (isTensor(first) && args.length === 2 && Node.isArrayLiteralExpression(second)) {
    return say(second, "an index is expected here, and this is an array", [first!, ...second.getElements()]);
  }
  const others = args.filter((arg) => isTensor(arg));
  if (isTensor(first) || others.length !== 1) return undefined;
  return say(
    node,
    "the arguments of 'gather' stand in another order",
    [others[0]!, ...args.filter((arg) => arg !== others[0])],
    "R019",
  );
}

function readScatter(reading: Reading, node: Node, given: readonly Node[], scope: Scope): Value {
  const isSwapped = Node.isArrayLiteralExpression(given[1]) && !Node.isArrayLiteralExpression(given[0]);
  const args = isSwapped ? [given[1]!, given[0]!] : given;
  if (isSwapped)
    reading.report.add(
      "R019",
      node,
      "the arguments of 'scatter' stand in another order",
      write(node, `scatter(${args.map((arg) => arg.getText()).join(", ")})`),
    );
  const place = reading.evaluate(args[0]!, scope);
  const value = reading.evaluate(args[1]!, scope);
  if (place.kind === "fault") return unknownOf(reading, [place, value], args);
  const placeNodes = Node.isArrayLiteralExpression(args[0]!) ? args[0]!.getElements() : [];
  if (place.kind !== "tuple") {
    const object = args[0]!;
    if (place.kind === "record" && Node.isObjectLiteralExpression(object)) {
      reading.report.add(
        "R017",
        object,
        "the place of a scatter is an array of indices, and this is an object",
        write(
          object,
          `[${object
            .getProperties()
            .map((one) => (Node.isPropertyAssignment(one) ? one.getInitializer()! : one).getText())
            .join(", ")}]`,
        ),
      );
      return fault;
    }
    reading.report.add(
      "R017",
      args[0]!,
      `the place of a scatter is an array of indices, and this is ${describe(place)}`,
      {
        words: `write scatter([${shown(args[0]!.getText())}], …)`,
        edits: [replaceBy(args[0]!, `[${args[0]!.getText()}]`)],
      },
    );
    return unknownOf(reading, [place, value], args);
  }
  const indices = place.items.map((item, position) => readIndex(reading, item, placeNodes[position] ?? args[0]!));
  return {
    kind: "scattered",
    place: indices,
    value,
    at: node,
    placeNodes: placeNodes.length > 0 ? placeNodes : indices.map(() => args[0]!),
    indices: place.items,
  };
}

/** Conversions and the other functions of one number: what each takes, and the operation. */
function convert(reading: Reading, name: string, node: Node, arg: Node, scope: Scope): Value {
  const value = reading.evaluate(arg, scope);
  const { pool } = reading;
  const unary = (operator: UnaryOperator, operand: Expr): Value =>
    scalar(reading.at(node, pool.unary(operator, operand)));
  const literal = value.kind === "literal" || value.kind === "choice";
  if (name === "f32" || name === "u32" || name === "i32") {
    if (value.kind === "literal" && value.decimal && name !== "f32") {
      const whole = Math.trunc(value.value);
      const expr = reading.expr({ kind: "literal", value: whole, decimal: false }, arg, name);
      return scalar(expr!);
    }
    const operand = reading.expr(value, arg, literal || reading.typeOf(value) === undefined ? name : undefined)!;
    if (operand.type === name) return scalar(operand);
    if (operand.type === "bool") {
      reading.report.add(
        "R006",
        node,
        `'${name}' of a condition`,
        write(node, `select(${bare(arg).getText()}, ${name}(1), ${name}(0))`),
      );
      return scalar(reading.at(node, standIn(pool, name, [operand])));
    }
    return unary(name === "f32" ? "toF32" : name === "u32" ? "toU32" : "toI32", operand);
  }
  const wanted: ValueType | undefined = name === "abs" ? undefined : name === "fromBits" ? "u32" : "f32";
  const operand = reading.expr(value, arg, literal && name === "abs" ? "f32" : wanted);
  if (operand === undefined) return unknownOf(reading, [value], [arg]);
  switch (name) {
    case "bf16":
      return unary("roundBf16", operand);
    case "bitsOf":
      return unary("bitsOf", operand);
    case "fromBits":
      return unary("fromBits", operand);
    case "floor":
      return unary("floor", operand);
    default:
      if (operand.type === "f32" || operand.type === "i32") return unary("absolute", operand);
      reading.report.add(
        "R006",
        node,
        `'abs' of ${operand.type === "bool" ? "a condition" : operand.type}`,
        operand.type === "u32"
          ? instead("leave it out: a u32 is never negative", node, arg.getText())
          : write(node, `select(${arg.getText()}, 1, 0)`),
      );
      return scalar(operand);
  }
}
