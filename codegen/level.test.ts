/** Levels: what the models' kernels reach, and what takes it from them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { some } from "../spec/fixtures/effort.ts";
import { readKernels } from "../dsl/reader/index.ts";
import { kernelDirectory } from "../models/toolchain.ts";
import { deriveLevel } from "../dsl/level.ts";

const files = readdirSync(kernelDirectory).filter((name) => name.endsWith(".kernel.ts"));
const levelsOf = (file: string, source?: string): Record<string, string> =>
  Object.fromEntries(
    readKernels(join(kernelDirectory, file), {
      typecheck: false,
      ...(source === undefined ? {} : { source }),
    }).kernels.map((kernel) => [kernel.name, deriveLevel(kernel).level]),
  );

test("every kernel of the three architectures is portable, or of integers", () => {
  const levels = Object.assign({}, ...files.map((file) => levelsOf(file))) as Record<string, string>;
  expect(levels).toEqual({
    add: "portable",
    attention: "portable",
    embedding: "integer",
    embeddingF32: "integer",
    linear: "portable",
    linearBias: "portable",
    linearF32: "portable",
    linearBiasF32: "portable",
    argmax: "integer",
    logSoftmax: "portable",
    rmsNorm: "portable",
    rmsNormHeads: "portable",
    rotary: "portable",
    selectRows: "integer",
    storeRows: "integer",
    swiGlu: "portable",
    scaleLogits: "portable",
    editLogits: "portable",
    weights: "portable",
    narrowCount: "integer",
    massesOf: "portable",
    narrowMass: "portable",
    scores: "portable",
    rowSummary: "integer",
    logTotal: "portable",
    logprob: "portable",
    nextLikely: "integer",
  });
});

describe("a flush that is left out is missed:", () => {
  const places = files.flatMap((file) => {
    const source = readFileSync(join(kernelDirectory, file), "utf8");
    return [
      ...source.matchAll(/flush\(((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*), (?:2 \*\* -\d+|least\w+)\)/g),
    ].map(
      (match) =>
        [
          file,
          match[0],
          source.slice(0, match.index) + match[1]! + source.slice(match.index + match[0].length),
        ] as const,
    );
  });

  test("there are some", () => expect(places.length).toBeGreaterThan(15));

  /** What is small there is rounded to bf16, and so to zero, next; these keep the sign of that zero. */
  const notNeeded = (flush: string): boolean =>
    flush.startsWith("flush(silu(") || flush.startsWith("flush(value(channel) * rsqrt(");

  test.each(
    some(
      "flushes left out of a kernel",
      6,
      places.filter(([, flush]) => !notNeeded(flush)),
    ),
  )("%s, %s", (file, _, source) => {
    const [before, after] = [levelsOf(file), levelsOf(file, source)];
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(
      Object.keys(before)
        .filter((name) => after[name] !== before[name])
        .map((name) => after[name]),
    ).toContain("invariant");
  });
});
