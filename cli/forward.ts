/** `treefold forward`: the logits of given token ids, at every position. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { collectIds, deviceJson, parseCount, parsePath, withModel } from "./model.ts";
import { checkFile, writeFile } from "./output-file.ts";
import { withProgress } from "./progress.ts";

export function register(program: Command): void {
  program
    .command("forward")
    .description("Computes the logits of token ids at every position, all sequences in one batch. Needs no tokenizer.")
    .requiredOption(
      "--model <dir>",
      "checkpoint directory (config.json, model.safetensors), or a library that 'treefold build' wrote",
      parsePath,
    )
    .requiredOption("--ids <ids>", "token ids of a sequence, as in 0,17,5; may be repeated", collectIds)
    .option("--chunk <n>", "feed sequences n ids at a time instead of whole; never changes the logits", parseCount)
    .option("--out <file>", "write the JSON there instead of stdout", parsePath)
    .option(
      "--json",
      'print {"sequences":[{"ids","sha256","logits"}],"device","fingerprint"}; sha256 is over the little-endian ' +
        "f32 logits",
    )
    .action(forward);
}

interface Options {
  readonly model: string;
  readonly ids: readonly (readonly number[])[];
  readonly chunk?: number;
  readonly out?: string;
  readonly json?: boolean;
}

interface SequenceResult {
  readonly ids: readonly number[];
  readonly sha256: string;
  readonly logits: Float32Array;
}

async function forward({ model: directory, ids, chunk, out, json = false }: Options): Promise<void> {
  if (out !== undefined) await checkFile(out, "--out");
  await withModel(directory, async (model) => {
    const results = await withProgress("Computing", () => model.forward(ids, chunk === undefined ? {} : { chunk }));
    const sequences = results.map(
      (logits, index): SequenceResult => ({
        ids: ids[index]!,
        sha256: hashLogits(logits),
        logits: finite(logits, index),
      }),
    );
    const { vocabulary } = model.config;
    const pieces = (): Iterable<string> =>
      jsonOf(sequences, vocabulary, { device: deviceJson(model.device.info), fingerprint: model.fingerprint });
    if (out !== undefined) await writeFile(out, "--out", pieces());
    else if (json) await pipeline(Readable.from(pieces()), process.stdout, { end: false });
    if (json) return;
    sequences.forEach((sequence, index) => {
      const last = sequence.logits.subarray(-vocabulary);
      const best = last.indexOf(last.reduce((largest, logit) => Math.max(largest, logit), -Infinity));
      // With --out, the result is in the file, and this is only a word about it.
      (out === undefined ? process.stdout : process.stderr).write(
        `sequence ${index}: ${sequence.ids.length} ids, sha256 ${sequence.sha256}, most likely next id ${best}\n`,
      );
    });
  });
}

/** SHA-256 over f32 as little-endian bytes. */
export function hashLogits(logits: Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
    .digest("hex");
}

/** JSON has no way to write what is not finite, and no sound model gives it. */
function finite(logits: Float32Array, index: number): Float32Array {
  if (!logits.every((logit) => Number.isFinite(logit))) {
    throw new Error(
      `sequence ${index}: a logit is infinite or NaN; fix: check the checkpoint's weights, whose products overflow f32`,
    );
  }
  return logits;
}

/** The JSON in pieces of one position each, since all of it may be larger than a string can be. */
function* jsonOf(sequences: readonly SequenceResult[], vocabulary: number, rest: object): Iterable<string> {
  yield '{"sequences":[';
  for (const [index, { ids, sha256, logits }] of sequences.entries()) {
    yield `${index === 0 ? "" : ","}{"ids":${JSON.stringify(ids)},"sha256":"${sha256}","logits":[`;
    for (let position = 0; position < ids.length; position++) {
      const row = logits.subarray(position * vocabulary, (position + 1) * vocabulary);
      yield `${position === 0 ? "" : ","}[${Array.from(row, numberJson).join(",")}]`;
    }
    yield "]}";
  }
  yield `],${JSON.stringify(rest).slice(1)}\n`;
}

/**
 * Every f32 is a double, which JSON's decimals give back exactly; -0 needs its fraction to keep its sign in all
 * readers.
 */
function numberJson(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}
