/**
 * A sampler and a trainer of one model: how far the logprobs of sampled tokens are from those that a trainer computes
 * of them.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCheckpoint, treefold } from "../models/load.ts";
import { ordinary } from "../models/ordinary.ts";
import type { EngineOptions, EngineRequest, Model } from "../runtime/index.ts";
import { pageSize } from "../runtime/model/pages.ts";
import { replay } from "../spec/engine/replay.ts";
import { longestFiller, makeTraffic } from "../spec/engine/traffic.ts";
import { Random } from "../spec/random.ts";
import { runMain } from "./experiment-process.ts";

export interface KlRequest {
  readonly model: string;
  readonly requests: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly seed: number;
}

const kinds = ["ours", "ordinary"] as const;
type Kind = (typeof kinds)[number];

export interface KlSide {
  readonly kl: number;
  /** Sampled tokens whose two logprobs differ in their bits. */
  readonly differentBits: number;
  readonly tokens: number;
}

export type KlResult = Readonly<Record<Kind, KlSide>>;

/** What a sampler gives a trainer: whole sequences, and the logprobs of those ids that it chose. */
export interface Sample {
  /** Prompt and completion. */
  readonly ids: readonly number[];
  /** f32, of the last ids. */
  readonly logprobs: Float32Array<ArrayBuffer>;
}

/** So few that prompts are cut, and that steps have other rows than a trainer's. */
const tokensPerStep = 24;
const maxRunning = 16;
const load = 14;
/** Of the pages that `maxRunning` whole requests would take. */
const shareOfPages = 0.4;
/** Ids of a prompt. */
const promptIds = { least: 4, most: 40 } as const;

/** @param ours the checkpoint's model, with the compiler's kernels */
export async function sampleBoth(
  ours: Model,
  request: KlRequest,
  progress: (what: string) => void,
): Promise<Readonly<Record<Kind, Sample[]>>> {
  const other = await loadCheckpoint(request.model, {
    source: ordinary,
    device: ours.device,
    progress: (what) => progress(`ordinary kernels: ${what}`),
  });
  try {
    return {
      ours: await sample(ours, request, (what) => progress(`sampling, ${what}`)),
      ordinary: await sample(other, request, (what) => progress(`sampling with ordinary kernels, ${what}`)),
    };
  } finally {
    other.dispose();
  }
}

/** Requests of different prompts and seeds, from an engine under load. */
async function sample(
  model: Model,
  { requests, maxTokens, temperature, seed }: KlRequest,
  progress: (what: string) => void,
): Promise<Sample[]> {
  const { vocabulary, maxPositions } = model.config;
  const random = new Random(seed, "prompts");
  const words = await wordsFor(model);
  const watched = Array.from({ length: requests }, (): EngineRequest & { readonly prompt: readonly number[] } => {
    // Half of them begin alike, so that they find each other's pages.
    const start = random.below(2) * random.below(words.length - promptIds.most);
    const prompt = words.slice(start, start + promptIds.least + random.below(promptIds.most - promptIds.least + 1));
    return {
      prompt,
      maxTokens: Math.max(1, Math.min(maxTokens, maxPositions - prompt.length)),
      temperature,
      seed: random.bits(),
    };
  });
  const traffic = makeTraffic({
    watched,
    fillers: requests,
    seed,
    words: words.slice(0, promptIds.most),
    vocabulary,
    maxTokens,
    load,
  });
  const longest = Math.ceil((Math.max(promptIds.most, longestFiller) + maxTokens) / pageSize);
  const engine: Omit<EngineOptions, "onStep"> = {
    maxRunning,
    tokensPerStep,
    pages: Math.min(model.cachePages, Math.max(longest, Math.floor(shareOfPages * maxRunning * longest))),
  };
  const { results } = await replay(model, engine, traffic.arrivals, {
    onStep: (_, done) => progress(`${done} of ${traffic.arrivals.length} requests`),
  });
  return watched.map(({ prompt }, index) => {
    const { ids, logprobs } = results[traffic.watched[index]!]!.completions[0]!;
    return { ids: [...prompt, ...ids], logprobs };
  });
}

/** Genesis; for models without a tokenizer, ids all over the vocabulary. */
async function wordsFor(model: Model): Promise<number[]> {
  // It comes with the evaluator, which the trainer's process need not load.
  if (model.manifest.tokenizer !== null) return model.tokenizer.encode((await import("../spec/golden.ts")).goldenText);
  const random = new Random(0, "words");
  return Array.from({ length: 4 * promptIds.most }, () => random.below(model.config.vocabulary));
}

