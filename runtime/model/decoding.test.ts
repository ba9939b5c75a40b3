/** Decoders of every kind on token texts. What is expected is what the tokenizers library in Rust, 0.22.2, gives. */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readTokenizer } from "../../models/checkpoint/tokenizer.ts";
import { demoDirectory } from "../../models/places.ts";
import { Decoding } from "./decoding.ts";
import { Tokenizer } from "./tokenizer.ts";

type Description = Readonly<Record<string, unknown>>;
const replace = (from: string, content: string): Description => ({
  type: "Replace",
  pattern: { String: from },
  content,
});
const sequence = (...decoders: readonly Description[]): Description => ({ type: "Sequence", decoders });
const bytes = { type: "ByteFallback" };
const fuse = { type: "Fuse" };
const llama = sequence(replace("\u2581", " "), bytes, fuse, { type: "Strip", content: " ", start: 1, stop: 0 });

function decode(decoder: Description | null, tokens: readonly string[], added: readonly string[] = []): string {
  const decoding = new Decoding(decoder, new Set(added));
  return tokens.map((token) => decoding.push(token)).join("") + decoding.end();
}

describe("a decoder", () => {
  it.each<[string, Description | null, readonly string[], string]>([
    ["bytes that are a byte order mark", bytes, ["<0xEF>", "<0xBB>", "<0xBF>", "x"], "\ufeffx"],
    ["bytes that begin with one and go on", bytes, ["<0xEF>", "<0xBB>", "<0xBF>", "<0x41>"], "\ufeffA"],
    ["a mark between tokens", bytes, ["x", "<0xEF>", "<0xBB>", "<0xBF>", "y"], "x\ufeffy"],
    ["two marks", bytes, ["<0xEF>", "<0xBB>", "<0xBF>", "<0xEF>", "<0xBB>", "<0xBF>"], "\ufeff\ufeff"],
    [
      "marks in several runs",
      llama,
      ["\u2581a", "<0xEF>", "<0xBB>", "<0xBF>", "b", "<0xEF>", "<0xBB>", "<0xBF>"],
      "a\ufeffb\ufeff",
    ],
    ["a mark by itself", llama, ["<0xEF>", "<0xBB>", "<0xBF>"], "\ufeff"],
    ["a mark in GPT-2's characters", { type: "ByteLevel" }, ["\u00ef\u00bb\u00bf", "x"], "\ufeffx"],
    ["a mark in GPT-2's characters after a text", { type: "ByteLevel" }, ["x", "\u00ef\u00bb", "\u00bf"], "x\ufeff"],
    ["a mark after an added token", { type: "ByteLevel" }, ["<s>", "\u00ef\u00bb\u00bf", "x"], "<s>\ufeffx"],
    ["a mark that is a token of its own", null, ["\ufeff", "a"], "\ufeff a"],
    [
      "a mark before replaced marks",
      sequence(bytes, fuse, replace("\u2581", " ")),
      ["<0xEF>", "<0xBB>", "<0xBF>", "\u2581a"],
      "\ufeff a",
    ],
    ["names that are no bytes", bytes, ["<0xGG>", "<0x4>", "<0x041>", "<0x1G>"], "<0xGG><0x4><0x041><0x1G>"],
    ["spaces of the start", llama, ["\u2581\u2581a", "\u2581b"], " a b"],
    ["spaces of the end", { type: "Strip", content: " ", start: 0, stop: 2 }, ["a   ", " b "], "a  b"],
    [
      "spaces of the end of all",
      sequence(fuse, { type: "Strip", content: " ", start: 0, stop: 2 }),
      ["a  ", " ", " "],
      "a  ",
    ],
    ["a Metaspace decoder's start", { type: "Metaspace", replacement: "\u2581" }, ["\u2581\u2581a", "\u2581b"], "a b"],
    [
      "a Metaspace decoder without one",
      { type: "Metaspace", replacement: "\u2581", prepend_scheme: "never" },
      ["\u2581\u2581a", "\u2581b"],
      "  a b",
    ],
    ["signs that JavaScript's replacing reads otherwise", replace("a", "$&"), ["a$b"], "$&$b"],
    [
      "a text across tokens that are fused",
      sequence(fuse, replace("abc", "-")),
      ["xab", "c", "ab", "abcab"],
      "x-ab-ab",
    ],
    ["a regular expression", { type: "Replace", pattern: { Regex: "\\d+" }, content: "$1" }, ["a12", "3b"], "a$1$1b"],
    ["an empty sequence", { type: "ByteLevel" }, [], ""],
  ])("decodes %s", (_, decoder, tokens, expected) => {
    expect(decode(decoder, tokens)).toBe(expected);
    expect(decode(decoder, tokens, ["<s>"])).toBe(expected);
  });

  it("keeps every character of any text that is spelt in bytes", () => {
    const point = fc.oneof(
      fc.constantFrom(0xfeff, 0, 0x2581, 0xd7ff, 0xfffe, 0x10ffff),
      fc.nat({ max: 0x10ffff }).filter((value) => value < 0xd800 || value > 0xdfff),
    );
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        const text = String.fromCodePoint(...points);
        const spelt = Array.from(
          new TextEncoder().encode(text),
          (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
        );
        expect(decode(sequence(bytes, fuse), spelt)).toBe(text);
      }),
      { numRuns: 200 },
    );
  });
});

