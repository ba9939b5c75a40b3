/**
 * Arguments of a reduction that say what is meant, in another form: several domains or trees, or a tensor and an axis.
 */
import { Node } from "ts-morph";
import { replaceBy, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { editAt, type Fix } from "./report.ts";
import type { Value } from "./values.ts";

/** What is wrong, and how it is written. */
interface Mended {
  readonly what: string;
  readonly fix: Fix;
}

const isString = (node: Node): boolean => Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node);

/** What is wrong with the arguments of `name`, and how they are written. */
export function otherArguments(
  reading: Reading,
  name: string,
  node: Node,
  args: readonly Node[],
  values: () => readonly Value[],
): Mended | undefined {
  if (name !== "sum" && name !== "max" && name !== "argmax") return undefined;
  return (
    treesInParts(args) ??
    (name === "max" && args.length < 3 ? undefined : axesInParts(name, node, args)) ??
    ofTensor(reading, name, node, args, values)
  );
}

/** `sum(channel, "chain 128", "chain", …)`. */
function treesInParts(args: readonly Node[]): Mended | undefined {
  const [first, last] = [args[1], args.at(-2)];
  if (args.length < 4 || first === undefined || last === undefined || !args.slice(1, -1).every(isString))
    return undefined;
  const tree = args
    .slice(1, -1)
    .map((arg) => arg.getText().slice(1, -1))
    .join(", ");
  return {
    what: "the levels of a tree stand in one string",
    fix: {
      words: `write "${tree}"`,
      edits: [editAt(first.getSourceFile(), first.getStart(), last.getEnd(), `"${tree}"`)],
    },
  };
}

/** `sum(channel, head, "chain", (c, h) => …)`. */
function axesInParts(name: string, node: Node, args: readonly Node[]): Mended | undefined {
  const leaf = args.at(-1);
  const tree = args.at(-2);
  const axes = args.slice(0, -2);
  if (
    args.length < 4 ||
    name === "argmax" ||
    tree === undefined ||
    !isString(tree) ||
    !axes.every(Node.isIdentifier) ||
    !Node.isArrowFunction(leaf) ||
    Node.isBlock(leaf.getBody()) ||
    leaf.getParameters().length !== axes.length
  )
    return undefined;
  const items = leaf.getParameters().map((one) => one.getName());
  const text = axes.reduceRight(
    (inner, axis, at) => `${name}(${axis.getText()}, ${tree.getText()}, (${items[at]}) => ${inner})`,
    leaf.getBody().getText(),
  );
  return { what: `'${name}' goes over one axis`, fix: write(node, text, ", or another tree for each") };
}

/** `sum(x, channel)`. */
function ofTensor(
  reading: Reading,
  name: string,
  node: Node,
  args: readonly Node[],
  values: () => readonly Value[],
): Mended | undefined {
  if (args.length !== 2 || !args.every(Node.isIdentifier)) return undefined;
  const [tensor, axis] = values();
  if (tensor?.kind !== "tensor" || axis?.kind !== "axis") return undefined;
  const { axes } = tensor.input;
  const at = axis.axis.name;
  if (!axes.includes(at) || axes.some((one) => !reading.axes.has(one))) return undefined;
  const item = [at.slice(0, 1), "item"].find((one) => !axes.includes(one))!;
  const leaf = `${args[0]!.getText()}(${axes.map((one) => (one === at ? item : one)).join(", ")})`;
  return {
    what: `'${name}' takes an axis, a tree, and what it folds at each item`,
    fix: {
      words: `write ${name}(${at}, "chain", (${item}) => ${leaf})`,
      edits: [replaceBy(node, `${name}(${at}, "chain", (${item}) => ${leaf})`)],
    },
  };
}
