/**
 * Tokenizer files, whole and broken: each is refused by a CheckpointError of one line, or encodes and decodes without a
 * fault.
 */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Tokenizer, TokenizerError } from "../../runtime/model/tokenizer.ts";
import { demoDirectory } from "../places.ts";
import { CheckpointError } from "./error.ts";
import { readTokenizer, readTokenizerFiles } from "./tokenizer.ts";

type Fields = Record<string, unknown>;
interface Description extends Fields {
  readonly model: Fields & { readonly vocab: Record<string, unknown>; readonly merges: unknown[] };
  readonly added_tokens: Fields[];
}
const whole = await readFile(join(demoDirectory, "tokenizer.json"), "utf8");
const sound = JSON.parse(whole) as Description;
const { model } = sound;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "treefold-tokenizer-"));
  for (const name of ["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
    await copyFile(join(demoDirectory, name), join(directory, name));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(directory, name), typeof value === "string" ? value : JSON.stringify(value));
async function refusal(vocabulary?: number): Promise<string> {
  const error = await readTokenizerFiles(directory, vocabulary).then(
    () => {
      throw new Error("no fault was found");
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CheckpointError);
  expect((error as Error).message).not.toMatch(/[\n\r]/);
  return (error as Error).message.replaceAll(directory, "DIR");
}

describe("tokenizer.json", () => {
  const vocab = (changes: Fields): Fields => ({ model: { ...model, vocab: { ...model.vocab, ...changes } } });
  const part = (changes: Fields): Fields => ({ model: { ...model, ...changes } });
  const split = (changes: Fields): Fields => ({
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [{ type: "Split", pattern: { Regex: "x" }, behavior: "Isolated", invert: false, ...changes }],
    },
  });
  const endOfText = sound.added_tokens[0]!;
  const template = sound["post_processor"] as Fields;
  const again = "fix: copy or download the file again";
  const other = "fix: use a checkpoint with a tokenizer like that of Qwen or Llama (byte-pair encoding)";
  const faults: [string, Fields, string][] = [
    ["no model", { model: undefined }, `model is undefined, not an object; ${again}`],
    ["a model that is a list", { model: [] }, `model is [], not an object; ${again}`],
    ["an unknown model", part({ type: "Unigram" }), `model.type, "Unigram", is not supported; ${other}`],
    ["no vocabulary", part({ vocab: undefined }), `model.vocab is undefined, not an object; ${again}`],
    ["a vocabulary that is a list", part({ vocab: ["a"] }), `model.vocab is ["a"], not an object; ${again}`],
    ["an empty vocabulary", part({ vocab: {}, merges: [] }), `model.vocab names no token; ${again}`],
    ["a negative id", vocab({ zebra: -1 }), `model.vocab gives "zebra" the id -1, which is none; ${again}`],
    ["a fractional id", vocab({ zebra: 1.5 }), `model.vocab gives "zebra" the id 1.5, which is none; ${again}`],
    ["an id that is a text", vocab({ zebra: "7" }), `model.vocab gives "zebra" the id "7", which is none; ${again}`],
    ["an id that is null", vocab({ zebra: null }), `model.vocab gives "zebra" the id null, which is none; ${again}`],
    ["an id twice", vocab({ zebra: 2047 }), `and "zebra" the same id, 2047; ${again}`],
    [
      "an id past the vocabulary",
      vocab({ zebra: 2048 }),
      `token "zebra" has the id 2048, but the model's vocabulary has 2048; fix: take tokenizer.json from the ` +
        "same checkpoint as config.json",
    ],
    [
      "a huge id",
      vocab({ zebra: 2 ** 53 - 1 }),
      `token "zebra" has the id 9007199254740991, but the model's vocabulary has 2048; `,
    ],
    ["no merges", part({ merges: undefined }), `model.merges is undefined, not a list; ${again}`],
    ["a merge of three", part({ merges: ["t h e"] }), `model.merges[0] is "t h e", not two tokens; ${again}`],
    ["a merge of one", part({ merges: [["t"]] }), `model.merges[0] is ["t"], not two tokens; ${again}`],
    ["a merge of numbers", part({ merges: [[1, 2]] }), `model.merges[0] is [1,2], not two tokens; ${again}`],
    [
      "merges of both forms",
      part({ merges: [["t", "h"], "i n"] }),
      `model.merges[1] is "i n", not two tokens; ${again}`,
    ],
    [
      "a merge of no token",
      part({ merges: [["zz", "h"]] }),
      `model.merges[0] has "zz", which model.vocab lacks; ${again}`,
    ],
    [
      "a merge to no token",
      part({ merges: [["z", "q"]] }),
      `model.merges[0] has "zq", which model.vocab lacks; ${again}`,
    ],
    ["random ids", part({ dropout: 0.1 }), `model.dropout, 0.1, is not supported; ${other}`],
    [
      "a prefix of parts of words",
      part({ continuing_subword_prefix: "##" }),
      `model.continuing_subword_prefix, "##", is not supported; ${other}`,
    ],
    [
      "a suffix of words",
      part({ end_of_word_suffix: "</w>" }),
      `model.end_of_word_suffix, "</w>", is not supported; ${other}`,
    ],
    [
      "a flag that is none",
      part({ byte_fallback: "yes" }),
      `model.byte_fallback is "yes", not true or false; ${again}`,
    ],
    [
      "an unknown unknown token",
      part({ unk_token: "<unk>" }),
      `model.unk_token, "<unk>", is not in the vocabulary; ${again}`,
    ],
    ["no added tokens", { added_tokens: undefined }, `added_tokens is undefined, not a list; ${again}`],
    ["an added token that is a text", { added_tokens: ["<s>"] }, `added_tokens[0] is "<s>", not an object; ${again}`],
    [
      "an added token without a text",
      { added_tokens: [{ ...endOfText, content: "" }] },
      `added_tokens[0].content is "", not a text; ${again}`,
    ],
    [
      "an added token without an id",
      { added_tokens: [{ ...endOfText, id: undefined }] },
      `added_tokens[0].id is undefined, not a token id; ${again}`,
    ],
    [
      "an added token of another id",
      { added_tokens: [{ ...endOfText, id: 5000 }] },
      `added_tokens[0] gives "<|endoftext|>" the id 5000, but it has 0; ${again}`,
    ],
    [
      "an added token of another's id",
      { added_tokens: [{ ...endOfText, content: "<s>", id: 7 }] },
      'added_tokens[0] gives "<s>" the id 7, which ',
    ],
    [
      "an added token past the vocabulary",
      { added_tokens: [endOfText, { ...endOfText, content: "<pad>", id: 2048 }] },
      `token "<pad>" has the id 2048, but the model's vocabulary has 2048; `,
    ],
    [
      "an added token that ends at words' ends",
      { added_tokens: [{ ...endOfText, single_word: true }] },
      `added_tokens[0].single_word, true, is not supported; ${other}`,
    ],
    [
      "no normalizer",
      { normalizer: undefined },
      `it is not understood (Tokenizer must contain a "normalizer" property); fix: save the tokenizer again ` +
        "with a current transformers",
    ],
    [
      "an unknown normalizer",
      { normalizer: { type: "Precompiled" } },
      `normalizer.type, "Precompiled", is not supported; ${other}`,
    ],
    [
      "a normalizer known to JavaScript's objects",
      { normalizer: { type: "constructor" } },
      `normalizer.type, "constructor", is not supported; ${other}`,
    ],
    ["a normalizer that is a text", { normalizer: "NFC" }, `normalizer is "NFC", not an object; ${again}`],
    [
      "a replacement by nothing",
      { normalizer: { type: "Replace", pattern: { String: "a" } } },
      `normalizer.content is null; ${again}`,
    ],
    [
      "an unknown pre-tokenizer",
      { pre_tokenizer: { type: "Whitespace" } },
      `pre_tokenizer.type, "Whitespace", is not supported; ${other}`,
    ],
    [
      "no list of pre-tokenizers",
      { pre_tokenizer: { type: "Sequence" } },
      `pre_tokenizer.pretokenizers is undefined, not a list; ${again}`,
    ],
    [
      "a null among pre-tokenizers",
      { pre_tokenizer: { type: "Sequence", pretokenizers: [null] } },
      `pre_tokenizer.pretokenizers[0] is null; ${again}`,
    ],
    [
      "a split without a pattern",
      split({ pattern: undefined }),
      `pre_tokenizer.pretokenizers[0].pattern is null; ${again}`,
    ],
    [
      "a split by an unknown pattern",
      split({ pattern: { Glob: "*" } }),
      `pre_tokenizer.pretokenizers[0].pattern is {"Glob":"*"}; ${again}`,
    ],
    [
      "a split by a broken pattern",
      split({ pattern: { Regex: "(a" } }),
      "it is not understood (Invalid regular expression",
    ],
    [
      "a split that merges",
      split({ behavior: "MergedWithNext" }),
      `pre_tokenizer.pretokenizers[0].behavior, "MergedWithNext", is not supported; ${other}`,
    ],
    [
      "a split that the library would lose text by",
      split({ invert: true }),
      `pre_tokenizer.pretokenizers[0].invert, true, is not supported; ${other}`,
    ],
    [
      "a flag of a part that is none",
      { pre_tokenizer: { type: "ByteLevel", add_prefix_space: "no" } },
      `pre_tokenizer.add_prefix_space is "no"; ${again}`,
    ],
    [
      "an unknown post-processor",
      { post_processor: { type: "Bert" } },
      `post_processor.type, "Bert", is not supported; ${other}`,
    ],
    [
      "a template of an unknown token",
      { post_processor: { ...template, single: [{ SpecialToken: { id: "<s>" } }, { Sequence: { id: "A" } }] } },
      `post_processor.single[0] names "<s>", which is no token; ${again}`,
    ],
    [
      "a template of other ids",
      { post_processor: { ...template, special_tokens: { "<|endoftext|>": { ids: [5] } } } },
      `post_processor.special_tokens gives "<|endoftext|>" the ids [5], but it has 0; ${again}`,
    ],
    [
      "a template without the text",
      { post_processor: { ...template, single: [] } },
      `post_processor.single takes the text 0 times; ${again}`,
    ],
    [
      "a template of nothing",
      { post_processor: { ...template, single: [{}] } },
      `post_processor.single[0] is undefined, not an object; ${again}`,
    ],
    ["an unknown decoder", { decoder: { type: "WordPiece" } }, `decoder.type, "WordPiece", is not supported; ${other}`],
    [
      "a decoder that strips no character",
      { decoder: { type: "Strip", start: 1, stop: 0 } },
      `decoder.content is null; ${again}`,
    ],
  ];
  it.each(faults)("is refused with %s", async (_, changes, expected) => {
    await write("tokenizer.json", { ...sound, ...changes });
    const message = await refusal(2048);
    expect(message).toMatch(/^DIR\/tokenizer\.json: .+; fix: /);
    expect(message).toContain(expected);
  });

  it("is refused where it is no JSON object, nests deeply or has a token twice", async () => {
    await write("tokenizer.json", "[]");
    expect(await refusal()).toBe("DIR/tokenizer.json: is not a JSON object; fix: copy or download the file again");
    await write(
      "tokenizer.json",
      whole.replace('"normalizer": null', `"normalizer": ${"[".repeat(1e5)}${"]".repeat(1e5)}`),
    );
    expect(await refusal()).toBe(
      "DIR/tokenizer.json: is nested more than 32 deep; fix: copy or download the file again",
    );
    await write("tokenizer.json", whole.replace('"th":', '"th": 9, "th":'));
    expect(await refusal()).toBe(
      "DIR/tokenizer.json: has the name 'th' twice in one object; fix: copy or download the file again",
    );
    await write("tokenizer.json", { ...sound, ...vocab({ "\u001b[2J\n": -1 }) });
    expect(await refusal()).not.toMatch(/[\n\u001b]/);
  });

  it("may have holes, lists of merges in the old form, and a token named __proto__", async () => {
    const merges = model.merges.map((merge) => (merge as string[]).join(" "));
    const text = JSON.stringify({
      ...sound,
      model: { ...model, type: undefined, merges, vocab: { ...model.vocab, zebra: 3000 } },
    });
    await write("tokenizer.json", text.replace('"zebra":3000', '"__proto__":2999,"zebra":3000'));
    const tokenizer = await readTokenizer(directory, 4000);
    const original = await readTokenizer(demoDirectory);
    expect(tokenizer.encode("In the beginning")).toEqual(original.encode("In the beginning"));
    expect(tokenizer.decode([2999, 2500, 3000, 3999, 9999])).toBe("__proto__zebra");
  });

  it("never encodes or decodes with another error, whatever its parts are", async () => {
    const values = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom<unknown>(
        null,
        [],
        {},
        "",
        -1,
        2 ** 60,
        "ByteLevel",
        { type: "Fuse" },
        { type: "ByteLevel" },
        { type: "Sequence" },
      ),
    );
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== "object" || value === null || path.at(-1) === "vocab" || path.at(-1) === "merges") return;
      for (const [name, item] of Object.entries(value)) walk(item, [...path, name]);
    };
    walk(sound, []);
    const tally = { refused: 0, read: 0 };
    // A part of the vocabulary makes the same faults faster.
    const few = Object.fromEntries(Object.entries(model.vocab).slice(0, 300));
    const small = {
      ...sound,
      model: {
        ...model,
        vocab: few,
        merges: model.merges.filter((merge) =>
          [...(merge as string[]), (merge as string[]).join("")].every((token) => token in few),
        ),
      },
    };
    fc.assert(
      fc.property(fc.constantFrom(...paths), values, (path, value) => {
        const damaged = structuredClone(small) as unknown as Fields;
        const holder = path.slice(0, -1).reduce((at, name) => at[name] as Fields, damaged);
        holder[path.at(-1)!] = value;
        try {
          const tokenizer = new Tokenizer(JSON.parse(JSON.stringify(damaged)) as Fields, {}, "tokenizer.json", 2048);
          const ids = tokenizer.encode("In the beginning 12 \u{1f600}\n");
          expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < 2048)).toBe(true);
          expect(typeof tokenizer.decode(ids)).toBe("string");
          tally.read++;
        } catch (error) {
          expect(error).toBeInstanceOf(TokenizerError);
          expect((error as Error).message).toMatch(/^[^\n\r]{1,600}$/);
          tally.refused++;
        }
      }),
      { numRuns: 500 },
    );
    expect(Math.min(tally.refused, tally.read)).toBeGreaterThan(50);
  });
});

