import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import reference from "../../spec/fixtures/kjv-reference.json" with { type: "json" };
import { CheckpointError } from "../../models/checkpoint/error.ts";
import { demoDirectory } from "../../models/places.ts";
import { readTokenizer } from "../../models/checkpoint/tokenizer.ts";
import { Tokenizer, TokenizerError } from "./tokenizer.ts";

describe("tokenizer", () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await readTokenizer(demoDirectory);
  });

  const streamed = (ids: readonly number[]): string[] => {
    const stream = tokenizer.stream();
    return [...ids.map((id) => stream.push(id)), stream.end()];
  };

  it.each(reference)(
    "encodes and decodes '$prompt' as the reference does",
    ({ prompt, ids, greedy_ids_float64, greedy_text }) => {
      expect(tokenizer.encode(prompt)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(prompt);
      expect(streamed(greedy_ids_float64).join("")).toBe(greedy_text);
    },
  );

  it("holds back a character until its last byte", () => {
    const ids = tokenizer.encode("a€b");
    const pieces = streamed(ids);
    expect(pieces.filter((piece) => piece !== "")).toEqual(["a", "€", "b"]);
    expect(pieces.join("")).not.toContain("\u{fffd}");
  });

  it("gives out what never became a character, at the end", () => {
    const ids = tokenizer.encode("€").slice(0, -1);
    const pieces = streamed(ids);
    expect(pieces.slice(0, -1).join("")).toBe("");
    expect(pieces.at(-1)).toBe(tokenizer.decode(ids));
  });

  it("streams any text as it decodes it whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(text);
        expect(streamed(ids).join("")).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it("streams any ids as it decodes them whole", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2047 }), { maxLength: 40 }), (ids) => {
        expect(streamed(ids).join("")).toBe(tokenizer.decode(ids));
      }),
      { numRuns: 200 },
    );
  });

  it("takes a text as it is: empty, with a NUL, or long", () => {
    expect(tokenizer.encode("", { addSpecialTokens: false })).toEqual([]);
    expect(tokenizer.encode("")).toEqual([0]);
    expect(tokenizer.encode("ab\0", { addSpecialTokens: false })).toEqual(tokenizer.encode("ab\0").slice(1));
    for (const text of ["a\0b", "x".repeat(2 ** 14), "ab".repeat(10_000), " \n".repeat(10_000)])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it.each([
    ["a".repeat(1e6), 'the text: it repeats "a" more than 16384 times in a row; fix: shorten the run'],
    ["\u{1f600}".repeat(1e5), 'the text: it repeats "\u{1f600}" more than 16384 times in a row; fix: shorten the run'],
    ["ab".repeat(1e6), "the text: it has 2000000 characters; fix: give at most 1048576"],
    [
      "ab\ud800c",
      "the text: character 2 is \\ud800, one half of a surrogate pair, which no encoding has; fix: cut texts between characters, or replace the half (String.prototype.toWellFormed)",
    ],
    ["\udc00", "the text: character 0 is \\udc00, one half of a surrogate pair"],
    [undefined as unknown as string, "the text: it is undefined, not a string; fix: give a string"],
  ])("refuses what it can't take (%#)", (text, expected) => {
    expect(() => tokenizer.encode(text)).toThrow(TokenizerError);
    expect(() => tokenizer.encode(text)).toThrow(expected);
  });

  it("decodes what no token has to nothing: a vocabulary may be padded", () => {
    expect(tokenizer.decode([...tokenizer.encode("a"), 2048, 99999, -1, 1.5])).toBe("a");
  });

  it("says which file is missing", async () => {
    await expect(readTokenizer("no/such/directory")).rejects.toThrow(CheckpointError);
    await expect(readTokenizer("no/such/directory")).rejects.toThrow(
      /tokenizer\.json: cannot be read \(ENOENT\); fix: give a checkpoint directory/,
    );
  });
});

/** In the style of Llama 2's: spaces are marks within tokens, and bytes stand for characters without a token. */
describe("a tokenizer with byte fallback", () => {
  const tokens = [
    "<unk>",
    "<s>",
    "</s>",
    ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    "\u2581",
    "a",
    "b",
    "\u2581a",
    "ab",
    "\u2581ab",
  ];
  const added = tokens.slice(0, 3).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  const tokenizer = new Tokenizer(
    {
      added_tokens: added,
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "\u2581" },
          { type: "Replace", pattern: { String: " " }, content: "\u2581" },
        ],
      },
      pre_tokenizer: null,
      post_processor: {
        type: "TemplateProcessing",
        single: [{ SpecialToken: { id: "<s>", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
        pair: [],
        special_tokens: { "<s>": { id: "<s>", ids: [1], tokens: ["<s>"] } },
      },
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "\u2581" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: "<unk>",
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: ["\u2581 a", "a b", "\u2581a b"],
      },
    },
    {},
    "tokenizer.json",
    tokens.length,
  );

  // The ids are those that the tokenizers library in Rust gives.
  it("encodes words, spaces and bytes", () => {
    expect(tokenizer.encode("ab a  b\u20ac")).toEqual([1, 264, 262, 259, 259, 261, 229, 133, 175]);
    expect(tokenizer.encode("<s>a</s> b", { addSpecialTokens: false })).toEqual([1, 262, 2, 259, 259, 261]);
  });

  it("streams any ids as it decodes them whole, also after tokens without a text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(1, 2, 259, 260, 261, 262, 264), fc.nat({ max: tokens.length - 1 })), {
          maxLength: 20,
        }),
        (ids) => {
          const stream = tokenizer.stream();
          expect([...ids.map((id) => stream.push(id)), stream.end()].join("")).toBe(tokenizer.decode(ids));
        },
      ),
      { numRuns: 500 },
    );
  });
});
