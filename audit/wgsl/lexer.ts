/** The tokens of WGSL, and which of its angle brackets enclose the arguments of a type. */
import { Lexer, createToken, createTokenInstance, type IToken, type TokenType } from "chevrotain";
import type { Position } from "./ast.ts";
import { WgslError } from "./errors.ts";
import { reservedWords } from "./words.ts";

/** Chevrotain would drop the pattern's flag. */
const nameAt = /[_\p{XID_Start}]\p{XID_Continue}*/uy;
export const name = createToken({
  name: "Name",
  label: "a name",
  line_breaks: false,
  pattern: (text: string, offset: number): RegExpExecArray | null => {
    nameAt.lastIndex = offset;
    return nameAt.exec(text);
  },
});
/** The keywords of the subset. */
const words = ["struct", "var", "fn", "let", "for", "while", "if", "else", "return", "true", "false"] as const;
export const word = Object.fromEntries(
  words.map((keyword) => [keyword, createToken({ name: `'${keyword}'`, pattern: keyword, longer_alt: name })]),
) as Record<(typeof words)[number], TokenType>;
const otherWords = [...reservedWords]
  .filter((reserved) => !(words as readonly string[]).includes(reserved))
  .sort((a, b) => b.length - a.length);
const reserved = createToken({ name: "Reserved", pattern: new RegExp(otherWords.join("|")), longer_alt: name });

/** Whatever begins as a number and goes on as one: constants.ts tells which are. */
export const number = createToken({
  name: "Number",
  label: "a number",
  pattern: /0[xX][\da-fA-F.]+([pP][+-]?\d+)?\w*|\d[\d.]*([eE][+-]?\d+)?\w*/,
});

export const infix = createToken({ name: "Infix", label: "an operator", pattern: Lexer.NA });
export const prefix = createToken({ name: "Prefix", label: "an operator", pattern: Lexer.NA });
const operator = (symbol: string, categories: TokenType[] = [infix], pattern: RegExp | string = symbol): TokenType =>
  createToken({ name: symbol, label: `'${symbol}'`, pattern, categories });
const [shiftRight, atLeast] = [operator(">>", [infix], Lexer.NA), operator(">=", [infix], Lexer.NA)];
const [less, greater] = [operator("<"), operator(">")];
/** Longer ones first. `>` stands alone until it is known what it closes. */
const operators = [
  ...["&&", "||", "==", "!=", "<=", "<<"].map((symbol) => operator(symbol)),
  less,
  greater,
  shiftRight,
  atLeast,
  ...["+", "*", "/", "%", "&", "|", "^"].map((symbol) => operator(symbol)),
  operator("-", [infix, prefix]),
  operator("!", [prefix]),
  operator("~", [prefix]),
];
/** Tokens of WGSL that the subset has no use for, so that `a--b` is what WGSL takes it for. */
const otherOperator = createToken({ name: "Unused", pattern: /--|\+\+|<<=|[-*/%&|^]=|\/\*/ });

export const opening = createToken({ name: "TemplateStart", label: "'<'", pattern: Lexer.NA });
export const closing = createToken({ name: "TemplateEnd", label: "'>'", pattern: Lexer.NA });
export const mark = Object.fromEntries(
  ["->", "+=", "{", "}", "(", ")", "[", "]", ",", ":", ";", "=", ".", "@"].map((symbol) => [
    symbol,
    createToken({ name: symbol, label: `'${symbol}'`, pattern: symbol }),
  ]),
) as Record<string, TokenType>;