describe("chat templates", () => {
  const settings = async (changes: Fields): Promise<void> =>
    write("tokenizer_config.json", {
      ...(JSON.parse(await readFile(join(demoDirectory, "tokenizer_config.json"), "utf8")) as Fields),
      ...changes,
    });
  const templates = async (): Promise<unknown> => {
    const { template, templates: all } = await readTokenizerFiles(directory);
    return [template, all];
  };

  it("are read from where each version of transformers puts them", async () => {
    expect(await templates()).toEqual([undefined, {}]);
    await settings({ chat_template: "one" });
    expect(await templates()).toEqual(["one", { default: "one" }]);
    await settings({
      chat_template: [
        { name: "default", template: "one" },
        { name: "tool_use", template: "two" },
      ],
    });
    expect(await templates()).toEqual(["one", { default: "one", tool_use: "two" }]);
    await settings({ chat_template: [{ name: "tool_use", template: "two" }] });
    expect(await templates()).toEqual([undefined, { tool_use: "two" }]);
    await write("chat_template.jinja", "three\n");
    expect(await templates()).toEqual(["three\n", { default: "three\n", tool_use: "two" }]);
    await mkdir(join(directory, "additional_chat_templates"));
    await write("additional_chat_templates/rag.jinja", "four");
    expect(await templates()).toEqual(["three\n", { default: "three\n", tool_use: "two", rag: "four" }]);
  });

  it("are refused where they are none", async () => {
    await settings({ chat_template: 5 });
    expect(await refusal()).toBe(
      "DIR/tokenizer_config.json: chat_template: 5 is neither a text nor a list of names and texts; fix: correct " +
        "the file",
    );
    await settings({ chat_template: [{ name: "default" }] });
    expect(await refusal()).toContain('DIR/tokenizer_config.json: chat_template: [{"name":"default"}] is neither ');
    await settings({ eos_token: ["</s>"] });
    expect(await refusal()).toBe(
      "DIR/tokenizer_config.json: eos_token is neither a text nor an object with a text as its content; fix: " +
        "correct the file",
    );
    await settings({});
    await writeFile(join(directory, "chat_template.jinja"), Uint8Array.of(0x61, 0xff));
    expect(await refusal()).toBe("DIR/chat_template.jinja: is not UTF-8; fix: copy or download the file again");
    await rm(join(directory, "chat_template.jinja"));
    await mkdir(join(directory, "chat_template.jinja"));
    expect(await refusal()).toContain("DIR/chat_template.jinja: is a directory, not a file; ");
    await rm(join(directory, "chat_template.jinja"), { recursive: true });
    await write("additional_chat_templates", "");
    expect(await refusal()).toBe(
      "DIR/additional_chat_templates: cannot be read (ENOTDIR); fix: check that it is a directory, and that " +
        "you may read it",
    );
  });
});
