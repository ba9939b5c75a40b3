/** The tokens of the IR's text. */
import { Lexer, createToken, type TokenType } from "chevrotain";
import { infix } from "./ir-operators.ts";

/** As in JavaScript. Chevrotain would drop the pattern's flag. */
const nameAt = /[\p{ID_Start}_$][\p{ID_Continue}$\u200c\u200d]*/uy;
export const name = createToken({
  name: "Name",
  line_breaks: false,
  pattern: (text: string, offset: number): RegExpExecArray | null => {
    nameAt.lastIndex = offset;
    return nameAt.exec(text);
  },
});
/** Keywords stay names where a name is meant, so that an axis may be called `count`. */
const words = [
  "kernel",
  "axis",
  "input",
  "parameter",
  "output",
  "function",
  "reducer",
  "state",
  "combine",
  "let",
  "reduce",
  "leaf",
  "return",
  "over",
  "in",
  "from",
  "count",
  "item",
  "by",
  "at",
] as const;
export const word = Object.fromEntries(
  words.map((keyword) => [
    keyword,
    createToken({ name: `'${keyword}'`, pattern: keyword, longer_alt: name, categories: name }),
  ]),
) as Record<(typeof words)[number], TokenType>;
export const number = createToken({ name: "Number", pattern: /0x[0-9a-f]+|\d+(\.\d+)?(e[+-]?\d+)?i?/ });
export const text = createToken({ name: "Text", pattern: /"[^"\n]*"/ });
export const infixOperator = createToken({ name: "Operator", pattern: Lexer.NA });
export const minus = createToken({ name: "Minus", pattern: "-", categories: infixOperator });
export const otherPrefix = createToken({ name: "Prefix", pattern: /~|!(?!=)/ });
const operators = Object.values(infix)
  .map(([symbol]) => symbol)
  .filter((symbol) => symbol !== "-")
  .sort((a, b) => b.length - a.length)
  .map((symbol) => createToken({ name: symbol, pattern: symbol, categories: infixOperator }));
export const mark = Object.fromEntries(
  ["{", "}", "(", ")", "?[", "[", "]", ",", ":", "=", "."].map((symbol) => [
    symbol,
    createToken({ name: symbol, pattern: symbol }),
  ]),
) as Record<string, TokenType>;
const blank = createToken({ name: "Blank", pattern: /\s+/, group: Lexer.SKIPPED });
const stray = createToken({ name: "Stray", pattern: /./ });

export const tokens = [
  blank,
  ...Object.values(word),
  name,
  number,
  text,
  infixOperator,
  otherPrefix,
  ...operators,
  minus,
  ...Object.values(mark),
  stray,
];
export const lexer = new Lexer(tokens);