const lineEnds = "\\n\\v\\f\\r\\u0085\\u2028\\u2029";
const comment = createToken({ name: "Comment", pattern: new RegExp(`//[^${lineEnds}\\0]*`), group: Lexer.SKIPPED });
const blank = createToken({
  name: "Blank",
  pattern: new RegExp(`[ \\t\\u200e\\u200f${lineEnds}]+`),
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const stray = createToken({ name: "Stray", pattern: /./ });

const two = [mark["->"]!, mark["+="]!];
export const tokens: readonly TokenType[] = [
  blank,
  comment,
  ...Object.values(word),
  reserved,
  name,
  number,
  infix,
  prefix,
  otherOperator,
  ...two,
  ...operators.filter((type) => type !== infix),
  ...Object.values(mark).filter((type) => !two.includes(type)),
  opening,
  closing,
  stray,
];
const lexer = new Lexer([...tokens], {
  lineTerminatorsPattern: new RegExp(`\\r\\n|[${lineEnds}]`, "g"),
  lineTerminatorCharacters: [10, 11, 12, 13, 0x85, 0x2028, 0x2029],
});

/** As deep as WGSL's braces may go; parentheses that go deeper are nothing that a compiler prints. */
const deepest = 127;

export const positionOf = ({ startLine, startColumn }: IToken): Position => ({
  line: startLine!,
  column: startColumn!,
});

/** The tokens of a text; what is none of WGSL's is a Stray. Throws WgslError where brackets nest too deep. */
export function tokenize(text: string): IToken[] {
  const read = lexer.tokenize(text).tokens;
  const [starts, ends] = templates(read);
  const typed: IToken[] = [];
  let depth = 0;
  for (let at = 0; at < read.length; at++) {
    const token = read[at]!;
    if (["(", "[", "{"].includes(token.image) && ++depth > deepest) {
      throw new WgslError(positionOf(token), `brackets nest more than ${deepest} deep`, "name a part of it with let");
    }
    if ([")", "]", "}"].includes(token.image)) depth--;
    const next = read[at + 1];
    if (starts.has(token)) typed.push(retyped(token, opening));
    else if (ends.has(token)) typed.push(retyped(token, closing));
    else if (joined(token, next) && !ends.has(next!)) {
      typed.push(retyped(token, next!.image === ">" ? shiftRight : atLeast, next));
      at++;
    } else typed.push(token);
  }
  return typed;
}

/** Whether the two are one operator: `>>` or `>=`. */
function joined(left: IToken | undefined, right: IToken | undefined): boolean {
  return left?.tokenType === greater && right?.startOffset === left.startOffset + 1 && [">", "="].includes(right.image);
}

function retyped(token: IToken, type: TokenType, end = token): IToken {
  const image = token === end ? token.image : token.image + end.image;
  return createTokenInstance(
    type,
    image,
    token.startOffset,
    end.endOffset!,
    token.startLine!,
    end.endLine!,
    token.startColumn!,
    end.endColumn!,
  );
}

/** The `<` and `>` around the arguments of a template: WGSL's own rule, in its section on template lists. */
function templates(read: readonly IToken[]): [ReadonlySet<IToken>, ReadonlySet<IToken>] {
  const [starts, ends] = [new Set<IToken>(), new Set<IToken>()];
  let pending: { readonly token: IToken; readonly depth: number }[] = [];
  let depth = 0;
  read.forEach((token, at) => {
    switch (token.image) {
      case "<":
        if ([name, word.var].includes(read[at - 1]?.tokenType as TokenType)) pending.push({ token, depth });
        break;
      case ">": {
        if (pending.at(-1)?.depth !== depth) break;
        starts.add(pending.pop()!.token);
        ends.add(token);
        break;
      }
      case "(":
      case "[":
        depth++;
        break;
      case ")":
      case "]":
        pending = pending.filter((candidate) => candidate.depth < depth);
        depth = Math.max(0, depth - 1);
        break;
      case "=":
        if (!(joined(read[at - 1], token) && !ends.has(read[at - 1]!))) [depth, pending] = [0, []];
        break;
      case ";":
      case "{":
      case ":":
        [depth, pending] = [0, []];
        break;
      case "&&":
      case "||":
        pending = pending.filter((candidate) => candidate.depth < depth);
        break;
    }
  });
  return [starts, ends];
}
