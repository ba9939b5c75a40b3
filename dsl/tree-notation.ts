/**
 * The textual notation of reduction trees, as it stands in kernels, diagnostics, artifacts and hashes:
 * levels from the leaves up, separated by commas, each `[lanes N] (chain | pairwise) [N]`.
 */
import { EmbeddedActionsParser, Lexer, createToken, type IRecognitionException, type IToken } from "chevrotain";
import type { Level, Tree } from "./tree.ts";

/** A tree's text that can't be read. `offset` is 0-based, into the text. */
export class TreeSyntaxError extends Error {
  override readonly name = "TreeSyntaxError";
  constructor(
    message: string,
    readonly offset: number,
    readonly fix: string,
  ) {
    super(message);
  }
}

/** Items of one group, over all its lanes; more would not fit the integers that address them. */
const largestGroup = 2 ** 30;

const word = createToken({ name: "Word", pattern: /[A-Za-z_]\w*/ });
const chain = createToken({ name: "chain", pattern: /chain/, longer_alt: word });
const pairwise = createToken({ name: "pairwise", pattern: /pairwise/, longer_alt: word });
const lanes = createToken({ name: "lanes", pattern: /lanes/, longer_alt: word });
const integer = createToken({ name: "Integer", pattern: /\d+/ });
const comma = createToken({ name: "Comma", pattern: /,/ });
/** Anything else, so that the parser reports it where it stands. */
const stray = createToken({ name: "Stray", pattern: /[^\s,]/ });
const blank = createToken({ name: "Blank", pattern: /\s+/, group: Lexer.SKIPPED });

const tokens = [blank, chain, pairwise, lanes, word, integer, comma, stray];
const lexer = new Lexer(tokens, { positionTracking: "onlyOffset" });

class TreeParser extends EmbeddedActionsParser {
  constructor() {
    super(tokens);
    this.performSelfAnalysis();
  }

  readonly tree = this.RULE("tree", (): Level[] => {
    const levels: Level[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: comma, DEF: () => void levels.push(this.SUBRULE(this.#level)) });
    return levels;
  });

  readonly #level = this.RULE("level", (): Level => {
    const width = this.OPTION1(() => {
      this.CONSUME(lanes);
      return this.#positive(this.CONSUME1(integer), "lanes");
    });
    const fold = this.OR([
      { ALT: () => (this.CONSUME(chain), "chain" as const) },
      { ALT: () => (this.CONSUME(pairwise), "pairwise" as const) },
    ]);
    const count = this.OPTION2(() => {
      const token = this.CONSUME2(integer);
      const items = this.#positive(token, fold);
      this.ACTION(() => {
        if (items * (width ?? 1) > largestGroup) throw tooLarge(token);
      });
      return items;
    });
    return this.ACTION(() => ({
      fold,
      ...(width === undefined || width === 1 ? {} : { lanes: width }),
      ...(count === undefined ? {} : { count }),
    }));
  });

  #positive(token: IToken, of: string): number {
    return this.ACTION(() => {
      const value = Number(token.image);
      if (value === 0) {
        const fix =
          of === "lanes"
            ? `leave out 'lanes ${token.image}', or give it one lane or more`
            : `leave the count out to fold all that is left, or give it a count of 2 or more`;
        throw new TreeSyntaxError(`'${of} ${token.image}' folds nothing`, token.startOffset, fix);
      }
      if (value > largestGroup) throw tooLarge(token);
      return value;
    });
  }
}

const parser = new TreeParser();

function tooLarge(token: IToken): TreeSyntaxError {
  return new TreeSyntaxError(
    `a group of ${token.image} is too large: a group holds at most ${largestGroup} items, all its lanes together`,
    token.startOffset,
    "leave the count out to fold all that is left",
  );
}

const example = `write levels from the leaves up, such as "chain 128, chain" or "lanes 64 chain, pairwise"`;

function syntaxError(text: string, error: IRecognitionException): TreeSyntaxError {
  const found = error.token.image === "" ? "the end of the tree" : `'${error.token.image}'`;
  const offset = error.token.image === "" ? text.length : error.token.startOffset;
  const near = [chain, pairwise, lanes].find((keyword) =>
    keyword.name.startsWith(error.token.image.slice(0, 2).toLowerCase()),
  );
  const meant = near !== undefined && error.token.tokenType === word ? `write '${near.name}'` : example;
  switch (error.name) {
    case "MismatchedTokenException":
      return new TreeSyntaxError(
        `expected the number of lanes, found ${found}`,
        offset,
        "write it after 'lanes', such as 'lanes 64 chain'",
      );
    case "NotAllInputParsedException":
      return new TreeSyntaxError(
        `expected a comma or the end of the tree, found ${found}`,
        offset,
        error.token.tokenType === integer
          ? "a level has one count; separate levels by commas"
          : 'separate levels by commas, such as "chain 128, chain"',
      );
    default:
      return new TreeSyntaxError(`expected 'chain', 'pairwise' or 'lanes', found ${found}`, offset, meant);
  }
}

/**
 * Reads a tree. One that leaves more than one value (see `isComplete`) is well formed: whether it fits depends on
 * what it folds.
 * @throws TreeSyntaxError
 */
export function parseTree(text: string): Tree {
  parser.input = lexer.tokenize(text).tokens;
  const levels = parser.tree();
  const error = parser.errors[0];
  if (error !== undefined) throw syntaxError(text, error);
  return levels;
}

/** The canonical text: single spaces, `, ` between levels, no `lanes 1`. */
export function printTree(tree: Tree): string {
  return tree
    .map((level) =>
      [
        ...(level.lanes === undefined || level.lanes === 1 ? [] : ["lanes", level.lanes]),
        level.fold,
        ...(level.count === undefined ? [] : [level.count]),
      ].join(" "),
    )
    .join(", ");
}
