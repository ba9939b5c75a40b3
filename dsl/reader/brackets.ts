/** `x[token][c]`: tensors are indexed by calls. */
import { Node, SyntaxKind } from "ts-morph";
import { unknownOf } from "./unknown-value.ts";
import { readLoad } from "./loads.ts";
import { renew, shorten } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { areBound, indicesFor } from "./points.ts";
import { reportUnknown } from "./unknown.ts";
import { describe, type Scope, type Value } from "./values.ts";

type ElementAccess = Node & { getExpression(): Node; getArgumentExpression(): Node | undefined };

/** What stands before the brackets, and the indices in them, also those of `x[token, c]`. */
function takeApart(node: ElementAccess): { root: Node; indices: Node[] } {
  const inner = node.getExpression();
  const before = Node.isElementAccessExpression(inner) ? takeApart(inner) : { root: inner, indices: [] };
  const at = node.getArgumentExpression();
  return { root: before.root, indices: [...before.indices, ...(at === undefined ? [] : commaParts(at))] };
}

function commaParts(node: Node): Node[] {
  return Node.isBinaryExpression(node) && node.getOperatorToken().getKind() === SyntaxKind.CommaToken
    ? [...commaParts(node.getLeft()), ...commaParts(node.getRight())]
    : [node];
}

export function readElement(reading: Reading, node: ElementAccess, scope: Scope): Value {
  const { root, indices } = takeApart(node);
  const tensor = reading.evaluate(root, scope);
  if (tensor.kind === "tensor") {
    const { name, axes } = tensor.input;
    const texts = indices.map((index) => index.getText());
    const values = indices.map((index) => reading.evaluate(index, scope));
    const written = texts.length === axes.length ? texts : indicesFor(reading, axes, node, values, indices);
    const fix = renew(node, "index it by a call", `${root.getText()}(${written.join(", ")})`);
    const isWhole = texts.length === axes.length || areBound(reading, written);
    reading.report.add(
      "R010",
      node,
      `the tensor '${name}' is indexed with brackets`,
      isWhole ? fix : { ...fix, edits: [] },
    );
    return indices.length === axes.length
      ? readLoad(reading, tensor.input, node, indices, values, false)
      : unknownOf(reading, values, indices);
  }
  const value = root === node.getExpression() ? tensor : reading.evaluate(node.getExpression(), scope);
  const at = node.getArgumentExpression();
  const key = at === undefined ? undefined : reading.evaluate(at, scope);
  if (value.kind === "fault" || key === undefined || key.kind === "fault")
    return unknownOf(reading, key === undefined ? [value] : [value, key]);
  const found =
    value.kind === "tuple" && key.kind === "literal"
      ? value.items[key.value]
      : value.kind === "record" && key.kind === "text"
        ? value.fields.get(key.text)
        : undefined;
  if (found !== undefined) return found;
  if (value.kind === "tuple") {
    const text = root.getText();
    const count = value.items.length;
    const axis =
      key.kind === "axis"
        ? key.axis.name
        : key.kind === "scalar" && key.expr.kind === "index"
          ? key.expr.variable.axis
          : undefined;
    const isNumber = key.kind === "literal";
    const type =
      value.items.map((item) => reading.typeOf(item)).find((one) => one !== undefined && one !== "loose") ?? "f32";
    reading.report.add(
      "R010",
      node,
      isNumber
        ? `'${shorten(text)}' has ${count} ${count === 1 ? "element" : "elements"}, and none at ${at!.getText()}`
        : `'${shorten(text)}' is an array, and an array takes a constant index`,
      isNumber
        ? count === 0
          ? "write the element itself"
          : { words: `write an index from 0 to ${count - 1}`, edits: [] }
        : `make it an input of the kernel, ${/^\w+$/.test(text) ? text : "values"}: "${type}[${axis ?? "axis"}]", ` +
            `and write ${/^\w+$/.test(text) ? text : "values"}(${at!.getText()})`,
    );
    return unknownOf(reading, [value, key]);
  }
  reportUnknown(reading, node, {
    what: `an index in brackets after ${describe(value)}`,
    fix: "index tensors by calls, as in x(token, channel), and name fields with a dot",
  });
  return unknownOf(reading, [value, key]);
}
