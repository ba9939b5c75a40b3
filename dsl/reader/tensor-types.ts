/** Tensor types that are nearly right, as they should be written. */
import { Node } from "ts-morph";
import { nearest } from "./suggest.ts";

const exact = /^(?:unique placement |placement )?[A-Za-z]\w*\[([^\]]*)\]$/;

/** Whether a text is a type as TypeScript takes it, with axes that are words, or declared under another name. */
export function isTensorType(text: string, axes: readonly string[]): boolean {
  const list = exact.exec(text)?.[1];
  if (list === undefined) return false;
  const names = list.split(",").map((name) => name.trim());
  return names.every((name) => /^\w+$/.test(name) || axes.includes(name)) || list.trim() === "";
}

export interface MendedType {
  readonly text: string;
  readonly axes: readonly string[];
  /** Only the marks between the axes are wrong. */
  readonly separators: boolean;
}

/**
 * A type that is nearly one: other brackets, a bracket too few or too many, blanks, other marks than commas, no axes,
 * no dtype, or a misspelt ownership. Undefined where its parts can't be told.
 */
export function mendedType(
  text: string,
  axes: readonly string[],
  dtypeFor: (name: string) => string,
): MendedType | undefined {
  const words = /^\s*((?:[A-Za-z]\w*[\s-]+)*)([A-Za-z]\w*)?\s*([[({<][^]*)?$/.exec(text);
  if (words === null || (words[2] === undefined && words[3] === undefined)) return undefined;
  const [, before = "", last, list] = words;
  const heads = [...before.split(/[\s-]+/), last ?? ""].filter((word) => word !== "");
  const isOwned = heads.length > 0 && nearest(heads.at(-1)!, ["unique", "placement"]) !== undefined;
  const dtype = isOwned || heads.length === 0 ? (isOwned ? "u32" : "f32") : heads.at(-1)!;
  const ownership = isOwned ? heads : heads.slice(0, -1);
  const meant = ownership.map((word) => nearest(word, ["unique", "placement"]));
  if (meant.some((word) => word === undefined)) return undefined;
  const owned = meant.includes("unique") ? "unique placement " : meant.includes("placement") ? "placement " : "";
  const named = list === undefined || /^[[\](){}<>\s]*$/.test(list) ? axes : axesOf(list, axes);
  if (named === undefined || named.length === 0) return undefined;
  const mended = `${owned}${dtypeFor(dtype)}[${named.join(", ")}]`;
  const head = `${owned}${dtypeFor(dtype)}[`;
  return {
    text: mended,
    axes: named,
    separators: text.startsWith(head) && text.endsWith("]") && !/[[\](){}<>]/.test(text.slice(head.length, -1)),
  };
}

/** The axes between brackets of any kind. */
function axesOf(list: string, axes: readonly string[]): readonly string[] | undefined {
  const inner = list
    .replace(/[\])}>]\s*[[({<]/g, ",")
    .replace(/[[\](){}<>]/g, "")
    .replace(/\s*[:=]\s*\d+/g, "");
  // Arithmetic on axes is no list of them.
  if (/[-+*%&^]/.test(inner)) return undefined;
  const found = inner.split(",").flatMap((piece) => {
    const plain = piece.replace(/\W+/g, "");
    if (axes.includes(plain)) return [plain];
    const words = (piece.match(/\w+/g) ?? []).filter((word) => axes.includes(word) || !/^(?:x|by|and)$/.test(word));
    // A mark alone stands for an axis that is not named.
    return words.length === 0 && piece.trim() !== ""
      ? ["?"]
      : words.map((word) => (axes.includes(word) ? word : (nearest(word, axes) ?? word)));
  });
  return found.every((name) => /^[A-Za-z_]\w*$/.test(name)) ? found : undefined;
}

/** The text of a type that stands without quotes: `f32[token]`, `f32(token, channel)`. */
export function unquoted(node: Node): string | undefined {
  if (Node.isIdentifier(node) && /^(?:b?f(?:16|32)|[iu]32)$/.test(node.getText())) return node.getText();
  if (!Node.isElementAccessExpression(node) && !Node.isCallExpression(node)) return undefined;
  const of = node.getExpression();
  if (Node.isElementAccessExpression(of) || Node.isCallExpression(of))
    return unquoted(of) === undefined ? undefined : node.getText();
  return Node.isIdentifier(of) &&
    /^(?:b?f(?:16|32|64)|float\d*|[iu](?:8|16|32|64)|u?int\d*|half|double)$/.test(of.getText())
    ? node.getText()
    : undefined;
}
