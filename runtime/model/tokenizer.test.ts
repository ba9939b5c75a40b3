import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import reference from "../../spec/fixtures/kjv-reference.json" with { type: "json" };
import { CheckpointError } from "../../models/checkpoint/error.ts";
import { demoDirectory } from "../../models/places.ts";
import { readTokenizer } from "../../models/checkpoint/tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

describe("tokenizer", () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await readTokenizer(demoDirectory);
  });

  const streamed = (ids: readonly number[]): string[] => {
    const stream = tokenizer.stream();
    return [...ids.map((id) => stream.push(id)), stream.end()];
  };

  it.each(reference)("encodes and decodes '$prompt' as the reference does", ({ prompt, ids, greedy_ids_float64, greedy_text }) => {
    expect(tokenizer.encode(prompt)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(prompt);
    expect(streamed(greedy_ids_float64).join("")).toBe(greedy_text);
  });

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
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
      const ids = tokenizer.encode(text);
      expect(streamed(ids).join("")).toBe(text);
    }), { numRuns: 200 });
  });

  it("streams any ids as it decodes them whole", () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 2047 }), { maxLength: 40 }), (ids) => {
      expect(streamed(ids).join("")).toBe(tokenizer.decode(ids));
    }), { numRuns: 200 });
  });

  it("says which file is missing", async () => {
    await expect(readTokenizer("no/such/directory")).rejects.toThrow(CheckpointError);
    await expect(readTokenizer("no/such/directory")).rejects.toThrow(/tokenizer\.json: cannot be read \(ENOENT\); fix: give a checkpoint directory/);
  });
});
