/** The golden hash of a model: what the reference evaluator gives for a fixed prompt and its greedy continuation. */
import { Checkpoint } from "../models/checkpoint/checkpoint.ts";
import { readTokenizerFiles } from "../models/checkpoint/tokenizer.ts";
import type { Golden } from "../runtime/model/manifest.ts";
import { sha256Of } from "../runtime/sha256.ts";
import { ReferenceModel } from "./reference-model.ts";

/** Tokens of the prompt, and of what follows it. */
export const goldenTokens = { prompt: 75, greedy: 64 } as const;

/** Genesis 1, for models that read text; a longer text than is needed. */
export const goldenText =
  "In the beginning God created the heaven and the earth. And the earth was without form, and void; and darkness " +
  "was upon the face of the deep. " +
  "And the Spirit of God moved upon the face of the waters. And God said, Let there be light: and there was " +
  "light. And God saw the light, that it was good: " +
  "and God divided the light from the darkness. And God called the light Day, and the darkness he called Night. " +
  "And the evening and the morning were the first day.";

/** Multiplications of a forward pass that the evaluator is asked for at most; it does some 10^8 a second. */
const mostWork = 4e9;

export interface GoldenOptions {
  readonly progress?: (what: string) => void;
}

/** Undefined where the model is too large to be evaluated. @throws CheckpointError */
export async function makeGolden(
  directory: string,
  { progress = () => undefined }: GoldenOptions = {},
): Promise<Golden | undefined> {
  const { weights, maxPositions, vocabulary } = await sizesOf(directory);
  const promptTokens = Math.min(goldenTokens.prompt, maxPositions);
  const tokens = Math.min(goldenTokens.prompt + goldenTokens.greedy, maxPositions);
  if (weights * tokens > mostWork) return undefined;
  const model = await ReferenceModel.load(directory);
  const prompt = await promptOf(directory, vocabulary, promptTokens);
  progress("evaluating a prompt");
  const { ids, logits } = model.complete(prompt, tokens, (done) =>
    progress(`evaluating a prompt: ${done} of ${tokens} tokens`),
  );
  return { ids, promptTokens, logits: sha256Of(logits) };
}

async function sizesOf(
  directory: string,
): Promise<{ readonly weights: number; readonly maxPositions: number; readonly vocabulary: number }> {
  const checkpoint = await Checkpoint.open(directory);
  try {
    const { layers, hidden, intermediate, queryHeads, keyValueHeads, headSize, vocabulary, maxPositions } =
      checkpoint.config;
    const layer = hidden * (3 * intermediate + 2 * headSize * (queryHeads + keyValueHeads));
    return { weights: layers * layer + hidden * vocabulary, maxPositions, vocabulary };
  } finally {
    await checkpoint.close();
  }
}

/** The text's first tokens; for a model without a tokenizer, ids all over its vocabulary. */
async function promptOf(directory: string, vocabulary: number, tokens: number): Promise<number[]> {
  const files = await readTokenizerFiles(directory, vocabulary).catch(() => undefined);
  if (files === undefined) return Array.from({ length: tokens }, (_, at) => (at * 7919 + 13) % vocabulary);
  const ids = files.tokenizer.encode(goldenText);
  return Array.from({ length: tokens }, (_, at) => ids[at % ids.length]!);
}
