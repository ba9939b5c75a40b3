/**
 * A template's text to tokens, as Jinja 3.1 reads it under transformers' options: `trim_blocks`, `lstrip_blocks`, and
 * one line end at the very end is dropped. The rules for spaces are those of jinja2/lexer.py.
 */
import { space, strip } from "./text.ts";
import { JinjaRefusal } from "./values.ts";

/** A template that is none. */
export class JinjaSyntaxError extends Error {}

export type Token =
  | { readonly kind: "data" | "name" | "string"; readonly text: string; readonly line: number }
  | { readonly kind: "integer"; readonly value: bigint; readonly text: string; readonly line: number }
  | { readonly kind: "float"; readonly value: number; readonly text: string; readonly line: number }
  | {
      readonly kind: "operator" | "variable begin" | "variable end" | "block begin" | "block end" | "end";
      readonly text: string;
      readonly line: number;
    };

const some = `[${space}]*`;
const begin = new RegExp(
  `\\{%([-+]?)${some}raw${some}(?:-%\\}${some}|%\\})|\\{%([-+]?)|\\{\\{([-+]?)|\\{#([-+]?)`,
  "gu",
);
const endRaw = new RegExp(`\\{%([-+]?)${some}endraw${some}(?:\\+%\\}|-%\\}${some}|%\\}\n?)`, "gu");
const endComment = new RegExp(`(?:\\+#\\}|-#\\}${some}|#\\}\n?)`, "gu");
const endBlock = new RegExp(`(?:\\+%\\}|-%\\}${some}|%\\}\n?)`, "uy");
const endVariable = new RegExp(`(?:-\\}\\}${some}|\\}\\})`, "uy");

const inTag: readonly (readonly [kind: "space" | "float" | "integer" | "name" | "string" | "operator", RegExp])[] = [
  ["space", new RegExp(`[${space}]+`, "uy")],
  ["float", /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iuy],
  ["integer", /(?:0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*)/iuy],
  ["name", /[\p{XID_Start}_][\p{XID_Continue}]*/uy],
  ["string", /'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"/uy],
  ["operator", /\/\/|\*\*|[=!<>]=|[-+/*%~[\](){}<>=.:|,;]/uy],
];
const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** @throws JinjaSyntaxError, JinjaRefusal */
export function tokensOf(template: string): Token[] {
  const text = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  let at = 0;
  let atLineStart = true;
  const lineAt = (place: number): number => text.slice(0, place).split("\n").length;
  const data = (from: number, to: number, sign: string, isVariable: boolean): void => {
    let piece = text.slice(from, to);
    if (sign === "-") piece = strip(piece, undefined, "right");
    else if (sign !== "+" && !isVariable) {
      const lineStart = piece.lastIndexOf("\n") + 1;
      if ((lineStart > 0 || atLineStart) && strip(piece.slice(lineStart), undefined, "both") === "")
        piece = piece.slice(0, lineStart);
    }
    if (piece !== "") tokens.push({ kind: "data", text: piece, line: lineAt(from) });
  };
  const passed = (to: number): void => {
    at = to;
    atLineStart = text[to - 1] === "\n";
  };
  const matchFrom = (pattern: RegExp, what: string): RegExpExecArray => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) throw new JinjaSyntaxError(`line ${lineAt(at)}: ${what} does not end`);
    return match;
  };
  while (at < text.length) {
    begin.lastIndex = at;
    const match = begin.exec(text);
    if (match === null) {
      tokens.push({ kind: "data", text: text.slice(at), line: lineAt(at) });
      break;
    }
    const [found, raw, block, variable, comment] = match;
    data(at, match.index, raw ?? block ?? variable ?? comment!, variable !== undefined);
    passed(match.index + found.length);
    if (raw !== undefined) {
      const end = matchFrom(endRaw, "a raw block");
      data(at, end.index, end[1]!, false);
      passed(end.index + end[0].length);
    } else if (comment !== undefined) {
      const end = matchFrom(endComment, "a comment");
      passed(end.index + end[0].length);
    } else {
      const what = block === undefined ? "variable" : "block";
      tokens.push({ kind: `${what} begin`, text: found, line: lineAt(match.index) });
      passed(tagTokens(text, at, what, tokens, lineAt));
    }
  }
  tokens.push({ kind: "end", text: "", line: lineAt(text.length) });
  return tokens;
}

/** The tokens of a tag, and where it ends. */
function tagTokens(
  text: string,
  from: number,
  what: "variable" | "block",
  tokens: Token[],
  lineAt: (place: number) => number,
): number {
  const open: string[] = [];
  const end = what === "block" ? endBlock : endVariable;
  let at = from;
  for (;;) {
    const line = lineAt(at);
    end.lastIndex = at;
    const ended = open.length === 0 ? end.exec(text) : null;
    if (ended !== null) {
      tokens.push({ kind: `${what} end`, text: ended[0], line });
      return at + ended[0].length;
    }
    const [kind, found] = tokenAt(text, at) ?? unexpected(text, at, line);
    at += found.length;
    if (kind === "space") continue;
    if (kind === "operator") {
      if (Object.hasOwn(closing, found)) open.push(closing[found]!);
      else if ([")", "]", "}"].includes(found) && open.pop() !== found)
        throw new JinjaSyntaxError(`line ${line}: unexpected '${found}'`);
    }
    tokens.push(tokenOf(kind, found, line));
  }
}

function tokenAt(text: string, at: number): readonly [(typeof inTag)[number][0], string] | undefined {
  for (const [kind, pattern] of inTag) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return [kind, match[0]];
  }
  return undefined;
}

function unexpected(text: string, at: number, line: number): never {
  throw new JinjaSyntaxError(
    at >= text.length
      ? `line ${line}: a tag does not end`
      : `line ${line}: unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))}`,
  );
}

function tokenOf(kind: "float" | "integer" | "name" | "string" | "operator", text: string, line: number): Token {
  if (kind === "float") return { kind, value: Number(text.replaceAll("_", "")), text, line };
  if (kind === "integer") return { kind, value: BigInt(text.replaceAll("_", "").toLowerCase()), text, line };
  if (kind === "string") return { kind, text: unescaped(text.slice(1, -1), line), line };
  return { kind, text, line };
}

const simple: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Python's escapes; a backslash before anything else stays. */
function unescaped(text: string, line: number): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/gu,
    (all: string, octal?: string, ...rest: unknown[]) => {
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const [x, u, long, other] = rest as (string | undefined)[];
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        if (code > 0x10ffff) throw new JinjaSyntaxError(`line ${line}: ${all} is no character`);
        return String.fromCodePoint(code);
      }
      if (other === "N") throw new JinjaRefusal(`line ${line}: a character is written by its name (\\N)`);
      if (other === "x" || other === "u" || other === "U")
        throw new JinjaSyntaxError(`line ${line}: \\${other} lacks its digits`);
      return simple[other!] ?? all;
    },
  );
}
