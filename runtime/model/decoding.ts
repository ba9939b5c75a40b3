/**
 * Token texts to text, as tokenizer.json's decoder says, piece by piece: each token is looked at once, however long the
 * text has no whole character. The pieces, joined, are what decoding all tokens at once gives, since both are this
 * code.
 *
 * A decoder is a chain of stages. A token passes through it in pieces, the last of which `ends` it: a stage that joins
 * tokens gives text before it has seen all of them.
 */
import * as library from "@huggingface/tokenizers";
import type { Fields } from "./tokenizer-description.ts";

/** Its types do not name it. */
const { ReplaceDecoder } = library as unknown as {
  readonly ReplaceDecoder: new (config: Fields) => { readonly pattern: RegExp };
};

interface Stage {
  take(piece: string, ends: boolean): void;
  /** Nothing follows. */
  finish(): void;
}

/** Decodes the texts of one sequence's tokens. */
export class Decoding {
  readonly #first: Stage;
  #text = "";

  /** @param decoder of tokenizer.json, checked @param added texts of added tokens, which are no bytes */
  constructor(decoder: Fields | null, added: ReadonlySet<string>) {
    const last: Stage = {
      take: (piece) => {
        this.#text += piece;
      },
      finish: () => undefined,
    };
    this.#first = decoder === null ? new Spaced(last) : stageOf(decoder, added, last);
  }

  /** The text that became certain with the token. */
  push(token: string): string {
    this.#first.take(token, true);
    return this.#taken();
  }

  /** What was held back. */
  end(): string {
    this.#first.finish();
    return this.#taken();
  }

  #taken(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

function stageOf(decoder: Fields, added: ReadonlySet<string>, next: Stage): Stage {
  switch (decoder["type"]) {
    case "Sequence":
      return (decoder["decoders"] as readonly Fields[]).reduceRight((after, part) => stageOf(part, added, after), next);
    case "ByteLevel":
      return new Bytes(next, (token) => (added.has(token) ? undefined : bytesOfMarks(token)));
    case "ByteFallback":
      return new Bytes(next, byteOfName);
    case "Fuse":
      return new Fuse(next);
    case "Replace":
      return replaceStage(decoder, next);
    case "Strip":
      return new Strip(next, decoder["content"] as string, decoder["start"] as number, decoder["stop"] as number);
    case "Metaspace":
      return new Metaspace(next, decoder["replacement"] as string, decoder["prepend_scheme"] !== "never");
    default:
      throw new Error(`unknown decoder ${String(decoder["type"])}`);
  }
}

/** Tokens with spaces between them, where there is no decoder. */
class Spaced implements Stage {
  #isFirst = true;

  constructor(private readonly next: Stage) {}

  take(piece: string, ends: boolean): void {
    this.next.take(this.#isFirst ? piece : ` ${piece}`, ends);
    this.#isFirst = false;
  }

  finish(): void {
    this.next.finish();
  }
}

/**
 * Tokens that stand for bytes, to text; a run of them becomes one token. Bytes that are no UTF-8 become U+FFFD. A byte
 * order mark is a character like any other.
 */
class Bytes implements Stage {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #isInRun = false;
  #waiting = "";

  constructor(
    private readonly next: Stage,
    private readonly bytesOf: (token: string) => Uint8Array | undefined,
  ) {}

