/** What to write instead: in words, and as edits that make it so. */
import { Node, SyntaxKind, type SourceFile } from "ts-morph";
import type { Edit } from "../diagnostics.ts";
import { editAt, type Fix } from "./report.ts";

/** Source text on one line, cut where it is long. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
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
  return { words: `write ${shorten(text)}`, edits: [replaceBy(node, text)], more };
}

/** Without parentheses and type assertions. */
export function bare(node: Node): Node {
  return Node.isAsExpression(node) || Node.isParenthesizedExpression(node) ? bare(node.getExpression()) : node;
}

/** Converts what a node stands for: a name in an object is given its value first. */
export function convertTo(node: Node, to: string): Fix {
  const text = `${to}(${bare(node).getText()})`;
  const shorthand = node.getParentIfKind(SyntaxKind.ShorthandPropertyAssignment);
  return { words: `convert the value: ${shorten(text)}`, edits: [replaceBy(node, shorthand === undefined ? text : `${node.getText()}: ${text}`)] };
}

/** Imports names from "treefold": with what is imported already, or in a line of their own. */
export function importEdit(source: SourceFile, names: readonly string[]): Edit {
  const found = source.getImportDeclarations().find((one) => one.getModuleSpecifierValue() === "treefold" && one.getNamedImports().length > 0 && !one.isTypeOnly());
  if (found !== undefined) return insertAfter(found.getNamedImports().at(-1)!, `, ${names.join(", ")}`);
  const first = source.getStatements()[0];
  const line = `import { ${names.join(", ")} } from "treefold";\n`;
  const place = first?.getStart() ?? 0;
  return editAt(source, place, place, line);
}

/** Other words than "write", for the same edit. */
export function instead(words: string, node: Node, text: string): Fix {
  return { words, edits: [replaceBy(node, text)] };
}
