/** The tree that a reduction is given. */
import { Node } from "ts-morph";
import { isComplete, type Tree } from "../tree.ts";
import { parseTree, TreeSyntaxError } from "../tree-notation.ts";
import { checkTree } from "./batch-rules.ts";
import { replaceBy, shorten, write } from "./fixes.ts";
import type { Reading } from "./reading.ts";
import { spanOfNode, type Fix } from "./report.ts";
import { idleIn, inverted, mendedTree, treeWords } from "./trees.ts";
import { describe, type Scope } from "./values.ts";

/** The tree that a string of the source notates. */
export function readTree(reading: Reading, given: Node, scope: Scope): Tree | undefined {
  const node = constantOf(reading, given, scope);
  if (Node.isConditionalExpression(node)) {
    const condition = reading.evaluate(node.getCondition(), scope);
    if (
      condition.kind === "scalar" &&
      !checkTree(reading, condition.expr, node, write(node, node.getWhenTrue().getText(), ", or another constant tree"))
    )
      return undefined;
  }
  if (Node.isTemplateExpression(node)) {
    for (const span of node.getTemplateSpans()) {
      const part = reading.evaluate(span.getExpression(), scope);
      if (
        (part.kind === "scalar" || part.kind === "axis") &&
        !checkTree(reading, reading.expr(part, span.getExpression())!, node)
      )
        return undefined;
    }
  }
  const value = reading.evaluate(node, scope);
  if (value.kind === "fault") return undefined;
  if (value.kind !== "text") {
    reading.report.add("R015", node, `a reduction tree is a constant string, and this is ${describe(value)}`, {
      ...write(node, '"chain"'),
      more: ', or levels from the leaves up, such as "chain 128, chain"',
    });
    return undefined;
  }
  const isElsewhere = node.getSourceFile() !== given.getSourceFile();
  const at = isElsewhere ? given : node;
  const notes = isElsewhere ? [{ message: "the tree is declared here", at: node }] : [];
  const literal = isLiteral(node, value.text);
  /** The whole tree; where it stands in another file, in words alone. */
  const whole = (words: string, text: string, more = ""): Fix => ({
    words: isElsewhere ? `${words} where it is declared` : words,
    edits: literal && !isElsewhere ? [replaceBy(node, `"${text}"`)] : [],
    more,
  });
  try {
    const tree = parseTree(value.text);
    if (isComplete(tree)) {
      const idle = idleIn(tree, value.text);
      if (idle === undefined) return tree;
      reading.report.add(
        "R015",
        at,
        `in the tree "${shorten(value.text)}": ${idle.what} changes nothing`,
        whole(`write "${idle.tree}"`, idle.tree, ", which is the same tree"),
        notes,
      );
      return tree;
    }
    const last = tree[tree.length - 1]!;
    const swapped = inverted(tree);
    const isEnded = tree.slice(0, -1).some((level) => level.count === undefined && level.lanes === undefined);
    reading.report.add(
      "R015",
      at,
      `the tree "${shorten(value.text)}" does not end in one value: its last level ` +
        `${last.count === undefined ? `leaves ${last.lanes} lanes` : `leaves one value for each ${last.count} items`}`,
      swapped !== undefined
        ? whole(`levels stand from the leaves up: write "${swapped}"`, swapped)
        : isEnded
          ? "write levels from the leaves up; the last one takes all that is left"
          : whole(
              `end it with a level that takes all that is left: write "${value.text}, chain"`,
              `${value.text}, chain`,
              ` or "${value.text}, pairwise"`,
            ),
      notes,
    );
  } catch (error) {
    if (!(error instanceof TreeSyntaxError)) throw error;
    const span = spanOfNode(at);
    const column = span.column + 1 + error.offset;
    const mended = mendedTree(value.text);
    reading.report.add(
      "R015",
      literal && !isElsewhere
        ? { ...span, column, endColumn: column + (value.text.slice(error.offset).match(/^\w+|^./)?.[0].length ?? 1) }
        : at,
      `in the tree "${shorten(value.text)}": ${error.message}`,
      mended === undefined
        ? treeWords(value.text, error.fix)
        : whole(
            `write "${mended}"`,
            mended,
            mended === "chain"
              ? ', or levels from the leaves up, such as "chain 128, chain" or "lanes 64 chain, pairwise"'
              : "",
          ),
      notes,
    );
  }
  return undefined;
}

/** The string of a constant, which is told of where it is written. */
function constantOf(reading: Reading, node: Node, scope: Scope): Node {
  const found = Node.isIdentifier(node) ? scope.find(node.getText())?.at : undefined;
  const declared = Node.isImportSpecifier(found) ? reading.scopes.declarationOf(found) : found;
  const value = Node.isVariableDeclaration(declared) ? declared.getInitializer() : undefined;
  return Node.isStringLiteral(value) || Node.isNoSubstitutionTemplateLiteral(value) ? value : node;
}

function isLiteral(node: Node, text: string): boolean {
  return (
    (Node.isStringLiteral(node) || Node.isNoSubstitutionTemplateLiteral(node)) && node.getText().slice(1, -1) === text
  );
}
