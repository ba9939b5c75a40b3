/** Trees that are nearly right, as they should be written: another tree than the one that is said is never proposed. */
import { own } from "../own.ts";
import { parseTree, printTree, TreeSyntaxError } from "../tree-notation.ts";
import { isComplete, withoutIdle, type Tree } from "../tree.ts";
import { nearest } from "./suggest.ts";

/** What others call the two kinds of level. */
const otherLevels: Readonly<Record<string, string>> = {
  sequential: "chain",
  serial: "chain",
  linear: "chain",
  left: "chain",
  fold: "chain",
  loop: "chain",
  chained: "chain",
  tree: "pairwise",
  balanced: "pairwise",
  binary: "pairwise",
  butterfly: "pairwise",
  pair: "pairwise",
  pairs: "pairwise",
  lane: "lanes",
  threads: "lanes",
  warp: "lanes",
};
/** Words around a count that say nothing more. */
const fillers = /^(?:of|by|per|each|items|every|x)$/i;
const example = ', such as "chain 128, chain"';

/** The level's word that another word stands for. */
function keyword(word: string): string | undefined {
  return nearest(word, ["chain", "pairwise", "lanes"]) ?? own(otherLevels, word.toLowerCase());
}

function wordsOf(text: string): string[] {
  return (
    text
      .replace(/([A-Za-z])(\d)/g, "$1 $2")
      .replace(/(\d)([A-Za-z])/g, "$1 $2")
      .match(/[A-Za-z]+|\d+/g)
      ?.filter((word) => !fillers.test(word)) ?? []
  );
}

/** The tree that a text says in other words, or with other marks; undefined where it does not say one. */
export function mendedTree(text: string): string | undefined {
  const words = wordsOf(text);
  if (words.every((word) => !/\d/.test(word) && keyword(word) === undefined)) return "chain";
  if (
    /\d\.\d|(?<![\d.])0+\b|-\s*\d/.test(text) ||
    words.some((word) => !/\d/.test(word) && keyword(word) === undefined)
  )
    return undefined;
  const said = words.map((word) => (/\d/.test(word) ? String(Number(word)) : keyword(word)!));
  const levels = text
    .replace(/[()[\]:;|>+/-]+/g, " ")
    .split(",")
    .map((level) =>
      wordsOf(level)
        .map((word) => keyword(word) ?? word)
        .join(" "),
    )
    .filter((level) => level !== "")
    .join(", ")
    .replace(
      /(?<!lanes )\b(\d+) (?=[a-z])|\b(chain|pairwise) (?=[a-z])/g,
      (_, count: string | undefined, fold: string | undefined) => `${count ?? fold}, `,
    )
    .replace(/lanes (\d+)(?=,|$)/g, "lanes $1 chain");
  for (const tried of [levels, `${levels}, chain`, levels.replace(/(\d+) (?=\w+$)/, "lanes $1 ")]) {
    const tree = treeOf(tried);
    if (
      tree === undefined ||
      !isComplete(tree) ||
      tree.slice(0, -1).some((level) => level.count === undefined && (level.lanes ?? 1) === 1)
    )
      continue;
    if (
      holdsInOrder(wordsOf(tried), said) &&
      wordsOf(tried).filter((word) => /\d/.test(word)).length === said.filter((word) => /\d/.test(word)).length
    )
      return tried;
  }
  return undefined;
}

/** Two levels that changed places: all that is left was folded first. */
export function inverted(tree: Tree): string | undefined {
  const [first, second, ...others] = tree;
  if (first === undefined || second === undefined || others.length > 0 || !isComplete([first])) return undefined;
  return printTree([second, first]);
}

/** What a tree has besides levels that fold something, and the same tree without it. */
export function idleIn(tree: Tree, text: string): { readonly what: string; readonly tree: string } | undefined {
  const shorter = withoutIdle(tree);
  const lanes = /\blanes\s+0*1\b/.exec(text);
  if (shorter.length === tree.length && lanes === null) return undefined;
  const idle = tree.find((level) => !shorter.includes(level));
  const what =
    lanes !== null
      ? "'lanes 1'"
      : idle!.count === 1
        ? `the level '${printTree([idle!])}'`
        : `what stands after '${printTree([shorter.at(-1)!])}', which leaves one value,`;
  return { what, tree: printTree(shorter) };
}

/** Advice where no tree can be told from a text. */
export function treeWords(text: string, words: string): string {
  if (/-\s*\d/.test(text)) return `a count is 2 or more: write how many items a level folds${example}`;
  return /\d\.\d/.test(text) ? `write whole numbers of items${example}` : words;
}

function treeOf(text: string): Tree | undefined {
  try {
    return parseTree(text);
  } catch (error) {
    if (!(error instanceof TreeSyntaxError)) throw error;
    return undefined;
  }
}

function holdsInOrder(words: readonly string[], said: readonly string[]): boolean {
  let place = 0;
  for (const word of words) if (word === said[place]) place += 1;
  return place === said.length;
}
