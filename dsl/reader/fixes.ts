/** What to write instead: in words, and as edits that make it so. */
import { Node, SyntaxKind, type SourceFile } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import type { Expr } from "../ir.ts";
import { editAt, type Fix } from "./report.ts";

/** Source text on one line, cut where it is long. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

/** What a fix writes: whole where it is one line that can be copied, else cut, since `check --json` has the edit. */
export function shown(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 300 && !/\/\/.*\n/.test(text)
    ? line
    : `${line.slice(0, 57)}… (check --json has the whole edit)`;
}

/** Writes `text` in the place of a node. */
export function replaceBy(node: Node, text: string): Edit {
  return editAt(node.getSourceFile(), node.getStart(), node.getEnd(), text);
}

export function insertBefore(node: Node, text: string): Edit {
  return editAt(node.getSourceFile(), node.getStart(), node.getStart(), text);
}

export function insertAfter(node: Node, text: string): Edit {
  return editAt(node.getSourceFile(), node.getEnd(), node.getEnd(), text);
}

/** "write …", and does so; `more` follows in words. */
export function write(node: Node, text: string, more = ""): Fix {
  return { words: `write ${shown(text)}`, edits: [replaceBy(node, text)], more };
}

/** Without parentheses and type assertions. */
export function bare(node: Node): Node {
  return Node.isAsExpression(node) || Node.isParenthesizedExpression(node) ? bare(node.getExpression()) : node;
}

/**
 * The text that converts a value: a quotient of integers is divided as f32, and a conversion from the wanted dtype is
 * left out.
 */
export function converted(node: Node, to: string, expr?: Expr): string {
  const plain = bare(node);
  if (
    expr?.kind === "unary" &&
    expr.operand.type === to &&
    /^to[A-Z]/.test(expr.operator) &&
    // An f32 made an integer is truncated, which converting it back keeps.
    expr.operand.type !== "f32" &&
    Node.isCallExpression(plain)
  )
    return plain.getArguments()[0]!.getText();
  if (to === "f32" && Node.isBinaryExpression(plain) && plain.getOperatorToken().getText() === "/") {
    const [left, right] = [plain.getLeft(), plain.getRight()].map((side) =>
      Node.isNumericLiteral(bare(side)) ? bare(side).getText() : converted(bare(side), to),
    );
    const divisor = Node.isBinaryExpression(bare(plain.getRight())) && right!.includes(" / ") ? `(${right})` : right;
    const text = `${left} / ${divisor}`;
    return node === plain ? text : `(${text})`;
  }
  return `${to}(${plain.getText()})`;
}

/**
 * The quotient of integers that a const of the same body holds, where a node is its name; `isSole`: nothing else uses
 * it.
 */
function namedQuotient(
  node: Node,
  expr: Expr | undefined,
): { readonly value: Node; readonly isSole: boolean } | undefined {
  const name = bare(node);
  if (!Node.isIdentifier(name) || expr?.kind !== "binary" || expr.operator !== "divide") return undefined;
  const block = name
    .getAncestors()
    .find(
      (above) =>
        Node.isBlock(above) &&
        above
          .getStatements()
          .some(
            (one) =>
              Node.isVariableStatement(one) && one.getDeclarations().some((each) => each.getName() === name.getText()),
          ),
    );
  if (block === undefined || !Node.isBlock(block)) return undefined;
  const value = block
    .getStatements()
    .flatMap((one) => (Node.isVariableStatement(one) ? one.getDeclarations() : []))
    .find((one) => one.getName() === name.getText())
    ?.getInitializer();
  if (value === undefined || !Node.isBinaryExpression(bare(value))) return undefined;
  const uses = block.getDescendantsOfKind(SyntaxKind.Identifier).filter((one) => one.getText() === name.getText());
  return { value, isSole: uses.length === 2 };
}

/** A name of a quotient of integers as an f32: what it divides is converted, since the quotient is truncated. */
export function quotientAs(node: Node, to: string, expr: Expr | undefined): Fix | undefined {
  const quotient = to === "f32" ? namedQuotient(node, expr) : undefined;
  if (quotient === undefined) return undefined;
  const whole = converted(bare(quotient.value), to);
  const isField = node.getParentIfKind(SyntaxKind.ShorthandPropertyAssignment) !== undefined;
  return {
    words: `convert what it divides: ${shown(whole)}`,
    more: ", since a quotient of integers is truncated",
    edits: [
      quotient.isSole
        ? replaceBy(quotient.value, whole)
        : replaceBy(node, isField ? `${node.getText()}: ${whole}` : fitted(node, whole)),
    ],
  };
}

/** Converts what a node stands for: a name in an object is given its value first. */
export function convertTo(node: Node, to: string, expr?: Expr): Fix {
  const quotient = quotientAs(node, to, expr);
  if (quotient !== undefined) return quotient;
  const text = converted(node, to, expr);
  const shorthand = node.getParentIfKind(SyntaxKind.ShorthandPropertyAssignment);
  return {
    words: `convert the value: ${shown(text)}`,
    edits: [replaceBy(node, shorthand === undefined ? text : `${node.getText()}: ${text}`)],
  };
}

