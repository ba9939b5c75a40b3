/**
 * Edits of WGSL by patterns over its tokens, so that neither spaces nor lines matter. A pattern is words: `$a` stands
 * for one token (`$a:sum_*` for one that looks so), `$$a` for an expression, as short as it can be, `$$$a` for
 * anything whose brackets match, statements and nothing included; every other word for itself. A name that comes
 * again stands for the same text.
 */
import { tokenize } from "../../audit/wgsl/lexer.ts";

/** A stretch of the text, and what takes its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

interface Token {
  readonly image: string;
  readonly start: number;
  readonly end: number;
}

type Bound = ReadonlyMap<string, string>;

interface Word {
  readonly kind: "itself" | "one" | "expression" | "anything";
  readonly text: string;
  readonly looks: RegExp | null;
}

function wordOf(text: string): Word {
  const [, dollars = "", name = "", looks] = /^(\${1,3})(\w+)(?::(.+))?$/.exec(text) ?? [];
  if (dollars === "") return { kind: "itself", text, looks: null };
  const kind = (["one", "expression", "anything"] as const)[dollars.length - 1]!;
  return { kind, text: name, looks: looks === undefined ? null : new RegExp(`^${looks.replaceAll("*", "\\w*")}$`) };
}

const opens = new Set(["(", "[", "{"]);
const closes = new Set([")", "]", "}"]);
const endsStatements = new Set([";", "{", "}"]);

/** Every place of a text that a pattern matches, first to last, with what is to stand there instead. */
export function sitesOf(text: string, pattern: string, by: string): Edit[] {
  const tokens = tokenize(text).map(
    ({ image, startOffset, endOffset }): Token => ({ image, start: startOffset, end: endOffset! + 1 }),
  );
  const words = pattern.trim().split(/\s+/).map(wordOf);
  const slice = (from: number, to: number): string =>
    from === to ? "" : text.slice(tokens[from]!.start, tokens[to - 1]!.end);

  const matched = (
    word: number,
    at: number,
    bound: Bound,
  ): { readonly to: number; readonly bound: Bound } | undefined => {
    const here = words[word];
    if (here === undefined) return { to: at, bound };
    const token = tokens[at];
    if (here.kind === "itself") return token?.image === here.text ? matched(word + 1, at + 1, bound) : undefined;
    const known = bound.get(here.text);
    const go = (to: number): ReturnType<typeof matched> => {
      const found = slice(at, to);
      return known !== undefined && known !== found
        ? undefined
        : matched(word + 1, to, new Map([...bound, [here.text, found]]));
    };
    if (here.kind === "one")
      return token !== undefined && here.looks?.test(token.image) !== false ? go(at + 1) : undefined;
    let depth = 0;
    if (here.kind === "anything") {
      const none = go(at);
      if (none !== undefined) return none;
    }
    for (let to = at; to < tokens.length; to++) {
      const { image } = tokens[to]!;
      if (here.kind === "expression" && endsStatements.has(image)) return undefined;
      if (opens.has(image)) depth++;
      if (closes.has(image) && --depth < 0) return undefined;
      const result = depth === 0 ? go(to + 1) : undefined;
      if (result !== undefined) return result;
    }
    return undefined;
  };

  return tokens.flatMap(({ start }, at): Edit[] => {
    const found = matched(0, at, new Map());
    if (found === undefined) return [];
    const end = found.to === at ? start : tokens[found.to - 1]!.end;
    return [{ start, end, by: by.replace(/\${1,3}(\w+)/g, (_, name: string) => found.bound.get(name) ?? "") }];
  });
}

export const edited = (text: string, { start, end, by }: Edit): string => text.slice(0, start) + by + text.slice(end);
