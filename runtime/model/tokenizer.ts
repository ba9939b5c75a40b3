/** Text to token ids and back, through the Hugging Face tokenizers library on the checkpoint's own tokenizer.json. */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { RuntimeError } from "../errors.ts";
import { Decoding } from "./decoding.ts";
import { checkDescription, TokenizerFault, type Fields } from "./tokenizer-description.ts";

/** A tokenizer of a kind that is not understood, or a text that it can't take. */
export class TokenizerError extends RuntimeError {}

export interface EncodeOptions {
  /**
   * Add what tokenizer.json puts around a text, such as its first token; true if absent. A rendered chat has that
   * already.
   */
  readonly addSpecialTokens?: boolean;
}

/** UTF-16 units; about four make a token, and no model takes more than 2^20 tokens. */
const maxTextLength = 2 ** 20;
/** Characters. Merging a run of one takes some 20 µs for each, ten times as long as other text. */
const maxRun = 2 ** 14;
const loneSurrogate = /\p{Surrogate}/u;
/**
 * Letters, marks, digits, spaces and bytes of every length: what a description must be able to encode without a fault.
 */
const probe = "In the beginning, 1769:\n\t\u00e9\u0301 \u20ac \u{1f600}\0";

export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;
  readonly #decoder: Fields | null;
  /** Texts of added tokens, and of those that no text shows. */
  readonly #added: ReadonlySet<string>;
  readonly #special: ReadonlySet<string>;

  /**
   * @param description what tokenizer.json says, and `settings` what tokenizer_config.json says
   * @param where the file that messages name
   * @param vocabulary the rows of the model's embedding; each token's id must be below that
   * @throws TokenizerError if it is broken, or of a kind that the library does not know or computes otherwise
   */
  constructor(
    description: Fields,
    settings: Fields,
    private readonly where: string,
    private readonly vocabulary = Infinity,
  ) {
    try {
      checkDescription(description, vocabulary);
      // The library takes more of the settings than Hugging Face's own does, so it is given only what both know.
      const moreSpecial = contentsOf(settings["additional_special_tokens"]);
      this.#tokenizer = new HuggingFaceTokenizer(description, { additional_special_tokens: moreSpecial });
      const added = description["added_tokens"] as readonly { readonly content: string; readonly special?: boolean }[];
      this.#decoder = (description["decoder"] ?? null) as Fields | null;
      this.#added = new Set(added.map(({ content }) => content));
      this.#special = new Set([
        ...added.filter(({ special }) => special === true).map(({ content }) => content),
        ...moreSpecial,
      ]);
      this.decode(this.encode(probe));
    } catch (cause) {
      if (cause instanceof TokenizerFault) throw new TokenizerError({ where, what: cause.message, fix: cause.fix });
      if (cause instanceof TokenizerError) throw cause;
      throw new TokenizerError({
        where,
        what: `it is not understood (${(cause as Error).message})`,
        fix: "save the tokenizer again with a current transformers",
        cause,
      });
    }
  }

  /**
   * @throws TokenizerError for a text of over 2^20 characters, a very long run of one, or a part of a surrogate pair
   */
  encode(text: string, { addSpecialTokens = true }: EncodeOptions = {}): number[] {
    this.#checkText(text);
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: addSpecialTokens });
    const bad = (ids as number[]).findIndex((id) => !(Number.isInteger(id) && id >= 0 && id < this.vocabulary));
    if (bad >= 0) {
      throw new TokenizerError({
        where: this.where,
        what: `its ${bad + 1}. token for a text has the id ${String(ids[bad])}, which the model lacks`,
        fix: "take tokenizer.json from the same checkpoint as the weights",
      });
    }
    return ids;
  }

  #checkText(text: string): void {
    const refuse = (what: string, fix: string): never => {
      throw new TokenizerError({ where: "the text", what, fix });
    };
    if (typeof text !== "string")
      refuse(`it is ${text === null ? "null" : typeof text}, not a string`, "give a string");
    if (text.length > maxTextLength) refuse(`it has ${text.length} characters`, `give at most ${maxTextLength}`);
    const lone = text.search(loneSurrogate);
    if (lone >= 0) {
      refuse(
        `character ${lone} is \\u${text.charCodeAt(lone).toString(16)}, one half of a surrogate pair, which no ` +
          "encoding has",
        "cut texts between characters, or replace the half (String.prototype.toWellFormed)",
      );
    }
    let run = 0;
    let previous = "";
    for (const character of text) {
      run = character === previous ? run + 1 : 1;
      previous = character;
      if (run > maxRun)
        refuse(`it repeats ${JSON.stringify(character)} more than ${maxRun} times in a row`, "shorten the run");
    }
  }

  /** Whether some token has the id. */
  has(id: number): boolean {
    return this.#tokenizer.id_to_token(id) !== undefined;
  }

  /** Without special tokens, and without ids that no token has: a model's vocabulary may be padded. */
  decode(ids: readonly number[]): string {
    const stream = this.stream();
    return ids.map((id) => stream.push(id)).join("") + stream.end();
  }

  /** Decodes a completion as its tokens arrive. */
  stream(): TokenStream {
    return new TokenStream((id) => this.#textOf(id), new Decoding(this.#decoder, this.#added));
  }

  /** The token's text, if it has one that is shown. */
  #textOf(id: number): string | undefined {
    const token = this.#tokenizer.id_to_token(id);
    return token === undefined || this.#special.has(token) ? undefined : token;
  }
}

/** Tokens are given as their text, or as an object with flags and that. */
function contentsOf(tokens: unknown): string[] {
  if (!Array.isArray(tokens)) return [];
  return tokens
    .map((token: unknown) => (token as { content?: unknown } | null)?.content ?? token)
    .filter((token) => typeof token === "string");
}

/**
 * Gives each token's text as soon as it is whole: a character whose bytes span several tokens is held back until its
 * last. The pieces of a stream, joined, are the text that decoding all its ids at once gives. Each id takes as long as
 * its own text, whatever came before.
 */
export class TokenStream {
  /** For `Tokenizer`. */
  constructor(
    private readonly textOf: (id: number) => string | undefined,
    private readonly decoding: Decoding,
  ) {}

  push(id: number): string {
    const text = this.textOf(id);
    return text === undefined ? "" : this.decoding.push(text);
  }

  /** What is still held back: bytes that never became a character. */
  end(): string {
    return this.decoding.end();
  }
}