/** Imports names from "treefold": with what is imported already, or in a line of their own. */
export function importEdit(source: SourceFile, names: readonly string[]): Edit {
  const found = source
    .getImportDeclarations()
    .find(
      (one) => one.getModuleSpecifierValue() === "treefold" && one.getNamedImports().length > 0 && !one.isTypeOnly(),
    );
  if (found !== undefined) return insertAfter(found.getNamedImports().at(-1)!, `, ${names.join(", ")}`);
  return insertAtTop(source, `import { ${names.join(", ")} } from "treefold";\n`);
}

export function insertAtTop(source: SourceFile, text: string): Edit {
  const place = source.getStatements()[0]?.getStart() ?? 0;
  return editAt(source, place, place, text);
}

/** Other words than "write", for the same edit. */
export function instead(words: string, node: Node, text: string): Fix {
  return { words, edits: [replaceBy(node, text)] };
}

/** Takes a member of a list out, with one of its commas. */
export function removeFrom(node: Node): Edit {
  const source = node.getSourceFile();
  const text = source.getFullText();
  const after = /^\s*,[ \t]*/.exec(text.slice(node.getEnd()));
  // The line goes, too, where nothing else stands on it.
  const before = /(?:\r?\n)?[ \t]*$/.exec(text.slice(0, node.getStart()))![0];
  if (after !== null) {
    const isLine = before.includes("\n") && /^\s*,[ \t]*(?=\r?\n)/.test(text.slice(node.getEnd()));
    return editAt(source, node.getStart() - (isLine ? before.length : 0), node.getEnd() + after[0].length, "");
  }
  const comma = /,\s*$/.exec(text.slice(0, node.getStart()));
  return editAt(source, node.getStart() - (comma?.[0].length ?? 0), node.getEnd(), "");
}

/** Takes a whole statement out, with its line where nothing else stands on it. */
export function removeStatement(node: Node): Edit {
  const source = node.getSourceFile();
  const text = source.getFullText();
  const before = /(?:^|\r?\n)[ \t]*$/.exec(text.slice(0, node.getStart()));
  const isLine = before !== null && /^[ \t]*(?:\r?\n|$)/.test(text.slice(node.getEnd()));
  return editAt(source, node.getStart() - (isLine ? before[0].length : 0), node.getEnd(), "");
}

/** Adds a member at the end of an object, a pattern or an array. */
export function addTo(list: Node, members: readonly Node[], text: string): Edit {
  const last = members.at(-1);
  if (last !== undefined) return insertAfter(last, `, ${text}`);
  const start = list.getStart() + 1;
  return editAt(list.getSourceFile(), start, list.getEnd() - 1, ` ${text} `);
}

/** Adds a member to an object in a line of its own, where its first one has one. */
export function addFirst(object: Node, first: Node | undefined, text: string): Edit {
  const start = object.getStart() + 1;
  const space = first === undefined ? " " : object.getSourceFile().getFullText().slice(start, first.getStart());
  return editAt(
    object.getSourceFile(),
    start,
    start,
    `${/\n/.test(space) ? space : " "}${text},${first === undefined ? " " : ""}`,
  );
}

/** "did you mean …?", and writes it. */
export function didYouMean(node: Node, meant: string, text: string = meant): Fix {
  return instead(`did you mean '${meant}'?`, node, text);
}

/** Takes a word out, with the blanks after it. */
export function removeBefore(node: Node): Edit {
  const source = node.getSourceFile();
  const blanks = /^\s*/.exec(source.getFullText().slice(node.getEnd()))![0];
  return editAt(source, node.getStart(), node.getEnd() + blanks.length, "");
}

/** Takes out what stands before a part of a node. */
export function removeUpTo(node: Node, part: Node): Edit {
  return editAt(node.getSourceFile(), node.getStart(), part.getStart(), "");
}

/** "words: text", and writes it there. */
export function renew(node: Node, words: string, text: string): Fix {
  const shorthand = node.getParentIfKind(SyntaxKind.ShorthandPropertyAssignment);
  return {
    words: `${words}: ${shown(text)}`,
    edits: [replaceBy(node, shorthand === undefined ? text : `${node.getText()}: ${text}`)],
  };
}

/** A node's text as an operand: in parentheses where an operator would take it apart. */
export function operandText(node: Node): string {
  const text = bare(node).getText();
  return /^(?:[\w.]+|[\w.]+\([^()]*(?:\([^()]*\)[^()]*)*\))$/.test(text) ? text : `(${text})`;
}

/** In parentheses where an operator around the node would take the text apart. */
export function fitted(node: Node, text: string): string {
  const parent = node.getParent();
  return Node.isBinaryExpression(parent) ||
    Node.isPrefixUnaryExpression(parent) ||
    Node.isPropertyAccessExpression(parent)
    ? `(${text})`
    : text;
}

/** A field of an object under another name. */
export function renameField(property: Node | undefined, to: string): Fix {
  const words = `did you mean '${to}'?`;
  if (Node.isPropertyAssignment(property)) return { words, edits: [replaceBy(property.getNameNode(), to)] };
  return {
    words,
    edits: Node.isShorthandPropertyAssignment(property) ? [replaceBy(property, `${to}: ${property.getName()}`)] : [],
  };
}