  take(piece: string, ends: boolean): void {
    this.#waiting += piece;
    if (!ends) return;
    const token = this.#waiting;
    this.#waiting = "";
    const bytes = this.bytesOf(token);
    if (bytes !== undefined) {
      this.#isInRun = true;
      return this.next.take(this.#decoder.decode(bytes, { stream: true }), false);
    }
    this.#endRun();
    this.next.take(token, true);
  }

  finish(): void {
    if (this.#waiting !== "") this.take("", true);
    this.#endRun();
    this.next.finish();
  }

  #endRun(): void {
    if (this.#isInRun) this.next.take(this.#decoder.decode(), true);
    this.#isInRun = false;
  }
}

/** All tokens become one. */
class Fuse implements Stage {
  constructor(private readonly next: Stage) {}

  take(piece: string): void {
    this.next.take(piece, false);
  }

  finish(): void {
    this.next.take("", true);
    this.next.finish();
  }
}

function replaceStage({ pattern, content }: Fields, next: Stage): Stage {
  const { String: text } = pattern as { readonly String?: string };
  if (text !== undefined && text !== "") return new Replace(next, text, content as string);
  // A regular expression may look at all of a token, so it gets that.
  const expression = new ReplaceDecoder({ type: "Replace", pattern, content }).pattern;
  return new WholeTokens(next, (token) => token.replaceAll(expression, () => content as string));
}

class WholeTokens implements Stage {
  readonly #waiting: string[] = [];

  constructor(
    private readonly next: Stage,
    private readonly change: (token: string) => string,
  ) {}

  take(piece: string, ends: boolean): void {
    this.#waiting.push(piece);
    if (ends) this.next.take(this.change(this.#waiting.splice(0).join("")), true);
  }

  finish(): void {
    this.next.finish();
  }
}

/** Replaces a text within each token; what may be its beginning is held back until the token goes on. */
class Replace implements Stage {
  #held = "";

  constructor(
    private readonly next: Stage,
    private readonly pattern: string,
    private readonly content: string,
  ) {}

  take(piece: string, ends: boolean): void {
    const parts = (this.#held + piece).split(this.pattern);
    const rest = parts.pop()!;
    const held = ends ? 0 : this.#beginningOfPattern(rest);
    this.#held = rest.slice(rest.length - held);
    this.next.take([...parts, rest.slice(0, rest.length - held)].join(this.content), ends);
  }

  finish(): void {
    this.next.finish();
  }

  /** How many characters at the end of the text are the beginning of the pattern. */
  #beginningOfPattern(text: string): number {
    let length = Math.min(this.pattern.length - 1, text.length);
    while (length > 0 && !this.pattern.startsWith(text.slice(text.length - length))) length--;
    return length;
  }
}

/** Takes a character off the start and the end of each token, so many times at most. */
class Strip implements Stage {
  /** How many may still be taken off this token's start. */
  #atStart: number;
  #held = 0;

  constructor(
    private readonly next: Stage,
    private readonly content: string,
    private readonly start: number,
    private readonly stop: number,
  ) {
    this.#atStart = start;
  }

  take(piece: string, ends: boolean): void {
    let from = 0;
    const { content } = this;
    // Of no text there is nothing to take off.
    if (content !== "")
      while (this.#atStart > 0 && piece.startsWith(content, from))
        [from, this.#atStart] = [from + content.length, this.#atStart - 1];
    if (from < piece.length) this.#atStart = 0;
    const all = content.repeat(this.#held) + piece.slice(from);
    let [to, held] = [all.length, 0];
    if (content !== "")
      while (held < this.stop && all.slice(0, to).endsWith(content)) [to, held] = [to - content.length, held + 1];
    this.next.take(all.slice(0, to), ends);
    this.#held = ends ? 0 : held;
    if (ends) this.#atStart = this.start;
  }

  finish(): void {
    this.next.finish();
  }
}

/** Marks become spaces; those of the first token go, where encoding puts one there. */
class Metaspace implements Stage {
  constructor(
    private readonly next: Stage,
    private readonly mark: string,
    private isFirst: boolean,
  ) {}

  take(piece: string, ends: boolean): void {
    this.next.take(piece.replaceAll(this.mark, this.isFirst ? "" : " "), ends);
    if (ends) this.isFirst = false;
  }

  finish(): void {
    this.next.finish();
  }
}

/** The byte that `<0x41>` names. */
function byteOfName(token: string): Uint8Array | undefined {
  return /^<0x[0-9A-Fa-f]{2}>$/.test(token) ? Uint8Array.of(Number.parseInt(token.slice(3, 5), 16)) : undefined;
}

/**
 * GPT-2's characters for bytes: printable ones of Latin-1 stand for themselves, the others for U+0100 and on, in order.
 */
const byteOfMark: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(isPrintable(byte) ? byte : next++), byte]),
  );
})();

/** What a token's characters stand for; a token with another character is its own UTF-8. */
function bytesOfMarks(token: string): Uint8Array {
  const bytes = Array.from(token, (character) => byteOfMark.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : new TextEncoder().encode(token);
}
