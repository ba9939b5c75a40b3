/** Text to token ids and back, through the Hugging Face tokenizers library on the checkpoint's own tokenizer.json. */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { RuntimeError } from "../errors.ts";

/** A tokenizer of a kind that is not understood, or a text that it can't take. */
export class TokenizerError extends RuntimeError {}

/** What decoders put in place of bytes that are not (yet) UTF-8. */
const replacement = "\u{fffd}";

export class Tokenizer {
  readonly #tokenizer: HuggingFaceTokenizer;

  /**
   * @param description what tokenizer.json says, and `settings` what tokenizer_config.json says
   * @param where the file that messages name
   * @throws TokenizerError if it is of a kind that the library does not know
   */
  constructor(description: Readonly<Record<string, unknown>>, settings: Readonly<Record<string, unknown>>, where: string) {
    try {
      this.#tokenizer = new HuggingFaceTokenizer(description, settings);
    } catch (cause) {
      throw new TokenizerError({ where, what: `it is not understood (${(cause as Error).message})`, fix: "save the tokenizer again with a current transformers", cause });
    }
  }

  /** With the special tokens that the checkpoint's template adds. */
  encode(text: string): number[] {
    return this.#tokenizer.encode(text).ids;
  }

  /** Without special tokens. */
  decode(ids: readonly number[]): string {
    return ids.length === 0 ? "" : this.#tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** Decodes a completion as its tokens arrive. */
  stream(): TokenStream {
    return new TokenStream(this);
  }
}

/**
 * Gives each token's text as soon as it is whole: a character whose bytes span several tokens is held back until its
 * last. Each piece is decoded together with the one before it, since some decoders treat the start of a text specially.
 * The pieces of a stream, joined, are the text that decoding all its ids at once gives.
 */
export class TokenStream {
  readonly #ids: number[] = [];
  /** Ids before `#context` are done with; those before `#emitted` have been given out. */
  #context = 0;
  #emitted = 0;

  constructor(private readonly tokenizer: Tokenizer) {}

  push(id: number): string {
    this.#ids.push(id);
    const text = this.#pending();
    if (text.endsWith(replacement)) return "";
    this.#context = this.#emitted;
    this.#emitted = this.#ids.length;
    return text;
  }

  /** What is still held back: bytes that never became a character. */
  end(): string {
    const text = this.#pending();
    this.#context = this.#emitted = this.#ids.length;
    return text;
  }

  #pending(): string {
    const before = this.tokenizer.decode(this.#ids.slice(this.#context, this.#emitted));
    return this.tokenizer.decode(this.#ids.slice(this.#context)).slice(before.length);
  }
}