/** Has another process score the samples, and compares. */
export async function compareWithTrainer(
  samples: Readonly<Record<Kind, readonly Sample[]>>,
  { model, seed }: KlRequest,
): Promise<KlResult> {
  const folder = await mkdtemp(join(tmpdir(), "treefold-kl-"));
  try {
    const random = new Random(seed, "trainer");
    // In an order of the trainer's own.
    const shuffled = { ours: random.shuffled(samples.ours), ordinary: random.shuffled(samples.ordinary) };
    for (const kind of kinds)
      await writeFile(sequencesFile(folder, kind), JSON.stringify(shuffled[kind].map(({ ids }) => ids)));
    const { code, said } = await runMain(["experiment", "kl", "--model", model, "--trainer", folder]);
    if (code !== 0)
      throw new Error(
        "the trainer's process: " +
          `${said === "" ? `it ended with ${String(code)}; fix: try again with TREEFOLD_DEBUG=1` : said}`,
      );
    const compared = kinds.map(async (kind) => {
      const { buffer, byteOffset, byteLength } = await readFile(scoresFile(folder, kind));
      return [
        kind,
        compareScores(shuffled[kind], new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))),
      ] as const;
    });
    return Object.fromEntries(await Promise.all(compared)) as KlResult;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The trainer's process: scores all sequences of the folder, whole, in one batch for each kind of kernels, and leaves
 * the logprobs there.
 */
export async function scoreHere(directory: string, folder: string): Promise<void> {
  const ours = await loadCheckpoint(directory, { source: treefold });
  try {
    await score(ours, folder, "ours");
    const other = await loadCheckpoint(directory, { source: ordinary, device: ours.device });
    try {
      await score(other, folder, "ordinary");
    } finally {
      other.dispose();
    }
  } finally {
    ours.dispose();
  }
}

async function score(model: Model, folder: string, kind: Kind): Promise<void> {
  const sequences = JSON.parse(await readFile(sequencesFile(folder, kind), "utf8")) as number[][];
  const scores = await model.score(sequences);
  await writeFile(
    scoresFile(folder, kind),
    Buffer.concat(scores.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength))),
  );
}

const sequencesFile = (folder: string, kind: Kind): string => join(folder, `${kind}.json`);
const scoresFile = (folder: string, kind: Kind): string => join(folder, `${kind}.f32`);

/**
 * Schulman's third estimator of a divergence, k3 = (r - 1) - log r with log r = trainer - sampler, averaged over the
 * sampled tokens: never negative, and 0 only where all are equal (http://joschu.net/blog/kl-approx.html). Its mean is
 * the divergence where tokens are drawn at temperature 1; at others it is a measure of how far the two are apart, and 0
 * as before.
 * @param scores of each sequence's ids but the first, one sequence after another
 */
export function compareScores(samples: readonly Sample[], scores: Float32Array<ArrayBuffer>): KlSide {
  const scoreBits = new Uint32Array(scores.buffer);
  let [total, differentBits, tokens, end] = [0, 0, 0, 0];
  for (const { ids, logprobs } of samples) {
    end += ids.length - 1;
    const bits = new Uint32Array(logprobs.buffer, logprobs.byteOffset, logprobs.length);
    const start = end - logprobs.length;
    logprobs.forEach((sampled, at) => {
      const logRatio = scores[start + at]! - sampled;
      total += Math.expm1(logRatio) - logRatio;
      if (scoreBits[start + at] !== bits[at]) differentBits++;
    });
    tokens += logprobs.length;
  }
  if (end !== scores.length) throw new RangeError(`${scores.length} scores for ${end} tokens`);
  return { kl: tokens === 0 ? 0 : total / tokens, differentBits, tokens };
}

/** Why the result does not show what it is to show; empty where it does. */
export function klShortcomings({ ours, ordinary: theirs }: KlResult): string[] {
  return [
    ...(ours.kl === 0 && ours.differentBits === 0
      ? []
      : [
          `with the model's kernels, the trainer's logprobs are others than the sampler's for ${ours.differentBits} ` +
            `of ${ours.tokens} tokens`,
        ]),
    ...(theirs.differentBits > 0
      ? []
      : [
          "with ordinary kernels they are the same, too, so that this load shows no difference; ask for more " +
            "--requests or --max-tokens",
        ]),
  ];
}

export function renderKl(result: KlResult): string {
  const names: Readonly<Record<Kind, string>> = { ours: "This model's kernels", ordinary: "Ordinary kernels" };
  return kinds
    .map((kind) => {
      const { kl, differentBits, tokens } = result[kind];
      const found =
        differentBits === 0
          ? `the trainer's logprobs of all ${tokens} sampled tokens are the sampler's, bit for bit`
          : `${differentBits} of ${tokens} sampled tokens have another logprob in the trainer than in the sampler`;
      return `${names[kind]}: ${found}; KL ${kl === 0 ? "0" : kl.toExponential(2)}\n`;
    })
    .join("");
}