/** A tokenizer of Llama 2's kind: what no token has is spelt in bytes. */
function byteFallbackTokenizer(): Tokenizer {
  const names = [
    "<unk>",
    "<s>",
    "</s>",
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    "\u2581",
    "x",
    "y",
  ];
  const added = names.slice(0, 3).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return new Tokenizer(
    {
      added_tokens: added,
      normalizer: replace(" ", "\u2581"),
      pre_tokenizer: null,
      post_processor: null,
      decoder: sequence(replace("\u2581", " "), bytes, fuse),
      model: {
        type: "BPE",
        dropout: null,
        unk_token: "<unk>",
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
        vocab: Object.fromEntries(names.map((name, id) => [name, id])),
        merges: [],
      },
    },
    {},
    "tokenizer.json",
    names.length,
  );
}

describe("a text", () => {
  it.each(["x\u4e16y", "x\ufeffy", "\ufeffx", "\ufeff", "\ufeff\ufeff x", "x \ufeff", "\u{1f600}\ufeff\u{1f600}"])(
    "comes back as it was: %j",
    async (text) => {
      for (const tokenizer of [byteFallbackTokenizer(), await readTokenizer(demoDirectory)]) {
        const ids = tokenizer.encode(text, { addSpecialTokens: false });
        expect(tokenizer.decode(ids)).toBe(text);
        const stream = tokenizer.stream();
        expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(text);
      }
    },
  );
});

describe("the work of a stream", () => {
  afterEach(() => vi.restoreAllMocks());

  /** Bytes and tokens that are decoded for so many ids. */
  function workOf(tokenizer: Tokenizer, ids: readonly number[]): number {
    let work = 0;
    const decodeBytes = TextDecoder.prototype.decode;
    vi.spyOn(TextDecoder.prototype, "decode").mockImplementation(function decode(
      this: InstanceType<typeof TextDecoder>,
      input,
      options,
    ) {
      work += input?.byteLength ?? 0;
      return decodeBytes.call(this, input, options);
    });
    const library = HuggingFaceTokenizer.prototype as { id_to_token(id: number): string | undefined };
    const lookUp = library.id_to_token;
    vi.spyOn(library, "id_to_token").mockImplementation(function lookUpCounted(this: unknown, id) {
      work++;
      return lookUp.call(this as typeof library, id);
    });
    const stream = tokenizer.stream();
    for (const id of ids) stream.push(id);
    stream.end();
    vi.restoreAllMocks();
    return work;
  }

  it.each<[string, (tokenizer: Tokenizer) => readonly number[]]>([
    ["a byte that waits", (tokenizer) => tokenizer.encode("\u{1f600}", { addSpecialTokens: false }).slice(0, 1)],
    [
      "a byte that goes on with what is not there",
      (tokenizer) => tokenizer.encode("\u{1f600}", { addSpecialTokens: false }).slice(1, 2),
    ],
    ["two bytes of three", (tokenizer) => tokenizer.encode("\u20ac", { addSpecialTokens: false }).slice(0, 2)],
    ["a special token", (tokenizer) => tokenizer.encode("").slice(0, 1)],
    ["an id without a token", () => [1e6]],
    ["a word", (tokenizer) => tokenizer.encode(" the", { addSpecialTokens: false })],
    [
      "all of them in turn",
      (tokenizer) => [...tokenizer.encode(" the \u20ac"), 1e6, ...tokenizer.encode("\u{1f600}").slice(0, -1)],
    ],
  ])("grows as its ids do: %s", async (_, idsOf) => {
    for (const tokenizer of [await readTokenizer(demoDirectory), byteFallbackTokenizer()]) {
      const ids = idsOf(tokenizer);
      const run = (count: number): readonly number[] =>
        Array.from({ length: count }, (_, index) => ids[index % ids.length] ?? 1);
      const [short, long] = [workOf(tokenizer, run(200)), workOf(tokenizer, run(1600))];
      expect(long).toBeLessThanOrEqual(8 * short + 8);
      expect(long).toBeGreaterThanOrEqual(1600);
    }
  });
});
